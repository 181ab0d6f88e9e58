# Selection, choice, and Robyn's own files, of which none may cost a model.

test_that("the model of the smallest error score is chosen, of a refresh the one that Robyn took", {
  collect <- list(
    resultHypParam = data.frame(solID = c("1_1_1", "1_2_1", "1_3_1"), error_score = c(0.3, 0.1, 0.05)),
    allSolutions = c("1_1_1", "1_2_1")
  )
  expect_equal(choose_model(collect), "1_2_1")
  expect_equal(choose_model(c(collect, list(selectID = "1_1_1"))), "1_1_1")
})

test_that("Robyn's own files are kept", {
  need_recording()
  training <- trained()
  chosen <- choose_model(training$collect)
  folder <- tempfile()
  notes <- hushed(keep_artefacts(training$inputs, training$collect, chosen, folder))
  expect_null(notes)
  pictures <- paste0(c(chosen, if (is_double()) "3_1998_1"), ".png")
  expect_true(all(c(
    sprintf("RobynModel-%s.json", chosen), pictures, "pareto_aggregated.csv", "pareto_hyperparameters.csv",
    "InputCollect.rds", "OutputCollect.rds", "prophet_decomp.png"
  ) %in% list.files(folder)))
})

test_that("pictures that fail are notes, and the tables are there all the same", {
  need_double()
  training <- recorded_training()
  folder <- tempfile()
  notes <- with_variables(
    c(ROBYN_DOUBLE_FAIL = "plots"), hushed(keep_artefacts(training$inputs, training$collect, "3_1686_1", folder))
  )
  expect_length(notes, 2)
  expect_match(notes[2], "one-pagers could not be made")
  expect_true(file.exists(file.path(folder, "pareto_aggregated.csv")))
  expect_false(any(grepl("png$", list.files(folder))))
})

test_that("work that dies in its own process is a note", {
  expect_match(hushed(apart("Robyn's files", function() tools::pskill(Sys.getpid(), tools::SIGKILL))), "was killed")
  expect_match(hushed(apart("Robyn's files", function() stop("no font"))), "no font")
  expect_equal(apart("Robyn's files", function() c("one", "two")), c("one", "two"))
  expect_null(apart("Robyn's files", function() NULL))
})

#' A selection that has fewer models than it should; of so few the real Robyn makes no clusters. Made once.
few_selected <- function() {
  if (is.null(KEPT$few)) {
    training <- trained()
    few <- if (is_double()) training$models else first_models(training$models, 6)
    if (is_double()) {
      for (trial in paste0("trial", 1:5)) {
        rows <- few[[trial]]$resultCollect$resultHypParam
        few[[trial]]$resultCollect$resultHypParam <- rows[rows$solID %in% training$collect$allSolutions, ]
      }
    }
    config <- utils::modifyList(training$config, list(min_candidates = 500))
    KEPT$few <- hushed(select_candidates(training$inputs, few, config))
  }
  KEPT$few
}

test_that("a short search has the candidates that it has, and says so", {
  need_recording()
  training <- trained()
  expect_equal(training$note, "")
  found <- few_selected()
  expect_match(found$note, sprintf("Only %d models were eligible", found$eligible))
  expect_gte(length(found$collect$allSolutions), found$eligible - 1)
})

test_that("candidates that make no clusters are candidates all the same", {
  need_recording()
  training <- trained()
  found <- if (is_double()) {
    with_variables(
      c(ROBYN_DOUBLE_FAIL = "clusters"), hushed(select_candidates(training$inputs, training$models, training$config))
    )
  } else {
    few_selected()
  }
  expect_match(found$note, "Too few candidates for clusters")
  expect_null(found$collect$clusters)
  expect_null(clusters_table(found$collect))
  candidates <- candidates_table(found$collect, choose_model(found$collect))
  expect_true(all(candidates$cluster == 0) && !any(candidates$top_sol))
  coefficients <- coefficients_table(training$inputs, found$collect, training$config)
  expect_true(all(is.na(coefficients$range_low)))
  expect_null(ranges_table(coefficients, candidates, candidates$solID[1]))
})

test_that("an earlier export is found where results are kept, else it is the person's to correct", {
  folder <- tempfile()
  dir.create(file.path(folder, "robyn"), recursive = TRUE)
  told <- failure_of(earlier_export(folder))
  expect_match(told$what, "not one of Robyn's")
  expect_true(told$input)
  path <- file.path(folder, "robyn", "RobynModel-3_1686_1.json")
  file.create(path, file.path(folder, "robyn", "RobynModel-models.json"))
  expect_equal(earlier_export(folder), path)
})
