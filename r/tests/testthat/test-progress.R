# How far a training is: Robyn's console, status.json, timings.csv.

#' The recorded console of one trial of 300 iterations.
recorded_console <- function() read_console(recorded("recorded_outputs", "robyn_console_300x1.log"))

test_that("the recorded console's progress is read at every line", {
  need_recording()
  lines <- strsplit(recorded_console(), "\n", fixed = TRUE)[[1]]
  steps <- lapply(seq_along(lines), function(line) console_progress(paste(lines[seq_len(line)], collapse = "\n")))
  trial <- vapply(steps, `[[`, numeric(1), "trial")
  share <- vapply(steps, `[[`, numeric(1), "share")
  expect_false(is.unsorted(share))
  expect_false(is.unsorted(trial))
  expect_equal(c(share[1], share[length(share)]), c(0, 1))
  expect_equal(trial[length(trial)], 1)
  expect_true(all(seq(0, 100, 10) %in% round(100 * share)))
  expect_true(all(trial[share > 0] == 1))
})

test_that("half of a second trial is told from the first's bar", {
  text <- "  Running trial 1 of 2\n  |====|  99%\n  |====| 100%\n  Running trial 2 of 2\n\r  |==    |  50%"
  expect_equal(console_progress(text), list(trial = 2L, share = 0.5))
  expect_equal(console_progress("  Running trial 2 of 2\n"), list(trial = 2L, share = 0))
  expect_equal(console_progress(""), list(trial = 0L, share = 0))
})

test_that("the recorded console's convergence is read in Robyn's words", {
  need_recording()
  said <- console_convergence(recorded_console())
  expect_length(said, 2)
  expect_match(said[1], "^DECOMP.RSSD NOT converged: sd@qt.20 0.037 > 0.022")
  expect_match(said[2], "^NRMSE NOT converged")
})

test_that("people get the console without its progress bar", {
  need_recording()
  lines <- without_progress_bar(recorded_console())
  expect_false(any(grepl("%$", lines)))
  expect_lt(length(lines), 30)
  for (line in c("Running feature engineering", "Running trial 1 of 1", "Total run time", "train_size")) {
    expect_true(any(grepl(line, lines)))
  }
})

test_that("a console that is not there yet says nothing", {
  expect_equal(read_console(tempfile()), "")
})

#' Progress of 2 trials of 100 iterations in a new folder.
small_progress <- function() {
  folder <- tempfile()
  dir.create(folder)
  new_progress(folder, trials = 2, iterations = 100)
}

test_that("status.json counts as if trials ran one after the other", {
  progress <- small_progress()
  status <- function(done) {
    progress$written <- -Inf
    note_progress(progress, done, 0.1, 0.2)
    jsonlite::fromJSON(file.path(progress$folder, "status.json"))
  }
  expect_equal(status(0)[c("trial", "iteration")], list(trial = 1, iteration = 0))
  expect_equal(status(100)[c("trial", "iteration")], list(trial = 1, iteration = 100))
  expect_equal(status(101)[c("trial", "iteration")], list(trial = 2, iteration = 1))
  last <- status(200)
  expect_equal(last[c("trial", "trials", "iteration", "iterations")], list(
    trial = 2, trials = 2, iteration = 100, iterations = 100
  ))
  expect_equal(c(last$nrmse, last$rssd), c(0.1, 0.2))
})

test_that("status.json is not written more often than once a second while only the count changes", {
  progress <- small_progress()
  note_progress(progress, 10)
  note_progress(progress, 20)
  expect_equal(jsonlite::fromJSON(file.path(progress$folder, "status.json"))$iteration, 0)
})

test_that("phases are timed, and timings.csv holds each and the total", {
  progress <- small_progress()
  expect_equal(in_phase(progress, "selecting", 7), 7)
  expect_equal(jsonlite::fromJSON(file.path(progress$folder, "status.json"))$phase, "selecting")
  seconds <- write_timings(progress)
  expect_named(seconds, c("selecting", "total"))
  table <- utils::read.csv(file.path(progress$folder, "timings.csv"), check.names = FALSE)
  expect_named(table, c("Step", "Time (s)"))
  expect_equal(table$Step, c("selecting", "total"))
})

test_that("a failure is told with phase, cause and remedy", {
  progress <- small_progress()
  search <- function() stop("cannot allocate vector of size 9 Gb")
  status <- hushed(with_failures(progress, in_phase(progress, "searching", search())))
  expect_equal(status, 1L)
  told <- jsonlite::fromJSON(file.path(progress$folder, "status.json"))
  expect_equal(told$phase, "searching")
  expect_match(told$cause, "memory")
  expect_true(nzchar(told$remedy))
  error <- jsonlite::fromJSON(file.path(progress$folder, "error.json"))
  expect_equal(error$what, told$cause)
})

test_that("what the person can correct ends with 2, and what went well with 0", {
  progress <- small_progress()
  expect_equal(hushed(with_failures(progress, fail("Wrong.", "Correct it.", input = TRUE))), 2L)
  expect_equal(with_failures(progress, 1), 0L)
})
