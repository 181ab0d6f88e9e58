# The recorded data: read once, kept for the session.

store <- new.env(parent = emptyenv())

# Seeds of the recording: trial t was searched with seed 123 + t, and robyn_run() adds t itself.
RECORDED_SEED <- 123L
RECORDED_TRIALS <- 5L
RECORDED_ITERATIONS <- 2000L

#' Path of a recorded file; the folder is the environment variable ROBYN_RECORDED.
recorded_path <- function(...) {
  root <- Sys.getenv("ROBYN_RECORDED")
  if (!nzchar(root)) stop("Set ROBYN_RECORDED to the folder of Robyn's recorded data", call. = FALSE)
  path <- file.path(root, ...)
  if (!file.exists(path)) stop("The recording has no file ", path, call. = FALSE)
  path
}

#' A recorded CSV as data.frame, Robyn's column names kept, the column of row numbers dropped.
recorded_table <- function(..., na_strings = "NA") {
  path <- recorded_path(...)
  if (is.null(store[[path]])) {
    table <- utils::read.csv(path, check.names = FALSE, na.strings = na_strings)
    if (names(table)[1] == "") table <- table[-1]
    for (day in intersect(c("ds", "date_min", "date_max"), names(table))) table[[day]] <- as.Date(table[[day]])
    store[[path]] <- table
  }
  store[[path]]
}

#' The settings of the recorded run (inputs.json).
recorded_inputs <- function() {
  if (is.null(store$inputs)) store$inputs <- jsonlite::fromJSON(recorded_path("inputs.json"))
  store$inputs
}

#' The modelling table after feature engineering: a row per week; contributions in revenue, media in spend.
recorded_dt_mod <- function() {
  table <- recorded_table("dt_mod.csv")
  as_numbers(table[names(table) != "in_window"])
}

#' The table with whole numbers as Robyn has them: like all others.
as_numbers <- function(table) {
  table[] <- lapply(table, function(column) if (is.integer(column)) as.numeric(column) else column)
  table
}

#' The 128 selected models: hyperparameters, errors, front, cluster.
recorded_models <- function() {
  table <- recorded_table("recorded_outputs", "pareto_hyperparameters.csv")
  for (name in c("train_size", "mape", "pos", "iterations", "robynPareto")) table[[name]] <- as.numeric(table[[name]])
  table
}

#' The variables of the 128 selected models: coefficients, contributions in revenue, spend, returns.
recorded_variables <- function() {
  table <- recorded_table("recorded_outputs", "pareto_aggregated.csv.gz")
  for (name in c("train_size", "mape", "iterations", "robynPareto")) table[[name]] <- as.numeric(table[[name]])
  table
}

#' Stop because Robyn was not recorded doing what is asked for.
not_recorded <- function(...) stop("Not recorded: ", ..., call. = FALSE)

#' Write down a call's plain arguments as a JSON line in the file ROBYN_DOUBLE_CALLS, if that is set.
log_call <- function(name, arguments) {
  path <- Sys.getenv("ROBYN_DOUBLE_CALLS")
  if (!nzchar(path)) return(invisible())
  plain <- Filter(function(value) is.atomic(value) || is.data.frame(value) || plain_list(value), arguments)
  large <- vapply(plain, function(value) is.data.frame(value) && nrow(value) > 100, logical(1))
  types <- lapply(plain, typeof)
  line <- list(call = name, arguments = plain[!large], types = types[!large])
  cat(jsonlite::toJSON(line, auto_unbox = TRUE, null = "null", digits = NA, Date = "ISO8601"), "\n",
    sep = "", file = path, append = TRUE
  )
}

#' Whether a list holds plain vectors only, such as ranges of hyperparameters.
plain_list <- function(value) is.list(value) && length(value) > 0 && all(vapply(value, is.atomic, logical(1)))
