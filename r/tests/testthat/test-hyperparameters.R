# Ranges of the search: names as Robyn's, values as the configuration has them.

#' A configuration of two media.
small <- function(adstock = "geometric", ...) {
  config <- list(
    paid_media_vars = "tv", organic_vars = "mail", adstock = adstock, add_penalty_factor = FALSE,
    train_size = c(0.5, 0.8), custom_hyperparameters = list()
  )
  changes <- list(...)
  config[names(changes)] <- changes
  config
}

test_that("names are those that Robyn's hyper_names() gives", {
  for (adstock in c("geometric", "weibull_cdf", "weibull_pdf")) {
    expect_equal(hyperparameter_names(small(adstock)), Robyn::hyper_names(adstock, c("tv", "mail")))
  }
  expect_equal(hyperparameter_names(small(paid_media_vars = character(), organic_vars = character())), character())
})

test_that("a range is low and high, one value where both are equal, and nothing else is added", {
  given <- list(
    tv_alphas = c(0.5, 3), tv_gammas = list(0.3, 1), tv_thetas = c(0.2, 0.2), mail_alphas = c(1, 2),
    mail_gammas = c(0.3, 1), mail_thetas = c(0, 0.5), radio_thetas = c(0, 1)
  )
  ranges <- hyperparameter_ranges(small(custom_hyperparameters = given))
  expect_named(ranges, c(hyperparameter_names(small()), "train_size"))
  expect_equal(ranges$tv_gammas, c(0.3, 1))
  expect_equal(ranges$tv_thetas, 0.2)
  expect_equal(ranges$train_size, c(0.5, 0.8))
})

test_that("penalties stay out of what robyn_inputs() gets, and those of their own range are kept for the search", {
  given <- list(tv_penalty = c(0, 1), mail_penalty = c(0.2, 0.4), tv_alphas = c(1, 2))
  config <- small(custom_hyperparameters = given)
  expect_false(any(grepl("_penalty$", names(hyperparameter_ranges(config)))))
  expect_equal(penalty_ranges(config), list())
  config$add_penalty_factor <- TRUE
  expect_false(any(grepl("_penalty$", names(hyperparameter_ranges(config)))))
  expect_equal(penalty_ranges(config), list(mail_penalty = c(0.2, 0.4)))
})

test_that("Robyn takes the ranges of the demonstration, penalties included", {
  need_recording()
  ranges <- c(demo_config()$custom_hyperparameters, list(tv_S_penalty = c(0.1, 0.5), trend_penalty = c(0, 1)))
  found <- demo_inputs(custom_hyperparameters = ranges, add_penalty_factor = TRUE)$inputs$hyperparameters
  expect_equal(found$tv_S_penalty, c(0.1, 0.5))
  expect_null(found$trend_penalty)
  expect_equal(length(found), 20)
})
