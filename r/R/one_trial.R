# What one process of the search does.

#' `trial.R FOLDER TRIAL`. Returns the exit status.
trial_command <- function(given) {
  folder <- given[1]
  trial <- as.integer(given[2])
  settle_environment()
  writeLines(as.character(Sys.getpid()), file.path(folder, sprintf("trial_%d.pid", trial)))
  task <- readRDS(file.path(folder, "task.rds"))
  done <- tryCatch(
    list(value = do_task(task, trial)),
    error = function(error) list(error = conditionMessage(error))
  )
  if (!is.null(done$error)) {
    writeLines(done$error, file.path(folder, sprintf("trial_%d.err", trial)))
    return(1L)
  }
  half <- file.path(folder, sprintf("trial_%d.part", trial))
  saveRDS(list(fingerprint = task$fingerprint, value = done$value), half)
  file.rename(half, file.path(folder, sprintf("trial_%d.rds", trial)))
  0L
}

#' Do a task: `search` one trial, or `refresh` an earlier model with all its trials.
do_task <- function(task, trial) {
  if (task$kind == "refresh") return(do.call(refresh_function(), task$arguments))
  models <- search_trial(task$inputs, task$config, trial)
  renumber(models, trial)
}

#' robyn_refresh(), with a `%in%` that finds a day written as text among dates, as R does from 4.3 on.
#'
#' With an older R Robyn does not find the old window's end, ends the new one a day later, and breaks off.
refresh_function <- function() {
  refresh <- Robyn::robyn_refresh
  found_in <- function(x, table) if (inherits(table, "Date")) as.Date(x) %in% table else x %in% table
  environment(refresh) <- list2env(list("%in%" = found_in), parent = environment(refresh))
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
