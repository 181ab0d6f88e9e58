# Run the tests of the R trainer and lint it: Rscript r/tests/run.R [FILTER]
#
# Where R has a Robyn the tests run against that; else against the double, which this installs into a temporary library.
# ROBYN_TESTS=double takes the double in any case. With FILTER only the test files of that name run, without the lint.

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
here <- dirname(normalizePath(script))
root <- dirname(dirname(here))

recorded <- Sys.getenv("ROBYN_RECORDED", file.path(dirname(root), "shared", "data", "robyn_reference"))
if (dir.exists(recorded)) Sys.setenv(ROBYN_RECORDED = normalizePath(recorded)) else Sys.unsetenv("ROBYN_RECORDED")

library_of_double <- tempfile("double-")
dir.create(library_of_double)
log <- tempfile()
build <- c("CMD", "INSTALL", "--no-docs", "--no-test-load", paste0("--library=", library_of_double))
status <- system2(
  file.path(R.home("bin"), "R"), c(build, shQuote(file.path(here, "double"))), stdout = log, stderr = log
)
if (status != 0) {
  writeLines(readLines(log))
  stop("The double of Robyn cannot be installed")
}
libraries <- .libPaths()
with_double <- paste(c(library_of_double, libraries), collapse = ":")
is_real <- nzchar(system.file(package = "Robyn")) && Sys.getenv("ROBYN_TESTS") != "double"
Sys.setenv(
  MMM_R = dirname(here), ROBYN_IS = if (is_real) "real" else "double",
  R_LIBS = if (is_real) paste(libraries, collapse = ":") else with_double
)
if (!is_real) .libPaths(c(library_of_double, libraries))
cat(sprintf("Testing with %s.\n", if (is_real) "Robyn itself" else "the double of Robyn"))

given <- commandArgs(trailingOnly = TRUE)
results <- as.data.frame(testthat::test_dir(
  file.path(here, "testthat"),
  filter = if (length(given)) given[1], reporter = "summary", stop_on_failure = FALSE, load_package = "none"
))
failed <- sum(results$failed) + sum(results$error)
cat(sprintf(
  "R tests: %d checks in %d tests, %d failed, %d skipped\n",
  sum(results$nb), nrow(results), failed, sum(results$skipped)
))

linted <- 0
if (!length(given)) {
  linted <- system2(
    file.path(R.home("bin"), "Rscript"), shQuote(file.path(here, "lint.R")), env = paste0("R_LIBS=", with_double)
  )
  cat(if (linted == 0) "lintr: clean\n" else "lintr: see above\n")
}
unlink(library_of_double, recursive = TRUE)
quit(save = "no", status = as.integer(failed > 0 || linted != 0))
