# Budgets: what is asked of Robyn, and the contract's rows for its answers.

#' Ask a model; returns what allocate() does.
ask <- function(asked, chosen = model_of(trained())) {
  training <- trained()
  folder <- tempfile()
  dir.create(folder)
  config <- training$config
  config$budget <- asked
  hushed(allocate(training$inputs, training$collect, chosen, config, folder))
}

#' The recorded question's answer. Asked once.
answered <- function() {
  if (is.null(KEPT$answered)) KEPT$answered <- ask(question())
  KEPT$answered
}

test_that("Robyn's allocation becomes the contract's rows", {
  need_recording()
  found <- answered()
  rows <- found$rows[found$rows$scenario == "max_response", ]
  theirs <- robyns_answer()
  theirs <- theirs[match(rows$channel, theirs$channels), ]
  for (column in c(
    "initSpendUnit", "optmSpendUnit", "initResponseUnit", "optmResponseUnit", "initResponseMargUnit",
    "optmResponseMargUnit", "constr_low", "constr_up"
  )) {
    expect_equal(rows[[column]], theirs[[column]], info = column)
  }
  expect_true(all(rows$feasible))
  expect_true(all(rows$left_out == ""))
  expect_true(all(rows$beyond_observed >= 0))
  budget <- found$budgets[[1]]
  expect_equal(budget$response, sum(theirs$optmResponseUnit))
  expect_true(budget$feasible)
})

test_that("Robyn's other scenario is asked too, with its defaults", {
  need_recording()
  found <- answered()
  expect_equal(vapply(found$budgets, `[[`, character(1), "scenario"), c("max_response", "target_efficiency"))
  rows <- found$rows[found$rows$scenario == "target_efficiency", ]
  met <- sum(rows$optmResponseUnit) / sum(rows$optmSpendUnit)
  target <- 0.8 * sum(rows$initResponseUnit) / sum(rows$initSpendUnit)
  if (is_double()) {
    expect_true(all(rows$feasible))
    expect_equal(met, target, tolerance = 0.01)
  }
  # A short search may end with a model of which Robyn's optimiser misses the target.
  expect_true(all(rows$feasible == (met >= 0.995 * target)))
  expect_equal(found$budgets[[2]]$stopped, !rows$feasible[1])
  expect_length(found$notes, 0)
})

test_that("a total that does not fit the bounds is told as not feasible", {
  need_recording()
  found <- ask(question(
    date_range = "last_10", total_budget = 5e6, channel_constr_low = rep(0.8, 5), channel_constr_multiplier = 5
  ))
  rows <- found$rows[found$rows$scenario == "max_response", ]
  expect_false(any(rows$feasible))
  expect_equal(rows$optmSpendUnit / rows$initSpendUnit, rows$constr_up, tolerance = 1e-6)
  expect_length(unlist(found$budgets[[1]]$notes), 1)
})

test_that("a target that Robyn's optimiser just misses counts as met, and one it misses is not called impossible", {
  found <- function(response) {
    data.frame(optmSpendUnit = 35655.5, optmResponseUnit = response / 2, dep_var_type = "revenue")[c(1, 1), ]
  }
  asked <- list(scenario = "target_efficiency", target_value = 2)
  expect_true(is_feasible(found(2.00 * 71311), asked))
  expect_true(is_feasible(found(1.996 * 71311), asked))
  expect_false(is_feasible(found(1.9 * 71311), asked))
  note <- infeasible_note("target_efficiency", found(1.9 * 71311), "revenue")
  expect_match(note, "search stopped at a ROAS of 1.90")
  expect_match(note, "does not say that no split")
  expect_match(infeasible_note("max_response", found(1), "revenue"), "cannot be met")
})

test_that("an allocation that fails is a note and costs nothing else", {
  need_recording()
  found <- ask(question(), chosen = "9_9_9")
  expect_null(found$rows)
  expect_length(found$notes, 2)
  expect_match(found$notes[1], "No budget was allocated for max_response: Provided 'select_model'")
})

test_that("one channel has nothing to allocate", {
  found <- allocate(list(paid_media_selected = "tv"), list(), "1_1_1", list(), tempdir())
  expect_null(found$rows)
  expect_length(found$budgets, 0)
})

test_that("channels that take no part say why", {
  need_recording()
  training <- trained()
  answer <- list(dt_optimOut = robyns_answer(), skipped_coef0 = "tv_S", skipped_constr = "ooh_S")
  rows <- allocation_rows(training$inputs, answer, model_of(training), question())
  expect_equal(rows$left_out[rows$channel == "tv_S"], "no effect")
  expect_equal(rows$left_out[rows$channel == "ooh_S"], "set to 0")
  expect_equal(rows$left_out[rows$channel == "print_S"], "")
  if (!is_double()) {
    none <- c(0, rep(1, 4))
    rows <- ask(question(channel_constr_low = 0.5 * none, channel_constr_up = 2 * none))$rows
    expect_equal(unique(rows$channel[rows$left_out == "set to 0"]), training$config$paid_media_spends[1])
  }
})
