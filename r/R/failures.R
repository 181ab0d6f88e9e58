# Failures in words: what happened and what to do, never a bare R error.

# How the system, or a library, says that a disk is full.
NO_ROOM <- "No space left on device|Disk quota exceeded|disk is full"

#' Stop with a failure. what, todo: sentences for people; input: TRUE where the person can correct it.
fail <- function(what, todo = "", input = FALSE) {
  stop(structure(
    class = c(if (input) "bad_input", "failure", "error", "condition"),
    list(message = what, todo = todo, call = NULL)
  ))
}

#' Errors that Robyn and R are known to stop with: a pattern, and what each means for the person.
known_errors <- function() {
  table <- list(
    c("cannot allocate vector|out of memory|std::bad_alloc", "no", "Robyn ran out of memory.",
      "Choose fewer trials at once, shorter data, or a machine with more memory."),
    c("nevergrad python library", "no", "The Python package nevergrad, which Robyn searches with, was not found.",
      "Install it for the Python that RETICULATE_PYTHON names: pip install nevergrad."),
    c("there is no package called .Robyn", "no", "This machine's R holds no Robyn.",
      "Train in the training image, install Robyn 3.12.1, or choose the native trainer."),
    c("contains missing \\(NA\\) values", "yes", "The data have missing values.",
      "Fill or drop them in the columns that the model uses."),
    c("contains Inf values", "yes", "The data have infinite values.", "Replace them in the columns the model uses."),
    c("no-variance", "yes", "A column never changes.", "Leave it out, or choose a window in which it changes."),
    c("contains only 0 within training period", "yes", "A medium has no activity in the window.",
      "Leave it out, or choose a window in which it was active."),
    c("prophet_country", "yes", "Robyn has no holidays for this country.",
      "Choose a country of its table, or leave out the holidays."),
    c("hyperparameter must have (lower|upper) bound", "yes", "A range lies outside Robyn's limits.",
      "Correct custom_hyperparameters: alphas in (0, 10), gammas in (0, 1], thetas in [0, 1), shapes in [0, 20)."),
    c("hyperparameter values are required|contains following wrong names", "yes",
      "The ranges do not fit the media of the model.",
      "Give one range for each hyperparameter of each medium, under the medium's name."),
    c("calibration", "yes", "A lift test cannot be used.", "Correct its channel, dates and metric."),
    c("has to be daily, weekly or monthly", "yes", "The dates are not daily, weekly or monthly.",
      "Resample the data to one of these."),
    c("shouldn't have duplicated dates", "yes", "A date appears twice.", "Keep one row for each date."),
    c("[Cc]olumn.* (doesn't|don't) exist|undefined columns selected|not included in data", "yes",
      "A column that the configuration names is not in the data.", "Correct the name, or add the column."),
    # What Robyn's refresh says where it found too few models for clusters, which it then needs.
    c("[$] operator is invalid for atomic vectors", "no", "Robyn found too few models to form clusters.",
      "Search with more iterations or trials."),
    c("Not enough data for this refresh", "yes", "The data end before the refreshed window does.",
      "Give newer data, or move the window by fewer periods."),
    c("data is completely new", "yes", "A refresh over the whole window leaves nothing of the earlier model.",
      "Train a new model instead."),
    c("robyn_allocator", "no", "Robyn's budget allocation failed.", "Look at its settings; the model itself stands.")
  )
  as.data.frame(do.call(rbind, table), stringsAsFactors = FALSE) |>
    stats::setNames(c("pattern", "input", "what", "todo"))
}

#' Say what an error means: list(what, todo, input, status). phase: name of the phase it happened in.
#'
#' status is what the program ends with: 2 for input to correct, 28 for a full disk, 1 for everything else.
explain <- function(error, phase) {
  said <- trimws(conditionMessage(error))
  if (!inherits(error, "failure") && grepl(NO_ROOM, said, ignore.case = TRUE)) {
    error <- tryCatch(fail_disk_full(), error = identity)
    said <- conditionMessage(error)
  }
  if (inherits(error, "failure")) {
    input <- inherits(error, "bad_input")
    status <- if (inherits(error, "disk_full")) DISK_FULL else if (input) 2L else 1L
    return(list(what = said, todo = error$todo, input = input, status = status))
  }
  known <- known_errors()
  found <- which(vapply(known$pattern, grepl, logical(1), x = said))
  if (length(found)) {
    one <- known[found[1], ]
    detail <- if (one$input == "yes") paste0(" Robyn says: ", shorten(said)) else ""
    input <- one$input == "yes"
    return(list(what = paste0(one$what, detail), todo = one$todo, input = input, status = if (input) 2L else 1L))
  }
  list(
    what = sprintf("Robyn broke off while %s: %s", phase, shorten(said)),
    todo = "Look at robyn_console.log; start it again, or choose the native trainer.",
    input = FALSE, status = 1L
  )
}

#' Shorten a message to one line of at most `most` characters.
shorten <- function(text, most = 300) {
  text <- gsub("\\s+", " ", trimws(paste(text, collapse = " ")))
  if (nchar(text) > most) paste0(substr(text, 1, most - 1), "\u2026") else text
}
