# Complaints about input data, in Robyn's words, for the faults people make most.

#' Texts quoted and joined as Robyn lists variables.
listed <- function(names) paste0("\"", names, "\"", collapse = ", ")

#' Complain about missing or infinite values in the columns `channels` of `df`, or in all of it.
check_nas <- function(df, channels = NULL) {
  if (!is.null(channels)) {
    unknown <- setdiff(channels, names(df))
    if (length(unknown)) {
      stop("Can't subset columns that don't exist. Column `", unknown[1], "` doesn't exist.", call. = FALSE)
    }
    df <- df[channels]
  }
  missing <- vapply(df, function(column) sum(is.na(column)), numeric(1))
  if (any(missing > 0)) {
    found <- missing[missing > 0]
    stop(
      "Dataset df contains missing (NA) values. These values must be removed or fixed for Robyn to properly work.\n",
      "  Missing values: ",
      paste(sprintf("%s (%s | %s%%)", names(found), found, round(100 * found / nrow(df), 2)), collapse = ", ")
    )
  }
  infinite <- vapply(df, function(column) any(is.infinite(column)), logical(1))
  if (any(infinite)) {
    stop(
      "Dataset df contains Inf values. These values must be removed or fixed for Robyn to properly work.\n  Check: ",
      paste(names(df)[infinite], collapse = ", ")
    )
  }
}

#' Complain about columns without variance: `df` is the data Robyn would model.
check_novar <- function(df) {
  flat <- vapply(df, function(column) length(unique(column)) == 1, logical(1))
  if (any(flat)) {
    stop(sprintf(
      "There are %s column(s) with no-variance: %s. \nPlease, remove the variable(s) to proceed...",
      sum(flat), listed(names(df)[flat])
    ))
  }
}

#' The data sorted by date, with the length of a period in days and its name (day, week, month).
check_datevar <- function(dt_input, date_var) {
  if (identical(date_var, "auto")) {
    date_var <- names(dt_input)[vapply(dt_input, inherits, logical(1), "Date")]
    if (length(date_var) != 1) stop("Can't automatically find a single date variable to set 'date_var'")
  }
  if (length(date_var) != 1 || !date_var %in% names(dt_input)) {
    stop("You must provide only 1 correct date variable name for 'date_var'")
  }
  dt_input[[date_var]] <- as.Date(dt_input[[date_var]])
  dt_input <- dt_input[order(dt_input[[date_var]]), ]
  row.names(dt_input) <- NULL
  dates <- dt_input[[date_var]][1:2]
  if (any(is.na(dates))) {
    stop("Dates in 'date_var' must have format '2020-12-31' and can't contain NA nor Inf values")
  }
  if (anyDuplicated(dates)) stop("Date variable shouldn't have duplicated dates (panel data)")
  days <- as.integer(difftime(dates[2], dates[1], units = "days"))
  kind <- if (days == 1) "day" else if (days == 7) "week" else if (days %in% 28:31) "month"
  if (is.null(kind)) stop(date_var, " data has to be daily, weekly or monthly")
  list(dt_input = dt_input, date_var = date_var, days = days, kind = kind)
}

#' Complain about the dependent variable: absent, not a number, or of no known type.
check_depvar <- function(dt_input, dep_var, dep_var_type) {
  if (is.null(dep_var)) stop("Must provide a valid dependent variable name for 'dep_var'")
  if (!dep_var %in% names(dt_input)) stop("Must provide a valid dependent name for 'dep_var'")
  if (!is.numeric(dt_input[[dep_var]])) stop("'dep_var' must be a numeric or integer variable")
  if (is.null(dep_var_type)) stop("Must provide a dependent variable type for 'dep_var_type'")
  if (!dep_var_type %in% c("conversion", "revenue")) stop("'dep_var_type' must be 'conversion' or 'revenue'")
}

#' The signs of the time parts; complains about unknown parts and countries without holidays.
check_prophet <- function(dt_holidays, prophet_country, prophet_vars, prophet_signs) {
  if (is.null(dt_holidays) || is.null(prophet_vars)) return(NULL)
  known <- c("trend", "season", "monthly", "weekday", "holiday")
  if (!all(tolower(prophet_vars) %in% known)) {
    stop("Allowed values for 'prophet_vars' are: ", paste(known, collapse = ", "))
  }
  countries <- unique(dt_holidays$country)
  if ("holiday" %in% tolower(prophet_vars) && !(length(prophet_country) == 1 && prophet_country %in% countries)) {
    stop(
      "You must provide 1 country code in 'prophet_country' input. ", length(countries), " countries are included: ",
      paste(countries, collapse = ", "), " \nIf your country is not available, manually include data to ",
      "'dt_holidays' or remove 'holidays' from 'prophet_vars' input."
    )
  }
  check_signs(prophet_signs, prophet_vars, "prophet", "default")
}

#' Signs for `vars`, `usual` where none are given; complains about other words and wrong counts.
check_signs <- function(signs, vars, kind, usual) {
  if (is.null(vars)) return(NULL)
  if (is.null(signs)) signs <- rep(usual, length(vars))
  allowed <- c("positive", "negative", "default")
  if (!all(signs %in% allowed)) {
    stop("Allowed values for '", kind, "_signs' are: ", paste(allowed, collapse = ", "))
  }
  if (length(signs) == 1) signs <- rep(signs, length(vars))
  if (length(signs) != length(vars)) stop("Input '", kind, "_signs' must have same length as '", kind, "_vars'")
  signs
}

#' Complain about columns named in the argument `argument` that the data lacks or that hold no numbers.
check_columns <- function(dt_input, columns, argument, numeric = TRUE) {
  unknown <- setdiff(columns, names(dt_input))
  if (length(unknown)) stop("Input '", argument, "' not included in data. Check: ", listed(unknown))
  if (!numeric) return(invisible())
  words <- columns[!vapply(dt_input[columns], is.numeric, logical(1))]
  if (length(words)) stop("All your '", argument, "' must be numeric. Check: ", listed(words))
}

#' Complain about paid media: absent, of unequal length, not numbers, or below zero.
check_paidmedia <- function(dt_input, vars, spends) {
  if (is.null(spends)) stop("Must provide 'paid_media_spends'")
  check_columns(dt_input, vars, "paid_media_vars", numeric = FALSE)
  check_columns(dt_input, spends, "paid_media_spends", numeric = FALSE)
  if (length(vars) != length(spends)) {
    stop("Input 'paid_media_spends' must have same length as 'paid_media_vars'")
  }
  check_columns(dt_input, vars, "paid_media_vars")
  check_columns(dt_input, spends, "paid_media_spends")
  all <- unique(c(vars, spends))
  below <- vapply(dt_input[all], function(column) any(column < 0), logical(1))
  if (any(below)) {
    stop(paste(all[below], collapse = ", "), " contains negative values. Media must be >=0")
  }
}

#' The window as rows and dates, moved to dates the data has; says so as Robyn does.
check_windows <- function(dates, window_start, window_end) {
  last <- max(dates) + as.integer(diff(utils::tail(dates, 2))) - 1
  start <- if (is.null(window_start)) min(dates) else as.Date(as.character(window_start))
  if (start < min(dates)) {
    start <- min(dates)
    message(
      "Input 'window_start' is smaller than the earliest date in input data. ",
      "It's automatically set to the earliest date: ", start
    )
  }
  if (start > max(dates)) {
    stop("Input 'window_start' can't be larger than the the latest date in input data: ", max(dates))
  }
  from <- which.min(abs(as.numeric(dates - start)))
  if (!start %in% dates) {
    start <- dates[from]
    message("Input 'window_start' is adapted to the closest date contained in input data: ", start)
  }
  end <- if (is.null(window_end)) last else as.Date(as.character(window_end))
  if (end > last) {
    end <- last
    message(
      "Input 'window_end' is larger than the latest dates available in input data. Automatically set to date: ", end
    )
  }
  to <- which.min(abs(as.numeric(dates - end)))
  if (!end %in% c(dates, last)) {
    end <- c(dates, last + 1)[to + 1] - 1
    message("Input 'window_end' is adapted to the closest available date from input data: ", end)
  }
  list(start = start, end = end, from = from, to = to)
}

#' The lift tests as a table with the channel they count for; complains as Robyn does.
check_calibration <- function(calibration_input, inputs) {
  if (is.null(calibration_input)) return(NULL)
  table <- as.data.frame(calibration_input)
  needed <- c(
    "channel", "liftStartDate", "liftEndDate", "liftAbs", "spend", "confidence", "metric", "calibration_scope"
  )
  if (!all(needed %in% names(table))) {
    stop("Input 'calibration_input' must contain columns: ", listed(needed), ". Check the demo script for instruction.")
  }
  if (!is.numeric(table$liftAbs) || anyNA(table$liftAbs)) {
    stop("Check 'calibration_input$liftAbs': all lift values must be valid numerical numbers")
  }
  media <- c(inputs$paid_media_spends, inputs$organic_vars)
  unknown <- setdiff(unlist(strsplit(table$channel, "\\+|,|;|\\s")), media)
  if (length(unknown)) {
    stop(sprintf(
      "All channels from 'calibration_input' must be any of: %s.\n  Check: %s", listed(media), listed(unknown)
    ))
  }
  outside <- table$liftStartDate < inputs$window_start | table$liftEndDate > inputs$window_end
  if (any(outside)) {
    stop(
      "Your calibration's date range for ", table$channel[outside][1], " is not within modeling window (",
      inputs$window_start, " to ", inputs$window_end, "). Please, remove this experiment from 'calibration_input'."
    )
  }
  table
}
