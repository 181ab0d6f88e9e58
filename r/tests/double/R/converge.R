# Convergence of a search: Robyn's rule on the errors of all models.

#' Errors per twentieth of the iterations, and a sentence per objective; compares the last with the first three.
robyn_converge <- function(OutputModels, n_cuts = 20, sd_qtref = 3, med_lowb = 2, nrmse_win = c(0, 0.998), ...) {
  stopifnot(n_cuts > min(c(sd_qtref, med_lowb)) + 1)
  trials <- intersect(paste0("trial", seq_len(OutputModels$trials)), names(OutputModels))
  table <- do.call(rbind, lapply(OutputModels[trials], function(one) one$resultCollect$resultHypParam))
  errors <- do.call(rbind, lapply(c("decomp.rssd", "mape", "nrmse"), function(objective) {
    cut_errors(table, objective, n_cuts, sd_qtref, med_lowb)
  }))
  last <- errors[!duplicated(errors$error_type, fromLast = TRUE), ]
  said <- sprintf(
    "%s %sconverged: sd@qt.%s %s %s %s & |med@qt.%s| %s %s %s",
    last$error_type, ifelse(last$flag_sd & last$flag_med, "", "NOT "), n_cuts, signif(last$last_sd, 2),
    ifelse(last$flag_sd, "<=", ">"), signif(last$first_sd_avg, 2), n_cuts, signif(last$last_med, 2),
    ifelse(last$flag_med, "<=", ">"), signif(last$med_thres, 2)
  )
  message(paste("-", said, collapse = "\n"))
  invisible(structure(
    list(moo_distrb_plot = plot_stand_in(), moo_cloud_plot = plot_stand_in(), errors = errors, conv_msg = said),
    sd_qtref = sd_qtref, med_lowb = med_lowb
  ))
}

#' Median and spread of one error per cut of the iterations; NULL if all are zero.
cut_errors <- function(table, objective, n_cuts, sd_qtref, med_lowb) {
  kept <- table[table[[objective]] > 0 & is.finite(table[[objective]]), ]
  if (!nrow(kept)) return(NULL)
  position <- stats::ave(kept[[objective]], kept$trial, FUN = seq_along)
  last <- max(position)
  cuts <- cut(position,
    breaks = seq(0, last, length.out = n_cuts + 1), labels = round(seq(last / n_cuts, last, length.out = n_cuts)),
    include.lowest = TRUE, ordered_result = TRUE
  )
  values <- split(kept[[objective]], cuts)
  medians <- vapply(values, median, numeric(1))
  spreads <- vapply(values, sd, numeric(1))
  first <- seq_len(sd_qtref)
  threshold <- abs(abs(medians[1]) - med_lowb * mean(spreads[first]))
  data.frame(
    error_type = toupper(objective), cuts = factor(names(values), names(values), ordered = TRUE),
    n = lengths(values), median = medians, std = spreads,
    med_var_P = c(NA, abs(round(100 * diff(medians) / medians[-1], 2))), first_med = abs(medians[1]),
    first_med_avg = abs(mean(medians[first])), last_med = abs(medians[n_cuts]), first_sd = spreads[1],
    first_sd_avg = mean(spreads[first]), last_sd = spreads[n_cuts], med_thres = threshold,
    flag_med = abs(medians) < threshold, flag_sd = spreads < mean(spreads[first]), row.names = NULL
  )
}

#' The plot of time-series validation; Robyn draws one whether or not there is a validation.
ts_validation <- function(OutputModels, quiet = FALSE, ...) plot_stand_in()

#' What stands for a plot: nothing to look at.
plot_stand_in <- function() structure(list(), class = "robyn_double_plot")
