# job_config.json: what a training is told. Its keys are described by engine/experiment/job_config.py.

# Keys that Robyn has no use for, each with the reason.
not_used_by_robyn <- c(
  search = "Robyn has one search of its own",
  selection = "Robyn chooses by its own rule",
  robyn_quirks = "Robyn has them itself",
  hyperparameter_preset = "ranges come spelled out in custom_hyperparameters",
  budget_scenario = "resolved into budget before R sees it",
  expected_spend = "resolved into budget before R sees it",
  channel_budgets = "resolved into budget before R sees it",
  forecast = "Robyn foresees nothing; the native trainer does",
  data_findings = "Python repeats them in the summary",
  week_dated = "Python dates the weeks by their first day, and dates the results back"
)

# The largest seed: Robyn seeds trial t with seed + t, as a 32-bit integer.
LARGEST_SEED <- .Machine$integer.max - 100L

#' Read and check the configuration of a folder. Every list of names becomes a character vector, maybe empty.
read_config <- function(folder) {
  config <- read_json_file(file.path(folder, "job_config.json"))
  if (!is.list(config) || is.null(names(config))) {
    fail("job_config.json must hold one object {\u2026}.", "Correct it.", input = TRUE)
  }
  config <- with_defaults(config)
  problems <- config_problems(config)
  if (length(problems)) {
    todo <- paste0("Correct these: ", paste(problems, collapse = "; "), ".")
    fail("job_config.json cannot be used.", todo, input = TRUE)
  }
  config
}

#' Fill in what a configuration may leave out, and give every key its type.
with_defaults <- function(config) {
  defaults <- list(
    country = "", revision = "", date_var = "date", dep_var_type = "revenue", adstock = "geometric",
    iterations = 2000, trials = 5, seed = 123, ts_validation = FALSE, add_penalty_factor = FALSE,
    rssd_zero_penalty = TRUE, calibration_constraint = 0.1, pareto_fronts = "auto", min_candidates = 100
  )
  for (key in names(defaults)) if (is.null(config[[key]])) config[[key]] <- defaults[[key]]
  names_of <- c(
    "paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars", "prophet_vars",
    "prophet_signs", "context_signs", "paid_media_signs", "organic_signs"
  )
  if (is.null(config[["prophet_vars"]])) config$prophet_vars <- c("trend", "season", "holiday")
  for (key in names_of) config[[key]] <- as.character(unlist(config[[key]]))
  if (!length(config$paid_media_vars)) config$paid_media_vars <- config$paid_media_spends
  if (!length(config[["train_size"]])) config$train_size <- c(0.5, 0.8)
  config$custom_hyperparameters <- as.list(config[["custom_hyperparameters"]])
  config$context_vars <- unique(c(config$context_vars, config$factor_vars))
  config
}

#' Say everything that keeps Robyn from training with a configuration.
config_problems <- function(config) {
  c(column_problems(config), choice_problems(config), number_problems(config), range_problems(config))
}

#' What is wrong with the columns that are named.
column_problems <- function(config) {
  dep_var <- config[["dep_var"]]
  c(
    if (!is.character(dep_var) || !nzchar(dep_var)) "dep_var is missing",
    if (!length(config$paid_media_spends)) "paid_media_spends is missing",
    if (length(config$paid_media_vars) != length(config$paid_media_spends)) {
      "paid_media_vars needs one column for each of paid_media_spends"
    }
  )
}

#' What is wrong with a choice among few.
choice_problems <- function(config) {
  c(
    if (!config$adstock %in% names(ADSTOCK_KINDS)) {
      sprintf("adstock must be %s", paste(names(ADSTOCK_KINDS), collapse = ", "))
    },
    if (!config$dep_var_type %in% c("revenue", "conversion")) "dep_var_type must be revenue or conversion"
  )
}

#' What is wrong with the numbers of the search.
number_problems <- function(config) {
  counts <- c("iterations", "trials", "min_candidates")
  wrong <- counts[!vapply(config[counts], function(value) is_whole(value) && value >= 1, logical(1))]
  seed <- config$seed
  c(
    if (length(wrong)) sprintf("%s must be a whole number from 1", wrong),
    if (!is_whole(seed) || seed < 0 || seed > LARGEST_SEED) {
      sprintf("seed must be a whole number from 0 to %d: Robyn searches unseeded with any other", LARGEST_SEED)
    }
  )
}

#' Which ranges of the search are missing.
range_problems <- function(config) {
  missing <- setdiff(hyperparameter_names(config), names(config$custom_hyperparameters))
  if (length(missing)) {
    sprintf(
      "custom_hyperparameters gives no range for %s (R holds no presets; our Python fills them in where it is found)",
      paste(missing, collapse = ", ")
    )
  }
}

#' TRUE for one finite number without a fraction.
is_whole <- function(value) {
  is.numeric(value) && length(value) == 1 && is.finite(value) && value == round(value)
}
