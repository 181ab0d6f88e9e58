# Fit one model with given hyperparameters in Robyn: Rscript r/verify.R IN CANDIDATE.json OUT
#
# CANDIDATE.json holds solID, hyperparameters, lambda (as given to the fit) and train_size. OUT gets verification.json.

local({
  given <- commandArgs(trailingOnly = TRUE)
  if (length(given) != 3) {
    message("Usage: Rscript verify.R IN CANDIDATE.json OUT")
    quit(save = "no", status = 2)
  }
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- normalizePath(dirname(script))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  status <- verify(normalizePath(given[1], mustWork = FALSE), given[2], given[3], home = home)
  quit(save = "no", status = status)
})
