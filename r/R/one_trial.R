# What one process of the search does.

#' `trial.R FOLDER TRIAL`. Returns the exit status.
trial_command <- function(given) {
  folder <- given[1]
  trial <- as.integer(given[2])
  settle_environment()
  tryCatch(
    {
      write_text(as.character(Sys.getpid()), file.path(folder, sprintf("trial_%d.pid", trial)))
      task <- readRDS(file.path(folder, "task.rds"))
      done <- list(fingerprint = task$fingerprint, value = do_task(task, trial))
      write_rds(done, kept_path(folder, trial))
      0L
    },
    error = function(error) {
      told <- explain(error, "searching")
      # Where the disk is full, the status has to do for words.
      if (told$status != DISK_FULL) {
        write_text(conditionMessage(error), file.path(folder, sprintf("trial_%d.err", trial)))
      }
      told$status
    }
  )
}

#' Do a task: `search` one trial, or `refresh` an earlier model with all its trials.
do_task <- function(task, trial) {
  if (task$kind == "refresh") return(do.call(refresh_function(task$window), task$arguments))
  models <- search_trial(task$inputs, task$config, trial)
  renumber(models, trial)
}

#' robyn_refresh(), which moves the window to the one that is wanted: a list of days, `start`, `end` and `added`, the
#' first that the earlier window did not hold.
#'
#' Left alone Robyn moves the window's end by a single day where that is no row's own, counts months by the days of the
#' first one, and with R before 4.3 does not find a day written as text among dates.
refresh_function <- function(window) {
  refresh <- Robyn::robyn_refresh
  back <- function(day, inputs, steps) as.Date(day) - inputs$dayInterval * steps
  steps <- window$steps
  instead <- list(
    "%in%" = function(x, table) if (inherits(table, "Date")) rep(TRUE, length(x)) else match(x, table, 0L) > 0L,
    robyn_read = function(...) {
      found <- Robyn::robyn_read(...)
      found$InputCollect$window_end <- back(window$end, found$InputCollect, steps)
      found
    },
    robyn_recreate = function(...) {
      found <- Robyn::robyn_recreate(...)
      found$InputCollect$window_start <- back(window$start, found$InputCollect, steps)
      found
    },
    robyn_engineering = function(x, ...) {
      x$refreshAddedStart <- as.Date(window$added)
      asNamespace("Robyn")$robyn_engineering(x, ...)
    }
  )
  environment(refresh) <- list2env(instead, parent = environment(refresh))
  refresh
}

#' Search one trial as robyn_run() would search it among others: trial t is seeded with seed + t.
#'
#' Robyn seeds only with an integer, and its quiet mode fails at the end of a trial.
search_trial <- function(inputs, config, trial) {
  Robyn::robyn_run(
    InputCollect = inputs,
    iterations = as.integer(config$iterations),
    trials = 1L,
    seed = as.integer(config$seed) + trial - 1L,
    cores = 1L,
    ts_validation = config$ts_validation,
    add_penalty_factor = config$add_penalty_factor,
    rssd_zero_penalty = config$rssd_zero_penalty
  )
}

#' Give the models of a lone trial the number that they have among all trials: solIDs are trial_iteration_worker.
renumber <- function(models, trial) {
  for (table in c("resultHypParam", "xDecompAgg", "liftCalibration")) {
    rows <- models$trial1$resultCollect[[table]]
    if (is.null(rows)) next
    rows$solID <- sub("^[0-9]+_", paste0(trial, "_"), rows$solID)
    if ("trial" %in% names(rows)) rows$trial <- rep(as.integer(trial), nrow(rows))
    models$trial1$resultCollect[[table]] <- rows
  }
  models$trial1$trial <- trial
  models
}
