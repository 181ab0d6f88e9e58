# Names and limits of hyperparameters, as Robyn checks them.

#' Names of the hyperparameters to define for these media, sorted; penalties for `all_vars` where given.
hyper_names <- function(adstock, all_media, all_vars = NULL) {
  adstock <- check_adstock(adstock)
  kinds <- c("alphas", "gammas", if (adstock == "geometric") "thetas" else c("shapes", "scales"))
  names <- as.vector(outer(all_media, kinds, paste, sep = "_"))
  if (!is.null(all_vars)) names <- c(names, paste0(all_vars, "_penalty"))
  sort(names)
}

#' Limits of the hyperparameters: first row lower, second row upper bound, as text of an inequality.
hyper_limits <- function() {
  data.frame(
    thetas = c(">=0", "<1"), alphas = c(">0", "<10"), gammas = c(">0", "<=1"),
    shapes = c(">=0", "<20"), scales = c(">=0", "<=1")
  )
}

#' The adstock's full name, or Robyn's complaint.
check_adstock <- function(adstock) {
  choices <- "'geometric', 'weibull_cdf' or 'weibull_pdf'"
  if (is.null(adstock)) stop("Input 'adstock' can't be NULL. Set any of: ", choices)
  if (adstock == "weibull") adstock <- "weibull_cdf"
  if (!adstock %in% c("geometric", "weibull_cdf", "weibull_pdf")) stop("Input 'adstock' must be ", choices)
  adstock
}

#' The hyperparameters, checked: every name known, none missing, each [low, high] within its limits.
check_hyperparameters <- function(hyperparameters, inputs) {
  if (!"train_size" %in% names(hyperparameters)) {
    hyperparameters[["train_size"]] <- c(0.5, 0.8)
    warning("Automatically added missing hyperparameter range: 'train_size' = c(0.5, 0.8)")
  }
  check_train_size(hyperparameters$train_size)
  needed <- hyper_names(inputs$adstock, inputs$all_media)
  penalties <- paste0(c(inputs$all_media, inputs$prophet_vars, inputs$context_vars), "_penalty")
  given <- names(hyperparameters)
  if (!all(given %in% c(needed, "lambda", "train_size"))) {
    wrong <- given[!given %in% c(needed, "lambda", "train_size")]
    stop("Input 'hyperparameters' contains following wrong names: ", paste(wrong, collapse = ", "))
  }
  others <- intersect(given, c("lambda", "train_size"))
  total <- length(needed) + length(others) + if (any(grepl("_penalty", given))) length(penalties) else 0
  if (length(given) != total) {
    stop(sprintf(
      paste(
        "%s hyperparameter values are required, and %s were provided.",
        "\n Use hyper_names() function to help you with the correct hyperparameters names."
      ), total, length(given)
    ))
  }
  for (name in given) check_hyper_limits(name, hyperparameters[[name]])
  hyperparameters
}

#' Complain as Robyn does about a share of training rows outside (0.1, 1].
check_train_size <- function(train_size) {
  if (!length(train_size) %in% 1:2) stop("Hyperparameter 'train_size' must be length 1 (fixed) or 2 (range)")
  if (any(train_size <= 0.1) || any(train_size > 1)) {
    stop("Hyperparameter 'train_size' values must be defined between 0.1 and 1")
  }
}

#' Complain as Robyn does about one range outside its limits or the wrong way round.
check_hyper_limits <- function(name, values) {
  limits <- hyper_limits()[[sub(".*_", "", name)]]
  if (is.null(limits)) return(invisible())
  holds <- function(value, limit) eval(parse(text = paste0(value, limit)))
  if (!holds(values[1], limits[1])) stop(sprintf("%s's hyperparameter must have lower bound %s", name, limits[1]))
  if (length(values) == 1) return(invisible())
  if (!holds(values[2], limits[2])) stop(sprintf("%s's hyperparameter must have upper bound %s", name, limits[2]))
  if (values[1] > values[2]) {
    stop(sprintf("%s's hyperparameter must have lower bound first and upper bound second", name))
  }
}
