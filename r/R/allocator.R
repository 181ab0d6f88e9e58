# robyn_allocator(): how a budget is best split, for each scenario that is asked.

#' The questions to ask: the configuration's, and Robyn's other scenario with its defaults.
budget_questions <- function(config) {
  asked <- config[["budget"]]
  if (is.null(asked)) asked <- list(scenario = "max_response", date_range = "all")
  other <- setdiff(c("max_response", "target_efficiency"), asked$scenario)
  list(asked, list(scenario = other, date_range = asked$date_range))
}

#' Answer every question for one model. Returns list(rows, budgets, notes); a question that fails is a note.
allocate <- function(inputs, collect, chosen, config, folder) {
  nothing <- list(rows = NULL, budgets = list(), notes = character())
  if (length(inputs$paid_media_selected) < 2) return(nothing)
  answers <- lapply(budget_questions(config), function(question) {
    tryCatch(
      answer_budget(inputs, collect, chosen, question, folder),
      error = function(error) {
        message("The allocation failed: ", conditionMessage(error))
        said <- sprintf("No budget was allocated for %s: %s", question$scenario, shorten(conditionMessage(error), 160))
        list(rows = NULL, budget = NULL, note = said)
      }
    )
  })
  list(
    rows = do.call(rbind, lapply(answers, `[[`, "rows")),
    budgets = Filter(Negate(is.null), lapply(answers, `[[`, "budget")),
    notes = unlist(lapply(answers, `[[`, "note"))
  )
}

#' Put one question to Robyn. Bounds are multiples of the initial spend, in the order of the paid channels.
answer_budget <- function(inputs, collect, chosen, question, folder) {
  # Robyn draws into the folder of its outputs, and needs one even where it draws nothing.
  collect$plot_folder <- paste0(folder, "/")
  arguments <- list(
    InputCollect = inputs, OutputCollect = collect, select_model = chosen,
    scenario = question$scenario,
    total_budget = question[["total_budget"]],
    target_value = question[["target_value"]],
    date_range = if (is.null(question[["date_range"]])) "all" else question$date_range,
    channel_constr_low = maybe(as.numeric(unlist(question[["channel_constr_low"]]))),
    channel_constr_up = maybe(as.numeric(unlist(question[["channel_constr_up"]]))),
    channel_constr_multiplier = question[["channel_constr_multiplier"]],
    constr_mode = question[["constr_mode"]],
    plots = FALSE, export = FALSE, quiet = TRUE
  )
  answer <- do.call(Robyn::robyn_allocator, Filter(Negate(is.null), arguments))
  rows <- allocation_rows(inputs, answer, chosen, question)
  found_type <- as.data.frame(answer$dt_optimOut)$dep_var_type[1]
  list(
    rows = rows,
    budget = list(
      scenario = question$scenario,
      feasible = rows$feasible[1],
      # That bounds cannot hold a total is arithmetic; where a search for a target ends proves nothing.
      stopped = question$scenario == "target_efficiency" && !rows$feasible[1],
      total_spend = sum(rows$optmSpendUnit),
      initial_response = sum(rows$initResponseUnit),
      response = sum(rows$optmResponseUnit),
      notes = I(as.character(if (!rows$feasible[1]) infeasible_note(question$scenario, rows, found_type)))
    ),
    note = NULL
  )
}

#' The contract's `allocation` for one answer: spend and response per period.
allocation_rows <- function(inputs, answer, chosen, question) {
  found <- as.data.frame(answer$dt_optimOut)
  most <- largest_input(inputs, found$channels)
  left <- rep("", nrow(found))
  left[found$channels %in% answer$skipped_coef0] <- "no effect"
  left[found$channels %in% answer$skipped_constr] <- "set to 0"
  data.frame(
    solID = chosen, scenario = question$scenario, channel = found$channels,
    found[c("initSpendUnit", "optmSpendUnit", "initResponseUnit", "optmResponseUnit", "constr_low", "constr_up")],
    found[c("initResponseMargUnit", "optmResponseMargUnit")],
    beyond_observed = pmax(0, found$optmSpendUnit / most - 1),
    left_out = left,
    feasible = is_feasible(found, question),
    row.names = NULL
  )
}

# Robyn's optimiser stops a little beside a target; what reads the same in two decimals counts as met.
NEAR_TARGET <- 5e-3

#' Whether the total or the target was met: Robyn says nothing where its bounds cannot hold it.
is_feasible <- function(found, question, tolerance = 1e-3) {
  spend <- sum(found$optmSpendUnit)
  if (question$scenario == "max_response") {
    total <- found$total_budget_unit[1]
    if (identical(question[["constr_mode"]], "ineq")) return(spend <= total * (1 + tolerance))
    return(abs(spend / total - 1) <= tolerance)
  }
  response <- sum(found$optmResponseUnit)
  start <- sum(found$initSpendUnit) / sum(found$initResponseUnit)
  target <- question[["target_value"]]
  if (found$dep_var_type[1] == "conversion") {
    if (is.null(target)) target <- start * 1.2
    return(spend / response <= target * (1 + NEAR_TARGET))
  }
  if (is.null(target)) target <- 0.8 / start
  response / spend >= target * (1 - NEAR_TARGET)
}

#' What a reader should know where total or target was not met. That bounds cannot hold a total is arithmetic; that
#' Robyn's optimiser ended beside a target proves nothing.
infeasible_note <- function(scenario, rows, dep_var_type) {
  if (scenario == "max_response") return("The total cannot be met within the bounds; this is as near as they allow.")
  spend <- sum(rows$optmSpendUnit)
  response <- sum(rows$optmResponseUnit)
  ended <- if (dep_var_type == "conversion") c("CPA", spend / response) else c("ROAS", response / spend)
  paste(
    sprintf("Robyn's search stopped at a %s of %.2f, beside the target;", ended[1], as.numeric(ended[2])),
    "that does not say that no split within the bounds meets it."
  )
}

#' Largest input per period of the window, by modelled channel, in spend units as Robyn scales exposures.
largest_input <- function(inputs, channels) {
  vapply(channels, function(channel) max(inputs$dt_modRollWind[[channel]]), numeric(1), USE.NAMES = FALSE)
}
