# robyn_response(): a selected model's response to spend, computed from its recorded numbers.

#' Response of one medium: history, means, and the mean response to `metric_value` (spend units) in `date_range`.
robyn_response <- function(InputCollect = NULL, OutputCollect = NULL, json_file = NULL, select_build = NULL,
                           select_model = NULL, metric_name = NULL, metric_value = NULL, date_range = NULL,
                           dt_hyppar = NULL, dt_coef = NULL, quiet = FALSE, ...) {
  log_call("robyn_response", as.list(environment()))
  fail_if_asked("response")
  if (!is.null(json_file)) not_recorded("models read from a JSON file")
  if (is.null(dt_hyppar)) dt_hyppar <- OutputCollect$resultHypParam
  if (is.null(dt_coef)) dt_coef <- OutputCollect$xDecompAgg
  if (any(vapply(list(dt_hyppar, dt_coef, InputCollect, OutputCollect), is.null, logical(1)))) {
    stop("When 'json_file' is not provided, 'InputCollect' & 'OutputCollect' must be provided")
  }
  if (!is.null(OutputCollect$selectID)) select_model <- OutputCollect$selectID
  if (!isTRUE(select_model %in% dt_hyppar$solID)) {
    stop("Input 'select_model' must be one of these values: ", paste(unique(dt_hyppar$solID), collapse = ", "))
  }
  medium <- medium_named(InputCollect, metric_name)
  if (!is.null(metric_value) && is.null(date_range)) stop("Must specify date_range when using metric_value")
  model <- dt_hyppar[dt_hyppar$solID == select_model, ]
  coef <- dt_coef$coef[dt_coef$solID == select_model & dt_coef$rn == medium]
  past <- medium_of(InputCollect, model, medium, coef)
  at <- dates_asked(date_range, InputCollect$dt_input[[InputCollect$date_var]][seq_len(max(past$window))])
  spend_mean <- mean(past$spend[past$window])
  carried_mean <- mean(past$carried[past$window])
  respond <- function(input) coef * hill(input, past$alpha, past$inflexion)
  simulated <- if (is.null(metric_value)) list() else simulate(InputCollect, model, medium, coef, metric_value, at)
  structure(
    list(
      metric_name = medium, date = InputCollect$dt_mod$ds[at], input_total = past$total,
      input_carryover = past$carried, input_immediate = past$spend, response_total = past$response,
      response_carryover = past$response_carried, response_immediate = past$response - past$response_carried,
      inflexion = past$inflexion, mean_input_immediate = spend_mean, mean_input_carryover = carried_mean,
      mean_response_total = respond(spend_mean + carried_mean), mean_response_carryover = respond(carried_mean),
      mean_response = mean(past$response), sim_mean_spend = simulated$spend, sim_mean_carryover = simulated$carried,
      sim_mean_response = if (length(simulated)) respond(simulated$spend + simulated$carried),
      usecase = use_case(metric_value, date_range), plot = plot_stand_in()
    ),
    class = c("robyn_response", "list")
  )
}

#' The modelled column of a medium, named by its spend, its exposure or as organic.
medium_named <- function(inputs, metric_name) {
  if (metric_name %in% inputs$organic_vars) return(metric_name)
  where <- which(inputs$paid_media_spends == metric_name | inputs$paid_media_vars == metric_name)
  if (length(where)) return(inputs$paid_media_selected[where[1]])
  stop(
    "Invalid 'metric_name' input: ", metric_name, " \nInput should be any media variable from paid_media_selected ",
    "or organic_vars: \n- paid_media_spends: ", paste(inputs$paid_media_selected, collapse = ", "),
    " \n- organic_vars: ", paste(inputs$organic_vars, collapse = ", ")
  )
}

#' Rows of the dates asked for: "all", "last", "last_n", one date or two.
dates_asked <- function(date_range, dates) {
  if (is.null(date_range)) date_range <- "all"
  if (grepl("last|all", date_range[1])) {
    count <- if (date_range[1] == "all") length(dates) else as.integer(sub("last_?", "0", date_range[1]))
    return(utils::tail(seq_along(dates), max(1, count)))
  }
  near <- vapply(as.Date(date_range), function(day) which.min(abs(as.numeric(dates - day))), integer(1))
  seq(min(near), max(near))
}

#' Mean spend and carryover in the rows `at` if `metric_value` were spent there, shared as in the past.
simulate <- function(inputs, model, medium, coef, metric_value, at) {
  if (any(metric_value < 0)) stop("Input 'metric_value' for ", medium, " must be positive\n")
  spend <- as.numeric(inputs$dt_mod[[medium]])
  spend[at] <- if (length(at) > 1 && length(metric_value) == 1) {
    metric_value * spend[at] / sum(spend[at])
  } else if (length(metric_value) == length(at)) {
    metric_value
  } else {
    stop("robyn_response metric_value & date_range must have same length\n")
  }
  inputs$dt_mod[[medium]] <- spend
  then <- medium_of(inputs, model, medium, coef)
  list(spend = mean(then$spend[at]), carried = mean(then$carried[at]))
}

#' Robyn's name for what was asked.
use_case <- function(metric_value, date_range) {
  if (is.null(date_range) || identical(date_range, "all")) {
    if (is.null(metric_value) || !is.null(date_range)) return("all_historical_vec")
    return("total_metric_default_range")
  }
  if (is.null(metric_value)) return("selected_historical_vec")
  if (length(metric_value) == 1) "total_metric_selected_range" else "unit_metric_selected_dates"
}
