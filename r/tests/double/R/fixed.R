# One model fitted again with fixed hyperparameters: answered with the recorded model that has them.

#' What robyn_run() returns for fixed hyperparameters: the outputs of that one model.
fixed_run <- function(inputs, dt_hyper_fixed, settings, seed, quiet, ...) {
  given <- as.data.frame(dt_hyper_fixed)
  fail_if_asked("run", 1)
  recorded <- nearest_model(given, inputs)
  name <- if ("solID" %in% names(given)) as.character(given$solID) else "1_1_1"
  model <- recorded_models()
  model <- model[model$solID == recorded, ]
  model$solID <- name
  model$trial <- 1
  model$iterNG <- 1L
  model$lambda_hp <- model$lambda
  table <- recorded_variables()
  table <- table[table$solID == recorded, ]
  table$solID <- name
  table$trial <- 1
  table$iterNG <- 1L
  table$lambda_hp <- table$lambda
  models <- c(
    list(trial1 = list(
      resultCollect = list(resultHypParam = model, xDecompAgg = table),
      hyperBoundNG = list(), hyperBoundFixed = settings$hyper_updated, trial = 1
    )),
    settings
  )
  found <- robyn_outputs(inputs, models, clusters = FALSE, quiet = quiet, ...)
  class(found) <- c("robyn_outputs", "list")
  found$selectID <- name
  if (!quiet) message("Successfully recreated model ID: ", name)
  found
}

#' Name of the recorded model whose hyperparameters and lambda are the given ones, to a ten-thousandth.
nearest_model <- function(given, inputs) {
  recorded <- recorded_models()
  names <- c(hyper_names(inputs$adstock, inputs$all_media), "lambda")
  misses <- vapply(names, function(name) {
    abs(recorded[[name]] - as.numeric(given[[name]])) / pmax(abs(recorded[[name]]), 1e-6)
  }, numeric(nrow(recorded)))
  worst <- apply(misses, 1, max)
  if (min(worst) > 1e-4) not_recorded("a model with these hyperparameters")
  recorded$solID[which.min(worst)]
}

#' The one model of a run with fixed hyperparameters, in the columns Robyn returns then.
fixed_selection <- function(output_models, quiet) {
  model <- output_models$trial1$resultCollect$resultHypParam
  variables <- output_models$trial1$resultCollect$xDecompAgg
  model <- model[setdiff(
    names(model), c("iterations", "cluster", "top_sol", "mape.qt10", "robynPareto", "coef0", "error_score")
  )]
  model <- cbind(model, mape.qt10 = TRUE, robynPareto = 1, coef0 = NA, error_score = 0.5)
  variables <- variables[seq_len(match("cpa_total", names(variables)))]
  variables$iterations <- NULL
  variables$robynPareto <- 1
  row.names(model) <- row.names(variables) <- NULL
  say_selection(model, 1, quiet)
  list(resultHypParam = model, xDecompAgg = variables, pareto_fronts = 1)
}
