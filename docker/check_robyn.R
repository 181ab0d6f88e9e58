# Ends the build where Robyn would not run: pinned versions, its R packages, its optimiser in Python.
#
#   Rscript check_robyn.R [PACKAGES]     the list of pinned packages; r-packages.csv beside this file

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
arguments <- commandArgs(trailingOnly = TRUE)
pinned <- if (length(arguments)) arguments[1] else file.path(dirname(script), "r-packages.csv")
pinned <- read.csv(pinned, colClasses = "character")
Sys.setenv(TZ = Sys.getenv("TZ", "UTC"))
suppressPackageStartupMessages(library(Robyn))
for (at in seq_len(nrow(pinned))) {
  stopifnot(as.character(packageVersion(pinned$package[at])) == pinned$version[at])
}
stopifnot(requireNamespace("prophet", quietly = TRUE), requireNamespace("rstan", quietly = TRUE))
nevergrad <- reticulate::import("nevergrad")
values <- nevergrad$p$Array(shape = reticulate::tuple(1L, 3L))
optimizer <- nevergrad$optimizers$registry["TwoPointsDE"](values, budget = 4L)
stopifnot(length(optimizer$ask()$value) == 3)
for (name in c("Robyn", "lares", "prophet", "rstan", "glmnet", "nloptr", "reticulate", "ggplot2", "patchwork")) {
  cat(name, as.character(packageVersion(name)), "\n")
}
