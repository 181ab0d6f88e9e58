# Files: Robyn's CSVs, pictures of one grey point, and the model as JSON.

#' Everything robyn_outputs() writes after the selection, in Robyn's order.
export_all <- function(inputs, result, csv_out, plot_pareto, select_model, quiet, ...) {
  say <- function(...) if (!quiet) message(...)
  say(">>> Collecting ", length(result$allSolutions), " pareto-optimum results into: ", result$plot_folder)
  say(">> Exporting general plots into directory...")
  robyn_plots(inputs, result, export = TRUE)
  if (any(csv_out %in% c("all", "pareto"))) {
    say(">> Exporting ", csv_out, " results as CSVs into directory...")
    robyn_csv(inputs, result, csv_out)
  }
  if (plot_pareto) {
    say(">>> Exporting ", if (!result$hyper_fixed) "pareto ", "one-pagers into directory...")
    chosen <- if (is.null(result$clusters$models)) NULL else select_model
    robyn_onepagers(inputs, result, select_model = chosen, quiet = quiet)
  }
  robyn_write(inputs, result, dir = result$plot_folder, quiet = quiet)
}

#' The general pictures of a run.
robyn_plots <- function(InputCollect, OutputCollect, export = TRUE, plot_folder = OutputCollect$plot_folder, ...) {
  fail_if_asked("plots")
  names <- if (isTRUE(OutputCollect$hyper_fixed)) {
    character(0)
  } else {
    c("prophet_decomp", "hypersampling", "pareto_front", "ROAS_convergence1", "ts_validation")
  }
  if (export) for (name in names) write_picture(plot_folder, name)
  invisible(stats::setNames(lapply(names, function(name) plot_stand_in()), names))
}

#' One picture per model: the winners of the clusters, the models named, or all.
robyn_onepagers <- function(InputCollect, OutputCollect, select_model = NULL, quiet = FALSE, export = TRUE,
                            plot_folder = OutputCollect$plot_folder, baseline_level = 0, ...) {
  log_call("robyn_onepagers", as.list(environment()))
  fail_if_asked("plots")
  chosen <- OutputCollect$allSolutions
  if ("clusters" %in% select_model) {
    chosen <- OutputCollect$clusters$models$solID
  } else if (!is.null(select_model)) {
    chosen <- intersect(chosen, select_model)
  }
  if (!quiet && length(chosen) > 1) {
    message(">> Generating only cluster results one-pagers (", length(chosen), ")...")
    message(">> Plotting ", length(chosen), " selected models on ", OutputCollect$cores, " cores...")
  }
  if (export) for (one in chosen) write_picture(plot_folder, one)
  if (export && !quiet && length(chosen) == 1) message("Exporting charts as: ", plot_folder, chosen, ".png")
  invisible(stats::setNames(lapply(chosen, function(one) plot_stand_in()), chosen))
}

#' Robyn's CSVs of the selected ("pareto") or of all models ("all").
robyn_csv <- function(InputCollect, OutputCollect, csv_out = NULL, export = TRUE, calibrated = FALSE) {
  if (!export || is.null(csv_out)) return(invisible())
  write <- function(table, name) write.csv(table, paste0(OutputCollect$plot_folder, name, ".csv"))
  if ("pareto" %in% csv_out) {
    write(OutputCollect$resultHypParam, "pareto_hyperparameters")
    write(OutputCollect$xDecompAgg, "pareto_aggregated")
  }
  if ("all" %in% csv_out) {
    write(OutputCollect$allPareto$resultHypParam, "all_hyperparameters")
    write(OutputCollect$allPareto$xDecompAgg, "all_aggregated")
  }
  write(InputCollect$dt_input, "raw_data")
  write(OutputCollect$mediaVecCollect, "pareto_media_transform_matrix")
  write(OutputCollect$xDecompVecCollect, "pareto_alldecomp_matrix")
}

#' Inputs, and of one model its hyperparameters and errors, as RobynModel-NAME.json in `dir`.
robyn_write <- function(InputCollect, OutputCollect = NULL, select_model = NULL, dir = OutputCollect$plot_folder,
                        add_data = TRUE, export = TRUE, quiet = FALSE, pareto_df = NULL, ...) {
  log_call("robyn_write", as.list(environment()))
  stopifnot(inherits(InputCollect, "robyn_inputs"))
  fail_if_asked("write")
  plain <- function(list) list[vapply(list, function(value) is.atomic(value) && !is.null(value), logical(1))]
  written <- list(InputCollect = c(plain(unclass(InputCollect)), list(hyperparameters = InputCollect$hyperparameters)))
  name <- "inputs"
  if (!is.null(OutputCollect)) {
    stopifnot(inherits(OutputCollect, "robyn_outputs"))
    written$ModelsCollect <- plain(unclass(OutputCollect))
    written$ModelsCollect$allSolutions <- NULL
    if (is.null(select_model)) select_model <- OutputCollect$allSolutions
    name <- "models"
    if (length(select_model) == 1) {
      stopifnot(select_model %in% OutputCollect$allSolutions)
      name <- select_model
      written$ExportedModel <- exported_model(InputCollect, OutputCollect, select_model)
    }
  }
  if (add_data) written$Extras <- list(raw_data = InputCollect$dt_input)
  path <- gsub("//+", "/", sprintf("%s/RobynModel-%s.json", if (is.null(dir)) getwd() else dir, name))
  if (export) {
    if (!dir.exists(dirname(path))) dir.create(dirname(path), recursive = TRUE)
    if (!quiet) message(sprintf(">> Exported %s as %s", name, path))
    jsonlite::write_json(written, path, pretty = TRUE, digits = 10)
  }
  class(written) <- c("robyn_write", class(written))
  attr(written, "json_file") <- path
  invisible(written)
}

#' One model for the JSON: its hyperparameters, errors and variables.
exported_model <- function(inputs, result, name) {
  model <- result$resultHypParam[result$resultHypParam$solID == name, ]
  kept <- c(hyper_names(inputs$adstock, inputs$all_media), "lambda", "train_size")
  variables <- result$xDecompAgg[result$xDecompAgg$solID == name, ]
  list(
    select_model = name, hyper_values = as.list(model[sort(kept)]), hyper_updated = result$hyper_updated,
    errors = model[grep("^(rsq_|nrmse|decomp.rssd|mape$)", names(model))],
    summary = data.frame(variable = variables$rn, coef = variables$coef, decompPer = variables$xDecompPerc)
  )
}

#' Write the picture NAME.png: one grey point.
write_picture <- function(folder, name) {
  bytes <- jsonlite::base64_dec(paste0(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
  ))
  writeBin(bytes, paste0(folder, name, ".png"))
}
