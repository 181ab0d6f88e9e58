# robyn_outputs(): Pareto fronts, clusters and the decomposition of every candidate; and Robyn's own files.

#' Select the candidates of a search. Returns list(collect, note); collect is Robyn's OutputCollect.
#'
#' Pictures are drawn later, one by one, so that a picture that fails costs no model.
select_candidates <- function(inputs, models, config) {
  eligible <- count_eligible(models, config$calibration_constraint, !is.null(inputs$calibration_input))
  # Robyn stops where the fronts cannot hold the least number of candidates; a short search has what it has.
  least <- max(1, min(config$min_candidates, eligible - 1))
  fronts <- if (is.numeric(config$pareto_fronts)) as.integer(config$pareto_fronts) else "auto"
  collect <- Robyn::robyn_outputs(
    inputs, models,
    pareto_fronts = fronts, min_candidates = least, calibration_constraint = config$calibration_constraint,
    csv_out = NULL, clusters = TRUE, export = FALSE, plot_pareto = FALSE, quiet = FALSE
  )
  notes <- c(
    if (least < config$min_candidates) {
      sprintf("Only %d models were eligible; the fronts hold at least %d of them.", eligible, least)
    },
    cluster_note(collect)
  )
  list(collect = without_failed_clusters(collect), note = paste(notes, collapse = " "), eligible = eligible)
}

#' A sentence where Robyn could form no clusters, else NULL.
cluster_note <- function(collect) {
  if (!is.list(collect$clusters)) "Too few candidates for clusters: there are no ranges."
}

#' OutputCollect without the error that Robyn leaves where the clusters would be.
without_failed_clusters <- function(collect) {
  if (!is.list(collect$clusters)) collect$clusters <- NULL
  collect
}

#' Number of models that Robyn lets onto its fronts: within the best quantiles of each error.
count_eligible <- function(models, constraint, calibrated) {
  rows <- all_models(models)
  within <- function(column, share) rows[[column]] <= stats::quantile(rows[[column]], share, na.rm = TRUE)
  fits <- within("nrmse", 0.9) & within("decomp.rssd", 0.9)
  if (calibrated) fits <- fits & within("mape", constraint)
  sum(fits, na.rm = TRUE)
}

#' Every model that was tried, one row each, in the order of trials.
all_models <- function(models) {
  trials <- models[grepl("^trial[0-9]+$", names(models))]
  columns <- c("trial", "iterNG", "iterPar", "solID", "nrmse", "decomp.rssd", "mape")
  do.call(rbind, lapply(trials, function(trial) {
    as.data.frame(trial$resultCollect$resultHypParam)[columns]
  }))
}

#' The solID that is reported: the smallest error score of the selected; of a refresh the one that Robyn took.
choose_model <- function(collect) {
  if (!is.null(collect$selectID)) return(collect$selectID)
  rows <- as.data.frame(collect$resultHypParam)
  rows <- rows[rows$solID %in% collect$allSolutions, ]
  rows$solID[which.min(rows$error_score)]
}

#' Keep Robyn's own files: tables, pictures, one-pagers, its JSON export and its objects. folder: results/robyn.
#'
#' Returns a sentence for each part that failed; none of them costs the model.
keep_artefacts <- function(inputs, collect, chosen, folder, pictures = TRUE) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  collect$plot_folder <- paste0(folder, "/")
  clustered <- collect$clusters$models$solID
  shown <- unique(c(chosen, if (is.null(clustered)) character() else as.character(clustered)))
  parts <- list(
    "Robyn's tables" = function() {
      Robyn::robyn_csv(inputs, collect, csv_out = "pareto", calibrated = !is.null(inputs$calibration_input))
    },
    "Robyn's export of the model" = function() {
      Robyn::robyn_write(inputs, collect, select_model = chosen, dir = folder, quiet = TRUE)
    },
    "Robyn's objects" = function() {
      write_rds(inputs, file.path(folder, "InputCollect.rds"))
      write_rds(without_pictures(collect), file.path(folder, "OutputCollect.rds"))
    },
    "Robyn's pictures" = if (pictures) function() Robyn::robyn_plots(inputs, collect, export = TRUE),
    "Robyn's one-pagers" = if (pictures) {
      function() Robyn::robyn_onepagers(inputs, collect, select_model = shown, quiet = TRUE, export = TRUE)
    }
  )
  parts <- Filter(Negate(is.null), parts)
  notes <- lapply(names(parts), function(name) attempt(name, parts[[name]]))
  unlist(notes)
}

#' OutputCollect with what robyn_allocator() and robyn_response() read, without its pictures and unselected models.
without_pictures <- function(collect) {
  collect$OutputModels <- collect$OutputModels[c("ts_validation", "hyper_updated", "hyper_fixed", "seed")]
  collect$allPareto <- NULL
  tables <- vapply(collect$clusters, function(part) is.data.frame(part) || is.atomic(part), logical(1))
  collect$clusters <- collect$clusters[tables]
  collect
}

#' Do something of which the result is a help only. Returns a sentence where it failed, else NULL.
attempt <- function(name, work) {
  tryCatch(
    {
      suppressMessages(work())
      NULL
    },
    error = function(error) {
      message(sprintf("%s failed: %s", name, conditionMessage(error)))
      sprintf("%s could not be made: %s", name, shorten(conditionMessage(error), 160))
    }
  )
}

#' Do `work` in a process of its own, so that not even its death costs what was trained. Returns its notes.
apart <- function(name, work) {
  job <- parallel::mcparallel(list(notes = work()))
  note_process(job$pid)
  done <- parallel::mccollect(job)[[1]]
  if (inherits(done, "try-error")) return(sprintf("%s could not be made: %s", name, shorten(done, 160)))
  if (is.null(done)) return(sprintf("%s could not be made: the process was killed.", name))
  done$notes
}
