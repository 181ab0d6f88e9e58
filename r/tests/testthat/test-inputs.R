# What reaches Robyn: every argument by its name, with its type.

#' The calls that `code` makes of the double, each a list(call, arguments, types).
calls_of <- function(code) {
  path <- tempfile()
  with_variables(c(ROBYN_DOUBLE_CALLS = path), force(code))
  lapply(readLines(path), jsonlite::fromJSON)
}

test_that("variables, window, country and signs reach robyn_inputs() as configured", {
  need_double()
  sent <- calls_of(demo_inputs(organic_signs = "negative", context_signs = c("positive", "default")))[[1]]$arguments
  settings <- recorded_settings()
  expect_equal(sent$dep_var, "revenue")
  expect_equal(sent$paid_media_spends, settings$paid_media_spends)
  expect_equal(sent$paid_media_vars, settings$paid_media_vars)
  expect_equal(sent$paid_media_signs, rep("positive", 5))
  expect_equal(sent$context_vars, settings$context_vars)
  expect_equal(sent$context_signs, c("positive", "default"))
  expect_equal(sent$organic_signs, "negative")
  expect_equal(sent$factor_vars, "events")
  expect_equal(sent$prophet_vars, settings$prophet_vars)
  expect_equal(sent$prophet_country, "DE")
  expect_equal(c(sent$window_start, sent$window_end), c("2016-01-04", "2018-12-31"))
  expect_equal(sent$hyperparameters$tv_S_thetas, c(0.3, 0.8))
})

test_that("without holidays no country is named", {
  need_double()
  calls <- calls_of(try(demo_inputs(prophet_vars = c("trend", "season")), silent = TRUE))
  expect_equal(calls[[1]]$arguments$prophet_vars, c("trend", "season"))
  expect_null(calls[[1]]$arguments$prophet_country)
})

test_that("the inputs have the recorded window and modelling table", {
  need_recording()
  skip_if_not(is_double(), "prophet differs between versions")
  inputs <- demo_inputs()$inputs
  expect_equal(c(inputs$rollingWindowStartWhich, inputs$rollingWindowEndWhich), c(7, 163))
  expect_equal(nrow(inputs$dt_modRollWind), 157)
  expect_equal(inputs$dt_mod$trend, recorded_csv("dt_mod.csv")$trend)
})

test_that("lift tests come with dates and under the name of the KPI's column", {
  config <- list(dep_var = "revenue", calibration_input = data.frame(
    channel = "tv_S", liftStartDate = "2018-05-01", liftEndDate = "2018-06-10", liftAbs = 4e5, spend = 4e5,
    confidence = 0.85, metric = "sales", calibration_scope = "immediate"
  ))
  found <- lift_tests(config)
  expect_s3_class(found$liftStartDate, "Date")
  expect_equal(found$metric, "revenue")
  expect_null(lift_tests(list(dep_var = "revenue", calibration_input = list())))
  expect_null(lift_tests(list(dep_var = "revenue")))
})

test_that("lift tests reach Robyn, and one outside the window is the person's to correct", {
  need_double()
  test <- data.frame(
    channel = "tv_S", liftStartDate = "2018-05-01", liftEndDate = "2018-06-10", liftAbs = 4e5, spend = 4e5,
    confidence = 0.85, metric = "revenue", calibration_scope = "immediate"
  )
  expect_equal(demo_inputs(calibration_input = test)$inputs$calibration_input$liftAbs, 4e5)
  test$liftEndDate <- "2019-06-10"
  told <- failure_of(demo_inputs(calibration_input = test))
  expect_match(told$what, "lift test")
  expect_true(told$input)
})

test_that("signs that are not given are filled up", {
  expect_equal(signs(character(), c("a", "b"), "positive"), c("positive", "positive"))
  expect_equal(signs("negative", c("a", "b"), "default"), c("negative", "default"))
  expect_null(signs("negative", character(), "default"))
})

test_that("the search gets an integer seed, one core, and never Robyn's quiet mode", {
  need_double()
  given <- demo_inputs(iterations = 50)
  calls <- calls_of(hushed(search_trial(given$inputs, given$config, 3L)))
  run <- Filter(function(one) one$call == "robyn_run", calls)[[1]]
  expect_equal(run$types$seed, "integer")
  expect_equal(run$arguments$seed, 125)
  expect_equal(c(run$arguments$cores, run$arguments$trials, run$arguments$iterations), c(1, 1, 50))
  expect_false(run$arguments$quiet)
})

test_that("validation, penalties and the zero penalty reach the search as configured", {
  need_double()
  given <- demo_inputs(iterations = 50)
  changed <- utils::modifyList(
    given$config, list(ts_validation = TRUE, add_penalty_factor = TRUE, rssd_zero_penalty = FALSE)
  )
  calls <- calls_of(try(hushed(search_trial(given$inputs, changed, 1L)), silent = TRUE))
  sent <- Filter(function(one) one$call == "robyn_run", calls)[[1]]$arguments
  expect_equal(c(sent$ts_validation, sent$add_penalty_factor, sent$rssd_zero_penalty), c(TRUE, TRUE, FALSE))
})

test_that("the selection gets fronts, candidates and the constraint of lift tests", {
  need_double()
  trials <- lapply(1:5, recorded_models_of)
  models <- hushed(merge_trials(trials))
  given <- demo_inputs(pareto_fronts = 2, calibration_constraint = 0.05)
  calls <- calls_of(hushed(select_candidates(given$inputs, models, given$config)))
  sent <- Filter(function(one) one$call == "robyn_outputs", calls)[[1]]$arguments
  expect_equal(c(sent$pareto_fronts, sent$min_candidates, sent$calibration_constraint), c(2, 100, 0.05))
  expect_true(sent$clusters)
})
