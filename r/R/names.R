# Names that Robyn can bear: it stops at blanks, changes other signs on the way, finds its own columns under the names
# that it uses inside, and finds some by what they begin with or hold.

# Names of columns that Robyn's helpers make beside the model's: of Prophet's forecast, of fits, results and charts.
# What Robyn's own code names is read from that code (`robyns_words`).
ROBYNS_OWN <- c(
  "ds", "dep_var", "depVarHat", "y", "yhat", "y_pred", "x", "i", "n", "p", "t", "intercept", "solID", "rn", "coef",
  "lambda", "lambda_hp", "train_size", "nrmse", "mape", "rsq_train", "trial", "iterNG", "iterPar", "cluster",
  "robynPareto", "Elapsed", "ElapsedAccum", "pos", "variable", "variables", "value", "type", "channel", "channels",
  "response", "spend", "carryover", "total", "all", "cap", "floor", "y_scaled", "cap_scaled", "floor_scaled", "trend",
  "season", "monthly", "weekday", "holiday", "yearly", "weekly", "daily", "holidays", "zeros", "additive_terms",
  "multiplicative_terms", "extra_regressors_additive", "extra_regressors_multiplicative", "order", "pcum"
)
# Parts of names by which Robyn and Prophet find columns, wherever in a name they stand.
TELLING <- paste0(
  "thetas|shapes|scales|alphas|gammas|penalty|lambda|inflexion|inflation|nrmse|rsq_|mape|decomp|train_size|real_|",
  "_mdi|_mdc|_lower|_upper|_delim_"
)
# What follows a column's name in that of a hyperparameter.
HYPERPARAMETER <- "_(alphas|gammas|thetas|shapes|scales|penalty)$"

#' A table of names: `ours` as in the data, `safe` as Robyn gets them; equal wherever they can be.
#'
#' factors: those of which Robyn adds up every column that begins like them; beside: other names among those columns,
#' such as Prophet's and those of holidays. words: what Robyn's code calls its own columns and variables. A safe name is
#' no other's, whatever the case, begins no other's, and does not begin like a factor.
name_table <- function(ours, factors = character(), beside = character(), words = robyns_words()) {
  ours <- unique(ours)
  safe <- ours
  begun <- vapply(ours, function(name) {
    name %in% factors && any(startsWith(c(setdiff(factors, name), beside), name))
  }, logical(1))
  plain <- grepl("^[A-Za-z][A-Za-z0-9_]*$", ours, perl = TRUE) & make.names(ours) == ours
  for (at in which(!plain | is_robyns(ours, words) | begun)) {
    stem <- safe_stem(ours[at])
    number <- 1
    safe[at] <- stem
    while (is_robyns(safe[at], words) || is_taken(safe[at], c(ours, safe[-at], beside), safe[ours %in% factors])) {
      number <- number + 1
      if (number == 26) stem <- "column"
      # Each time another letter in front, as a factor may begin like any.
      safe[at] <- paste0(letters[(number + 20) %% 26 + 1], number, "_", stem)
    }
  }
  data.frame(ours = ours, safe = safe, stringsAsFactors = FALSE)
}

#' TRUE for names that Robyn takes for its own, or that hold what it looks for.
is_robyns <- function(names, words) names %in% c(ROBYNS_OWN, words) | grepl(TELLING, names, ignore.case = TRUE)

#' What is left of a name when everything but letters without accents, digits and underscores is taken out.
safe_stem <- function(name) {
  stem <- gsub("^_+|_+$", "", gsub("[^A-Za-z0-9]+", "_", enc2utf8(name), perl = TRUE))
  if (!grepl("^[A-Za-z]", stem)) stem <- paste0("x", stem)
  gsub("[.]", "_", make.names(stem))
}

#' TRUE where a name is one of `others` but for case, begins one of them, or begins like one of the factors.
is_taken <- function(name, others, factors) {
  others <- tolower(others)
  any(startsWith(others, tolower(name))) || any(startsWith(name, setdiff(factors, name)))
}

#' Every name and text in Robyn's code, and in what it encodes factors with: a column called so may be mistaken.
#'
#' The types of a KPI are no columns. Empty where R holds no Robyn.
robyns_words <- function() {
  if (!nzchar(version_of("Robyn"))) return(character())
  functions <- c(
    functions_of("Robyn"), functions_of("lares", c("ohse", "categ_reducer", "freqs", "zerovar", "missingness"))
  )
  found <- unlist(lapply(functions, function(one) c(names(formals(one)), words_in(body(one)))))
  setdiff(unique(found), c("", "revenue", "conversion"))
}

#' A package's functions, all or those of some names; none where it is not installed.
functions_of <- function(package, names = NULL) {
  if (!requireNamespace(package, quietly = TRUE)) return(list())
  space <- asNamespace(package)
  if (is.null(names)) names <- ls(space, all.names = TRUE)
  Filter(is.function, mget(names, envir = space, ifnotfound = list(NULL)))
}

#' Names and texts in code, but not the names of functions that are called there.
words_in <- function(code) {
  if (is.name(code) || is.character(code)) return(as.character(code))
  if (is.call(code) || is.pairlist(code)) {
    parts <- as.list(code)
    if (is.call(code) && is.name(parts[[1]])) parts <- parts[-1]
    return(c(names(parts), unlist(lapply(parts, function(part) if (!missing(part)) words_in(part)))))
  }
  NULL
}

#' A factor's values with categories that Robyn can make columns of, in the same order: where our Python did not see to
#' it.
#'
#' Nobody sees them, as a factor is one column of numbers in every result; but their order decides which has no column.
bearable_categories <- function(values) {
  values <- as.character(values)
  levels <- sort(unique(values), method = "radix")
  if (all(grepl("^[A-Z][0-9]*$", levels, perl = TRUE))) return(values)
  sprintf("C%05d", match(values, levels))
}

#' Replace whole names by those that Robyn gets.
to_safe <- function(values, names) replaced(values, names$ours, names$safe)

#' Replace the column in a hyperparameter's name by the one that Robyn gets.
prefixes_to_safe <- function(values, names) {
  column <- sub(HYPERPARAMETER, "", values)
  is_it <- column != values
  values[is_it] <- paste0(to_safe(column[is_it], names), substring(values[is_it], nchar(column[is_it]) + 1))
  values
}

#' Replace Robyn's names by ours: whole names, also where a hyperparameter's kind follows.
to_ours <- function(values, names) {
  column <- sub(HYPERPARAMETER, "", values)
  of_column <- !is.na(values) & column != values & !values %in% names$safe
  kind <- substring(values, nchar(column) + 1)
  ifelse(of_column, paste0(replaced(column, names$safe, names$ours), kind), replaced(values, names$safe, names$ours))
}

#' Sentences in which Robyn may speak of columns, with ours in place of the names that it got. Whole names only.
words_to_ours <- function(text, names) {
  changed <- names[names$ours != names$safe, , drop = FALSE]
  kind <- sub("[$]$", "", HYPERPARAMETER)
  for (row in seq_len(nrow(changed))) {
    # A backslash would be taken for a reference.
    ours <- gsub("\\", "\\\\", changed$ours[row], fixed = TRUE)
    text <- gsub(paste0("\\b", changed$safe[row], "(?=\\b|", kind, ")"), ours, text, perl = TRUE)
  }
  text
}

#' `values` with each of `from` replaced by its fellow of `to`.
replaced <- function(values, from, to) {
  at <- match(values, from)
  ifelse(is.na(at), values, to[at])
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
    config$calibration_input$channel <- vapply(
      config$calibration_input$channel, safe_channels, character(1),
      names = names, USE.NAMES = FALSE
    )
  }
  config
}

#' A lift test's channel, or several joined by `+`, under the names that Robyn gets.
safe_channels <- function(channel, names) {
  if (channel %in% names$ours) return(to_safe(channel, names))
  paste(to_safe(trimws(strsplit(channel, "+", fixed = TRUE)[[1]]), names), collapse = "+")
}
