# Column names that Robyn can bear: it stops at blanks and changes other signs on the way.

#' A table of names: `ours` as in the data, `safe` as Robyn gets them; equal wherever they can be.
name_table <- function(ours) {
  ours <- unique(ours)
  safe <- ours
  for (at in which(make.names(ours) != ours)) {
    safe[at] <- gsub("[.]+", "_", make.names(ours[at]))
    while (safe[at] %in% c(ours, safe[-at])) safe[at] <- paste0(safe[at], "_")
  }
  data.frame(ours = ours, safe = safe)
}

#' Replace whole names by those that Robyn gets.
to_safe <- function(values, names) {
  at <- match(values, names$ours)
  ifelse(is.na(at), values, names$safe[at])
}

#' Replace the column that a hyperparameter's name begins with by the one that Robyn gets.
prefixes_to_safe <- function(values, names) {
  for (row in which(names$ours != names$safe)) {
    is_it <- startsWith(values, paste0(names$ours[row], "_"))
    values[is_it] <- paste0(names$safe[row], substring(values[is_it], nchar(names$ours[row]) + 1))
  }
  values
}

#' Replace Robyn's names by ours, also where a hyperparameter's kind or `+` follows.
to_ours <- function(values, names) {
  changed <- names[names$ours != names$safe, , drop = FALSE]
  for (row in rev(order(nchar(changed$safe)))) {
    is_it <- values == changed$safe[row] | startsWith(values, paste0(changed$safe[row], "_"))
    values[is_it] <- paste0(changed$ours[row], substring(values[is_it], nchar(changed$safe[row]) + 1))
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
