# Fit one model with given hyperparameters in Robyn: Rscript r/verify.R IN CANDIDATE.json OUT
#
# CANDIDATE.json holds solID, hyperparameters, lambda (as given to the fit) and train_size. OUT gets verification.json.

local({
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- normalizePath(dirname(script))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  quit(save = "no", status = verify_command(commandArgs(trailingOnly = TRUE), home))
})
