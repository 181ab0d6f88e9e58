# robyn_refresh(): go on from an earlier Robyn model on newer data.

#' Refresh an earlier model. Returns list(inputs, models, collect, earlier) like a fresh training's parts.
refresh_model <- function(given, home, folder_out, progress) {
  config <- given$config
  asked <- config$refresh
  export <- earlier_export(asked$results)
  window <- refreshed_window(config, given$data, jsonlite::fromJSON(export)$InputCollect$window_end)
  arguments <- list(
    json_file = with_window_end(export, window$earlier, file.path(folder_out, "trials")),
    dt_input = given$data,
    dt_holidays = given$holidays,
    refresh_steps = as.integer(asked$refresh_steps),
    refresh_iters = as.integer(config$iterations),
    refresh_trials = as.integer(config$trials),
    bounds_freedom = asked[["bounds_freedom"]],
    plot_folder = file.path(folder_out, "results", "robyn"),
    plot_pareto = FALSE, export = FALSE, cores = 1L, seed = as.integer(config$seed),
    # Robyn stops where there are fewer; of a short search about half can be expected to be eligible.
    min_candidates = min(config$min_candidates, max(1, floor(config$iterations * config$trials / 2)))
  )
  dir.create(arguments$plot_folder, recursive = TRUE, showWarnings = FALSE)
  task <- list(
    kind = "refresh", arguments = Filter(Negate(is.null), arguments), window = window,
    fingerprint = refresh_mark(arguments, window, export)
  )
  # Robyn refreshes in one go: its trials cannot be run side by side from outside.
  found <- run_processes(task, 1L, config$iterations * config$trials, home, file.path(folder_out, "trials"), progress)
  refreshed <- found[[1]]$listRefresh1
  earlier <- found[[1]]$listInit$OutputCollect
  list(
    inputs = refreshed$InputCollect, models = refreshed$OutputCollect$OutputModels, collect = refreshed$OutputCollect,
    earlier = earlier
  )
}

#' Robyn's own export of an earlier model, RobynModel-....json, under the folder of its results.
earlier_export <- function(results) {
  places <- c(file.path(results, "robyn"), file.path(results, "results", "robyn"), results)
  found <- unlist(lapply(places, list.files, pattern = "^RobynModel-[0-9_]+[.]json$", full.names = TRUE))
  if (!length(found)) {
    fail(
      "The earlier result is not one of Robyn's, so Robyn cannot go on from it.",
      "Refresh it with the native trainer, or train it with Robyn first.",
      input = TRUE
    )
  }
  found[1]
}

#' The window of a refresh, as days of rows: `start` and `end` as the configuration has them, moved by the refresh's
#' steps; `earlier`, the last row of the window before; `added`, the row after that.
refreshed_window <- function(config, data, ended) {
  days <- data[[config$date_var]]
  nearest <- function(day) if (is.null(day)) NULL else days[which.min(abs(days - as.Date(day)))]
  earlier <- sum(days <= as.Date(ended))
  list(
    start = nearest(config[["start_date"]]), end = nearest(config[["end_date"]]),
    earlier = days[earlier], added = days[min(earlier + 1, length(days))],
    steps = as.integer(config$refresh$refresh_steps)
  )
}

#' A copy of Robyn's export of which the window ends on a row's own day. As exported it may be the day before the next
#' row, which on newer data is nearer: the earlier model would be made again on one period more. Returns its path.
with_window_end <- function(export, day, folder) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  content <- jsonlite::read_json(export)
  content$InputCollect$window_end <- list(format(day))
  path <- file.path(folder, basename(export))
  write_text(enc2utf8(jsonlite::toJSON(content, auto_unbox = TRUE, digits = NA, null = "null")), path)
}

#' A text that changes with anything a refresh depends on.
refresh_mark <- function(arguments, window, export) {
  what <- digest_of(list(arguments[setdiff(names(arguments), c("plot_folder", "json_file"))], window, versions()))
  paste(what, unname(tools::md5sum(export)), sep = "-")
}

#' What a refresh changed, as `summary.json` tells it. Efficiencies are ROAS, or CPA for conversions.
drift <- function(earlier, now, inputs, config, chosen) {
  before <- as.data.frame(earlier$xDecompAgg)
  after <- as.data.frame(now$xDecompAgg)
  after <- after[after$solID == chosen, ]
  column <- efficiency_of(config)
  one <- function(channel) {
    old <- before[before$rn == channel, ]
    new <- after[after$rn == channel, ]
    list(
      channel = channel,
      before = finite(old[[column]]), after = finite(new[[column]]),
      share_before = old$xDecompPerc, share_after = new$xDecompPerc,
      parted = ranges_parted(old, new)
    )
  }
  freedom <- config$refresh[["bounds_freedom"]]
  if (is.null(freedom)) freedom <- config$refresh$refresh_steps / inputs$rollingWindowLength
  list(
    earlier = as.character(before$solID[1]), now = chosen, new_periods = as.integer(config$refresh$refresh_steps),
    bounds_freedom = freedom, channels = lapply(inputs$paid_media_selected, one)
  )
}

#' TRUE where two rows' ranges are known and do not overlap.
ranges_parted <- function(old, new) {
  ends <- c(old[["ci_low"]], old[["ci_up"]], new[["ci_low"]], new[["ci_up"]])
  length(ends) == 4 && all(is.finite(ends)) && (ends[2] < ends[3] || ends[4] < ends[1])
}
