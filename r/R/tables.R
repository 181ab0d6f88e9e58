# The tables of the results, as engine/results/contract.py describes them. Amounts are per period or for the window,
# in the data's currency or in conversions.

CANDIDATE_COLUMNS <- c(
  "solID", "trial", "iterNG", "robynPareto", "nrmse", "nrmse_train", "nrmse_val", "nrmse_test", "decomp.rssd", "mape",
  "rsq_train", "rsq_val", "rsq_test", "lambda", "error_score"
)
PAID_COLUMNS <- c(
  "total_spend", "mean_spend", "spend_share", "effect_share", "roi_total", "roi_mean", "cpa_total"
)
# What a range of Robyn is taken over; it calls it a confidence interval, which it is not.
RANGE_OVER <- "the models of its cluster"

#' One row per selected model, the chosen one first, its hyperparameters as further columns.
candidates_table <- function(collect, chosen) {
  rows <- as.data.frame(collect$resultHypParam)
  rows <- rows[rows$solID %in% collect$allSolutions, ]
  rows <- rows[order(rows$solID != chosen, rows$error_score), ]
  cluster <- if (is.null(rows[["cluster"]])) rep(NA, nrow(rows)) else rows$cluster
  top <- if (is.null(rows[["top_sol"]])) rep(FALSE, nrow(rows)) else rows$top_sol
  searched <- grep("_(alphas|gammas|thetas|shapes|scales|penalty)$", names(rows), value = TRUE)
  extra <- intersect(c(searched, "train_size", "lambda_hp"), names(rows))
  found <- rows[CANDIDATE_COLUMNS]
  found$cluster <- ifelse(is.na(cluster), 0L, as.integer(cluster))
  found$top_sol <- ifelse(is.na(top), FALSE, as.logical(top))
  cbind(found, rows[extra])
}

#' One row per selected model and variable, the intercept as `(Intercept)`.
coefficients_table <- function(inputs, collect, config) {
  rows <- as.data.frame(collect$xDecompAgg)
  rows <- rows[rows$solID %in% collect$allSolutions, ]
  paid <- rows$rn %in% inputs$paid_media_selected
  media <- rows$rn %in% inputs$all_media
  found <- rows[c("solID", "rn", "coef", "xDecompAgg", "xDecompPerc")]
  for (name in PAID_COLUMNS) found[[name]] <- ifelse(paid, finite(rows[[name]]), NA)
  found$mean_response <- ifelse(media, rows$mean_response, NA)
  found$mean_carryover <- ifelse(media, rows$mean_carryover, NA)
  found$marginal_roi <- NA_real_
  at <- which(paid)
  found$marginal_roi[at] <- marginal_response(hills(collect, rows[at, ]), rows$mean_spend[at])
  known <- paid & !is.null(rows[["ci_low"]])
  found$range_low <- if (any(known)) ifelse(paid, finite(rows$ci_low), NA) else NA_real_
  found$range_high <- if (any(known)) ifelse(paid, finite(rows$ci_up), NA) else NA_real_
  found$range_over <- ifelse(paid & !is.na(found$range_low), RANGE_OVER, NA)
  found
}

#' One row per model, date and variable, of the few best models whose vectors Robyn kept.
decomposition_table <- function(collect, best, most = 5) {
  wide <- as.data.frame(collect$xDecompVecCollect)
  kept <- utils::head(best[best %in% wide$solID], most)
  wide <- wide[wide$solID %in% kept, ]
  parts <- setdiff(names(wide), c("ds", "solID", "cluster", "top_sol", "refreshStatus", "bestModRF"))
  long <- lapply(parts, function(part) {
    data.frame(
      solID = wide$solID, ds = format(as.Date(wide$ds)), rn = if (part == "intercept") "(Intercept)" else part,
      xDecomp = as.numeric(wide[[part]])
    )
  })
  do.call(rbind, long)
}

#' One row per model that was tried, in the order of trials and iterations.
convergence_table <- function(models) {
  rows <- all_models(models)
  rows <- rows[order(rows$trial, rows$iterNG, rows$iterPar), ]
  data.frame(rows[c("trial", "iterNG", "nrmse", "decomp.rssd", "mape")], row.names = NULL)
}

#' One row per cluster and channel: how far its models disagree. ROAS, or CPA for conversions.
clusters_table <- function(collect) {
  found <- collect$clusters$df_cluster_ci
  if (is.null(found)) return(NULL)
  found <- as.data.frame(found)
  data.frame(
    cluster = as.integer(found$cluster), channel = found$rn, n = as.integer(found$n), mean = found$boot_mean,
    se = found$boot_se, ci_low = found$ci_low, ci_up = found$ci_up, sd = found$sd
  )
}

#' One row per channel of the chosen model: the range over its cluster, with the number of its models.
ranges_table <- function(coefficients, candidates, chosen) {
  rows <- coefficients[coefficients$solID == chosen & !is.na(coefficients$range_over), ]
  if (!nrow(rows)) return(NULL)
  cluster <- candidates$cluster[candidates$solID == chosen]
  data.frame(
    solID = chosen, channel = rows$rn, over = rows$range_over, low = rows$range_low, high = rows$range_high,
    n = sum(candidates$cluster == cluster), row.names = NULL
  )
}

#' NA for what is infinite: a ratio to nothing has no value.
finite <- function(values) ifelse(is.finite(values), values, NA_real_)

#' The column of a channel's efficiency: ROAS for revenue, CPA for conversions.
efficiency_of <- function(config) if (config$dep_var_type == "conversion") "cpa_total" else "roi_total"
