# A whole training with Robyn: read, decompose, search, select, allocate, write.

RULE <- "smallest error_score among the models on the selected Pareto fronts"
RULE_REFRESH <- "smallest DECOMP.RSSD of the refreshed models, as robyn_refresh() chooses"

#' Train on IN and write OUT. Returns the exit status: 0, 2 for input to correct, 1 for everything else.
train <- function(folder_in, folder_out, home = package_home()) {
  folder_out <- fresh_folder(folder_out)
  settle_environment()
  start_guard(home, folder_out)
  console <- open_console(folder_out)
  on.exit({
    end_started(home)
    close_console(console)
    free_reserve(folder_out)
  })
  progress <- new_progress(folder_out)
  with_failures(progress, {
    keep_reserve(folder_out)
    work(folder_in, folder_out, home, progress)
    in_phase(progress, "writing", type_tables(home, folder_out))
    unlink(file.path(folder_out, "prepared"), recursive = TRUE)
    progress$phase <- "done"
    write_status(progress)
  })
}

#' Do `work`; a failure is told in error.json and status.json, with phase, cause and remedy. Returns the exit status.
with_failures <- function(progress, work) {
  tryCatch(
    {
      force(work)
      0L
    },
    error = function(error) {
      told <- explain(error, progress$phase)
      if (!is.null(progress$names)) told$what <- words_to_ours(told$what, progress$names)
      message(sprintf("Failed while %s: %s %s", progress$phase, conditionMessage(error), told$todo))
      tell_failure(progress, told)
      told$status
    },
    # Ctrl-C. A SIGTERM ends R at once; then the guard finds these words.
    interrupt = function(interrupt) {
      told <- list(what = "The training was interrupted.", todo = "Start it again; finished trials are taken over.")
      message(sprintf("Interrupted while %s.", progress$phase))
      tell_failure(progress, told)
      130L
    }
  )
}

#' Leave the words of a failure in error.json and status.json. told: list(what, todo).
tell_failure <- function(progress, told) {
  free_reserve(progress$folder)
  tryCatch(
    {
      write_json_file(list(what = told$what, todo = told$todo), file.path(progress$folder, "error.json"))
      write_status(progress, failure = told)
    },
    # Not even for that: the exit status has to do.
    failure = function(failure) message(conditionMessage(failure))
  )
}

#' Train; leaves the tables as CSV and the summary in OUT/results.
work <- function(folder_in, folder_out, home, progress) {
  started <- Sys.time()
  given <- in_phase(progress, "reading", read_input(folder_in, folder_out, home))
  config <- given$config
  progress$names <- given$names
  progress$trials <- config$trials
  progress$iterations <- config$iterations
  need_robyn()
  found <- if (is.null(config[["refresh"]])) {
    train_anew(given, home, folder_out, progress)
  } else {
    go_on(given, home, folder_out, progress)
  }
  parts <- c(list(config = config, started = started), found)
  parts$chosen <- choose_model(found$collect)
  robyn <- file.path(folder_out, "results", "robyn")
  dir.create(robyn, recursive = TRUE, showWarnings = FALSE)
  parts$allocation <- in_phase(
    progress, "judging", allocate(found$inputs, found$collect, parts$chosen, config, robyn)
  )
  parts <- in_phase(progress, "writing", write_results(parts, file.path(folder_out, "results"), given$names))
  # Pictures come last and apart: a machine that is too small for them keeps the model.
  drawn <- in_phase(progress, "drawing", apart("Robyn's files", function() {
    keep_artefacts(found$inputs, found$collect, parts$chosen, robyn)
  }))
  parts$notes <- c(parts$notes, drawn)
  parts$durations <- write_timings(progress)
  write_json_file(summarise(parts, given$names), file.path(folder_out, "results", "summary.json"))
  unlink(file.path(folder_out, "trials"), recursive = TRUE)
}

#' Read and check what is trained on, under names that Robyn bears. Returns list(config, data, names, holidays).
read_input <- function(folder_in, folder_out, home) {
  folder <- prepare_input(home, folder_in, folder_out)
  config <- read_config(folder)
  data <- read_data(folder, config)
  holidays <- read_holidays(folder)
  names <- name_table(names(data), factors = config$factor_vars, beside = c(ROBYNS_OWN, holiday_names(holidays)))
  for (factor in config$factor_vars) data[[factor]] <- bearable_categories(data[[factor]])
  data <- stats::setNames(data, to_safe(base::names(data), names))
  list(config = safe_config(config, names), data = data, names = names, holidays = holidays)
}

#' Fail in words where R holds no Robyn.
need_robyn <- function() {
  if (nzchar(version_of("Robyn"))) return(invisible())
  fail(
    "This machine's R holds no Robyn.",
    "Train in the training image, install Robyn 3.12.1 for R, or choose the native trainer."
  )
}

#' Search from nothing. Returns list(inputs, models, collect, eligible, note, rule).
train_anew <- function(given, home, folder_out, progress) {
  config <- given$config
  inputs <- in_phase(progress, "decomposing", build_inputs(config, given$data, given$holidays))
  models <- in_phase(
    progress, "searching", search_trials(inputs, config, home, file.path(folder_out, "trials"), progress)
  )
  selected <- in_phase(progress, "selecting", select_candidates(inputs, models, config))
  c(list(inputs = inputs, models = models, rule = RULE), selected)
}

#' Go on from an earlier model. Returns the same parts, and what changed.
go_on <- function(given, home, folder_out, progress) {
  config <- given$config
  found <- in_phase(progress, "searching", refresh_model(given, home, folder_out, progress))
  chosen <- choose_model(found$collect)
  found$drift <- drift(found$earlier, found$collect, found$inputs, config, chosen)
  found$eligible <- count_eligible(found$models, 1, FALSE)
  note <- paste(cluster_note(found$collect), collapse = "")
  found$collect <- without_failed_clusters(found$collect)
  c(found, list(rule = RULE_REFRESH, note = note))
}

#' Make and write the contract's tables. Returns the parts with the tables that the summary needs.
write_results <- function(parts, folder, names) {
  collect <- parts$collect
  parts$candidates <- candidates_table(collect, parts$chosen)
  parts$convergence <- convergence_table(parts$models)
  coefficients <- coefficients_table(parts$inputs, collect, parts$config)
  parts$ranges <- ranges_table(coefficients, parts$candidates, parts$chosen)
  parts$notes <- c(parts$notes, parts$allocation$notes)
  tables <- list(
    candidates = parts$candidates,
    coefficients = coefficients,
    decomposition = decomposition_table(collect, parts$candidates$solID),
    response_curves = curves_table(parts$inputs, collect),
    allocation = parts$allocation$rows,
    ranges = parts$ranges,
    clusters = clusters_table(collect),
    forecast = NULL,
    convergence = parts$convergence
  )
  write_tables(tables, folder, names)
  parts
}

#' Make OUT, and clear away what an earlier start left that would look like its outcome.
fresh_folder <- function(folder_out) {
  dir.create(folder_out, recursive = TRUE, showWarnings = FALSE)
  folder_out <- normalizePath(folder_out)
  unlink(file.path(folder_out, c("error.json", file.path("results", "summary.json"))))
  folder_out
}

#' Send everything that R says to OUT/robyn_console.log.
open_console <- function(folder_out) {
  console <- file(file.path(folder_out, "robyn_console.log"), open = "at")
  sink(console)
  sink(console, type = "message")
  console
}

#' Stop sending it there, and leave a log that people can read: Robyn's progress bars are most of it.
close_console <- function(console) {
  path <- summary(console)$description
  sink(type = "message")
  sink()
  close(console)
  # Where there is no room for it, the log stays as it is.
  tryCatch(write_text(without_progress_bar(read_console(path)), path), failure = function(failure) NULL)
}
