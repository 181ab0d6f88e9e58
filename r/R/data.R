# The rows of a training, as they lie in IN.

#' Read input_data.csv: one row a period, dates as Date, numbers as they are. Fails in words where it cannot.
read_data <- function(folder, config) {
  path <- file.path(folder, "input_data.csv")
  if (!file.exists(path)) {
    todo <- "Put the rows there; where they are Parquet only, our Python writes the CSV."
    fail(sprintf("There is no input_data.csv in %s.", folder), todo, input = TRUE)
  }
  # Only an empty cell is missing: "NA" may be a category, and a category is a text: 01 is not 1.
  data <- utils::read.csv(
    path,
    check.names = FALSE, colClasses = "character", fileEncoding = "UTF-8", na.strings = ""
  )
  names(data) <- column_names(path)
  numbers <- setdiff(names(data), config$factor_vars)
  data[numbers] <- lapply(data[numbers], utils::type.convert, as.is = TRUE, na.strings = "")
  needed <- c(
    config$date_var, config$dep_var, config$paid_media_spends, config$paid_media_vars, config$organic_vars,
    config$context_vars
  )
  absent <- setdiff(needed, names(data))
  if (length(absent)) {
    what <- sprintf("These columns are not in the data: %s.", paste(absent, collapse = ", "))
    fail(what, "Correct job_config.json, or add the columns.", input = TRUE)
  }
  days <- as.Date(substr(as.character(data[[config$date_var]]), 1, 10), format = "%Y-%m-%d")
  if (anyNA(days)) {
    fail(sprintf("%s holds something that is no date.", config$date_var), "Write dates as 2024-01-31.", input = TRUE)
  }
  data[[config$date_var]] <- days
  data[order(days), unique(needed), drop = FALSE]
}

#' The names of a CSV file's columns as they stand there: R's own reader takes blanks off their ends.
column_names <- function(path) {
  first <- utils::read.csv(
    path,
    header = FALSE, nrows = 1, colClasses = "character", fileEncoding = "UTF-8", na.strings = character()
  )
  unlist(first, use.names = FALSE)
}

#' The holidays that lie beside the data, in the columns of Robyn's own table, or NULL where none do.
read_holidays <- function(folder) {
  path <- file.path(folder, "prophet_holidays.csv")
  if (!file.exists(path)) return(NULL)
  # NA is a country.
  table <- utils::read.csv(path, stringsAsFactors = FALSE, fileEncoding = "UTF-8", na.strings = character())
  absent <- setdiff(c("ds", "holiday", "country", "year"), names(table))
  if (length(absent)) {
    what <- sprintf("prophet_holidays.csv has no column %s.", paste(absent, collapse = ", "))
    fail(what, "Give ds, holiday, country and year, as Robyn's own table does.", input = TRUE)
  }
  table$ds <- format(as.Date(table$ds))
  table
}

#' Names of all holidays that Robyn may know: those beside the data, else its own.
holiday_names <- function(holidays) {
  if (is.null(holidays) && nzchar(version_of("Robyn"))) holidays <- Robyn::dt_prophet_holidays
  unique(as.character(holidays$holiday))
}
