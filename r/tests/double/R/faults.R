# Faults on request, for tests: ROBYN_DOUBLE_FAIL names what fails, ROBYN_DOUBLE_SECONDS slows a trial down.

FAULTS <- c(
  inputs = "Dataset df contains missing (NA) values. These values must be removed or fixed for Robyn to properly work.",
  run = "task 1 failed - \"missing value where TRUE/FALSE needed\"",
  memory = "cannot allocate vector of size 3.7 Gb",
  nevergrad = "You must have nevergrad python library installed.",
  outputs = paste(
    "Less than 100 candidates in pareto fronts.",
    "Increase iterations to get more model candidates or decrease min_candidates in robyn_output()"
  ),
  clusters = "more cluster centers than distinct data points.",
  plots = "Problem while computing aesthetics. Caused by error in `FUN()`: ! object 'boot_mean' not found",
  allocator = "nloptr: the initial value x0 does not satisfy the bounds lb and ub",
  response = "object of type 'closure' is not subsettable",
  write = "cannot open the connection"
)

#' Whether the fault `what` is asked for; `what` may carry a trial, as in "run:2".
is_asked <- function(what, trial = NULL) {
  asked <- strsplit(Sys.getenv("ROBYN_DOUBLE_FAIL"), ",", fixed = TRUE)[[1]]
  any(c(what, if (!is.null(trial)) paste0(what, ":", trial)) %in% trimws(asked))
}

#' Fail as the real function would if the fault `what` is asked for; "oom" is the kernel's kill,
#' "stuck" drawing that never ends.
fail_if_asked <- function(what, trial = NULL) {
  if (what == "plots" && is_asked("stuck")) {
    # Robyn draws in processes of its own.
    parallel::mcparallel(Sys.sleep(600))
    Sys.sleep(600)
  }
  if (what == "oom" && is_asked(what, trial)) {
    tools::pskill(Sys.getpid(), tools::SIGKILL)
    Sys.sleep(60)
  }
  if (what %in% names(FAULTS) && is_asked(what, trial)) stop(FAULTS[[what]], call. = FALSE)
  invisible()
}

#' Wait for `share` of the seconds a trial is to take (ROBYN_DOUBLE_SECONDS, default none).
wait_a_share <- function(share) {
  seconds <- suppressWarnings(as.numeric(Sys.getenv("ROBYN_DOUBLE_SECONDS", "0")))
  if (isTRUE(seconds > 0)) Sys.sleep(seconds * share)
}
