# Response curves: what a paid channel would bring at other levels of spend, on top of its mean carryover.

POINTS <- 51
# The grid ends here, as a multiple of the largest spend seen.
REACH <- 1.25

#' Parameters of the Hill curve for rows of xDecompAgg: coef, alpha, inflexion and mean carryover (spend units).
hills <- function(collect, rows) {
  models <- as.data.frame(collect$resultHypParam)
  at <- match(rows$solID, models$solID)
  pick <- function(suffix) {
    columns <- paste0(rows$rn, suffix)
    as.numeric(mapply(function(row, column) models[[column]][row], at, columns))
  }
  data.frame(coef = rows$coef, alpha = pick("_alphas"), inflexion = pick("_inflexion"), carryover = rows$mean_carryover)
}

#' Response per period to `spend` per period: coef / (1 + (inflexion / (spend + carryover))^alpha), as Robyn's
#' fx_objective().
response_at <- function(hill, spend) {
  hill$coef / (1 + (hill$inflexion / pmax(spend + hill$carryover, 1e-12))^hill$alpha)
}

#' Response to one more unit at `spend`, response(spend + 1) - response(spend): Robyn's marginal response.
marginal_response <- function(hill, spend) response_at(hill, spend + 1) - response_at(hill, spend)

#' One row per selected model, paid channel and point of the grid, by rising spend; one point is the mean spend.
curves_table <- function(inputs, collect) {
  rows <- as.data.frame(collect$xDecompAgg)
  rows <- rows[rows$solID %in% collect$allSolutions & rows$rn %in% inputs$paid_media_selected, ]
  all <- hills(collect, rows)
  grids <- lapply(inputs$paid_media_selected, function(channel) spend_grid(inputs, channel))
  names(grids) <- inputs$paid_media_selected
  curves <- lapply(seq_len(nrow(rows)), function(row) {
    grid <- grids[[rows$rn[row]]]
    hill <- all[row, ]
    data.frame(
      solID = rows$solID[row], channel = rows$rn[row], spend = grid$spend,
      response = response_at(hill, grid$spend), marginal_roi = marginal_response(hill, grid$spend),
      carryover_response = response_at(hill, 0), is_mean = grid$is_mean, beyond_observed = grid$beyond
    )
  })
  do.call(rbind, curves)
}

#' The spends of a channel's curve, per period of the window: from nothing to beyond the largest, with the mean.
spend_grid <- function(inputs, channel) {
  column <- inputs$paid_media_spends[match(channel, inputs$paid_media_selected)]
  rows <- inputs$rollingWindowStartWhich:inputs$rollingWindowEndWhich
  spent <- as.numeric(inputs$dt_input[[column]][rows])
  grid <- seq(0, REACH * max(spent), length.out = POINTS)
  spend <- sort(c(grid[abs(grid - mean(spent)) > 1e-9 * max(spent)], mean(spent)))
  list(spend = spend, is_mean = spend == mean(spent), beyond = spend > max(spent))
}
