# A refresh: the window moves by one rule, the native trainer's and Robyn's.

#' Rows of a refresh and its configuration, as our Python completes it: the window is the moved one.
going_on <- function(days, start, end, steps) {
  list(
    data = data.frame(ds = days),
    config = list(date_var = "ds", start_date = start, end_date = end, refresh = list(refresh_steps = steps))
  )
}

test_that("the window of a refresh is rows' days, and says which of them are new", {
  days <- seq(as.Date("2024-01-01"), by = "week", length.out = 60)
  given <- going_on(days, "2024-03-18", "2025-02-16", 4)
  # As Robyn exports it, the earlier window ends on the day before the next row.
  for (ended in c("2025-01-13", "2025-01-19")) {
    found <- refreshed_window(given$config, given$data, ended)
    expect_equal(found$start, as.Date("2024-03-18"))
    expect_equal(found$end, as.Date("2025-02-17"))
    expect_equal(found$earlier, as.Date("2025-01-13"))
    expect_equal(found$added, as.Date("2025-01-20"))
    expect_equal(found$steps, 4L)
  }
})

test_that("months move by months, not by the days of the first one", {
  days <- seq(as.Date("2022-02-01"), by = "month", length.out = 40)
  given <- going_on(days, "2022-08-01", "2025-05-31", 6)
  found <- refreshed_window(given$config, given$data, "2024-11-30")
  expect_equal(c(found$start, found$end), as.Date(c("2022-08-01", "2025-05-01")) + c(0, 0))
  expect_equal(found$added, as.Date("2024-12-01"))
})

test_that("the earlier model is made again on its own periods", {
  folder <- tempfile()
  export <- file.path(folder, "RobynModel-1_2_3.json")
  dir.create(folder)
  content <- list(InputCollect = list(window_end = "2025-01-19", adstock = "geometric"))
  jsonlite::write_json(content, export)
  path <- with_window_end(export, as.Date("2025-01-13"), file.path(folder, "trials"))
  expect_equal(basename(path), basename(export))
  read <- jsonlite::read_json(path, simplifyVector = TRUE)$InputCollect
  expect_equal(read$window_end, "2025-01-13")
  expect_equal(read$adstock, "geometric")
})

test_that("Robyn's refresh is told where the window begins, ends, and where it is new", {
  window <- list(
    start = as.Date("2022-08-01"), end = as.Date("2025-05-01"), earlier = as.Date("2024-11-01"),
    added = as.Date("2024-12-01"), steps = 6L
  )
  changed <- refresh_function(window)
  expect_equal(formals(changed), formals(Robyn::robyn_refresh))
  found <- get("%in%", envir = environment(changed))
  # An older R does not find a day written as text among dates; here it need not lie on a row.
  expect_true(found("2018-12-31", as.Date("2019-01-07")))
  expect_true(found("a", c("a", "b")))
  expect_false(found("c", c("a", "b")))
})

test_that("the mark of a refresh follows its window and what it goes on from", {
  export <- tempfile()
  writeLines("{}", export)
  window <- list(start = as.Date("2022-08-01"), steps = 6L)
  arguments <- list(refresh_steps = 6L, seed = 1L, plot_folder = "a", json_file = "b")
  mark <- refresh_mark(arguments, window, export)
  elsewhere <- utils::modifyList(arguments, list(plot_folder = "c", json_file = "d"))
  expect_equal(refresh_mark(elsewhere, window, export), mark)
  expect_false(identical(refresh_mark(arguments, utils::modifyList(window, list(steps = 5L)), export), mark))
  expect_false(identical(refresh_mark(utils::modifyList(arguments, list(seed = 2L)), window, export), mark))
  writeLines("{ }", export)
  expect_false(identical(refresh_mark(arguments, window, export), mark))
})
