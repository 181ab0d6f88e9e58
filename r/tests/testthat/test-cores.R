# How many trials may run at once, from the files a container shows.

#' A folder that looks like a mount of cgroups, with these files.
cgroups <- function(...) {
  root <- tempfile("cgroup-")
  dir.create(file.path(root, "cpu"), recursive = TRUE)
  files <- list(...)
  for (name in names(files)) writeLines(files[[name]], file.path(root, name))
  root
}

test_that("a quota of the newer cgroups is read in CPUs", {
  expect_equal(cpu_quota(cgroups(cpu.max = "800000 100000")), 8)
  expect_equal(cpu_quota(cgroups(cpu.max = "150000 100000")), 1.5)
})

test_that("a quota of the older cgroups is read in CPUs", {
  older <- list("cpu/cpu.cfs_quota_us" = "400000", "cpu/cpu.cfs_period_us" = "100000")
  expect_equal(cpu_quota(do.call(cgroups, older)), 4)
})

test_that("no quota is no limit", {
  expect_true(is.na(cpu_quota(cgroups(cpu.max = "max 100000"))))
  expect_true(is.na(cpu_quota(cgroups("cpu/cpu.cfs_quota_us" = "-1", "cpu/cpu.cfs_period_us" = "100000"))))
  expect_true(is.na(cpu_quota(cgroups())))
  expect_true(is.na(cpu_quota(cgroups(cpu.max = "nonsense"))))
})

test_that("eight CPUs of a larger machine mean eight, and a part of one means one", {
  mine <- length(parallel::mcaffinity(NULL))
  expect_equal(usable_cores(cgroups(cpu.max = "834200 100000"), machine = 64), min(8, mine))
  expect_equal(usable_cores(cgroups(cpu.max = "20000 100000"), machine = 64), 1L)
  expect_equal(usable_cores(cgroups(), machine = 1), 1L)
})

test_that("trials run side by side up to their number, the cores and what the job allows", {
  with_variables(c(MMM_JOB_WORKERS = NA), {
    expect_equal(side_by_side(5, cores = 8), 5)
    expect_equal(side_by_side(5, cores = 2), 2)
  })
  with_variables(c(MMM_JOB_WORKERS = "3"), expect_equal(side_by_side(5, cores = 8), 3))
  with_variables(c(MMM_JOB_WORKERS = "none"), expect_equal(side_by_side(5, cores = 8), 5))
  with_variables(c(MMM_JOB_WORKERS = "0"), expect_equal(side_by_side(5, cores = 8), 5))
})

test_that("R's test mode that allows two cores does not reach the trials", {
  before <- c("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "TZ")
  kept <- Sys.getenv(before, unset = NA, names = TRUE)
  with_variables(c("_R_CHECK_LIMIT_CORES_" = "TRUE", kept), {
    settle_environment()
    expect_equal(Sys.getenv("_R_CHECK_LIMIT_CORES_"), "")
    expect_equal(Sys.getenv("OMP_NUM_THREADS"), "1")
  })
})
