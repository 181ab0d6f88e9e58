# Files on a full disk: an error in words, and never half a file, nor an empty one over a good one.

#' Fill a disk to the last block.
fill <- function(folder) {
  system(sprintf("cat /dev/zero > %s 2> /dev/null", shQuote(file.path(folder, "filling"))))
}

test_that("whatever is written on a full disk fails in words, and what was there stays as it was", {
  folder <- small_disk(256)
  before <- list(
    a.json = function(path) write_json_file(list(a = 1), path),
    a.csv = function(path) write_table(data.frame(a = 1, b = "x"), path),
    a.rds = function(path) write_rds(1:3, path),
    a.txt = function(path) write_text("before", path)
  )
  for (name in names(before)) before[[name]](file.path(folder, name))
  kept <- tools::md5sum(file.path(folder, names(before)))
  fill(folder)
  long <- vapply(1:2000, function(row) paste(sample(letters, 100, TRUE), collapse = ""), "")
  after <- list(
    a.json = function(path) write_json_file(list(a = long), path),
    a.csv = function(path) write_table(data.frame(a = stats::rnorm(2000), b = long), path),
    a.rds = function(path) write_rds(long, path),
    a.txt = function(path) write_text(long, path)
  )
  for (name in names(after)) {
    path <- file.path(folder, name)
    told <- failure_of(after[[name]](path))
    expect_match(told$what, "disk is full", info = name)
    expect_equal(told$status, 28L, info = name)
    expect_match(told$todo, "more room", info = name)
    # The very last bytes, which R itself does not miss.
    expect_match(failure_of(before[[name]](path))$what, "disk is full", info = name)
    expect_false(file.exists(paste0(path, ".part")), info = name)
  }
  expect_equal(tools::md5sum(file.path(folder, names(before))), kept)
})

test_that("a file that cannot be written for another reason is not told as a full disk", {
  told <- failure_of(write_text("a", file.path(tempdir(), "no such folder", "a.txt")))
  expect_equal(told$what, "a.txt cannot be written.")
  expect_equal(told$status, 1L)
})

test_that("what writing itself stops with is told as that", {
  path <- tempfile()
  expect_error(write_whole(path, function(file) stop("no such table")), "no such table")
  expect_false(file.exists(path))
})

test_that("what is written is what is read", {
  path <- tempfile()
  words <- c("\u00e9t\u00e9", "a \"b\"", "")
  expect_equal(readLines(write_text(words, path), encoding = "UTF-8"), words)
  expect_equal(readRDS(write_rds(list(a = words, b = pi), path)), list(a = words, b = pi))
  expect_equal(read_json_file(write_json_file(list(a = words), path)), list(a = words))
})

test_that("the words of a failure find room on a full disk", {
  folder <- small_disk(256)
  progress <- new_progress(folder)
  status <- hushed(with_failures(progress, {
    keep_reserve(folder)
    fill(folder)
    in_phase(progress, "searching", write_rds(stats::rnorm(1e5), file.path(folder, "a.rds")))
  }))
  expect_equal(status, 28L)
  expect_match(out_json(folder, "error.json")$what, "disk is full")
  told <- out_json(folder, "status.json")
  expect_match(told$cause, "disk is full")
  expect_true(nzchar(told$remedy))
})

test_that("a disk that is full before anything is written ends with a status of its own", {
  folder <- small_disk(64)
  fill(folder)
  expect_message(status <- with_status(new_progress(folder)), "disk is full")
  expect_equal(status, 28L)
})

test_that("R's, Python's and the system's words for a full disk are understood", {
  for (said in c("Error writing to connection:  No space left on device", "[Errno 122] Disk quota exceeded")) {
    expect_equal(explain(simpleError(said), "writing")$status, 28L)
  }
  expect_true(is_full(list(status = 1L, output = c("Traceback", "OSError: [Errno 28] No space left on device"))))
  expect_true(is_full(list(status = 28L, output = character())))
  expect_false(is_full(list(status = 1L, output = "a column is missing")))
  expect_false(is_full(list(status = 0L, output = character())))
})
