# The recorded clusters of the selected models.

#' Add clusters to a selection: `clusters`, and cluster, winner and bootstrapped ROAS interval in its tables.
with_clusters <- function(result, quiet, export) {
  tried <- try(clusters_of(result, quiet), silent = TRUE)
  if (inherits(tried, "try-error")) {
    cat(tried, file = stderr())
    warning("> Skipped clustering because of memory issues", call. = FALSE)
    result$clusters <- tried
    return(result)
  }
  data <- tried$data
  for (name in c("resultHypParam", "xDecompAgg", "mediaVecCollect", "xDecompVecCollect")) {
    where <- match(result[[name]]$solID, data$solID)
    result[[name]]$cluster <- data$cluster[where]
    result[[name]]$top_sol <- data$top_sol[where]
  }
  intervals <- tried$df_cluster_ci
  variables <- result$xDecompAgg
  where <- match(paste(variables$rn, variables$cluster), paste(intervals$rn, intervals$cluster))
  for (name in c("boot_mean", "boot_se", "ci_low", "ci_up")) variables[[name]] <- intervals[[name]][where]
  carried <- result$allPareto$df_caov_pct
  carried <- carried[carried$type == "Carryover", ]
  variables$carryover_pct <- carried$carryover_pct[
    match(paste(variables$solID, variables$rn), paste(carried$solID, carried$rn))
  ]
  result$xDecompAgg <- variables
  result$clusters <- tried
  if (export) {
    write.csv(data, paste0(result$plot_folder, "pareto_clusters.csv"))
    write.csv(intervals, paste0(result$plot_folder, "pareto_clusters_ci.csv"))
    for (name in c("pareto_clusters_wss", "pareto_clusters_detail")) write_picture(result$plot_folder, name)
  }
  result
}

#' The clusters: models (scaled hyperparameters), winners, intervals per cluster and channel in ROAS.
clusters_of <- function(result, quiet) {
  fail_if_asked("clusters")
  data <- recorded_table("recorded_outputs", "pareto_clusters.csv")
  recorded <- recorded_models()
  keys <- model_key(result$resultHypParam)
  where <- match(keys, model_key(recorded))
  data <- data[match(recorded$solID[where], data$solID), ]
  data$solID <- result$resultHypParam$solID
  data$mape <- as.numeric(data$mape)
  data <- with_winners(data)
  row.names(data) <- NULL
  if (!quiet) {
    message(">> Auto selected k = ", length(unique(data$cluster)), " (clusters) based on minimum WSS variance of 6%")
  }
  winners <- data[data$top_sol, ]
  winners <- winners[order(winners$cluster), setdiff(names(winners), "top_sol")]
  winners$error_score <- result$resultHypParam$error_score[match(winners$solID, result$resultHypParam$solID)]
  first <- c("cluster", "rank", "solID")
  winners$rank <- 1L
  winners$cluster <- factor(winners$cluster)
  plots <- c("wss", "corrs", "plot_clusters_ci", "plot_models_errors", "plot_models_rois")
  c(
    list(
      data = data, df_cluster_ci = recorded_table("recorded_outputs", "pareto_clusters_ci.csv"),
      n_clusters = as.numeric(length(unique(data$cluster))), boot_n = 1000, sim_n = 10000, errors_weights = rep(1, 3),
      models = winners[c(first, setdiff(names(winners), first))]
    ),
    stats::setNames(lapply(plots, function(name) plot_stand_in()), plots)
  )
}

#' The recorded winner of each cluster; where a part of the recording lacks it, the model with the smallest errors.
with_winners <- function(data) {
  for (cluster in unique(data$cluster)) {
    rows <- which(data$cluster == cluster)
    if (any(data$top_sol[rows])) next
    size <- data$nrmse[rows]^2 + data$decomp.rssd[rows]^2
    data$top_sol[rows[which.min(size)]] <- TRUE
  }
  data
}
