# The contract's tables, from the recorded selection.

#' Names and order of columns that the contract asks for.
columns_of <- list(
  coefficients = c(
    "solID", "rn", "coef", "xDecompAgg", "xDecompPerc", "total_spend", "mean_spend", "spend_share", "effect_share",
    "roi_total", "roi_mean", "cpa_total", "mean_response", "mean_carryover", "marginal_roi", "range_low", "range_high",
    "range_over"
  ),
  curves = c(
    "solID", "channel", "spend", "response", "marginal_roi", "carryover_response", "is_mean", "beyond_observed"
  ),
  clusters = c("cluster", "channel", "n", "mean", "se", "ci_low", "ci_up", "sd")
)

test_that("candidates are those that were selected, the chosen first, with their hyperparameters", {
  need_recording()
  training <- trained()
  chosen <- choose_model(training$collect)
  table <- candidates_table(training$collect, chosen)
  rows <- as.data.frame(training$collect$resultHypParam)
  theirs <- if (is_double()) {
    recorded_csv("recorded_outputs", "pareto_hyperparameters.csv")
  } else {
    rows[rows$solID %in% training$collect$allSolutions, ]
  }
  expect_equal(chosen, theirs$solID[which.min(theirs$error_score)])
  expect_equal(table$solID[1], chosen)
  expect_setequal(table$solID, theirs$solID)
  at <- match(table$solID, theirs$solID)
  compared <- c("nrmse", "decomp.rssd", "rsq_train", "lambda", "error_score", "tv_S_thetas")
  if (is_double()) compared <- c(compared, "cluster", "top_sol")
  for (column in compared) expect_equal(table[[column]], theirs[[column]][at], info = column)
  expect_type(table$cluster, "integer")
  expect_type(table$top_sol, "logical")
  expect_false(anyNA(table[c("cluster", "top_sol", "robynPareto")]))
})

test_that("coefficients are the selection's own; what is paid only is missing elsewhere", {
  need_recording()
  training <- trained()
  table <- coefficients_table(training$inputs, training$collect, training$config)
  expect_named(table, columns_of$coefficients)
  theirs <- as.data.frame(training$collect$xDecompAgg)
  if (is_double()) theirs <- recorded_csv("recorded_outputs", "pareto_aggregated.csv.gz")
  theirs <- theirs[theirs$solID %in% training$collect$allSolutions, ]
  at <- match(paste(table$solID, table$rn), paste(theirs$solID, theirs$rn))
  expect_equal(nrow(table), nrow(theirs))
  paid <- table$rn %in% training$inputs$paid_media_selected
  for (column in c("coef", "xDecompAgg", "xDecompPerc")) expect_equal(table[[column]], theirs[[column]][at])
  for (column in c("total_spend", "roi_total", "effect_share")) {
    expect_equal(table[[column]][paid], theirs[[column]][at][paid], info = column)
  }
  expect_true(all(is.na(table$total_spend[!paid])))
  expect_false(any(is.infinite(table$cpa_total)))
  if (is_double()) {
    expect_equal(table$mean_response[paid], theirs$mean_response[at][paid])
    expect_equal(table$range_low[paid], theirs$ci_low[at][paid])
  }
})

test_that("the marginal return is the allocator's", {
  need_recording()
  training <- trained()
  table <- coefficients_table(training$inputs, training$collect, training$config)
  mine <- table[table$solID == model_of(training) & table$rn %in% training$inputs$paid_media_selected, ]
  theirs <- robyns_answer()
  expect_equal(mine$marginal_roi, theirs$initResponseMargUnit[match(mine$rn, theirs$channels)], tolerance = 1e-6)
})

test_that("the decomposition of a model adds up to its fit, for a few models", {
  need_recording()
  training <- trained()
  chosen <- model_of(training)
  best <- candidates_table(training$collect, chosen)$solID
  table <- decomposition_table(training$collect, best)
  expect_equal(length(unique(table$solID)), 5)
  one <- table[table$solID == chosen, ]
  parts <- one[!one$rn %in% c("dep_var", "depVarHat"), ]
  fitted <- one$xDecomp[one$rn == "depVarHat"]
  expect_true("(Intercept)" %in% parts$rn)
  expect_equal(as.vector(tapply(parts$xDecomp, parts$ds, sum)), fitted, tolerance = 1e-10)
  expect_equal(one$ds[1], "2016-01-04")
  if (is_double()) {
    recorded <- recorded_csv("recorded_outputs", "pareto_alldecomp_matrix.csv.gz")
    expect_equal(fitted, recorded$depVarHat[recorded$solID == chosen], tolerance = 1e-8)
  }
})

test_that("every model that was tried is in the convergence, in order", {
  need_recording()
  training <- trained()
  table <- convergence_table(training$models)
  expect_equal(nrow(table), training$config$trials * training$config$iterations)
  expect_false(is.unsorted(table$trial * 1e4 + table$iterNG, strictly = TRUE))
  expect_named(table, c("trial", "iterNG", "nrmse", "decomp.rssd", "mape"))
})

test_that("eligible models are those that Robyn put on a front", {
  need_recording()
  fronts <- as.data.frame(trained()$collect$allPareto$resultHypParam)$robynPareto
  if (is_double()) fronts <- recorded_csv("all_candidates.csv.gz")$pareto_front
  expect_equal(trained()$eligible, sum(!is.na(fronts)), tolerance = 1e-3)
})

test_that("clusters and ranges are those of the selection", {
  need_recording()
  training <- trained()
  table <- clusters_table(training$collect)
  expect_named(table, columns_of$clusters)
  chosen <- model_of(training)
  coefficients <- coefficients_table(training$inputs, training$collect, training$config)
  candidates <- candidates_table(training$collect, chosen)
  ranges <- ranges_table(coefficients, candidates, chosen)
  expect_equal(nrow(ranges), 5)
  own <- candidates$cluster[candidates$solID == chosen]
  expect_true(all(ranges$n == sum(candidates$cluster == own)))
  first <- table[table$cluster == own, ]
  expect_equal(ranges$high, first$ci_up[match(ranges$channel, first$channel)])
  if (is_double()) {
    recorded <- recorded_csv("recorded_outputs", "pareto_clusters_ci.csv")
    expect_equal(table$mean, recorded$boot_mean)
    expect_equal(table$ci_up, recorded$ci_up)
  }
})

test_that("curves rise from nothing beyond the largest spend and pass through the mean response", {
  need_recording()
  training <- trained()
  table <- curves_table(training$inputs, training$collect)
  expect_named(table, columns_of$curves)
  chosen <- model_of(training)
  one <- table[table$solID == chosen & table$channel == "tv_S", ]
  expect_equal(sum(one$is_mean), 1)
  expect_equal(one$spend[1], 0)
  expect_true(any(one$beyond_observed))
  expect_false(is.unsorted(one$response))
  if (is_double()) {
    theirs <- recorded_csv("recorded_outputs", "3_1998_1_max_response_reallocated.csv")
    theirs <- theirs[theirs$channels == "tv_S", ]
    expect_equal(one$spend[one$is_mean], theirs$initSpendUnit)
    expect_equal(one$response[one$is_mean] - one$carryover_response[1], theirs$initResponseUnit - one$response[1],
      tolerance = 1e-6
    )
  }
})

test_that("a CSV keeps every digit, quotes text and leaves out what is missing", {
  path <- tempfile()
  write_table(data.frame(rn = c("a \"b\"", NA), coef = c(1 / 3, NA), n = 1:2, yes = c(TRUE, NA)), path)
  expect_equal(readLines(path)[2], "\"a \"\"b\"\"\",0.33333333333333331,1,TRUE")
  expect_equal(readLines(path)[3], ",,2,")
})

test_that("tables are written under our names, and a table without rows with its columns", {
  folder <- tempfile()
  names <- data.frame(ours = c("TV spend", "mail"), safe = c("TV_spend", "mail"))
  tables <- list(
    candidates = data.frame(solID = "1_1_1", TV_spend_thetas = 0.5, check.names = FALSE),
    coefficients = data.frame(rn = c("TV_spend", "mail"), coef = 1:2), clusters = NULL
  )
  write_tables(tables, folder, names)
  expect_named(utils::read.csv(file.path(folder, "candidates.csv"), check.names = FALSE), c("solID", "TV spend_thetas"))
  expect_equal(utils::read.csv(file.path(folder, "coefficients.csv"))$rn, c("TV spend", "mail"))
  expect_named(utils::read.csv(file.path(folder, "clusters.csv")), columns_of$clusters)
  expect_equal(nrow(utils::read.csv(file.path(folder, "clusters.csv"))), 0)
})
