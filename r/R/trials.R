# The search: every trial in a process of its own, so that five trials use five cores.
#
# Robyn's own `cores` forks for every single model, which costs more than it gains and changes the search; trials are
# independent, so here they run side by side, each exactly as Robyn runs it alone on one core.

# Seconds between two looks at the running trials.
LOOK_EVERY <- 0.5
# How a shell tells that a process was killed, or told to end.
KILLED <- 128 + c(9, 15)

#' Search all trials and return them as one OutputModels. home: folder of the scripts; folder: OUT/trials.
search_trials <- function(inputs, config, home, folder, progress) {
  task <- list(kind = "search", inputs = inputs, config = config, fingerprint = fingerprint(inputs, config))
  results <- run_processes(task, seq_len(config$trials), config$iterations, home, folder, progress)
  merge_trials(results)
}

#' A short text that changes with anything that a trial's outcome depends on: data, roles, signs, ranges, window, lift
#' tests, the settings of the search, and what it is made with.
fingerprint <- function(inputs, config) {
  parts <- list(
    # The rest are pictures, and what is made of these.
    inputs[setdiff(names(inputs), c("ExposureCollect", "version"))],
    config[c("iterations", "seed", "ts_validation", "add_penalty_factor", "rssd_zero_penalty")],
    versions()
  )
  digest_of(parts)
}

#' The MD5 sum of an R object.
digest_of <- function(object) {
  path <- tempfile()
  on.exit(unlink(path))
  # Half of it, on a full disk, would be the mark of something else.
  write_whole(path, function(file) saveRDS(object, file, version = 2))
  unname(tools::md5sum(path))
}

#' Run a task once per trial, several at a time, and return the values in the order of the trials.
#'
#' What an earlier attempt finished of the same task is taken over. All processes end with this one.
run_processes <- function(task, trials, iterations, home, folder, progress) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  write_rds(task, file.path(folder, "task.rds"))
  done <- Filter(function(trial) is_kept(folder, trial, task$fingerprint), trials)
  if (length(done)) message(sprintf("Taken over from an earlier attempt: trial %s.", toString(done)))
  waiting <- setdiff(trials, done)
  running <- integer()
  on.exit(for (trial in running) end_process(folder, trial))
  at_once <- side_by_side(length(waiting))
  if (length(waiting)) message(sprintf("Searching %d trials, %d at a time.", length(waiting), at_once))
  best <- best_errors(folder, done)
  while (length(done) < length(trials)) {
    while (length(waiting) && length(running) < at_once) {
      start_process(home, folder, waiting[1])
      running <- c(running, waiting[1])
      waiting <- waiting[-1]
    }
    Sys.sleep(LOOK_EVERY)
    ended <- Filter(function(trial) has_ended(folder, trial), running)
    for (trial in ended) show_console(folder, trial)
    running <- setdiff(running, ended)
    done <- c(done, ended)
    if (length(ended)) best <- best_errors(folder, done)
    shares <- vapply(running, function(trial) trial_share(folder, trial, task), numeric(1))
    note_progress(progress, floor((length(done) + sum(shares)) * iterations), best$nrmse, best$rssd)
  }
  lapply(trials, function(trial) readRDS(kept_path(folder, trial))$value)
}

#' Share in [0, 1] of a trial's process that is done, by what Robyn prints. A refresh runs all its trials in one.
trial_share <- function(folder, trial, task) {
  at <- console_progress(read_console(log_path(folder, trial)))
  whole <- if (task$kind == "refresh") task$arguments$refresh_trials else 1
  (max(at$trial - 1, 0) + at$share) / whole
}

#' Start one trial's process; its output goes to its own log.
start_process <- function(home, folder, trial) {
  unlink(file.path(folder, sprintf("trial_%d.%s", trial, c("rds", "err", "pid", "exit"))))
  arguments <- c("--vanilla", start_arguments(home, "trial.R", "trial_command"), shQuote(folder), trial)
  Sys.setenv(R_LIBS = paste(.libPaths(), collapse = ":"))
  start_apart(
    home, log_path(folder, trial), exit_path(folder, trial), c(shQuote(file.path(R.home("bin"), "Rscript")), arguments)
  )
}

#' TRUE once a trial's process has ended well. Fails with what stopped it where it has not.
has_ended <- function(folder, trial) {
  if (!file.exists(exit_path(folder, trial))) return(FALSE)
  status <- suppressWarnings(as.integer(readLines(exit_path(folder, trial), warn = FALSE)[1]))
  if (is.na(status)) return(FALSE)
  if (status == 0 && file.exists(kept_path(folder, trial))) return(TRUE)
  show_console(folder, trial)
  told <- file.path(folder, sprintf("trial_%d.err", trial))
  if (file.exists(told)) stop(paste(readLines(told, warn = FALSE), collapse = " "))
  if (status == DISK_FULL) fail_disk_full()
  if (status %in% KILLED) {
    fail(
      sprintf("Trial %d was killed from outside (status %d).", trial, status),
      "Start the training again. If it happens again: fewer trials at once, or a machine with more memory."
    )
  }
  said <- utils::tail(without_progress_bar(read_console(log_path(folder, trial))), 1)
  fail(sprintf("Trial %d ended with status %d. %s", trial, status, shorten(said)), "Start the training again.")
}

#' Copy a trial's console, without its progress bar, to the training's console.
show_console <- function(folder, trial) {
  lines <- without_progress_bar(read_console(log_path(folder, trial)))
  cat(sprintf("[trial %d] %s", trial, lines), sep = "\n")
}

#' End a trial's process, if it still runs.
end_process <- function(folder, trial) {
  path <- file.path(folder, sprintf("trial_%d.pid", trial))
  if (file.exists(path)) tools::pskill(as.integer(readLines(path, warn = FALSE)[1]), tools::SIGKILL)
}

#' The smallest NRMSE and DECOMP.RSSD of the trials that are done; NULL before there are any.
best_errors <- function(folder, trials) {
  smallest <- function(column) {
    found <- unlist(lapply(trials, function(trial) {
      readRDS(kept_path(folder, trial))$value$trial1$resultCollect$resultHypParam[[column]]
    }))
    found <- found[is.finite(found)]
    if (length(found)) min(found)
  }
  list(nrmse = smallest("nrmse"), rssd = smallest("decomp.rssd"))
}

#' TRUE where an earlier attempt finished this trial of the same task.
is_kept <- function(folder, trial, mark) {
  path <- kept_path(folder, trial)
  if (!file.exists(path)) return(FALSE)
  kept <- tryCatch(readRDS(path), error = function(error) NULL)
  is.list(kept) && identical(kept$fingerprint, mark)
}

#' Where a finished trial is kept.
kept_path <- function(folder, trial) file.path(folder, sprintf("trial_%d.rds", trial))

#' Where a trial's console goes.
log_path <- function(folder, trial) file.path(folder, sprintf("trial_%d.log", trial))

#' Where a trial's exit status is noted.
exit_path <- function(folder, trial) file.path(folder, sprintf("trial_%d.exit", trial))

#' Join lone trials into what one robyn_run() over all of them returns. results: one OutputModels a trial.
merge_trials <- function(results) {
  merged <- results[[1]]
  parts <- stats::setNames(lapply(results, `[[`, "trial1"), paste0("trial", seq_along(results)))
  merged <- c(parts, merged[setdiff(names(merged), c("trial1", "convergence", "ts_validation_plot"))])
  merged$trials <- length(results)
  merged$seed <- results[[1]]$seed
  for (name in c("hyper_fixed", "bootstrap", "refresh", "runTime")) attr(merged, name) <- attr(results[[1]], name)
  class(merged) <- class(results[[1]])
  merged$convergence <- Robyn::robyn_converge(merged)
  merged
}
