# Whole trainings, as people and the training job start them: Rscript run_all.R IN OUT.

#' Skip where a whole training cannot be started: it needs our Python for its input and its results.
need_python <- function() {
  need_recording()
  skip_if_not(nzchar(python_of(HOME)), "no Python was found")
  skip_if_not(ask_python(HOME, "--help")$status == 0L, "this Python has no engine; make test-r installs it")
}

#' Skip where no fault can be planted: only the double fails when asked.
need_faults <- function() {
  need_double()
  need_python()
}

#' Train; returns list(status, out). Variables are those of the double.
train_demo <- function(folder = demo_folder(trials = 1, seed = 125), out = tempfile("out-"), variables = character()) {
  list(status = run_script("run_all.R", folder, out, variables = variables), out = out)
}

test_that("a training leaves status, timings, console and sound results", {
  need_python()
  iterations <- if (is_double()) 2000 else 60
  done <- train_demo(demo_folder(trials = 2, seed = 125, iterations = iterations, min_candidates = 30))
  console <- paste(readLines(file.path(done$out, "robyn_console.log")), collapse = "\n")
  expect_equal(done$status, 0L, info = console)
  status <- out_json(done$out, "status.json")
  expect_equal(status[c("phase", "trial", "iteration")], list(phase = "done", trial = 2, iteration = iterations))
  timings <- utils::read.csv(file.path(done$out, "timings.csv"))
  expect_true(all(c("decomposing", "searching", "selecting", "judging", "writing", "total") %in% timings$Step))
  for (words in c("Running trial 1 of 1", "NRMSE (NOT )?converged", "one trial per process|at a time")) {
    expect_match(console, words)
  }
  summary <- out_json(done$out, "results/summary.json")
  expect_equal(summary$trainer, "robyn")
  expect_equal(c(summary$selection$evaluated, summary$trials), c(2 * iterations, 2))
  if (is_double()) {
    # The recording has allocations of one model only, and not of this run's choice.
    expect_true(all(grepl("Not recorded: an allocation", summary$notes)))
  } else {
    expect_false(any(grepl("could not be made|No budget", summary$notes)))
    expect_setequal(summary$budgets$scenario, c("max_response", "target_efficiency"))
  }
  expect_equal(summary$versions$Robyn, "3.12.1")
  expect_match(summary$chosen, "^[12]_[0-9]+_1$")
  tables <- c(
    "candidates", "coefficients", "decomposition", "response_curves", "allocation", "ranges", "clusters", "forecast",
    "convergence"
  )
  expect_true(all(file.exists(file.path(done$out, "results", paste0(tables, ".parquet")))))
  expect_length(list.files(file.path(done$out, "results"), pattern = "csv$"), 0)
  expect_false(dir.exists(file.path(done$out, "trials")))
  expect_false(file.exists(file.path(done$out, "error.json")))
  expect_true(file.exists(file.path(done$out, "results", "robyn", paste0("RobynModel-", summary$chosen, ".json"))))
})

test_that("a failing allocator and failing pictures do not lose the model", {
  need_faults()
  done <- train_demo(variables = c(ROBYN_DOUBLE_FAIL = "allocator,plots"))
  expect_equal(done$status, 0L)
  notes <- paste(out_json(done$out, "results/summary.json")$notes, collapse = "\n")
  expect_match(notes, "No budget was allocated")
  expect_no_match(notes, "killed")
  expect_match(notes, "pictures could not be made")
  expect_true(file.exists(file.path(done$out, "results", "candidates.parquet")))
})

test_that("a failure in each phase ends non-zero, with phase, cause and remedy", {
  need_faults()
  cases <- list(
    inputs = list(status = 2L, phase = "decomposing", cause = "missing values"),
    oom = list(status = 1L, phase = "searching", cause = "killed"),
    outputs = list(status = 1L, phase = "selecting", cause = "candidates")
  )
  for (fault in names(cases)) {
    done <- train_demo(variables = c(ROBYN_DOUBLE_FAIL = fault))
    case <- cases[[fault]]
    expect_equal(done$status, case$status, info = fault)
    status <- out_json(done$out, "status.json")
    expect_equal(status$phase, case$phase, info = fault)
    expect_match(status$cause, case$cause)
    expect_true(nzchar(status$remedy))
    error <- out_json(done$out, "error.json")
    expect_equal(error, list(what = status$cause, todo = status$remedy))
    expect_false(file.exists(file.path(done$out, "results", "summary.json")))
  }
})

test_that("a training on a full disk ends with a status of its own, and its words find room", {
  need_python()
  out <- small_disk(200)
  done <- train_demo(demo_folder(trials = 1, seed = 125), out = out)
  expect_equal(done$status, 28L)
  expect_match(out_json(out, "error.json")$what, "disk is full")
  expect_match(out_json(out, "status.json")$cause, "disk is full")
})

test_that("input that Python refuses is told in Python's words", {
  need_python()
  done <- train_demo(demo_folder(trials = 1, dep_var = "nothing_like_it"))
  expect_equal(done$status, 2L)
  status <- out_json(done$out, "status.json")
  expect_equal(status$phase, "reading")
  expect_match(paste(status$cause, status$remedy), "nothing_like_it")
})

test_that("a second start takes over finished trials and clears what failed", {
  need_faults()
  folder <- demo_folder(trials = 2, seed = 125)
  done <- train_demo(folder, variables = c(ROBYN_DOUBLE_FAIL = "run:4", MMM_JOB_WORKERS = "1"))
  expect_equal(done$status, 1L)
  expect_equal(list.files(file.path(done$out, "trials"), pattern = "rds$"), c("task.rds", "trial_1.rds"))
  calls <- tempfile()
  again <- train_demo(folder, done$out, variables = c(ROBYN_DOUBLE_CALLS = calls))
  expect_equal(again$status, 0L)
  runs <- grep("\"robyn_run\"", readLines(calls), value = TRUE)
  expect_length(runs, 1)
  expect_match(runs, "\"seed\":126")
  expect_false(file.exists(file.path(done$out, "error.json")))
})

test_that("wrong arguments are told how they should be", {
  expect_equal(run_script("run_all.R", "only-one"), 2L)
  expect_equal(run_script("verify.R", "only-one"), 2L)
})

test_that("a chosen model is fitted again with fixed values", {
  need_python()
  training <- trained()
  model <- if (is_double()) "4_1699_1" else choose_model(training$collect)
  row <- rows_of(training, "resultHypParam", model)
  searched <- grep("_(alphas|gammas|thetas)$", names(row), value = TRUE)
  candidate <- list(
    solID = model, hyperparameters = as.list(row[searched]), lambda = row$lambda, train_size = 1
  )
  path <- tempfile(fileext = ".json")
  writeLines(jsonlite::toJSON(candidate, auto_unbox = TRUE, digits = NA), path)
  out <- tempfile("out-")
  expect_equal(run_script("verify.R", demo_folder(), path, out), 0L)
  found <- out_json(out, "verification.json")
  expect_equal(found$solID, model)
  near <- if (is_double()) 1e-12 else 1e-6
  expect_equal(found$nrmse, row$nrmse, tolerance = near)
  coefs <- rows_of(training, "xDecompAgg", model)
  expect_equal(unlist(found$coef)[coefs$rn], stats::setNames(coefs$coef, coefs$rn), tolerance = near)
  expect_equal(found$version, "3.12.1")
})
