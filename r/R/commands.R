# What the scripts do, and what an installed package is started with in their place.

#' Where the installed package lies; its scripts' and its code's place.
package_home <- function() system.file(package = "mmmrobyn")

#' `run_all.R IN OUT`. Returns the exit status.
train_command <- function(given, home = package_home()) {
  if (length(given) != 2) {
    message("Usage: Rscript run_all.R IN OUT")
    return(2L)
  }
  with_status(train(normalizePath(given[1], mustWork = FALSE), given[2], home = home))
}

#' `verify.R IN CANDIDATE.json OUT`. Returns the exit status.
verify_command <- function(given, home = package_home()) {
  if (length(given) != 3) {
    message("Usage: Rscript verify.R IN CANDIDATE.json OUT")
    return(2L)
  }
  with_status(verify(normalizePath(given[1], mustWork = FALSE), given[2], given[3], home = home))
}

#' The exit status of `work`, also where not even its folder or its status could be written.
with_status <- function(work) {
  tryCatch(work, failure = function(failure) {
    message(conditionMessage(failure), " ", failure$todo)
    explain(failure, "reading")$status
  })
}

#' Arguments of Rscript that start `command`: the script where there is one beside the code, else the package's own.
start_arguments <- function(home, script, command) {
  path <- file.path(home, script)
  if (file.exists(path)) return(shQuote(path))
  code <- sprintf("quit(save = 'no', status = mmmrobyn:::%s(commandArgs(trailingOnly = TRUE)))", command)
  c("-e", shQuote(code))
}
