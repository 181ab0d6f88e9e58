# What a training was made with.

#' Versions of R and of the packages that decide the numbers.
versions <- function() {
  packages <- c("Robyn", "glmnet", "prophet", "nloptr", "lares", "reticulate")
  found <- vapply(packages, version_of, character(1))
  c(list(R = paste(R.version$major, R.version$minor, sep = ".")), as.list(found[nzchar(found)]))
}

#' A package's version, empty where it is not installed.
version_of <- function(package) {
  tryCatch(as.character(utils::packageVersion(package)), error = function(error) "")
}
