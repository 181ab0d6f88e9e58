# Run the tests of the R trainer, check its package and lint it: Rscript r/tests/run.R [FILTER]
#
# Where R has a Robyn the tests run against that; else against the double, which this installs into a temporary library.
# ROBYN_TESTS=double takes the double in any case. With FILTER only the test files of that name run, and nothing else.
# The check is R's own: `R CMD build` and `R CMD check`, which may find no error and no warning.

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
  MMM_R = dirname(here), R_LIBS = if (is_real) paste(libraries, collapse = ":") else with_double
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

#' TRUE where R's own check of the package finds neither an error nor a warning. Its tests ran before.
is_sound_package <- function(libraries) {
  folder <- tempfile("check-")
  dir.create(folder)
  before <- setwd(folder)
  on.exit({
    setwd(before)
    unlink(folder, recursive = TRUE)
  })
  r <- file.path(R.home("bin"), "R")
  # Without a profile that names no mirror, R would ask CRAN for its index.
  writeLines("options(repos = NULL)", "profile")
  variables <- c(paste0("R_LIBS=", libraries), paste0("R_PROFILE_USER=", file.path(folder, "profile")))
  system2(r, c("CMD", "build", shQuote(dirname(here))), stdout = "build.log", stderr = "build.log")
  built <- list.files(pattern = "^mmmrobyn_.*gz$")
  if (!length(built)) {
    writeLines(readLines("build.log"))
    return(FALSE)
  }
  system2(r, c("CMD", "check", "--no-manual", "--no-tests", built), stdout = "check.log", stderr = "check.log",
    env = variables
  )
  said <- readLines("check.log")
  outcome <- grep("^Status:", said, value = TRUE)
  sound <- length(outcome) == 1 && !grepl("ERROR|WARNING", outcome)
  if (!sound) writeLines(said)
  cat(sprintf("R CMD check %s: %s\n", built, if (length(outcome)) outcome else "did not end"))
  sound
}

linted <- 0
sound <- TRUE
if (!length(given)) sound <- is_sound_package(Sys.getenv("R_LIBS"))
if (!length(given)) {
  linted <- system2(
    file.path(R.home("bin"), "Rscript"), shQuote(file.path(here, "lint.R")), env = paste0("R_LIBS=", with_double)
  )
  cat(if (linted == 0) "lintr: clean\n" else "lintr: see above\n")
}
unlink(library_of_double, recursive = TRUE)
quit(save = "no", status = as.integer(failed > 0 || linted != 0 || !sound))
