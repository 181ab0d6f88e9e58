# Ends the build where Robyn would not run: its version, its R packages, its optimiser in Python.
ROBYN <- "3.12.1"

suppressPackageStartupMessages(library(Robyn))
stopifnot(as.character(packageVersion("Robyn")) == ROBYN)
stopifnot(requireNamespace("prophet", quietly = TRUE), requireNamespace("rstan", quietly = TRUE))
nevergrad <- reticulate::import("nevergrad")
values <- nevergrad$p$Array(shape = reticulate::tuple(1L, 3L))
optimizer <- nevergrad$optimizers$registry["TwoPointsDE"](values, budget = 4L)
stopifnot(length(optimizer$ask()$value) == 3)
for (name in c("Robyn", "lares", "prophet", "rstan", "glmnet", "nloptr", "reticulate", "ggplot2", "patchwork")) {
  cat(name, as.character(packageVersion(name)), "\n")
}
