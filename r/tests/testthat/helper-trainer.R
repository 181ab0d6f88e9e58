# The trainer's modules, folders to train on, and what several tests ask.

# MMM_R names the checkout's r/; without it the installed package is tested, as R CMD check does.
HOME <- Sys.getenv("MMM_R", system.file(package = "mmmrobyn"))
if (nzchar(Sys.getenv("MMM_R"))) {
  for (file in sort(list.files(file.path(HOME, "R"), pattern = "[.]R$", full.names = TRUE))) source(file)
}

#' TRUE where Robyn is answered for by its double.
is_double <- function() grepl("Double", utils::packageDescription("Robyn")$Title)

#' Skip where the recorded data of Robyn are not beside the project.
need_recording <- function() {
  testthat::skip_if_not(nzchar(Sys.getenv("ROBYN_RECORDED")), "Robyn's recorded data are not beside this project")
}

#' Skip where the answers are not the recorded ones, or faults are planted.
need_double <- function() {
  need_recording()
  testthat::skip_if_not(is_double(), "recorded answers and planted faults are the double's; this Robyn is real")
}

#' Path of a recorded file.
recorded <- function(...) file.path(Sys.getenv("ROBYN_RECORDED"), ...)

#' A recorded CSV, Robyn's column names kept.
recorded_csv <- function(...) utils::read.csv(recorded(...), check.names = FALSE)

#' The settings of the recorded run.
recorded_settings <- function() jsonlite::fromJSON(recorded("inputs.json"))

#' A configuration of Robyn's demonstration with changes; a NULL takes a key away.
demo_config <- function(...) {
  settings <- recorded_settings()
  ranges <- settings$hyperparameter_bounds$geometric
  config <- list(
    country = "DE", revision = "demo_1", date_var = "DATE", dep_var = "revenue", dep_var_type = "revenue",
    start_date = "2016-01-04", end_date = "2018-12-31", prophet_vars = settings$prophet_vars,
    paid_media_spends = settings$paid_media_spends, paid_media_vars = settings$paid_media_vars,
    organic_vars = I(settings$organic_vars), context_vars = settings$context_vars,
    factor_vars = I(settings$factor_vars), adstock = "geometric", iterations = 2000, trials = 5, seed = 123,
    train_size = c(0.5, 0.8), custom_hyperparameters = ranges[names(ranges) != "train_size"]
  )
  changes <- list(...)
  config[names(changes)] <- changes
  Filter(Negate(is.null), config)
}

#' A trainer's IN folder of Robyn's demonstration, its configuration changed as told.
demo_folder <- function(...) {
  folder <- tempfile("in-")
  dir.create(folder)
  file.copy(recorded("dt_simulated_weekly.csv"), file.path(folder, "input_data.csv"))
  text <- jsonlite::toJSON(demo_config(...), auto_unbox = TRUE, digits = NA, null = "null")
  writeLines(text, file.path(folder, "job_config.json"))
  folder
}

#' Configuration, data and Robyn's inputs of the demonstration.
demo_inputs <- function(...) {
  folder <- demo_folder(...)
  config <- read_config(folder)
  data <- read_data(folder, config)
  list(config = config, data = data, inputs = suppressMessages(build_inputs(config, data)))
}

#' Evaluate with environment variables set; NA takes one away.
with_variables <- function(variables, code) {
  before <- Sys.getenv(names(variables), unset = NA, names = TRUE)
  change <- function(values) {
    for (name in names(values)) {
      if (is.na(values[[name]])) Sys.unsetenv(name) else do.call(Sys.setenv, as.list(values[name]))
    }
  }
  on.exit(change(before))
  change(variables)
  force(code)
}

#' The failure that `code` stops with, as list(what, todo, input); fails where it does not stop.
failure_of <- function(code) {
  error <- tryCatch(
    {
      force(code)
      NULL
    },
    error = function(error) error
  )
  testthat::expect_false(is.null(error))
  explain(error, "reading")
}

#' Evaluate without what it prints or says; warnings included.
hushed <- function(code) {
  utils::capture.output(value <- suppressWarnings(suppressMessages(code)))
  value
}

#' Run one of the scripts as people do. Returns its exit status; what it prints is in OUT's console.
run_script <- function(script, ..., variables = character()) {
  if (!"MMM_JOB_WORKERS" %in% names(variables)) variables <- c(variables, MMM_JOB_WORKERS = "2")
  command <- c(run_all.R = "train_command", verify.R = "verify_command")[[script]]
  with_variables(variables, system2(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", start_arguments(HOME, script, command), shQuote(c(...))),
    stdout = FALSE, stderr = FALSE
  ))
}

#' Read a JSON file of OUT.
out_json <- function(out, name) jsonlite::fromJSON(file.path(out, name))

#' The calls that `code` makes of Robyn, whichever it is, each a list(call, arguments) as they reach it.
calls_of <- function(code) {
  made <- list()
  note <- function(call, arguments) made[[length(made) + 1]] <<- list(call = call, arguments = arguments)
  robyn <- asNamespace("Robyn")
  functions <- c("robyn_inputs", "robyn_run", "robyn_outputs")
  on.exit(hushed(untrace(functions, where = robyn)))
  for (name in functions) {
    tracer <- as.call(list(note, name, quote(c(as.list(environment()), list(...)))))
    hushed(trace(name, tracer, print = FALSE, where = robyn))
  }
  force(code)
  made
}

#' The arguments of the first call of `name` that `code` makes of Robyn.
sent_to <- function(name, code) Filter(function(one) one$call == name, calls_of(code))[[1]]$arguments

#' Iterations of a search that no test reads a result of: the real Robyn takes its time for each.
few_iterations <- function() if (is_double()) 50 else 5

#' The recorded search of one trial as the trainer keeps it, under that trial's number. Read once.
recorded_models_of <- function(trial, iterations = 2000) {
  key <- paste(trial, iterations)
  if (is.null(KEPT[[key]])) {
    given <- demo_inputs(iterations = iterations)
    KEPT[[key]] <- renumber(hushed(search_trial(given$inputs, given$config, as.integer(trial))), trial)
  }
  KEPT[[key]]
}

#' The first so many models of each trial.
first_models <- function(models, count) {
  for (trial in grep("^trial[0-9]+$", names(models), value = TRUE)) {
    for (table in c("resultHypParam", "xDecompAgg")) {
      rows <- models[[trial]]$resultCollect[[table]]
      models[[trial]]$resultCollect[[table]] <- rows[rows$iterNG <= count, ]
    }
  }
  models
}

#' Robyn's rows of a table for one model, as plain data.
rows_of <- function(training, table, model) {
  rows <- as.data.frame(training$collect[[table]])
  rows[rows$solID == model, ]
}

#' A model of `trained()` to ask about: the recorded one that has allocations, or the chosen one.
model_of <- function(training) if (is_double()) "3_1998_1" else choose_model(training$collect)

#' A training by whichever Robyn there is: the recorded one of the double, or a short one of Robyn itself. Made once.
#'
#' What holds of any model is asked of this; numbers are compared only where they are recorded (`is_double()`).
trained <- function() {
  if (is_double()) return(recorded_training())
  if (is.null(KEPT$trained)) {
    given <- demo_inputs(trials = 2, iterations = 60, min_candidates = 30)
    models <- hushed(merge_trials(lapply(1:2, function(trial) {
      renumber(search_trial(given$inputs, given$config, as.integer(trial)), trial)
    })))
    KEPT$trained <- c(given, list(models = models), hushed(select_candidates(given$inputs, models, given$config)))
  }
  KEPT$trained
}

#' The recorded questions as the configuration has them.
question <- function(...) {
  asked <- list(
    scenario = "max_response", date_range = "all", channel_constr_low = rep(0.7, 5),
    channel_constr_up = c(1.2, 1.5, 1.5, 1.5, 1.5), channel_constr_multiplier = 3, constr_mode = "eq"
  )
  changes <- list(...)
  asked[names(changes)] <- changes
  asked
}

#' What Robyn answers to the recorded question: the recorded table, or its own.
robyns_answer <- function() {
  if (is_double()) return(recorded_csv("recorded_outputs", "3_1998_1_max_response_reallocated.csv"))
  if (is.null(KEPT$robyns_answer)) {
    training <- trained()
    training$collect$plot_folder <- tempdir()
    answer <- hushed(do.call(Robyn::robyn_allocator, c(question(), list(
      InputCollect = training$inputs, OutputCollect = training$collect, select_model = model_of(training),
      plots = FALSE, export = FALSE, quiet = TRUE
    ))))
    KEPT$robyns_answer <- as.data.frame(answer$dt_optimOut)
  }
  KEPT$robyns_answer
}

#' The recorded training: inputs, models of five trials and their selection. Made once.
recorded_training <- function() {
  if (is.null(KEPT$training)) {
    given <- demo_inputs()
    models <- hushed(merge_trials(lapply(1:5, recorded_models_of)))
    KEPT$training <- c(given, list(models = models), hushed(select_candidates(given$inputs, models, given$config)))
  }
  KEPT$training
}

#' A folder on a disk of its own of so many kB, until the calling test ends. Skips where none can be made.
small_disk <- function(kilobytes, within = parent.frame()) {
  folder <- tempfile("disk-")
  dir.create(folder)
  options <- sprintf("mount -t tmpfs -o size=%dk tmpfs %s 2> /dev/null", kilobytes, shQuote(folder))
  testthat::skip_if_not(suppressWarnings(system(options)) == 0, "no disk can be made here: it takes root and mount")
  withr::defer(system(paste("umount -l", shQuote(folder))), envir = within)
  folder
}

KEPT <- new.env()
