# Ranges of the search, from the configuration alone. R holds no presets.

# What each adstock has per medium, besides alphas and gammas.
ADSTOCK_KINDS <- list(geometric = "thetas", weibull_cdf = c("shapes", "scales"), weibull_pdf = c("shapes", "scales"))

#' Names that must have a range: `{medium}_{kind}` per paid and organic medium, as Robyn's hyper_names() gives them.
hyperparameter_names <- function(config) {
  media <- c(config$paid_media_vars, config$organic_vars)
  kinds <- c("alphas", "gammas", ADSTOCK_KINDS[[config$adstock]])
  if (!length(media)) return(character())
  sort(as.vector(outer(media, kinds, paste, sep = "_")))
}

#' Robyn's `hyperparameters`: a named list of c(low, high), or one value where both are equal.
hyperparameter_ranges <- function(config) {
  ranges <- as_ranges(config$custom_hyperparameters[hyperparameter_names(config)])
  ranges$train_size <- as.numeric(config$train_size)
  ranges
}

#' Ranges of penalties, where they are searched and differ from Robyn's own c(0, 1), in the same form.
#'
#' Robyn searches within them once they are among its inputs, but refuses their names when it makes these.
penalty_ranges <- function(config) {
  if (!config$add_penalty_factor) return(list())
  given <- config$custom_hyperparameters
  ranges <- as_ranges(given[grep("_penalty$", names(given))])
  Filter(function(range) !identical(range, c(0, 1)), ranges)
}

#' Each of c(low, high) as numbers, once where both are equal.
as_ranges <- function(given) lapply(given, function(range) unique(as.numeric(unlist(range))))
