# What a recorded model makes of its media: adstock, saturation, contributions. Needed where Robyn's series of a
# model were not recorded; the recorded ones of three models are compared with it in the tests.

#' Carry a share `theta` of each period's value into the next; x in spend or exposure per period.
geometric_adstock <- function(x, theta) as.vector(stats::filter(as.numeric(x), theta, method = "recursive"))

#' Saturated share in [0, 1] of `x` (spend units) around `inflexion`, with the slope `alpha`.
hill <- function(x, alpha, inflexion) x^alpha / (x^alpha + inflexion^alpha)

#' One medium of one model over all rows of dt_mod: adstocked spend, contributions in the window (revenue).
medium_of <- function(inputs, model, medium, coef) {
  window <- inputs$rollingWindowStartWhich:inputs$rollingWindowEndWhich
  spend <- as.numeric(inputs$dt_mod[[medium]])
  alpha <- model[[paste0(medium, "_alphas")]]
  total <- geometric_adstock(spend, model[[paste0(medium, "_thetas")]])
  carried <- total - spend
  inflexion <- max(total[window]) * model[[paste0(medium, "_gammas")]]
  list(
    total = total, carried = carried, spend = spend, window = window, alpha = alpha, inflexion = inflexion,
    response = coef * hill(total[window], alpha, inflexion),
    response_carried = coef * hill(carried[window], alpha, inflexion)
  )
}

#' The series of one model: `media` (adstocked spend, contributions) and `parts` (contributions in revenue).
series_of <- function(inputs, model, variables) {
  coef <- stats::setNames(variables$coef, variables$rn)
  window <- inputs$rollingWindowStartWhich:inputs$rollingWindowEndWhich
  media <- lapply(
    stats::setNames(inputs$all_media, inputs$all_media), function(one) medium_of(inputs, model, one, coef[[one]])
  )
  table <- inputs$dt_mod[window, ]
  adstocked <- as.data.frame(lapply(media, function(one) one$total[one$window]), check.names = FALSE)
  responses <- as.data.frame(lapply(media, `[[`, "response"), check.names = FALSE)
  others <- setdiff(inputs$all_ind_vars, inputs$all_media)
  parts <- as.data.frame(
    lapply(stats::setNames(others, others), function(one) table[[one]] * coef[[one]]), check.names = FALSE
  )
  parts <- cbind(parts, responses, intercept = rep(coef[["(Intercept)"]], length(window)))
  list(
    media = rbind(
      cbind(ds = table$ds, adstocked, type = "adstockedMedia", solID = model$solID),
      cbind(ds = table$ds, responses, type = "decompMedia", solID = model$solID)
    ),
    parts = cbind(
      ds = table$ds, dep_var = table$dep_var, parts, depVarHat = rowSums(parts), solID = model$solID
    )
  )
}
