# The double: it answers as recorded, complains as Robyn does, and says so where nothing was recorded. What it
# shares with Robyn is asked of both.

test_that("the recorded convergence comes out of the recorded models", {
  need_double()
  models <- recorded_training()$models
  errors <- models$convergence$errors
  recorded <- recorded_csv("convergence.csv")
  at <- match(paste(recorded$error_type, recorded$cuts), paste(errors$error_type, errors$cuts))
  for (column in c("n", "median", "std", "flag_med", "flag_sd")) {
    expect_equal(errors[[column]][at], recorded[[column]], tolerance = 1e-6, info = column)
  }
})

test_that("the selection has the recorded models and winners, under the recorded names", {
  need_double()
  collect <- recorded_training()$collect
  recorded <- recorded_csv("recorded_outputs", "pareto_hyperparameters.csv")
  expect_equal(collect$resultHypParam$nrmse, recorded$nrmse)
  expect_equal(collect$resultHypParam$solID, recorded$solID)
  expect_setequal(collect$clusters$models$solID, c("3_1998_1", "4_1699_1", "5_1969_1"))
  expect_equal(collect$allSolutions[1:2], c("1_1919_1", "2_1986_1"))
})

test_that("the series it computes are the recorded ones of the three winners", {
  need_double()
  collect <- recorded_training()$collect
  pairs <- list(
    xDecompVecCollect = "pareto_alldecomp_matrix.csv.gz", mediaVecCollect = "pareto_media_transform_matrix.csv.gz"
  )
  for (name in names(pairs)) {
    recorded <- recorded_csv("recorded_outputs", pairs[[name]])
    recorded <- recorded[names(recorded) != ""]
    kind <- function(table) paste(table$solID, table$ds, table$type)
    mine <- collect[[name]]
    expect_setequal(names(mine), names(recorded))
    mine <- mine[match(kind(recorded), kind(mine)), ]
    for (column in names(recorded)[vapply(recorded, is.numeric, logical(1))]) {
      expect_equal(mine[[column]], recorded[[column]], tolerance = 1e-8, info = column)
    }
  }
})

test_that("names and types of its tables are those of the recorded structure", {
  need_recording()
  collect <- trained()$collect
  lines <- readLines(recorded("recorded_outputs", "structure.txt"))
  for (table in c("resultHypParam", "xDecompAgg", "mediaVecCollect", "xDecompVecCollect")) {
    from <- which(lines == paste0("== OutputCollect$", table)) + 2
    to <- from + which(grepl("^==", lines[from:length(lines)]))[1] - 2
    fields <- regmatches(lines[from:to], regexec("^ \\$ (\\S+) *: *(\\w+)", lines[from:to]))
    expect_named(collect[[table]], vapply(fields, `[`, character(1), 2))
    kinds <- c(num = "numeric", int = "integer", chr = "character", logi = "logical", Date = "Date")
    theirs <- unname(kinds[vapply(fields, `[`, character(1), 3)])
    expect_equal(unname(vapply(collect[[table]], class, character(1))), theirs, info = table)
  }
})

test_that("it has Robyn's arguments, or Robyn's own functions have them", {
  expect_equal(names(formals(Robyn::robyn_run))[1:8], c(
    "InputCollect", "dt_hyper_fixed", "json_file", "ts_validation", "add_penalty_factor", "refresh", "seed", "quiet"
  ))
  expect_error(Robyn::hyper_names("geometric", "tv", NULL, 1), "unused argument")
})

#' Arguments of robyn_inputs() for the demonstration.
demo_inputs_without_check <- function() {
  settings <- recorded_settings()
  data <- recorded_csv("dt_simulated_weekly.csv")
  data$DATE <- as.Date(data$DATE)
  list(
    dt_input = data, date_var = "DATE", dep_var = "revenue", dep_var_type = "revenue",
    paid_media_spends = settings$paid_media_spends, paid_media_vars = settings$paid_media_vars,
    organic_vars = "newsletter", context_vars = settings$context_vars, factor_vars = "events",
    prophet_vars = settings$prophet_vars, prophet_country = "DE", adstock = "geometric",
    window_start = "2016-01-04", window_end = "2018-12-31",
    hyperparameters = lapply(settings$hyperparameter_bounds$geometric, as.numeric)
  )
}

test_that("it complains about input as Robyn does", {
  need_recording()
  given <- demo_inputs_without_check()
  complain <- function(...) {
    changes <- list(...)
    arguments <- given
    arguments[names(changes)] <- changes
    hushed(do.call(Robyn::robyn_inputs, arguments))
  }
  expect_error(complain(prophet_country = "XX"), "You must provide 1 country code in 'prophet_country' input")
  expect_error(complain(paid_media_spends = "none", paid_media_vars = "none"), "exist")
  expect_error(complain(dep_var = "none"), "Must provide a valid dependent name")
  holes <- given$dt_input
  holes$tv_S[3] <- NA
  expect_error(complain(dt_input = holes), "contains missing \\(NA\\) values")
  wide <- given$hyperparameters
  wide$tv_S_alphas <- c(0.5, 30)
  expect_error(complain(hyperparameters = wide), "tv_S_alphas's hyperparameter must have upper bound <10")
  few <- given$hyperparameters[-1]
  expect_error(complain(hyperparameters = few), "hyperparameter values are required")
  more <- c(given$hyperparameters, list(tv_S_penalty = c(0, 1)))
  expect_error(complain(hyperparameters = more), "wrong names: tv_S_penalty")
})

test_that("what was not recorded is said to be so", {
  need_double()
  inputs <- demo_inputs()$inputs
  run <- function(...) hushed(Robyn::robyn_run(InputCollect = inputs, cores = 1, ...))
  expect_error(run(seed = 500L, trials = 1), "Not recorded: seeds")
  expect_error(run(trials = 1, iterations = 3000), "Not recorded: 3000 iterations")
  expect_error(run(ts_validation = TRUE), "Not recorded: time-series validation")
  expect_error(run(nevergrad_algo = "DE"), "Not recorded: the optimiser DE")
  expect_error(Robyn::robyn_refresh(dt_input = data.frame(a = 1)), "Not recorded: a refresh")
})

test_that("Robyn's own faults are there: quiet runs fail, and a seed that is no integer seeds nothing", {
  need_recording()
  inputs <- trained()$inputs
  run <- function(...) {
    hushed(Robyn::robyn_run(InputCollect = inputs, cores = 1, trials = 1, iterations = few_iterations(), ...))
  }
  expect_error(run(quiet = TRUE), "'pb' not found")
  first <- function(models) models$trial1$resultCollect$resultHypParam$nrmse[1]
  seeded <- first(run(seed = 123L))
  expect_equal(first(trained()$models), seeded)
  expect_false(first(run(seed = 123)) == seeded)
})

test_that("trials that share names are refused, as Robyn would join the wrong rows", {
  need_double()
  training <- recorded_training()
  models <- training$models
  models$trial2 <- models$trial1
  expect_error(hushed(Robyn::robyn_outputs(training$inputs, models, export = FALSE)), "bear one name")
})

test_that("a fit with fixed values answers with the recorded model, and only with one that is near", {
  need_recording()
  training <- trained()
  row <- rows_of(training, "resultHypParam", if (is_double()) "4_1699_1" else choose_model(training$collect))
  fit <- function(row) {
    hushed(Robyn::robyn_run(InputCollect = training$inputs, dt_hyper_fixed = row, cores = 1, export = FALSE))
  }
  found <- fit(row)
  expect_equal(found$resultHypParam$nrmse, row$nrmse)
  if (is_double()) {
    expect_equal(found$selectID, "4_1699_1")
    row$tv_S_thetas <- row$tv_S_thetas * 1.1
    expect_error(fit(row), "Not recorded: a model with these hyperparameters")
  }
})

test_that("a response is the model's own, at its mean and elsewhere", {
  need_recording()
  training <- trained()
  respond <- function(...) {
    hushed(Robyn::robyn_response(
      InputCollect = training$inputs, OutputCollect = training$collect, select_model = model_of(training),
      metric_name = "tv_S", ...
    ))
  }
  past <- respond()
  row <- rows_of(training, "xDecompAgg", model_of(training))
  row <- row[row$rn == "tv_S", ]
  expect_equal(sum(past$response_total), row$xDecompAgg, tolerance = 1e-8)
  expect_equal(past$mean_response, row$mean_response, tolerance = 1e-6)
  expect_equal(past$mean_input_carryover, row$mean_carryover, tolerance = 1e-8)
  more <- respond(metric_value = 1e5, date_range = "last_1")
  expect_equal(more$sim_mean_spend, 1e5)
  expect_gt(more$sim_mean_response, past$mean_response_carryover)
})
