# JSON files, written whole or not at all.

#' Write `value` as JSON to `path`, so that a reader never sees half a file. Numbers keep 15 digits.
write_json_file <- function(value, path) {
  write_text(
    enc2utf8(jsonlite::toJSON(value, auto_unbox = TRUE, null = "null", na = "null", digits = NA, pretty = TRUE)), path
  )
}

#' Read a JSON file as a list. Fails in words where it is absent or broken.
read_json_file <- function(path) {
  if (!file.exists(path)) {
    fail(sprintf("There is no %s in %s.", basename(path), dirname(path)), "Put one beside the data.", input = TRUE)
  }
  tryCatch(
    jsonlite::fromJSON(path, simplifyVector = TRUE),
    error = function(error) {
      fail(sprintf("%s is not JSON.", basename(path)), shorten(conditionMessage(error)), input = TRUE)
    }
  )
}
