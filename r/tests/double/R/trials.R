# The recorded search: 5 trials of 2000 iterations with the seeds 124 to 128.

#' The trials of one robyn_run(), with convergence; prints progress as Robyn does.
search_run <- function(settings, seed, quiet, ...) {
  numbers <- recorded_numbers(seed, settings$trials)
  if (settings$iterations > RECORDED_ITERATIONS) {
    not_recorded(settings$iterations, " iterations; the recording has ", RECORDED_ITERATIONS)
  }
  bounds <- settings$hyper_updated
  searched <- bounds[lengths(bounds) == 2]
  if (!quiet) {
    message(sprintf(
      "Using geometric adstocking with %s hyperparameters (%s to iterate + %s fixed) %s",
      length(bounds), length(searched), length(bounds) - length(searched),
      if (settings$cores == 1) "with no parallel computation" else paste("on", settings$cores, "cores")
    ))
    message(sprintf(
      ">>> Starting %s trials with %s iterations each using %s nevergrad algorithm...",
      settings$trials, settings$iterations, settings$nevergrad_algo
    ))
  }
  found <- list()
  for (trial in seq_along(numbers)) {
    if (!quiet) message("  Running trial ", trial, " of ", settings$trials)
    seconds <- search_trial(numbers[trial], settings$iterations, quiet)
    table <- recorded_trial(numbers[trial], trial, settings$iterations)
    found[[paste0("trial", trial)]] <- list(
      resultCollect = c(table, list(iter = 0L, elapsed.min = c(elapsed = seconds / 60))),
      hyperBoundNG = searched, hyperBoundFixed = bounds[lengths(bounds) == 1], trial = trial
    )
  }
  found <- c(found, settings)
  found$convergence <- robyn_converge(found, ...)
  found["ts_validation_plot"] <- list(ts_validation(found, ...))
  found
}

#' Numbers of the recorded trials that these seeds ran. Without an integer the real search is unseeded: never the same.
recorded_numbers <- function(seed, trials) {
  numbers <- as.integer(seed) - RECORDED_SEED + seq_len(trials)
  if (!is.integer(seed)) numbers <- numbers %% RECORDED_TRIALS + 1L
  if (any(numbers < 1 | numbers > RECORDED_TRIALS)) {
    not_recorded("seeds ", seed + 1, " to ", seed + trials, "; the recording has 124 to 128")
  }
  numbers
}

#' Print a trial's progress bar; returns the seconds it took. The real one fails here when asked to be quiet.
search_trial <- function(number, iterations, quiet) {
  started <- Sys.time()
  if (!quiet) pb <- txtProgressBar(max = iterations, style = 3)
  for (iteration in seq_len(iterations)) {
    wait_a_share(1 / iterations)
    if (!quiet) setTxtProgressBar(pb, iteration)
    if (iteration == ceiling(iterations / 2)) {
      for (fault in c("run", "memory", "nevergrad", "oom")) fail_if_asked(fault, number)
    }
  }
  seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
  cat("\r", paste("\n  Finished in", round(seconds / 60, 2), "mins"))
  flush.console()
  close(pb)
  seconds
}

#' The recorded trial `number`, its first `iterations` models, renamed to `trial`: hyperparameters, errors, variables.
#' Contributions are recorded of selected models only; of the others Robyn's sizes of curves are missing, too.
recorded_trial <- function(number, trial, iterations) {
  all <- recorded_table("all_candidates.csv.gz")
  rows <- all[all$trial == number & all$iterNG <= iterations, ]
  rows <- rows[order(rows$iterNG), ]
  selected <- recorded_models()
  columns <- setdiff(
    names(selected), c("iterations", "coef0", "mape.qt10", "robynPareto", "error_score", "cluster", "top_sol")
  )
  constant <- c("train_size", "lambda_max", "lambda_min_ratio")
  table <- as.data.frame(lapply(stats::setNames(columns, columns), function(name) {
    if (name %in% constant) return(rep(selected[[name]][1], nrow(rows)))
    if (name %in% names(rows)) return(rows[[name]])
    rep(if (is.logical(selected[[name]])) NA else NA_real_, nrow(rows))
  }), check.names = FALSE)
  exact <- selected[match(rows$solID, selected$solID), columns]
  known <- !is.na(exact$solID)
  table[known, ] <- exact[known, ]
  table$mape <- as.numeric(table$mape)
  table$ElapsedAccum <- cumsum(table$Elapsed)
  variables <- recorded_variables()
  variables <- variables[variables$solID %in% table$solID, seq_len(match("iterPar", names(variables)))]
  list(resultHypParam = renamed(table, trial), xDecompAgg = renamed(variables, trial))
}

#' The table as if its models came from `trial`.
renamed <- function(table, trial) {
  table$solID <- sub("^[0-9]+", trial, table$solID)
  table$trial <- rep(as.integer(trial), nrow(table))
  row.names(table) <- NULL
  table
}
