# input_data.csv: read with dates, refused in words.

#' A folder with these rows as input_data.csv.
folder_of <- function(rows) {
  folder <- tempfile()
  dir.create(folder)
  utils::write.csv(rows, file.path(folder, "input_data.csv"), row.names = FALSE)
  folder
}

SMALL <- list(
  date_var = "ds", dep_var = "sold", paid_media_spends = "tv", paid_media_vars = "tv", organic_vars = character(),
  context_vars = character()
)

test_that("rows come in the order of their dates, with the columns of the model only", {
  rows <- data.frame(ds = c("2024-01-08", "2024-01-01"), sold = c(2, 1), tv = c(20, 10), other = c("x", "y"))
  data <- read_data(folder_of(rows), SMALL)
  expect_equal(data$ds, as.Date(c("2024-01-01", "2024-01-08")))
  expect_equal(data$sold, c(1, 2))
  expect_named(data, c("ds", "sold", "tv"))
})

test_that("a time of day behind a date does no harm", {
  rows <- data.frame(ds = c("2024-01-01 00:00:00", "2024-01-08T00:00:00Z"), sold = 1:2, tv = 1:2)
  expect_equal(read_data(folder_of(rows), SMALL)$ds, as.Date(c("2024-01-01", "2024-01-08")))
})

test_that("a column's name keeps the blanks at its ends", {
  rows <- data.frame("2024-01-01", 1, 2, 3)
  names(rows) <- c("ds", "sold", " tv", "tv ")
  config <- with_defaults(list(date_var = "ds", dep_var = "sold", paid_media_spends = c(" tv", "tv ")))
  expect_equal(names(read_data(folder_of(rows), config)), c("ds", "sold", " tv", "tv "))
})

test_that("names and categories of every language are read where the machine knows ASCII only", {
  before <- Sys.getlocale("LC_CTYPE")
  on.exit(Sys.setlocale("LC_CTYPE", before))
  folder <- tempfile()
  dir.create(folder)
  path <- file.path(folder, "input_data.csv")
  writeLines(c("ds,sold,tv,promo \u00e9", "2024-01-01,1,2,\u00e9 \u7535"), path, useBytes = TRUE)
  config <- with_defaults(list(
    date_var = "ds", dep_var = "sold", paid_media_spends = "tv", factor_vars = "promo \u00e9"
  ))
  Sys.setlocale("LC_CTYPE", "C")
  settle_environment()
  data <- read_data(folder, config)
  expect_equal(names(data), c("ds", "sold", "tv", "promo \u00e9"))
  expect_equal(data[[4]], "\u00e9 \u7535")
})

test_that("columns that are absent are all named", {
  told <- failure_of(read_data(folder_of(data.frame(ds = "2024-01-01", sold = 1)), SMALL))
  expect_match(told$what, "tv")
  expect_true(told$input)
})

test_that("words for dates, and a folder without data, are refused", {
  rows <- data.frame(ds = c("2024-01-01", "monday"), sold = 1:2, tv = 1:2)
  expect_match(failure_of(read_data(folder_of(rows), SMALL))$what, "no date")
  expect_match(failure_of(read_data(tempfile(), SMALL))$what, "no input_data.csv")
})

test_that("names that Robyn cannot bear are changed and changed back", {
  names <- name_table(c("ds", "TV spend", "tv.spend", "TV_spend", "caf\u00e9 1", "2nd"))
  expect_false(anyDuplicated(names$safe) > 0)
  expect_equal(make.names(names$safe), names$safe)
  expect_equal(to_ours(to_safe(names$ours, names), names), names$ours)
  expect_equal(to_ours(paste0(to_safe("TV spend", names), "_thetas"), names), "TV spend_thetas")
  expect_equal(prefixes_to_safe("TV spend_alphas", names), paste0(to_safe("TV spend", names), "_alphas"))
})

test_that("a name that begins another's is told apart from it, in both directions", {
  alike <- list(c("tv S", "tv_S_online"), c("tv S", "tv S online"), c("tv-S", "tv_S", "tv_S_x2"), c("a b", "a_b_c d"))
  for (ours in alike) {
    names <- name_table(ours)
    expect_equal(to_ours(names$safe, names), ours)
    for (kind in c("_alphas", "_thetas", "_scales", "_penalty")) {
      expect_equal(prefixes_to_safe(paste0(ours, kind), names), paste0(names$safe, kind))
      expect_equal(to_ours(paste0(names$safe, kind), names), paste0(ours, kind))
    }
  }
})

test_that("categories get names that no language sorts otherwise and no reader takes for numbers", {
  expect_equal(bearable_categories(c("none", "Black Friday", "none")), c("C00002", "C00001", "C00002"))
  expect_equal(bearable_categories(c("01", "1.0", "1")), c("C00001", "C00003", "C00002"))
  expect_equal(bearable_categories(c(TRUE, FALSE)), c("C00002", "C00001"))
  # As our Python has them.
  expect_equal(bearable_categories(c("C00", "Z", "C01")), c("C00", "Z", "C01"))
})

test_that("a category stays a text", {
  rows <- data.frame(ds = c("2024-01-01", "2024-01-08"), sold = 1:2, tv = 1:2, promo = c("01", "TRUE"))
  config <- utils::modifyList(SMALL, list(context_vars = c("promo"), factor_vars = "promo"))
  data <- read_data(folder_of(rows), config)
  expect_equal(data$promo, c("01", "TRUE"))
  expect_true(is.numeric(data$sold))
})

test_that("names that Robyn uses inside are made safe, its own code's words among them", {
  ours <- c("when", "revenue", "intercept", "solID", "y", "rn", "window_start", "tv_alphas", "my_lambda", "price")
  names <- name_table(ours, words = c("window_start", "addreg"))
  expect_equal(names$safe[c(1, 2, 10)], c("when", "revenue", "price"))
  expect_false(any(is_robyns(names$safe, c("window_start", "addreg"))))
  expect_equal(to_ours(names$safe, names), ours)
  expect_equal(to_ours(paste0(names$safe, "_penalty"), names), paste0(ours, "_penalty"))
})

test_that("the words of code are its names and texts, not what it calls", {
  one <- function(first, ...) dplyr_like(first, .data$second, third = "fourth", fifth[sixth])
  found <- c(names(formals(one)), words_in(body(one)))
  expect_true(all(c("first", ".data", "second", "third", "fourth", "fifth", "sixth") %in% found))
  expect_false(any(c("dplyr_like", "$", "[") %in% found))
})

test_that("a factor's name begins no other column that Robyn would add up with it", {
  ours <- c("ev", "events", "e", "own", "Ev ent", "tv")
  factors <- c("ev", "events", "own", "Ev ent")
  names <- name_table(ours, factors = factors, beside = c("yhat", "own holiday", "event day"), words = character())
  expect_equal(names$safe[names$ours %in% c("e", "events", "tv")], c("events", "e", "tv"))
  for (factor in to_safe(factors, names)) {
    beside <- c(setdiff(to_safe(factors, names), factor), "yhat", "own holiday", "event day")
    expect_false(any(startsWith(beside, factor)), label = factor)
  }
  expect_equal(to_ours(names$safe, names), ours)
})

test_that("no column of a table takes a name of the data but a hyperparameter's", {
  names <- name_table(c("is mean", "TV spend"))
  table <- data.frame(is_mean = TRUE, rn = names$safe[1], "TV_spend_thetas" = 0.2)
  folder <- tempfile()
  write_tables(list(made = table), folder, names)
  written <- utils::read.csv(file.path(folder, "made.csv"), check.names = FALSE)
  expect_named(written, c("is_mean", "rn", "TV spend_thetas"))
  expect_equal(written$rn, "is mean")
})

test_that("a configuration follows the changed names everywhere", {
  names <- name_table(c("ds", "sold items", "TV spend"))
  config <- list(
    date_var = "ds", dep_var = "sold items", paid_media_spends = "TV spend", paid_media_vars = "TV spend",
    organic_vars = character(), context_vars = character(), factor_vars = character(),
    custom_hyperparameters = list("TV spend_thetas" = c(0, 0.3)),
    calibration_input = data.frame(channel = "TV spend")
  )
  safe <- safe_config(config, names)
  spend <- names$safe[3]
  expect_equal(safe$paid_media_vars, spend)
  expect_equal(safe$dep_var, names$safe[2])
  expect_named(safe$custom_hyperparameters, paste0(spend, "_thetas"))
  expect_equal(safe$calibration_input$channel, spend)
})

test_that("holidays beside the data are read, those of Namibia too, and the others' absence is told", {
  folder <- tempfile()
  dir.create(folder)
  expect_null(read_holidays(folder))
  path <- file.path(folder, "prophet_holidays.csv")
  rows <- data.frame(ds = "2024-01-01", holiday = "New Year", country = c("DE", "NA"), year = 2024)
  utils::write.csv(rows, path, row.names = FALSE)
  found <- read_holidays(folder)
  expect_equal(found$country, c("DE", "NA"))
  expect_equal(found$ds, c("2024-01-01", "2024-01-01"))
  utils::write.csv(rows[c("ds", "holiday")], path, row.names = FALSE)
  expect_match(failure_of(read_holidays(folder))$what, "country, year")
})

test_that("a lift test of several channels follows each name", {
  names <- name_table(c("tv S", "a+b", "radio"), words = character())
  safe <- stats::setNames(names$safe, names$ours)
  expect_equal(safe_channels("tv S", names), safe[["tv S"]])
  expect_equal(safe_channels("a+b", names), safe[["a+b"]])
  expect_equal(safe_channels("tv S+radio", names), paste(safe[["tv S"]], "radio", sep = "+"))
})

test_that("sentences and what a refresh changed speak of our names", {
  names <- name_table(c("tv S", "y", "a.b", "radio"), words = character())
  safe <- stats::setNames(names$safe, names$ours)
  said <- sprintf("%s_alphas must be above 0; look at %s, %sx and radio.", safe[["tv S"]], safe[["y"]], safe[["y"]])
  ours <- sprintf("tv S_alphas must be above 0; look at y, %sx and radio.", safe[["y"]])
  expect_equal(words_to_ours(said, names), ours)
  expect_equal(words_to_ours(character(), names), character())
  drift <- list(earlier = "1_2_1", channels = list(list(channel = safe[["tv S"]]), list(channel = "radio")))
  expect_equal(vapply(drift_to_ours(drift, names)$channels, `[[`, "", "channel"), c("tv S", "radio"))
  expect_null(drift_to_ours(NULL, names))
})
