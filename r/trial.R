# One trial of a training, in a process of its own: Rscript r/trial.R FOLDER TRIAL
#
# FOLDER holds task.rds, and gets trial_TRIAL.rds, whole or not at all, or trial_TRIAL.err with Robyn's words.

local({
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- normalizePath(dirname(script))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  quit(save = "no", status = trial_command(commandArgs(trailingOnly = TRUE)))
})
