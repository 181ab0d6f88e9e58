# Robyn's errors in words.

test_that("each error that Robyn is known to stop with has a cause, a remedy and a side", {
  cases <- list(
    c("Error: cannot allocate vector of size 3.7 Gb", "memory", FALSE),
    c("You must have nevergrad python library installed.", "nevergrad", FALSE),
    c("there is no package called 'Robyn'", "no Robyn", FALSE),
    c("Dataset df contains missing (NA) values. These values must be removed", "missing values", TRUE),
    c("There are 1 column(s) with no-variance: \"tv\".", "never changes", TRUE),
    c("These media channels contains only 0 within training period 2016-01-04: tv", "no activity", TRUE),
    c("You must provide 1 country code in 'prophet_country' input.", "no holidays", TRUE),
    c("tv_alphas's hyperparameter must have upper bound <10", "limits", TRUE),
    c("Input 'hyperparameters' contains following wrong names: x", "do not fit", TRUE),
    c("DATE data has to be daily, weekly or monthly", "not daily", TRUE),
    c("Date variable shouldn't have duplicated dates (panel data)", "twice", TRUE),
    c("$ operator is invalid for atomic vectors", "clusters", FALSE)
  )
  for (case in cases) {
    told <- explain(simpleError(case[1]), "searching")
    expect_match(told$what, case[2])
    expect_true(nzchar(told$todo))
    expect_equal(told$input, as.logical(case[3]), info = case[1])
  }
})

test_that("an error nobody knows is told with its phase, shortened to a line", {
  told <- explain(simpleError(paste(rep("strange\n  things", 100), collapse = " ")), "selecting")
  expect_match(told$what, "while selecting: strange things")
  expect_lt(nchar(told$what), 400)
  expect_false(grepl("\n", told$what))
  expect_false(told$input)
})

test_that("our own failures keep their words", {
  told <- failure_of(fail("It is so.", "Do that.", input = TRUE))
  expect_equal(told, list(what = "It is so.", todo = "Do that.", input = TRUE, status = 2L))
  expect_false(failure_of(fail("It is so.", "Do that."))$input)
})

test_that("a text is shortened only where it is too long", {
  expect_equal(shorten("  a \n b ", 10), "a b")
  expect_equal(nchar(shorten(strrep("x", 500), 100)), 100)
})

test_that("JSON is written whole, with all digits and null for what is missing", {
  path <- tempfile()
  write_json_file(list(a = 1 / 3, b = NULL, c = NA, d = I("one")), path)
  text <- paste(readLines(path), collapse = "")
  expect_match(text, "0.333333333333333")
  expect_equal(jsonlite::fromJSON(path)$a, 1 / 3, tolerance = 1e-14)
  expect_match(text, "\"c\": null")
  expect_match(text, "\\[\"one\"\\]")
  expect_false(file.exists(paste0(path, ".part")))
})
