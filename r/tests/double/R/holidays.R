# Robyn's data object dt_prophet_holidays: read when first looked at.

#' The holiday table: ds (text, a day), holiday, country (ISO 3166 alpha-2 text; "NA" is Namibia), year.
#' Without a recording it has no rows, so that the package can be installed and loaded.
read_holidays <- function() {
  empty <- data.frame(ds = character(0), holiday = character(0), country = character(0), year = integer(0))
  if (!nzchar(Sys.getenv("ROBYN_RECORDED"))) return(empty)
  utils::read.csv(
    gzfile(recorded_path("dt_prophet_holidays.csv.gz")),
    na.strings = character(0), colClasses = c("character", "character", "character", "integer"), encoding = "UTF-8"
  )
}

#' Offer dt_prophet_holidays without reading it before it is needed.
.onLoad <- function(libname, pkgname) {
  here <- parent.env(environment())
  delayedAssign("dt_prophet_holidays", read_holidays(), eval.env = here, assign.env = here)
}
