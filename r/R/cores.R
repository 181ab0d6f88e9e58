# How many trials may run side by side. A container's share of the machine counts, not the machine's size.

#' CPUs that this process may use: the machine's, the affinity's, and the container's quota, whichever is least.
#'
#' A quota of 7.5 or 8.342 CPUs means 8: it is rounded, never below 1. Both versions of cgroups are understood.
usable_cores <- function(root = "/sys/fs/cgroup", machine = parallel::detectCores()) {
  affinity <- length(parallel::mcaffinity(NULL))
  counts <- c(machine, if (affinity > 0) affinity, round(cpu_quota(root)))
  max(1L, as.integer(min(counts, na.rm = TRUE)))
}

#' The container's CPU quota in CPUs, NA where there is none. root: where cgroups are mounted.
cpu_quota <- function(root) {
  read <- function(...) {
    path <- file.path(root, ...)
    if (file.exists(path)) suppressWarnings(readLines(path, n = 1, warn = FALSE)) else ""
  }
  both <- strsplit(read("cpu.max"), " ")[[1]]
  if (length(both) < 2) both <- c(read("cpu", "cpu.cfs_quota_us"), read("cpu", "cpu.cfs_period_us"))
  numbers <- suppressWarnings(as.numeric(both))
  if (anyNA(numbers) || numbers[1] <= 0 || numbers[2] <= 0) NA_real_ else numbers[1] / numbers[2]
}

#' Trials to run at once: as many as there are, as cores, and as MMM_JOB_WORKERS allows.
side_by_side <- function(trials, cores = usable_cores()) {
  asked <- suppressWarnings(as.integer(Sys.getenv("MMM_JOB_WORKERS", "")))
  max(1L, min(trials, cores, if (!is.na(asked) && asked > 0) asked))
}

#' Set up what every process of the training inherits: one thread each, and no test mode that limits cores to two; and
#' letters of every language, whatever the language of the machine.
settle_environment <- function() {
  read_every_letter()
  Sys.unsetenv("_R_CHECK_LIMIT_CORES_")
  Sys.setenv(
    OMP_NUM_THREADS = "1", OPENBLAS_NUM_THREADS = "1", MKL_NUM_THREADS = "1", NUMBA_NUM_THREADS = "1",
    # Without it R asks a system service for the time zone, which no container has.
    TZ = Sys.getenv("TZ", "UTC"), R_PARALLELLY_AVAILABLECORES_METHODS = "system"
  )
  invisible()
}

#' Where R is told to know ASCII only (LC_ALL=C), it stops reading a file at the first other letter.
read_every_letter <- function() {
  for (name in c("C.UTF-8", "en_US.UTF-8", "UTF-8")) {
    if (isTRUE(l10n_info()[["UTF-8"]])) return(invisible())
    suppressWarnings(Sys.setlocale("LC_CTYPE", name))
  }
}
