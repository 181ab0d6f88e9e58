# A second look at one model: the same hyperparameters, fitted by Robyn.

#' Fit a candidate in Robyn and write OUT/verification.json. Returns the exit status, as train() does.
verify <- function(folder_in, candidate_file, folder_out, home = package_home()) {
  folder_out <- fresh_folder(folder_out)
  settle_environment()
  start_guard(home, folder_out)
  on.exit(end_started(home))
  progress <- new_progress(folder_out)
  with_failures(progress, {
    candidate <- read_json_file(candidate_file)
    given <- in_phase(progress, "reading", read_input(folder_in, folder_out, home))
    progress$names <- given$names
    need_robyn()
    inputs <- in_phase(progress, "decomposing", build_inputs(given$config, given$data, given$holidays))
    fitted <- in_phase(progress, "fitting", fit_fixed(inputs, given$config, fixed_values(candidate, given$names)))
    write_table(time_features(inputs, given$names), file.path(folder_out, "time_features.csv"))
    write_json_file(verification(candidate, inputs, fitted, given$names), file.path(folder_out, "verification.json"))
    progress$phase <- "done"
    write_status(progress)
  })
}

#' A candidate's hyperparameters as the one row that Robyn takes, lambda as it is given to the fit.
fixed_values <- function(candidate, names) {
  values <- lapply(candidate$hyperparameters, as.numeric)
  changed <- prefixes_to_safe(base::names(values), names)
  base::names(values) <- changed
  train_size <- if (is.null(candidate[["train_size"]])) 1 else as.numeric(candidate$train_size)
  values <- values[!changed %in% c("lambda", "lambda_hp", "train_size")]
  as.data.frame(c(values, list(lambda = as.numeric(candidate$lambda), train_size = train_size)), check.names = FALSE)
}

#' One iteration of robyn_run() with everything fixed.
fit_fixed <- function(inputs, config, values) {
  Robyn::robyn_run(
    InputCollect = inputs, dt_hyper_fixed = values, cores = 1L, seed = as.integer(config$seed),
    ts_validation = config$ts_validation, add_penalty_factor = config$add_penalty_factor,
    rssd_zero_penalty = config$rssd_zero_penalty, export = FALSE, plot_pareto = FALSE
  )
}

#' What Prophet made for Robyn: the days of all rows, the time effects and the factors, by our names.
time_features <- function(inputs, names) {
  columns <- c(inputs$prophet_vars, if (length(inputs$prophet_vars)) inputs$factor_vars)
  table <- as.data.frame(inputs$dt_mod)[c("ds", columns)]
  table[columns] <- lapply(table[columns], as.numeric)
  table$ds <- format(as.Date(table$ds))
  stats::setNames(table, c("ds", to_ours(columns, names)))
}

#' What Robyn's fit says, with the coefficients by our names.
verification <- function(candidate, inputs, fitted, names) {
  model <- as.data.frame(fitted$resultHypParam)[1, ]
  rows <- as.data.frame(fitted$xDecompAgg)
  days <- inputs$dt_modRollWind$ds
  list(
    solID = candidate$solID, nrmse = model$nrmse, nrmse_train = model$nrmse_train, rsq_train = model$rsq_train,
    decomp.rssd = model$decomp.rssd, coef = as.list(stats::setNames(rows$coef, to_ours(rows$rn, names))),
    xDecompPerc = as.list(stats::setNames(rows$xDecompPerc, to_ours(rows$rn, names))),
    window = list(start = day_of(days[1]), end = day_of(days[length(days)])), version = version_of("Robyn")
  )
}
