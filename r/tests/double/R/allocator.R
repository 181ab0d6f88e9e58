# robyn_allocator(): the recorded allocations of one model; and robyn_refresh(), of which there is no recording.

#' Share the budget anew: answers where model, scenario and bounds are those of a recorded run, else stops.
robyn_allocator <- function(robyn_object = NULL, select_build = 0, InputCollect = NULL, OutputCollect = NULL,
                            select_model = NULL, json_file = NULL, scenario = "max_response", total_budget = NULL,
                            target_value = NULL, date_range = "all", channel_constr_low = NULL,
                            channel_constr_up = NULL, channel_constr_multiplier = 3, optim_algo = "SLSQP_AUGLAG",
                            maxeval = 100000, constr_mode = "eq", keep_zero_coefs = FALSE, plots = TRUE,
                            plot_folder = NULL, plot_folder_sub = NULL, export = TRUE, quiet = FALSE, ui = FALSE,
                            ...) {
  log_call("robyn_allocator", c(as.list(environment()), list(...)))
  if (!quiet) message(">>> Running budget allocator for model ID ", select_model, " ...")
  media <- InputCollect$paid_media_selected
  check_allocator(OutputCollect, select_model, media, scenario, channel_constr_low, channel_constr_up, constr_mode)
  fail_if_asked("allocator")
  low <- if (is.null(channel_constr_low)) c(max_response = 0.5, target_efficiency = 0.1)[[scenario]]
  up <- if (is.null(channel_constr_up)) c(max_response = 2, target_efficiency = 10)[[scenario]]
  asked <- list(
    scenario = scenario, date_range = date_range, total_budget = total_budget, target_value = target_value,
    low = rep_len(c(low, channel_constr_low), length(media)), up = rep_len(c(up, channel_constr_up), length(media)),
    multiplier = channel_constr_multiplier, mode = constr_mode
  )
  run <- recorded_allocation(OutputCollect, select_model, asked, media)
  table <- run$channels
  table$solID <- select_model
  days <- range(table$date_min, table$date_max)
  if (!quiet) message(sprintf("Date Window: %s:%s (%s)", days[1], days[2], table$periods[1]))
  if (export) {
    folder <- allocation_folder(OutputCollect, plot_folder, plot_folder_sub)
    write.csv(table, paste0(folder, select_model, "_", scenario, "_reallocated.csv"))
    if (plots) {
      fail_if_asked("plots")
      name <- paste0(select_model, "_reallocated_", c(max_response = "best_roas", target_efficiency = "target_roas")[[
        scenario
      ]])
      if (!quiet) message("Exporting to: ", folder, name, ".png")
      write_picture(folder, name)
    }
  }
  structure(
    list(
      dt_optimOut = table, mainPoints = NULL, nlsMod = list(
        status = run$nlopt_status, iterations = run$nlopt_iterations, objective = run$nlopt_objective,
        message = c("-1" = "NLOPT_FAILURE: Generic failure code.", "4" = "NLOPT_XTOL_REACHED")[[
          as.character(run$nlopt_status)
        ]]
      ),
      plots = if (plots) list() else NULL, scenario = scenario, usecase = run$usecase,
      total_budget = run$total_budget, skipped_coef0 = character(0), skipped_constr = character(0),
      no_spend = character(0), ui = NULL
    ),
    class = c("robyn_allocator", "list")
  )
}

#' Robyn's complaints about the arguments of an allocation.
check_allocator <- function(result, select_model, media, scenario, low, up, constr_mode) {
  if (!isTRUE(select_model %in% result$allSolutions)) {
    stop(
      "Provided 'select_model' is not within the best results. Try any of: ",
      paste(result$allSolutions, collapse = ", ")
    )
  }
  if (length(media) <= 1) stop("Must have a valid model with at least two 'paid_media_selected'")
  if (!scenario %in% c("max_response", "target_efficiency")) {
    stop("Input 'scenario' must be one of: max_response, target_efficiency")
  }
  if (is.null(low) != is.null(up)) {
    stop("channel_constr_low and channel_constr_up must be both provided or both NULL")
  }
  if (any(low < 0)) stop("Inputs 'channel_constr_low' must be >= 0")
  if (!is.null(low) && !all(c(length(low), length(up)) %in% c(1, length(media)))) {
    stop(
      "'channel_constr_low' and 'channel_constr_up' require either only 1 value or the same length as ",
      "'paid_media_selected'"
    )
  }
  if (any(up < low)) stop("Inputs 'channel_constr_up' must be >= 'channel_constr_low'")
  if (!constr_mode %in% c("eq", "ineq")) stop("Input 'constr_mode' must be one of: eq, ineq")
}

#' The recorded run that answers what is asked: same model, scenario, dates, budget and bounds.
recorded_allocation <- function(result, select_model, asked, media) {
  recording <- jsonlite::fromJSON(recorded_path("allocator.json"), simplifyVector = TRUE, simplifyDataFrame = FALSE)
  model <- recorded_models()
  model <- model[model$solID == recording$solID, ]
  chosen <- result$resultHypParam[result$resultHypParam$solID == select_model, ]
  if (model_key(model) != model_key(chosen)) not_recorded("an allocation of the model ", select_model)
  for (run in recording$runs) {
    if (answers(run$options, asked, media)) {
      run$channels <- allocation_table(run, recording$solID)
      return(run)
    }
  }
  not_recorded("this allocation: ", asked$scenario, " with such bounds, budget or dates")
}

#' Whether a recorded run was asked the same: same words, and bounds, budget and multiplier to 8 digits.
answers <- function(options, asked, media) {
  words <- identical(options$scenario, asked$scenario) && identical(options$date_range, asked$date_range)
  if (!words || !is.null(asked$target_value) || asked$mode != "eq") return(FALSE)
  given <- function(value, otherwise) if (is.null(value)) otherwise else value
  ordered <- given(options$order_of_constraints, media)
  bound <- function(values) stats::setNames(rep_len(values, length(media)), ordered)[media]
  recorded <- c(
    given(options$total_budget, 0), given(options$channel_constr_multiplier, 3),
    bound(options$channel_constr_low), bound(options$channel_constr_up)
  )
  now <- c(given(asked$total_budget, 0), asked$multiplier, asked$low, asked$up)
  isTRUE(all.equal(unname(as.numeric(recorded)), unname(as.numeric(now))))
}

#' A recorded run's channels as Robyn's dt_optimOut: spend and response in currency per period.
allocation_table <- function(run, sol_id) {
  exact <- c("max_response", "all_historical_vec + historical_budget")
  if (identical(c(run$scenario, run$usecase), exact)) {
    return(as_numbers(recorded_table("recorded_outputs", paste0(sol_id, "_max_response_reallocated.csv"))))
  }
  table <- do.call(rbind, lapply(run$channels, function(one) {
    one <- lapply(one, function(value) if (is.null(value) || identical(value, "NA")) NA else value)
    as.data.frame(one, check.names = FALSE)
  }))
  for (day in c("date_min", "date_max")) table[[day]] <- as.Date(table[[day]])
  as_numbers(table)
}

#' Where an allocation's files go.
allocation_folder <- function(result, plot_folder, sub) {
  if (is.null(plot_folder)) return(result$plot_folder)
  if (is.null(sub)) sub <- basename(result$plot_folder)
  folder <- gsub("//+", "/", paste0(plot_folder, "/", sub, "/"))
  if (!dir.exists(folder)) {
    message("Creating directory for allocator: ", folder)
    dir.create(folder)
  }
  folder
}

#' A line about the allocation.
print.robyn_allocator <- function(x, ...) {
  cat(sprintf("\nModel ID: %s\nScenario: %s\nUse case: %s\n", x$dt_optimOut$solID[1], x$scenario, x$usecase))
  invisible(x)
}

#' A refresh was not recorded: checks its data as Robyn does and stops.
robyn_refresh <- function(json_file = NULL, robyn_object = NULL, dt_input = NULL,
                          dt_holidays = Robyn::dt_prophet_holidays, refresh_steps = 4, refresh_mode = "manual",
                          refresh_iters = 1000, refresh_trials = 3, bounds_freedom = NULL, plot_folder = NULL,
                          plot_pareto = TRUE, version_prompt = FALSE, export = TRUE, calibration_input = NULL,
                          objective_weights = NULL, ...) {
  log_call("robyn_refresh", c(as.list(environment()), list(...)))
  check_nas(dt_input)
  check_nas(dt_holidays)
  not_recorded("a refresh")
}

#' Reading an export was not recorded.
robyn_read <- function(json_file = NULL, step = 1, quiet = FALSE, ...) not_recorded("an export that is read again")

#' Making an exported model again was not recorded.
robyn_recreate <- function(json_file, quiet = FALSE, ...) not_recorded("an export that is made again")
