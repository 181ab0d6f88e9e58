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
#'
#' Penalties belong to it only where they are searched: Robyn counts the names it gets.
hyperparameter_ranges <- function(config) {
  given <- config$custom_hyperparameters
  wanted <- hyperparameter_names(config)
  if (config$add_penalty_factor) wanted <- c(wanted, grep("_penalty$", names(given), value = TRUE))
  ranges <- lapply(given[wanted], function(range) unique(as.numeric(unlist(range))))
  ranges$train_size <- as.numeric(config$train_size)
  ranges
}
