# How far a training is: status.json, timings.csv, and what Robyn's own console tells of its progress.

# Seconds between two writes of status.json while nothing but the count changes.
STATUS_EVERY <- 1

#' Begin to keep the progress of a training of `trials` times `iterations` models. Times are in seconds.
new_progress <- function(folder, trials = 1, iterations = 1) {
  progress <- new.env()
  progress$folder <- folder
  progress$trials <- trials
  progress$iterations <- iterations
  progress$phase <- "reading"
  progress$done <- 0
  progress$nrmse <- NULL
  progress$rssd <- NULL
  progress$began <- proc.time()[["elapsed"]]
  progress$written <- -Inf
  progress$durations <- list()
  write_status(progress)
  progress
}

#' Do `work` as the phase `name` and keep how many seconds it took.
in_phase <- function(progress, name, work) {
  progress$phase <- name
  write_status(progress)
  began <- proc.time()[["elapsed"]]
  value <- force(work)
  progress$durations[[name]] <- round(proc.time()[["elapsed"]] - began, 3)
  value
}

#' Take note of `done` models in all, and of the best errors so far where they are known (shares of the range).
note_progress <- function(progress, done, nrmse = progress$nrmse, rssd = progress$rssd) {
  progress$done <- done
  progress$nrmse <- nrmse
  progress$rssd <- rssd
  if (proc.time()[["elapsed"]] - progress$written >= STATUS_EVERY) write_status(progress)
}

#' Write status.json; with a failure, its cause and remedy too. `trial` and `iteration` count as if in sequence.
write_status <- function(progress, failure = NULL) {
  last <- max(progress$done - 1, 0)
  body <- list(
    phase = progress$phase,
    trial = last %/% progress$iterations + 1,
    trials = progress$trials,
    iteration = if (progress$done) last %% progress$iterations + 1 else 0,
    iterations = progress$iterations,
    nrmse = progress$nrmse,
    rssd = progress$rssd,
    seconds = round(proc.time()[["elapsed"]] - progress$began, 1)
  )
  if (!is.null(failure)) body <- c(body, list(cause = failure$what, remedy = failure$todo))
  write_json_file(body, file.path(progress$folder, "status.json"))
  progress$written <- proc.time()[["elapsed"]]
}

#' Write timings.csv and return the seconds by phase, and `total`.
write_timings <- function(progress) {
  seconds <- c(progress$durations, list(total = round(proc.time()[["elapsed"]] - progress$began, 3)))
  lines <- c("Step,Time (s)", sprintf("%s,%s", names(seconds), unlist(seconds)))
  write_text(lines, file.path(progress$folder, "timings.csv"))
  seconds
}

#' How far one console of robyn_run() got: list(trial, share in [0, 1] of that trial). text: all of its output.
console_progress <- function(text) {
  trials <- regmatches(text, gregexpr("Running trial [0-9]+ of [0-9]+", text))[[1]]
  trial <- if (length(trials)) as.integer(sub("Running trial ([0-9]+).*", "\\1", trials[length(trials)])) else 0L
  after <- if (length(trials)) sub(paste0(".*", trials[length(trials)]), "", text) else ""
  ticks <- regmatches(after, gregexpr("[|] +[0-9]+%", after))[[1]]
  share <- if (length(ticks)) as.integer(gsub("[^0-9]", "", ticks[length(ticks)])) / 100 else 0
  list(trial = trial, share = share)
}

#' The lines of a console that say whether each objective converged, without their dash.
console_convergence <- function(text) {
  lines <- unlist(strsplit(text, "[\r\n]+"))
  sub("^- ", "", grep("^- .* converged:", lines, value = TRUE))
}

#' All text of a console log; empty where there is none yet.
read_console <- function(path) {
  if (!file.exists(path)) return("")
  suppressWarnings(paste(readLines(path, warn = FALSE), collapse = "\n"))
}

#' A console without its progress bars, for people who read the log.
without_progress_bar <- function(text) {
  lines <- unlist(strsplit(text, "[\r\n]+"))
  bar <- grepl("^[ |=0-9%]*$", lines) | grepl("^ *[0-9:]+ \\[[= ]*\\] +[0-9.]+% \\|", lines)
  lines[!bar]
}
