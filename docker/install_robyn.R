# Installs Robyn, and those of its dependencies that are missing or too old, from a dated CRAN snapshot.
#
#   Rscript install_robyn.R SNAPSHOT LIBRARY
ROBYN <- "3.12.1"

arguments <- commandArgs(trailingOnly = TRUE)
snapshot <- arguments[[1]]
library_folder <- arguments[[2]]

if (!grepl("[0-9]{4}-[0-9]{2}-[0-9]{2}", snapshot)) {
  stop("CRAN_SNAPSHOT must be the address of CRAN on a day, with the day in it as YYYY-MM-DD.")
}
platform <- paste(getRversion(), R.version$platform, R.version$arch, R.version$os)
options(
  repos = c(CRAN = snapshot),
  timeout = 600,
  Ncpus = parallel::detectCores(),
  # A missing package is an error, not a warning that nobody reads.
  warn = 2,
  # Snapshots tell by this which binaries fit.
  HTTPUserAgent = sprintf("R/%s R (%s)", getRversion(), platform)
)
offered <- available.packages()
if (!"Robyn" %in% rownames(offered) || offered["Robyn", "Version"] != ROBYN) {
  stop("This snapshot has no Robyn ", ROBYN, "; CRAN has it since 2025-07-03.")
}
dir.create(library_folder, recursive = TRUE)
.libPaths(c(library_folder, .libPaths()))
install.packages("Robyn", lib = library_folder)
