# robyn_outputs(): the recorded selection among the models of a run, and the files Robyn leaves.

#' Select models, cluster them and write Robyn's files into a folder below `plot_folder`.
robyn_outputs <- function(InputCollect, OutputModels, pareto_fronts = "auto", calibration_constraint = 0.1,
                          plot_folder = NULL, plot_folder_sub = NULL, plot_pareto = TRUE, csv_out = "pareto",
                          clusters = TRUE, select_model = "clusters", ui = FALSE, export = TRUE,
                          all_sol_json = FALSE, quiet = FALSE, refresh = FALSE, ...) {
  log_call("robyn_outputs", c(as.list(environment()), list(...)))
  started <- Sys.time()
  folder <- output_folder(plot_folder, plot_folder_sub, export)
  fixed <- isTRUE(as.logical(OutputModels$hyper_fixed))
  if (!fixed) {
    message(sprintf(
      ">>> Running Pareto calculations for %s models on %s front%s...",
      OutputModels$iterations * OutputModels$trials, pareto_fronts, if (pareto_fronts > 1) "s" else ""
    ))
  }
  fail_if_asked("outputs")
  found <- if (fixed) fixed_selection(OutputModels, quiet) else selection(OutputModels, pareto_fronts, quiet, ...)
  found <- with_series(InputCollect, found)
  if (export && !dir.exists(folder)) {
    message("Creating directory for outputs: ", folder)
    dir.create(folder)
  }
  kept <- c(
    "cores", "iterations", "trials", "intercept", "intercept_sign", "nevergrad_algo", "add_penalty_factor", "seed"
  )
  result <- c(found, list(calibration_constraint = calibration_constraint, OutputModels = OutputModels))
  for (name in kept) result[name] <- list(OutputModels[[name]])
  result <- c(result, list(
    UI = NULL, pareto_fronts = found$pareto_fronts, hyper_fixed = fixed, plot_folder = folder
  ))
  result <- result[!duplicated(names(result), fromLast = TRUE)]
  class(result) <- c("robyn_outputs", "list")
  if (clusters && !fixed) {
    if (!quiet) message(">>> Calculating clusters for model selection using Pareto fronts...")
    result <- with_clusters(result, quiet, export)
  }
  if (export) {
    tryCatch(
      export_all(InputCollect, result, csv_out, plot_pareto, select_model, quiet, ...),
      error = function(error) message("Failed exporting results, but returned model results anyways:\n ", error)
    )
  }
  if (export) result$UI <- NULL
  result$hyper_updated <- OutputModels$hyper_updated
  attributes(result)[["runTime"]] <- round(difftime(Sys.time(), started, units = "mins"), 2)
  class(result) <- c("robyn_outputs", class(result))
  invisible(result)
}

#' Where the files go: `plot_folder` if it is there, else the working directory, and a folder named by the time.
output_folder <- function(plot_folder, sub, export) {
  if (is.null(plot_folder)) plot_folder <- getwd()
  if (export && !dir.exists(plot_folder)) {
    plot_folder <- getwd()
    message("WARNING: Provided 'plot_folder' doesn't exist. Using current working directory: ", plot_folder)
  }
  if (is.null(sub)) sub <- paste("Robyn", format(Sys.time(), "%Y%m%d%H%M"), "init", sep = "_")
  gsub("//+", "/", paste0(plot_folder, "/", sub, "/"))
}

#' Key of a model that survives renaming: its two errors, to 12 digits.
model_key <- function(table) sprintf("%.12g|%.12g", table$nrmse, table$decomp.rssd)

#' All models of a run, one row each, from whatever trials it holds.
models_of <- function(output_models) {
  trials <- grep("^trial[0-9]+$", names(output_models), value = TRUE)
  tables <- lapply(output_models[trials], function(one) as.data.frame(one$resultCollect$resultHypParam))
  all <- do.call(rbind, tables)
  row.names(all) <- NULL
  if (anyDuplicated(all$solID)) {
    stop("Double: models of different trials bear one name, such as ", all$solID[duplicated(all$solID)][1],
      "; Robyn would join the wrong rows",
      call. = FALSE
    )
  }
  all
}

#' How many of the recorded fronts to take: those asked for, or the first that hold `min_candidates` models; all
#' where a part of the recording has too few.
fronts_to_take <- function(pareto_fronts, on_front, eligible, min_candidates) {
  most <- 3L
  if (!identical(pareto_fronts, "auto")) {
    if (pareto_fronts > most) not_recorded(pareto_fronts, " Pareto fronts; the recording has 3")
    return(as.integer(pareto_fronts))
  }
  if (eligible <= min_candidates) {
    stop(
      "Less than ", min_candidates, " candidates in pareto fronts. ",
      "Increase iterations to get more model candidates or decrease min_candidates in robyn_output()"
    )
  }
  enough <- which(cumsum(tabulate(on_front, most)) >= min_candidates)
  if (length(enough)) enough[1] else most
}

#' The recorded selection among the models of a run, under the names the run gave them.
selection <- function(output_models, pareto_fronts, quiet, min_candidates = 100, ...) {
  all <- models_of(output_models)
  recorded <- recorded_models()
  where <- match(model_key(recorded), model_key(all))
  eligible <- sum(!is.na(with_fronts(list(all = all))$robynPareto))
  fronts <- fronts_to_take(pareto_fronts, recorded$robynPareto[!is.na(where)], eligible, min_candidates)
  keep <- !is.na(where) & recorded$robynPareto <= fronts
  if (!any(keep)) not_recorded("a selection among so few iterations")
  models <- recorded[keep, setdiff(names(recorded), c("cluster", "top_sol"))]
  variables <- recorded_variables()
  variables <- variables[variables$solID %in% models$solID, seq_len(match("cpa_total", names(variables)))]
  given <- all$solID[where[keep]]
  variables$solID <- given[match(variables$solID, models$solID)]
  variables$trial <- all$trial[match(variables$solID, all$solID)]
  models$solID <- given
  models$trial <- all$trial[match(given, all$solID)]
  row.names(models) <- row.names(variables) <- NULL
  if (identical(pareto_fronts, "auto")) {
    message(sprintf(
      ">> Automatically selected %s Pareto-fronts to contain at least %s pareto-optimal models (%s)",
      fronts, min_candidates, nrow(models)
    ))
  }
  say_selection(models, fronts, quiet)
  list(resultHypParam = models, xDecompAgg = variables, pareto_fronts = as.integer(fronts), all = all)
}

#' Print how the response curves of the selection come along, as Robyn does.
say_selection <- function(models, fronts, quiet) {
  count <- 6 * nrow(models)
  if (!quiet) message(sprintf(">>> Calculating response curves for all models' media variables (%s)...", count))
  bar <- txtProgressBar(max = count, style = 3)
  setTxtProgressBar(bar, count)
  close(bar)
  if (quiet || nrow(models) == 1) return(invisible())
  for (front in seq_len(fronts)) {
    message(sprintf(">> Pareto-Front: %s [%s models]", front, sum(models$robynPareto == front)))
  }
}

#' Add the series of every selected model, and the list of everything Robyn keeps aside.
with_series <- function(inputs, found) {
  order <- order(found$resultHypParam$robynPareto)
  names <- found$resultHypParam$solID[order]
  series <- lapply(names, function(one) {
    variables <- found$xDecompAgg[found$xDecompAgg$solID == one, ]
    series_of(inputs, found$resultHypParam[found$resultHypParam$solID == one, ], variables)
  })
  media <- do.call(rbind, lapply(series, `[[`, "media"))
  parts <- do.call(rbind, lapply(series, `[[`, "parts"))
  row.names(media) <- row.names(parts) <- NULL
  list(
    resultHypParam = found$resultHypParam, xDecompAgg = found$xDecompAgg, mediaVecCollect = media,
    xDecompVecCollect = parts, resultCalibration = NULL, allSolutions = names,
    allPareto = list(
      resultHypParam = if (is.null(found$all)) found$resultHypParam else with_fronts(found),
      xDecompAgg = found$xDecompAgg, resultCalibration = NULL, plotDataCollect = list(),
      df_caov_pct = carried_shares(inputs, found)
    ),
    pareto_fronts = found$pareto_fronts
  )
}

#' All models of the run with their recorded front (NA if not eligible) and score.
with_fronts <- function(found) {
  recorded <- recorded_table("all_candidates.csv.gz")
  digits <- function(table) sprintf("%.9g|%.9g", table$nrmse, table$decomp.rssd)
  where <- match(digits(found$all), digits(recorded))
  cbind(found$all,
    iterations = as.numeric(found$all$iterNG), coef0 = NA, mape.qt10 = !is.na(recorded$pareto_front[where]),
    robynPareto = as.numeric(recorded$pareto_front[where]), error_score = recorded$error_score[where]
  )
}

#' Per model and medium: response in the window (revenue) that is immediate or carried over, and the shares.
carried_shares <- function(inputs, found) {
  rows <- lapply(seq_len(nrow(found$resultHypParam)), function(row) {
    model <- found$resultHypParam[row, ]
    variables <- found$xDecompAgg[found$xDecompAgg$solID == model$solID, ]
    do.call(rbind, lapply(sort(inputs$all_media), function(medium) {
      one <- medium_of(inputs, model, medium, variables$coef[variables$rn == medium])
      carried <- sum(one$response_carried)
      total <- sum(one$response)
      data.frame(
        rn = medium, type = c("Immediate", "Carryover"), response = c(total - carried, carried),
        percentage = c(1 - carried / total, carried / total), carryover_pct = carried / total, solID = model$solID
      )
    }))
  })
  do.call(rbind, rows)
}

#' A few lines about the selection.
print.robyn_outputs <- function(x, ...) {
  cat(sprintf("\nPlot Folder: %s\nPareto-front (%s) All solutions (%s)\n",
    x$plot_folder, x$pareto_fronts, length(x$allSolutions)
  ))
  invisible(x)
}
