# robyn_run(): the recorded trials, or one recorded model where all hyperparameters are fixed.

#' Search, or fit one model with `dt_hyper_fixed`. Trials are searched with the seeds seed + 1, seed + 2, …
robyn_run <- function(InputCollect = NULL, dt_hyper_fixed = NULL, json_file = NULL, ts_validation = FALSE,
                      add_penalty_factor = FALSE, refresh = FALSE, seed = 123L, quiet = FALSE, cores = NULL,
                      trials = 5, iterations = 2000, rssd_zero_penalty = TRUE, objective_weights = NULL,
                      nevergrad_algo = "TwoPointsDE", intercept = TRUE, intercept_sign = "non_negative",
                      lambda_control = NULL, outputs = FALSE, ...) {
  log_call("robyn_run", c(as.list(environment()), list(...)))
  started <- Sys.time()
  if (!is.null(json_file)) not_recorded("models read from a JSON file")
  if (is.null(InputCollect$hyperparameters)) stop("Must provide 'hyperparameters' in robyn_inputs()'s output first")
  cores <- usable_cores(cores)
  fixed <- !is.null(dt_hyper_fixed)
  if (fixed) trials <- iterations <- 1
  check_run(InputCollect, iterations, trials, intercept_sign, nevergrad_algo, objective_weights, fixed)
  if (!quiet) say_window(InputCollect)
  names <- hyper_names(InputCollect$adstock, InputCollect$all_media)
  names <- c(names, "lambda", "train_size")
  if (add_penalty_factor) names <- c(names, paste0(InputCollect$all_ind_vars, "_penalty"))
  if (fixed) check_fixed(dt_hyper_fixed, names)
  bounds <- if (fixed) {
    as.list(as.data.frame(dt_hyper_fixed)[names])
  } else {
    search_bounds(InputCollect$hyperparameters, names, ts_validation)
  }
  settings <- list(
    train_timestamp = started, cores = cores, iterations = iterations, trials = trials, intercept = intercept,
    intercept_sign = intercept_sign, nevergrad_algo = nevergrad_algo, ts_validation = ts_validation,
    add_penalty_factor = add_penalty_factor, hyper_updated = bounds,
    hyper_fixed = structure(fixed, hypParamSamName = names)
  )
  only_as_recorded(InputCollect, settings, rssd_zero_penalty)
  found <- if (fixed) {
    fixed_run(InputCollect, dt_hyper_fixed, settings, seed = seed, quiet = quiet, ...)
  } else {
    search_run(settings, seed = seed, quiet = quiet, ...)
  }
  found$hyper_updated <- bounds
  found$seed <- seed
  if (!fixed) attributes(found)[c("hyper_fixed", "refresh")] <- list(settings$hyper_fixed, refresh)
  attributes(found)[["runTime"]] <- round(difftime(Sys.time(), started, units = "mins"), 2)
  if (!quiet && iterations > 1) message("Total run time: ", attr(found, "runTime"), " mins")
  class(found) <- unique(c("robyn_models", class(found)))
  if (isTRUE(outputs)) {
    return(list(OutputModels = found, OutputCollect = robyn_outputs(InputCollect, found, ...)))
  }
  found
}

#' Cores as Robyn counts them: all but one by default, never more than the machine has.
usable_cores <- function(cores) {
  most <- max(1L, parallel::detectCores(), na.rm = TRUE)
  if (is.null(cores)) cores <- most - 1
  if (cores > most) {
    warning(sprintf("Max possible cores in your machine is %s (your input was %s)", most, cores), call. = FALSE)
    cores <- most
  }
  max(1, cores)
}

#' Robyn's complaints about the arguments of a run.
check_run <- function(inputs, iterations, trials, intercept_sign, nevergrad_algo, weights, fixed) {
  if (is.null(iterations)) stop("Must provide 'iterations' in robyn_run()")
  if (is.null(trials)) stop("Must provide 'trials' in robyn_run()")
  if (is.null(nevergrad_algo)) stop("Must provide 'nevergrad_algo' in robyn_run()")
  if (!intercept_sign %in% c("non_negative", "unconstrained")) {
    stop("Input 'intercept_sign' must be any of: non_negative, unconstrained")
  }
  if (!fixed && (iterations < 2000 || trials < 5)) {
    warning(
      "We recommend to run at least 2000 iterations per trial and 5 trials to build initial model", call. = FALSE
    )
  }
  objectives <- if (is.null(inputs$calibration_input)) 2 else 3
  if (!is.null(weights) && length(weights) != objectives) stop("objective_weights must have length of ", objectives)
}

#' Robyn's complaints about a model to fit again: one row, no hyperparameter missing.
check_fixed <- function(dt_hyper_fixed, names) {
  if (nrow(as.data.frame(dt_hyper_fixed)) != 1) {
    stop(
      "Provide only 1 model / 1 row from OutputCollect$resultHypParam or ",
      "pareto_hyperparameters.csv from previous runs"
    )
  }
  missing <- setdiff(names, names(dt_hyper_fixed))
  if (length(missing)) {
    stop(
      "Input 'dt_hyper_fixed' is invalid. Please provide 'OutputCollect$resultHypParam' result from previous runs or ",
      "'pareto_hyperparameters.csv' data with desired model ID. Missing values for: ", listed(missing)
    )
  }
}

#' Ranges [low, high] to search per hyperparameter, lambda and the share of training rows included.
search_bounds <- function(hyperparameters, names, ts_validation) {
  bounds <- hyperparameters[intersect(names, names(hyperparameters))]
  if (is.null(bounds$lambda)) bounds$lambda <- c(0, 1)
  if (ts_validation) {
    message(sprintf(
      "Time-series validation with train_size range of %s of the data...",
      paste0(100 * bounds$train_size, "%", collapse = "-")
    ))
  } else {
    warning("Provided train_size but ts_validation = FALSE. Time series validation inactive.", call. = FALSE)
    bounds$train_size <- 1
    message("Fitting time series with all available data...")
  }
  for (name in setdiff(names, names(bounds))) bounds[[name]] <- c(0, 1)
  bounds[names]
}

#' Say which data and window the model is built on, as Robyn does.
say_window <- function(inputs) {
  dates <- inputs$dt_mod$ds
  last <- max(dates) + inputs$dayInterval - 1
  message(sprintf(
    "Input data has %s %ss in total: %s to %s", length(dates), inputs$intervalType, min(dates), last
  ))
  message(sprintf(
    "Initial model is built on rolling window of %s %s: %s to %s",
    inputs$rollingWindowLength, inputs$intervalType, inputs$window_start, inputs$window_end
  ))
}

#' Stop where the recording has no answer: another window, adstock, validation, penalties, lift tests or search.
only_as_recorded <- function(inputs, settings, rssd_zero_penalty) {
  recorded <- recorded_inputs()
  if (inputs$adstock != "geometric") not_recorded("the adstock ", inputs$adstock)
  if (settings$ts_validation) not_recorded("time-series validation")
  if (settings$add_penalty_factor) not_recorded("penalty factors")
  if (!is.null(inputs$calibration_input)) not_recorded("a search with lift tests")
  if (settings$nevergrad_algo != "TwoPointsDE") not_recorded("the optimiser ", settings$nevergrad_algo)
  if (!rssd_zero_penalty || !settings$intercept || settings$intercept_sign != "non_negative") {
    not_recorded("a search without the zero penalty, without intercept or with a free one")
  }
  window <- c(inputs$rollingWindowStartWhich, inputs$rollingWindowEndWhich)
  if (!identical(as.numeric(window), as.numeric(c(recorded$window_start_row_1based, recorded$window_end_row_1based)))) {
    not_recorded("the window ", inputs$window_start, " to ", inputs$window_end)
  }
  if (!setequal(inputs$all_ind_vars, c(recorded$prophet_vars, recorded$context_vars, recorded$all_media))) {
    not_recorded("a model of ", paste(inputs$all_ind_vars, collapse = ", "))
  }
}

#' A few lines about the models.
print.robyn_models <- function(x, ...) {
  cat(sprintf("\n  Total trials: %s\n  Iterations per trial: %s\n  Cores: %s\n", x$trials, x$iterations, x$cores))
  invisible(x)
}
