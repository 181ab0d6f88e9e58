# Results on disk: CSV with all digits, which our Python turns into typed Parquet.

#' Write the contract's tables to `folder`. tables: named list of data frames; NULL for a table without rows.
write_tables <- function(tables, folder, names) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  for (name in base::names(tables)) {
    table <- tables[[name]]
    if (is.null(table)) {
      unlink(file.path(folder, paste0(name, ".csv")))
      next
    }
    for (column in intersect(c("rn", "channel"), base::names(table))) table[[column]] <- to_ours(table[[column]], names)
    base::names(table) <- to_ours(base::names(table), names)
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
  utils::write.table(
    table, path,
    sep = ",", row.names = FALSE, na = "", quote = text, qmethod = "double", fileEncoding = "UTF-8"
  )
}
