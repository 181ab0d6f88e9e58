# Processes of a training, and that none of them outlives it.

#' File that lists the processes which apart.sh and note_process() have started. R clears it away at its end.
registry <- function() file.path(tempdir(), "processes")

#' A file of inst/: beside the code in a checkout, at the top of an installed package.
shell_script <- function(home, name) {
  inside <- file.path(home, "inst", name)
  if (file.exists(inside)) inside else file.path(home, name)
}

#' Start what ends all that this training starts, as soon as the training is gone, or who waits for it.
#'
#' R dies of a SIGTERM without a word, and what it has started goes on. folder_out: gets the words then.
start_guard <- function(home, folder_out) {
  parent <- Sys.getenv("MMM_PARENT")
  # What this process starts in turn has another parent.
  Sys.unsetenv("MMM_PARENT")
  script <- shQuote(shell_script(home, "guard.sh"))
  words <- c("sh", script, Sys.getpid(), shQuote(folder_out), shQuote(registry()), parent)
  system(paste(paste(words, collapse = " "), "< /dev/null > /dev/null 2>&1 &"))
}

#' Start a command beside this process. log gets its output, exit its status. command: words, quoted for the shell.
start_apart <- function(home, log, exit, command) {
  write_text("running ", exit)
  script <- shQuote(shell_script(home, "apart.sh"))
  words <- c("sh", script, Sys.getpid(), shQuote(c(registry(), log, exit)), command)
  system(paste(paste(words, collapse = " "), "< /dev/null > /dev/null 2>&1 &"))
}

#' Tell the guard of a process that was forked.
note_process <- function(pid) {
  stat <- tryCatch(
    suppressWarnings(readLines(sprintf("/proc/%d/stat", pid), n = 1)),
    error = function(error) character()
  )
  # Without /proc the guard sees it among the children.
  if (!length(stat)) return(invisible())
  born <- strsplit(sub("^.*[)] ", "", stat), " ")[[1]][20]
  cat(sprintf("%d %s\n", pid, born), file = registry(), append = TRUE)
}

#' End what was started beside this process, and all that it has started in turn.
end_started <- function(home) {
  if (!file.exists(registry())) return(invisible())
  system(paste("sh", shQuote(shell_script(home, "end.sh")), shQuote(registry())))
}
