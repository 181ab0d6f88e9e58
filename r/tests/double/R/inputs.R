# robyn_inputs(): checks as Robyn's, and the recorded modelling table.

#' Check data, variables and hyperparameters; returns a list of class robyn_inputs with dt_mod as recorded.
robyn_inputs <- function(dt_input = NULL, dep_var = NULL, dep_var_type = NULL, date_var = "auto",
                         paid_media_spends = NULL, paid_media_vars = NULL, paid_media_signs = NULL,
                         organic_vars = NULL, organic_signs = NULL, context_vars = NULL, context_signs = NULL,
                         factor_vars = NULL, dt_holidays = Robyn::dt_prophet_holidays, prophet_vars = NULL,
                         prophet_signs = NULL, prophet_country = NULL, adstock = NULL, hyperparameters = NULL,
                         window_start = NULL, window_end = NULL, calibration_input = NULL, json_file = NULL,
                         InputCollect = NULL, ...) {
  log_call("robyn_inputs", c(as.list(environment()), list(...)))
  recorded_path("inputs.json")
  fail_if_asked("inputs")
  if (!is.null(json_file)) not_recorded("inputs read from a JSON file")
  inputs <- InputCollect
  if (is.null(inputs)) {
    if (is.null(paid_media_vars)) paid_media_vars <- paid_media_spends
    dt_input <- as.data.frame(dt_input)
    check_data(dt_input, dt_holidays, c(paid_media_vars, paid_media_spends, context_vars, organic_vars))
    dates <- check_datevar(dt_input, date_var)
    dt_input <- dates$dt_input
    check_depvar(dt_input, dep_var, dep_var_type)
    if (is.null(dt_holidays) || is.null(prophet_vars)) dt_holidays <- prophet_vars <- prophet_country <- NULL
    prophet_signs <- check_prophet(dt_holidays, prophet_country, prophet_vars, prophet_signs)
    context_signs <- check_signs(context_signs, context_vars, "context", "default")
    check_paidmedia(dt_input, paid_media_vars, paid_media_spends)
    paid_media_signs <- check_signs(paid_media_signs, paid_media_vars, "paid_media", "positive")
    check_columns(dt_input, organic_vars, "organic_vars")
    organic_signs <- check_signs(organic_signs, organic_vars, "organic", "positive")
    factor_vars <- all_factors(dt_input, factor_vars, context_vars)
    window <- check_windows(dt_input[[dates$date_var]], window_start, window_end)
    all_media <- c(paid_media_vars, organic_vars)
    check_media_in_window(dt_input[window$from:window$to, all_media, drop = FALSE])
    adstock <- check_adstock(adstock)
    inputs <- list(
      dt_input = dt_input, dt_holidays = dt_holidays, dt_mod = NULL, dt_modRollWind = NULL, xDecompAggPrev = NULL,
      date_var = dates$date_var, dayInterval = dates$days,
      intervalType = dates$kind, dep_var = dep_var, dep_var_type = dep_var_type,
      prophet_vars = tolower(prophet_vars), prophet_signs = prophet_signs, prophet_country = prophet_country,
      context_vars = context_vars, context_signs = context_signs, paid_media_vars = paid_media_vars,
      paid_media_signs = paid_media_signs, paid_media_spends = paid_media_spends,
      paid_media_selected = paid_media_vars,
      paid_media_total = sum(dt_input[window$from:window$to, paid_media_spends]),
      exposure_vars = paid_media_vars[paid_media_vars != paid_media_spends], organic_vars = organic_vars,
      organic_signs = organic_signs, all_media = all_media,
      all_ind_vars = c(tolower(prophet_vars), context_vars, all_media), factor_vars = factor_vars,
      unused_vars = setdiff(
        names(dt_input), c(dep_var, dates$date_var, context_vars, paid_media_vars, paid_media_spends, organic_vars)
      ),
      window_start = window$start, rollingWindowStartWhich = window$from, window_end = window$end,
      rollingWindowEndWhich = window$to, rollingWindowLength = window$to - window$from + 1,
      totalObservations = nrow(dt_input), refreshAddedStart = window$start, adstock = adstock,
      hyperparameters = hyperparameters, custom_params = list(...)
    )
    check_novar(dt_input[setdiff(names(dt_input), inputs$unused_vars)])
  }
  finish_inputs(inputs, hyperparameters, calibration_input, is_first = is.null(InputCollect), ...)
}

#' Add hyperparameters, lift tests and the modelling table to checked inputs.
finish_inputs <- function(inputs, hyperparameters, calibration_input, is_first, quiet = FALSE, ...) {
  if (is_first || !is.null(calibration_input)) {
    inputs["calibration_input"] <- list(check_calibration(calibration_input, inputs))
  }
  if (is.null(hyperparameters)) hyperparameters <- inputs$hyperparameters
  if (is.null(hyperparameters) && !is_first) stop("Must provide hyperparameters in robyn_inputs()")
  if (!is.null(hyperparameters)) {
    inputs$hyperparameters <- check_hyperparameters(hyperparameters, inputs)
    if (!quiet) message(">> Running feature engineering...")
    inputs <- add_dt_mod(inputs)
  }
  inputs$version <- sprintf("Robyn (dev) v3.12.1 [R-%s.%s]", R.version$major, R.version$minor)
  class(inputs) <- unique(c("robyn_inputs", class(inputs)))
  inputs
}

#' Complain about column names, missing values and holes before anything else is looked at.
check_data <- function(dt_input, dt_holidays, columns) {
  twice <- names(dt_input)[duplicated(names(dt_input))]
  if (length(twice)) {
    stop(
      "You have duplicated variable names for dt_input in different parameters. Check: ",
      paste(unique(twice), collapse = ", ")
    )
  }
  spaced <- grep(" ", names(dt_input), value = TRUE, fixed = TRUE)
  if (length(spaced)) {
    stop("You have invalid variable names on dt_input with spaces.\n   Please fix columns: ", listed(spaced))
  }
  check_nas(dt_input, columns)
  if (!is.null(dt_holidays)) check_nas(dt_holidays)
}

#' The factors named plus those context variables that hold no numbers.
all_factors <- function(dt_input, factor_vars, context_vars) {
  if (!all(factor_vars %in% context_vars)) stop("Input 'factor_vars' must be any from 'context_vars' inputs")
  words <- context_vars[!vapply(dt_input[context_vars], is.numeric, logical(1))]
  more <- setdiff(words, factor_vars)
  if (length(more)) message("Automatically set these variables as 'factor_vars': ", listed(more))
  c(factor_vars, more)
}

#' Complain about media without any spend in the window.
check_media_in_window <- function(media) {
  idle <- names(media)[vapply(media, function(column) sum(column) == 0, logical(1))]
  if (length(idle)) {
    stop(
      "These media channels contains only 0 within training period: ", paste(idle, collapse = ", "),
      "\nRecommendation: adapt InputCollect$window_start, remove or combine these channels"
    )
  }
}

#' Add the recorded modelling table; only the recorded data set has one.
add_dt_mod <- function(inputs) {
  table <- recorded_dt_mod()
  absent <- setdiff(inputs$all_ind_vars, names(table))
  if (length(absent)) not_recorded("the variable(s) ", paste(absent, collapse = ", "))
  same_rows <- identical(as.Date(inputs$dt_input[[inputs$date_var]]), table$ds) &&
    isTRUE(all.equal(as.numeric(inputs$dt_input[[inputs$dep_var]]), table$dep_var))
  if (!same_rows) not_recorded("other data than Robyn's demonstration data")
  inputs$dt_mod <- table[c("ds", "dep_var", inputs$all_ind_vars)]
  inputs$dt_modRollWind <- inputs$dt_mod[inputs$rollingWindowStartWhich:inputs$rollingWindowEndWhich, ]
  fit <- recorded_inputs()$exposure_fit
  inputs$ExposureCollect <- list(
    df_cpe = fit[match(inputs$paid_media_selected, fit$paid_media_selected), ],
    plot_spend_exposure = plot_stand_in(),
    dt_transform = table, paid_media_selected = inputs$paid_media_selected
  )
  inputs
}

#' A few lines about the inputs.
print.robyn_inputs <- function(x, ...) {
  cat(sprintf(
    "\nTotal Observations: %s (%ss)\nModel Window: %s:%s\nAdstock: %s\n",
    x$totalObservations, x$intervalType, x$window_start, x$window_end, x$adstock
  ))
  invisible(x)
}
