# What reaches Robyn: every argument by its name, with its type.

test_that("variables, window, country and signs reach robyn_inputs() as configured", {
  need_recording()
  sent <- sent_to("robyn_inputs", given <- demo_inputs(
    organic_signs = "negative", context_signs = c("positive", "default")
  ))
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
  kept <- c(
    "paid_media_spends", "paid_media_vars", "paid_media_signs", "organic_signs", "context_vars", "context_signs",
    "factor_vars", "prophet_vars", "prophet_country", "adstock"
  )
  for (name in kept) expect_equal(given$inputs[[name]], sent[[name]], info = name)
})

test_that("without holidays no country is named", {
  need_recording()
  sent <- sent_to("robyn_inputs", try(demo_inputs(prophet_vars = c("trend", "season")), silent = TRUE))
  expect_equal(sent$prophet_vars, c("trend", "season"))
  expect_null(sent$prophet_country)
})

test_that("the inputs have the recorded window and modelling table", {
  need_recording()
  inputs <- demo_inputs()$inputs
  expect_equal(c(inputs$rollingWindowStartWhich, inputs$rollingWindowEndWhich), c(7, 163))
  expect_equal(nrow(inputs$dt_modRollWind), 157)
  # Prophet differs a little between versions.
  near <- if (is_double()) 1e-9 else 0.02
  expect_equal(inputs$dt_mod$trend, recorded_csv("dt_mod.csv")$trend, tolerance = near)
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
  need_recording()
  test <- data.frame(
    channel = "tv_S", liftStartDate = "2018-05-01", liftEndDate = "2018-06-10", liftAbs = 4e5, spend = 4e5,
    confidence = 0.85, metric = "revenue", calibration_scope = "immediate"
  )
  # Robyn warns that the test's spend is not that of its days.
  given <- suppressWarnings(demo_inputs(calibration_input = test))
  expect_equal(given$inputs$calibration_input$liftAbs, 4e5)
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
  need_recording()
  given <- demo_inputs(iterations = few_iterations())
  sent <- sent_to("robyn_run", hushed(search_trial(given$inputs, given$config, 3L)))
  expect_identical(sent$seed, 125L)
  expect_equal(c(sent$cores, sent$trials, sent$iterations), c(1, 1, few_iterations()))
  expect_false(sent$quiet)
})

test_that("validation, penalties and the zero penalty reach the search as configured", {
  need_recording()
  given <- demo_inputs(iterations = few_iterations())
  changed <- utils::modifyList(
    given$config, list(ts_validation = TRUE, add_penalty_factor = TRUE, rssd_zero_penalty = FALSE)
  )
  found <- NULL
  sent <- sent_to("robyn_run", try(found <- hushed(search_trial(given$inputs, changed, 1L)), silent = TRUE))
  expect_equal(c(sent$ts_validation, sent$add_penalty_factor, sent$rssd_zero_penalty), c(TRUE, TRUE, FALSE))
  if (!is_double()) {
    rows <- found$trial1$resultCollect$resultHypParam
    expect_true(all(c("tv_S_penalty", "trend_penalty", "nrmse_val", "nrmse_test") %in% names(rows)))
    expect_true(all(rows$train_size >= 0.5 & rows$train_size <= 0.8))
  }
})

test_that("the selection gets fronts, candidates and the constraint of lift tests", {
  need_recording()
  training <- trained()
  # Few of the real models, as it is the arguments that are asked for.
  models <- if (is_double()) training$models else first_models(training$models, 6)
  asked <- list(pareto_fronts = 2, calibration_constraint = 0.05, min_candidates = 5)
  config <- utils::modifyList(training$config, asked)
  sent <- sent_to("robyn_outputs", hushed(select_candidates(training$inputs, models, config)))
  expect_equal(sent[names(asked)], asked)
  expect_true(sent$clusters)
})
