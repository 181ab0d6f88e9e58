# Our own Python, which checks the input and types the results: one place of rules for both trainers.

#' Path of the Python that holds our engine. home: the folder r/.
python_of <- function(home) {
  beside <- file.path(dirname(home), ".venv", "bin", "python")
  candidates <- c(Sys.getenv("MMM_PYTHON"), beside, unname(Sys.which("python3")))
  found <- candidates[nzchar(candidates) & file.exists(candidates)]
  if (length(found)) found[1] else ""
}

#' Run `python -m engine.robyn ...`. Returns list(status, output); status 127 where there is no Python.
ask_python <- function(home, ...) {
  python <- python_of(home)
  if (!nzchar(python)) return(list(status = 127L, output = "no Python was found"))
  path <- paste(c(dirname(home), Sys.getenv("PYTHONPATH")), collapse = ":")
  said <- suppressWarnings(system2(
    python, c("-m", "engine.robyn", vapply(c(...), shQuote, character(1))),
    stdout = TRUE, stderr = TRUE,
    # R looks for libraries in places of its own, where another Python of the same version may have left some.
    env = c(paste0("PYTHONPATH=", shQuote(sub(":$", "", path))), "LD_LIBRARY_PATH=")
  ))
  status <- attr(said, "status")
  list(status = if (is.null(status)) 0L else as.integer(status), output = said)
}

#' Let Python check IN and complete its configuration. Returns the folder to train on.
#'
#' Without our Python beside it this program still trains, on an IN that is complete by itself.
prepare_input <- function(home, folder_in, folder_out) {
  prepared <- file.path(folder_out, "prepared")
  dir.create(prepared, recursive = TRUE, showWarnings = FALSE)
  answer <- ask_python(home, "prepare", folder_in, prepared)
  told <- file.path(prepared, "error.json")
  if (answer$status == 2L && file.exists(told)) {
    error <- jsonlite::fromJSON(told)
    fail(error$what, error$todo, input = TRUE)
  }
  if (answer$status == 0L) {
    # What one should know before anything is fitted.
    if (length(answer$output)) message(paste(answer$output, collapse = "\n"))
    return(prepared)
  }
  if (is_full(answer)) fail_disk_full()
  if (!is_absent(answer)) {
    fail("The input could not be checked.", paste("Python says:", shorten(utils::tail(answer$output, 1))))
  }
  message("The input was not checked by Python (", shorten(answer$output), "); it is taken as it is.")
  folder_in
}

#' TRUE where there is no Python, or one without our engine: then this program goes on by itself.
is_absent <- function(answer) {
  answer$status == 127L || any(grepl("No module named .?(engine|pandas|pydantic|pyarrow|numpy)", answer$output))
}

#' TRUE where Python found the disk full.
is_full <- function(answer) {
  answer$status == DISK_FULL || answer$status != 0L && any(grepl(NO_ROOM, answer$output, ignore.case = TRUE))
}

#' Let Python turn the CSV tables of OUT into Parquet and hold them against the contract.
#'
#' Returns what it says; fails where the contract does not hold. Without our Python the CSV tables stay.
type_tables <- function(home, folder_out) {
  answer <- ask_python(home, "tables", folder_out)
  if (is_full(answer)) fail_disk_full()
  if (answer$status != 0L && !is_absent(answer)) {
    fail("The results of this training are not sound.", shorten(answer$output, 600))
  }
  if (answer$status != 0L) {
    message("The tables stay CSV, as no Python with our engine was found: ", shorten(answer$output))
  }
  answer$output
}
