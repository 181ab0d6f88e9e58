# Train a Marketing Mix Model with Robyn: Rscript r/run_all.R IN OUT
#
# IN holds job_config.json and input_data; OUT gets status.json, timings.csv, robyn_console.log and results/, the same
# files as the native trainer writes. Exit status: 0 done, 2 the person must correct something, 1 anything else.

local({
  given <- commandArgs(trailingOnly = TRUE)
  if (length(given) != 2) {
    message("Usage: Rscript run_all.R IN OUT")
    quit(save = "no", status = 2)
  }
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- normalizePath(dirname(script))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  status <- train(normalizePath(given[1], mustWork = FALSE), given[2], home = home)
  quit(save = "no", status = status)
})
