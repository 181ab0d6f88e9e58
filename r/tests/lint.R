# Lint every R file of the project: Rscript r/tests/lint.R. The double of Robyn must come first among the libraries.

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
home <- dirname(dirname(normalizePath(script)))
for (file in list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE)) source(file)
helpers <- list.files(file.path(home, "tests", "testthat"), pattern = "^helper.*[.]R$", full.names = TRUE)
for (file in helpers) source(file)
suppressPackageStartupMessages({
  library(testthat)
  loadNamespace("Robyn")
})
setwd(home)
found <- lintr::lint_dir(".", exclusions = list())
# What a file uses of the others can be judged only with all of them loaded.
unknown <- lintr::lint_dir(".", exclusions = list(), linters = list(object_usage_linter = lintr::object_usage_linter()))
print(found)
print(unknown)
quit(save = "no", status = as.integer(length(found) + length(unknown) > 0))
