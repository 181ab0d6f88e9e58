# Fit many models in one process of R: Rscript r/tests/verify_all.R PLAN.json
#
# PLAN.json is a list of {"in": folder, "candidate": file, "out": folder}; each is what r/verify.R is called with. Every
# OUT also gets `exit`, the status that it would end with.

local({
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
  home <- dirname(dirname(normalizePath(script)))
  for (file in sort(list.files(file.path(home, "R"), pattern = "[.]R$", full.names = TRUE))) {
    source(file, local = globalenv())
  }
  for (one in jsonlite::read_json(commandArgs(trailingOnly = TRUE)[1])) {
    status <- verify(one[["in"]], one$candidate, one$out, home = home)
    writeLines(as.character(status), file.path(one$out, "exit"))
  }
})
