# One trial of a training, in a process of its own: Rscript r/trial.R FOLDER TRIAL
#
# FOLDER holds task.rds, and gets trial_TRIAL.rds, whole or not at all, or trial_TRIAL.err with Robyn's words.

local({
  given <- commandArgs(trailingOnly = TRUE)
  folder <- given[1]
  trial <- as.integer(given[2])
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  for (file in c("one_trial.R", "cores.R")) source(file.path(dirname(script), "R", file), local = globalenv())
  settle_environment()
  writeLines(as.character(Sys.getpid()), file.path(folder, sprintf("trial_%d.pid", trial)))
  task <- readRDS(file.path(folder, "task.rds"))
  done <- tryCatch(
    list(value = do_task(task, trial)),
    error = function(error) list(error = conditionMessage(error))
  )
  if (!is.null(done$error)) {
    writeLines(done$error, file.path(folder, sprintf("trial_%d.err", trial)))
    quit(save = "no", status = 1)
  }
  half <- file.path(folder, sprintf("trial_%d.part", trial))
  saveRDS(list(fingerprint = task$fingerprint, value = done$value), half)
  file.rename(half, file.path(folder, sprintf("trial_%d.rds", trial)))
})
