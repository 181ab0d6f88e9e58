# Train a Marketing Mix Model with Robyn: Rscript r/run_all.R IN OUT
#
# IN holds job_config.json and input_data; OUT gets status.json, timings.csv, robyn_console.log and results/, the same
# files as the native trainer writes. Exit status: 0 done, 2 the person must correct something, 1 anything else.

local({
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- normalizePath(dirname(script))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  quit(save = "no", status = train_command(commandArgs(trailingOnly = TRUE), home))
})
