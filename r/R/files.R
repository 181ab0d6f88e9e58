# Files, written whole or not at all, also where the disk is full: never an empty one over a good one.

# What a process of ours ends with that found its disk full; it may have been unable to write anything down.
DISK_FULL <- 28L
# A few kB in OUT that are given back for the words of a failure.
RESERVE <- ".reserve"

#' Write a file by its side first, and put it in its place once all of it is there. write: function of a connection.
#'
#' R does not notice that a disk was full when the last of a file was written; a program that it writes to does.
write_whole <- function(path, write, through = "cat", open = "wb") {
  half <- paste0(path, ".part")
  command <- sprintf(
    "said=$({ LC_ALL=C %s > %s; } 2>&1) && exit 0; case $said in *'No space'*|*quota*) exit %d ;; esac; exit 1",
    through, shQuote(half), DISK_FULL
  )
  file <- pipe(command, open, encoding = "UTF-8")
  failed <- tryCatch(
    {
      suppressWarnings(write(file))
      NULL
    },
    error = function(error) error
  )
  # As the system tells it: the exit status is in the second byte.
  status <- close(file) %/% 256
  if (status == 0 && is.null(failed) && file.rename(half, path)) return(invisible(path))
  unlink(half)
  if (status == DISK_FULL) fail_disk_full()
  # The program that was written to is gone, or writing itself failed.
  if (status == 0 && !is.null(failed)) stop(failed)
  fail(sprintf("%s cannot be written.", basename(path)), "Look at disk and permissions.")
}

#' Write lines of text.
write_text <- function(lines, path) {
  write_whole(path, function(file) writeLines(lines, file, useBytes = TRUE))
}

#' Write an R object, compressed as saveRDS() does.
write_rds <- function(object, path) write_whole(path, function(file) saveRDS(object, file), through = "gzip -6")

#' Stop because there is no room left on the disk.
fail_disk_full <- function() {
  stop(structure(
    class = c("disk_full", "failure", "error", "condition"),
    list(
      message = "The training's disk is full.", call = NULL,
      todo = paste(
        "Choose fewer iterations or trials, or ask whoever runs this service for a training machine with more room."
      )
    )
  ))
}

#' Keep room for the words of a failure.
keep_reserve <- function(folder) write_text(strrep("x", 16384), file.path(folder, RESERVE))

#' Give that room back.
free_reserve <- function(folder) unlink(file.path(folder, RESERVE))
