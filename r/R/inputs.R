# robyn_inputs(): variables, window, holidays, lift tests and ranges, with prophet fitted once for all trials.

#' Make Robyn's InputCollect. config, data: under the names that Robyn bears; holidays: in place of Robyn's own table.
build_inputs <- function(config, data, holidays = NULL) {
  arguments <- list(
    dt_input = data,
    date_var = config$date_var,
    dep_var = config$dep_var,
    dep_var_type = config$dep_var_type,
    paid_media_spends = config$paid_media_spends,
    paid_media_vars = config$paid_media_vars,
    paid_media_signs = signs(config$paid_media_signs, config$paid_media_vars, "positive"),
    organic_vars = maybe(config$organic_vars),
    organic_signs = signs(config$organic_signs, config$organic_vars, "positive"),
    context_vars = maybe(config$context_vars),
    context_signs = signs(config$context_signs, config$context_vars, "default"),
    factor_vars = maybe(config$factor_vars),
    prophet_vars = maybe(config$prophet_vars),
    prophet_signs = signs(config$prophet_signs, config$prophet_vars, "default"),
    dt_holidays = holidays,
    prophet_country = if ("holiday" %in% config$prophet_vars) toupper(config$country),
    window_start = maybe(config[["start_date"]]),
    window_end = maybe(config[["end_date"]]),
    adstock = config$adstock,
    hyperparameters = hyperparameter_ranges(config),
    calibration_input = lift_tests(config)
  )
  inputs <- do.call(Robyn::robyn_inputs, Filter(Negate(is.null), arguments))
  inputs$hyperparameters <- c(inputs$hyperparameters, penalty_ranges(config))
  inputs
}

#' One sign for each of `names`; what is not given is `otherwise`. NULL where there are no names.
signs <- function(given, names, otherwise) {
  if (!length(names)) return(NULL)
  all <- rep(otherwise, length(names))
  given <- given[seq_len(min(length(given), length(names)))]
  all[seq_along(given)] <- given
  all
}

#' NULL for what is empty, as Robyn wants it.
maybe <- function(value) if (length(value)) value

#' Lift tests as Robyn's calibration_input, or NULL. Effects are in units of the KPI.
lift_tests <- function(config) {
  tests <- config[["calibration_input"]]
  if (!is.data.frame(tests) || !nrow(tests)) return(NULL)
  tests$liftStartDate <- as.Date(tests$liftStartDate)
  tests$liftEndDate <- as.Date(tests$liftEndDate)
  # The configuration may name the KPI by its type; Robyn knows its column only.
  tests$metric <- config$dep_var
  tests
}
