# Results on disk: CSV with all digits, which our Python turns into typed Parquet.

# Columns of the tables that may have no rows.
EMPTY_TABLES <- list(
  allocation = c(
    "solID", "scenario", "channel", "initSpendUnit", "optmSpendUnit", "initResponseUnit", "optmResponseUnit",
    "constr_low", "constr_up", "initResponseMargUnit", "optmResponseMargUnit", "beyond_observed", "left_out", "feasible"
  ),
  ranges = c("solID", "channel", "over", "low", "high", "n"),
  clusters = c("cluster", "channel", "n", "mean", "se", "ci_low", "ci_up", "sd"),
  forecast = c("solID", "ds", "rn", "spend", "response", "carried", "beyond_observed", "low", "high")
)

#' Write the contract's tables to `folder`. tables: named list of data frames; NULL for a table without rows.
write_tables <- function(tables, folder, names) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  for (name in base::names(tables)) {
    table <- tables[[name]]
    if (is.null(table)) {
      columns <- EMPTY_TABLES[[name]]
      table <- as.data.frame(matrix(character(), 0, length(columns), dimnames = list(NULL, columns)))
    }
    for (column in intersect(c("rn", "channel"), base::names(table))) table[[column]] <- to_ours(table[[column]], names)
    # Only hyperparameters are columns that bear a name of the data.
    own <- grepl(HYPERPARAMETER, base::names(table))
    base::names(table)[own] <- to_ours(base::names(table)[own], names)
    write_table(table, file.path(folder, paste0(name, ".csv")))
  }
}

#' Write one table as CSV: numbers with 17 digits, text in quotes, nothing for what is missing.
write_table <- function(table, path) {
  text <- which(vapply(table, is.character, logical(1)))
  for (name in base::names(table)) {
    values <- table[[name]]
    if (is.double(values)) table[[name]] <- ifelse(is.na(values), NA, sprintf("%.17g", values))
  }
  write_whole(path, open = "w", write = function(file) {
    utils::write.table(table, file, sep = ",", row.names = FALSE, na = "", quote = text, qmethod = "double")
  })
}
