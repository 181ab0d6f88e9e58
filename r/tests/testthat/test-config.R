# job_config.json: read, filled in, and refused in words.

#' Write ranges of a geometric adstock for `media` into a folder's configuration.
with_ranges_of <- function(folder, media) {
  path <- file.path(folder, "job_config.json")
  config <- jsonlite::fromJSON(path)
  names <- as.vector(outer(media, c("alphas", "gammas", "thetas"), paste, sep = "_"))
  config$custom_hyperparameters <- stats::setNames(rep(list(c(0.3, 0.6)), length(names)), names)
  writeLines(jsonlite::toJSON(config, auto_unbox = TRUE), path)
  folder
}

test_that("the demonstration's configuration is read with every list of names as a vector", {
  need_recording()
  config <- read_config(demo_folder())
  expect_equal(config$organic_vars, "newsletter")
  expect_equal(config$paid_media_vars[4], "facebook_I")
  expect_equal(config$train_size, c(0.5, 0.8))
  expect_equal(config$custom_hyperparameters$tv_S_thetas, c(0.3, 0.8))
})

test_that("what a configuration leaves out is filled in", {
  need_recording()
  config <- read_config(demo_folder(
    paid_media_vars = NULL, prophet_vars = NULL, seed = NULL, trials = NULL, organic_vars = NULL, train_size = NULL,
    custom_hyperparameters = list(), context_vars = NULL, factor_vars = "events", paid_media_spends = c("a", "b")
  ) |> with_ranges_of(c("a", "b")))
  expect_equal(config$paid_media_vars, c("a", "b"))
  expect_equal(config$prophet_vars, c("trend", "season", "holiday"))
  expect_equal(config$context_vars, "events")
  expect_equal(config$organic_vars, character())
  expect_equal(c(config$seed, config$trials), c(123, 5))
})

test_that("a folder without configuration, a broken one and a bare list are refused", {
  folder <- tempfile()
  dir.create(folder)
  expect_match(failure_of(read_config(folder))$what, "no job_config.json")
  writeLines("{\"dep_var\": ", file.path(folder, "job_config.json"))
  expect_match(failure_of(read_config(folder))$what, "not JSON")
  writeLines("[1, 2]", file.path(folder, "job_config.json"))
  expect_match(failure_of(read_config(folder))$what, "one object")
})

test_that("everything wrong with a configuration is said at once, as the person's to correct", {
  need_recording()
  told <- failure_of(read_config(demo_folder(
    dep_var = NULL, adstock = "weibull", dep_var_type = "sales", iterations = 0, trials = 2.5, paid_media_vars = "tv_S"
  )))
  expect_true(told$input)
  for (word in c("dep_var is missing", "adstock", "dep_var_type", "iterations", "trials", "paid_media_vars")) {
    expect_match(told$todo, word)
  }
})

test_that("a range that is missing is named, as R has no presets", {
  need_recording()
  ranges <- demo_config()$custom_hyperparameters
  told <- failure_of(read_config(demo_folder(custom_hyperparameters = ranges[names(ranges) != "tv_S_thetas"])))
  expect_match(told$todo, "tv_S_thetas")
  expect_no_match(told$todo, "tv_S_alphas")
})

test_that("a seed that Robyn would leave out is refused", {
  need_recording()
  for (seed in c(2147483647, -1, 1.5)) {
    expect_match(failure_of(read_config(demo_folder(seed = seed)))$todo, "seed")
  }
  expect_equal(read_config(demo_folder(seed = LARGEST_SEED))$seed, LARGEST_SEED)
})

test_that("only one finite number without a fraction is whole", {
  expect_true(is_whole(3))
  for (value in list(1.5, Inf, NA_real_, c(1, 2), "3", NULL)) expect_false(is_whole(value))
})
