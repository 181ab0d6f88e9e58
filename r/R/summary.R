# summary.json: one training in short, as engine/results/summary.py describes it.

#' The summary as a list. parts: what train() gathered; names: the table of names to turn back into ours.
summarise <- function(parts, names) {
  config <- parts$config
  inputs <- parts$inputs
  chosen <- parts$candidates[parts$candidates$solID == parts$chosen, ]
  rows <- inputs$dt_modRollWind
  days <- as.Date(inputs$dt_mod$ds)
  ours <- function(values) I(to_ours(as.character(values), names))
  list(
    trainer = "robyn",
    chosen = parts$chosen,
    revision = config$revision,
    country = config$country,
    dep_var = to_ours(config$dep_var, names),
    dep_var_type = config$dep_var_type,
    adstock = config$adstock,
    interval = inputs$intervalType,
    window = list(start = day_of(rows$ds[1]), end = day_of(rows$ds[nrow(rows)]), periods = nrow(rows)),
    data = list(
      rows = length(days), start = day_of(min(days)), end = day_of(max(days)), variables = length(inputs$all_ind_vars)
    ),
    channels = lapply(seq_along(inputs$paid_media_selected), function(i) {
      list(
        channel = to_ours(inputs$paid_media_selected[i], names), spend = to_ours(inputs$paid_media_spends[i], names)
      )
    }),
    organic_vars = ours(config$organic_vars),
    context_vars = ours(config$context_vars),
    prophet_vars = I(config$prophet_vars),
    hyperparameters = searched_ranges(parts$models, names),
    iterations = as.integer(config$iterations),
    trials = as.integer(config$trials),
    seed = config$seed,
    metrics = metrics_of(chosen),
    convergence = convergence_of(parts$models),
    selection = list(
      evaluated = nrow(parts$convergence), eligible = parts$eligible,
      fronts = as.integer(max(parts$candidates$robynPareto)), candidates = nrow(parts$candidates),
      method = "robyn", rule = parts$rule, note = parts$note,
      clusters = max(1L, max(parts$candidates$cluster))
    ),
    range_over = if (is.null(parts$ranges)) "" else RANGE_OVER,
    range_models = if (is.null(parts$ranges)) 0L else parts$ranges$n[1],
    budgets = parts$allocation$budgets,
    refresh = drift_to_ours(parts$drift, names),
    notes = I(words_to_ours(as.character(parts$notes), names)),
    versions = versions(),
    durations = parts$durations,
    started_at = stamp(parts$started),
    finished_at = stamp(Sys.time())
  )
}

#' What a refresh changed, with the channels by our names.
drift_to_ours <- function(drift, names) {
  if (is.null(drift)) return(NULL)
  drift$channels <- lapply(drift$channels, function(one) {
    one$channel <- to_ours(one$channel, names)
    one
  })
  drift
}

#' The ranges that were searched, low and high, without lambda, whose range nobody can choose.
searched_ranges <- function(models, names) {
  ranges <- models$hyper_updated
  ranges <- ranges[vapply(ranges, length, integer(1)) > 0 & !base::names(ranges) %in% "lambda"]
  if (is.null(base::names(ranges))) return(list())
  base::names(ranges) <- to_ours(base::names(ranges), names)
  lapply(ranges, function(range) c(min(unlist(range)), max(unlist(range))))
}

#' The chosen model's errors, named as in `candidates`; null for what was not measured.
metrics_of <- function(chosen) {
  columns <- setdiff(CANDIDATE_COLUMNS, c("solID", "trial", "iterNG", "robynPareto"))
  lapply(stats::setNames(columns, columns), function(column) {
    value <- as.numeric(chosen[[column]])
    if (length(value) && is.finite(value)) value
  })
}

#' Whether each objective settled down, in Robyn's own words.
convergence_of <- function(models) {
  messages <- as.character(models$convergence$conv_msg)
  objectives <- c("nrmse" = "NRMSE", "decomp.rssd" = "DECOMP.RSSD", "mape" = "MAPE")
  found <- lapply(objectives, function(objective) {
    line <- grep(paste0("^", objective, " "), messages, value = TRUE)
    if (length(line)) list(converged = !grepl("NOT converged", line[1]), sentence = line[1])
  })
  Filter(Negate(is.null), found)
}

#' A day as 2024-01-31.
day_of <- function(day) format(as.Date(day))

#' A moment in UTC, as 2024-01-31T12:00:00Z.
stamp <- function(moment) format(moment, "%Y-%m-%dT%H:%M:%SZ", tz = "UTC")
