# Trials: seeds, numbers, what is kept, and what joins them.

test_that("trial k run alone is the recorded trial k", {
  need_double()
  recorded <- recorded_csv("all_candidates.csv.gz")
  for (trial in c(1, 3, 5)) {
    rows <- recorded_models_of(trial)$trial1$resultCollect$resultHypParam
    theirs <- recorded[recorded$trial == trial, ]
    expect_equal(rows$solID, theirs$solID)
    expect_equal(rows$nrmse, theirs$nrmse, tolerance = 1e-9)
    expect_true(all(rows$trial == trial))
  }
})

test_that("renumbering reaches every table of a trial and its own number", {
  table <- function() data.frame(solID = c("1_1_1", "1_12_1"), trial = 1L)
  models <- list(trial1 = list(
    resultCollect = list(resultHypParam = table(), xDecompAgg = table(), liftCalibration = table()["solID"]), trial = 1
  ))
  changed <- renumber(models, 4L)$trial1
  for (name in c("resultHypParam", "xDecompAgg", "liftCalibration")) {
    expect_equal(changed$resultCollect[[name]]$solID, c("4_1_1", "4_12_1"))
  }
  expect_equal(changed$resultCollect$xDecompAgg$trial, c(4L, 4L))
  expect_equal(changed$trial, 4L)
})

test_that("joined trials are what one run over all of them returns", {
  need_recording()
  models <- trained()$models
  given <- trained()
  whole <- hushed(Robyn::robyn_run(
    InputCollect = given$inputs, iterations = as.integer(given$config$iterations), trials = given$config$trials,
    seed = as.integer(given$config$seed), cores = 1, ts_validation = given$config$ts_validation,
    add_penalty_factor = given$config$add_penalty_factor, rssd_zero_penalty = given$config$rssd_zero_penalty
  ))
  expect_s3_class(models, "robyn_models")
  expect_equal(models$trials, given$config$trials)
  expect_equal(models$convergence$conv_msg, whole$convergence$conv_msg)
  # How long each took is no part of what was found.
  same <- function(table) as.data.frame(table)[setdiff(names(table), c("Elapsed", "ElapsedAccum", "pos"))]
  for (trial in paste0("trial", seq_len(given$config$trials))) {
    for (table in c("resultHypParam", "xDecompAgg")) {
      expect_equal(same(models[[trial]]$resultCollect[[table]]), same(whole[[trial]]$resultCollect[[table]]))
    }
  }
  expect_setequal(names(models), setdiff(names(whole), "ts_validation_plot"))
})

test_that("what was kept counts only for the same task", {
  folder <- tempfile()
  dir.create(folder)
  expect_false(is_kept(folder, 2, "one"))
  saveRDS(list(fingerprint = "one", value = 1), kept_path(folder, 2))
  expect_true(is_kept(folder, 2, "one"))
  expect_false(is_kept(folder, 2, "other"))
  writeLines("broken", kept_path(folder, 2))
  expect_false(suppressWarnings(is_kept(folder, 2, "one")))
})

test_that("the fingerprint of a task is the same each time and follows all that decides what a trial finds", {
  need_recording()
  given <- demo_inputs()
  mark <- fingerprint(given$inputs, given$config)
  again <- demo_inputs()
  expect_equal(fingerprint(again$inputs, again$config), mark)
  for (change in list(list(seed = 124), list(iterations = 1999), list(add_penalty_factor = TRUE))) {
    expect_false(identical(fingerprint(given$inputs, utils::modifyList(given$config, change)), mark))
  }
  other <- given$inputs
  other$hyperparameters$tv_S_thetas <- c(0.3, 0.7)
  expect_false(identical(fingerprint(other, given$config), mark))
  other <- given$inputs
  other$dt_input$tv_S[1] <- 1
  expect_false(identical(fingerprint(other, given$config), mark))
  for (part in c("context_signs", "paid_media_signs", "organic_signs", "prophet_signs")) {
    other <- given$inputs
    other[[part]][1] <- "negative"
    expect_false(identical(fingerprint(other, given$config), mark), label = part)
  }
  for (part in c("dep_var_type", "window_start", "adstock", "factor_vars")) {
    other <- given$inputs
    other[[part]] <- "other"
    expect_false(identical(fingerprint(other, given$config), mark), label = part)
  }
  expect_equal(fingerprint(given$inputs, utils::modifyList(given$config, list(trials = 9))), mark)
})

test_that("a search takes over the trials an earlier attempt finished, and does the rest", {
  need_recording()
  iterations <- if (is_double()) 60 else 10
  given <- demo_inputs(iterations = iterations, trials = 3)
  folder <- tempfile()
  dir.create(folder)
  progress <- new_progress(folder, trials = 3, iterations = iterations)
  mark <- fingerprint(given$inputs, given$config)
  first <- renumber(hushed(search_trial(given$inputs, given$config, 1L)), 1L)
  first$trial1$resultCollect$resultHypParam$nrmse[1] <- 0.777
  saveRDS(list(fingerprint = mark, value = first), kept_path(folder, 1))
  models <- hushed(search_trials(given$inputs, given$config, HOME, folder, progress))
  expect_equal(models$trial1$resultCollect$resultHypParam$nrmse[1], 0.777)
  third <- models$trial3$resultCollect$resultHypParam
  expect_equal(third$solID, sprintf("3_%d_1", seq_len(iterations)))
  if (is_double()) {
    recorded <- recorded_csv("all_candidates.csv.gz")
    recorded <- recorded[recorded$trial == 3 & recorded$iterNG <= 60, ]
    expect_equal(third$solID, recorded$solID)
    expect_equal(third$nrmse, recorded$nrmse, tolerance = 1e-9)
  }
  expect_equal(progress$done, 3 * iterations)
})

#' Search two short trials with a fault of the double; returns the failure.
failing_search <- function(fault, phase = "searching") {
  given <- demo_inputs(iterations = 60, trials = 2)
  folder <- tempfile()
  dir.create(folder)
  progress <- new_progress(folder, trials = 2, iterations = 60)
  error <- with_variables(c(ROBYN_DOUBLE_FAIL = fault), tryCatch(
    hushed(search_trials(given$inputs, given$config, HOME, folder, progress)),
    error = function(error) error
  ))
  explain(error, phase)
}

test_that("a trial that fails says what Robyn said", {
  need_double()
  expect_match(failing_search("run:2")$what, "missing value where TRUE/FALSE needed")
  expect_match(failing_search("memory")$what, "out of memory")
})

test_that("a trial that is killed is told as that, with what helps", {
  need_double()
  told <- failing_search("oom:2")
  # Who killed it, R cannot know; the training job counts what the kernel killed for lack of memory.
  expect_match(told$what, "Trial 2 was killed from outside")
  expect_match(told$todo, "more memory")
})
