# Column names that Robyn can bear: it stops at blanks and changes other signs on the way.

# Names of columns that Robyn makes itself beside the model's, in lower case: of its fits, its results and its charts.
ROBYNS_OWN <- c(
  "ds", "dep_var", "depvarhat", "y", "yhat", "y_pred", "x", "i", "n", "t", "intercept", "solid", "rn", "coef", "lambda",
  "lambda_hp", "train_size", "nrmse", "mape", "rsq_train", "trial", "iterng", "iterpar", "cluster", "robynpareto",
  "elapsed", "pos", "variable", "variables", "value", "type", "channel", "channels", "response", "spend", "carryover",
  "total", "all", "cap", "floor", "yearly", "weekly", "daily", "holidays", "zeros", "additive_terms",
  "multiplicative_terms", "extra_regressors_additive", "extra_regressors_multiplicative"
)
# What follows a column's name in that of a hyperparameter.
HYPERPARAMETER <- "_(alphas|gammas|thetas|shapes|scales|penalty)$"

#' A table of names: `ours` as in the data, `safe` as Robyn gets them; equal wherever they can be.
#'
#' keep: names that Robyn replaces itself, such as the date's. A safe name is no other's, and begins no other's: it is
#' found again by what it begins with.
name_table <- function(ours, keep = character()) {
  ours <- unique(ours)
  safe <- ours
  own <- tolower(ours) %in% ROBYNS_OWN & !ours %in% keep
  for (at in which(make.names(ours) != ours | own)) {
    stem <- gsub("[.]+", "_", make.names(ours[at]))
    if (tolower(stem) %in% ROBYNS_OWN) stem <- paste0(stem, "_x")
    safe[at] <- stem
    number <- 1
    while (is_taken(safe[at], c(ours, safe[-at]))) {
      number <- number + 1
      safe[at] <- paste0(stem, "x", number)
    }
  }
  data.frame(ours = ours, safe = safe)
}

#' TRUE where a name is one of `others`, or begins one of them.
is_taken <- function(name, others) any(others == name | startsWith(others, paste0(name, "_")))

#' A factor's values with categories that Robyn can make columns of: no blanks, no signs, in the same order.
#'
#' Nobody sees them, as a factor is one column of numbers in every result; but their order decides which has no column.
bearable_categories <- function(values) {
  if (!is.character(values)) return(values)
  levels <- sort(unique(values))
  if (!any(grepl("[^A-Za-z0-9_.]", levels, perl = TRUE))) return(values)
  named <- gsub("[^A-Za-z0-9_.]", "_", levels, perl = TRUE)
  ordered <- identical(order(named), seq_along(named)) &&
    identical(order(named, method = "radix"), order(levels, method = "radix"))
  if (anyDuplicated(named) > 0 || !ordered) named <- sprintf("c%04d", seq_along(levels))
  named[match(values, levels)]
}

#' Replace whole names by those that Robyn gets.
to_safe <- function(values, names) {
  at <- match(values, names$ours)
  ifelse(is.na(at), values, names$safe[at])
}

#' Replace the column that a hyperparameter's name begins with by the one that Robyn gets.
prefixes_to_safe <- function(values, names) {
  column <- sub(HYPERPARAMETER, "", values)
  is_it <- column != values & column %in% names$ours
  kind <- substring(values[is_it], nchar(column[is_it]) + 1)
  values[is_it] <- paste0(to_safe(column[is_it], names), kind)
  values
}

#' Replace Robyn's names by ours, also where a hyperparameter's kind follows: each once, by the longest that fits.
to_ours <- function(values, names) {
  changed <- names[names$ours != names$safe, , drop = FALSE]
  done <- rep(FALSE, length(values))
  for (row in rev(order(nchar(changed$safe)))) {
    is_it <- !done & (values == changed$safe[row] | startsWith(values, paste0(changed$safe[row], "_")))
    is_it[is.na(is_it)] <- FALSE
    values[is_it] <- paste0(changed$ours[row], substring(values[is_it], nchar(changed$safe[row]) + 1))
    done <- done | is_it
  }
  values
}

#' The configuration with every column under the name that Robyn gets.
safe_config <- function(config, names) {
  keys <- c(
    "date_var", "dep_var", "paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars"
  )
  for (key in keys) config[[key]] <- to_safe(config[[key]], names)
  ranges <- base::names(config$custom_hyperparameters)
  base::names(config$custom_hyperparameters) <- prefixes_to_safe(ranges, names)
  if (is.data.frame(config[["calibration_input"]])) {
    config$calibration_input$channel <- to_safe(config$calibration_input$channel, names)
  }
  config
}
