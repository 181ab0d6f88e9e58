# Installs Robyn, and what of its needs Debian 12 lacks or has too old, from the sources of r-packages.csv.
#
#   Rscript install_robyn.R [MIRROR [LIBRARY [PACKAGES]]]
#
# MIRROR    a CRAN mirror: its address, its name in R's own list, or nothing for CRAN's global mirror
# LIBRARY   folder that gets the packages; your own library where none is named
# PACKAGES  the list, in the order of installation; r-packages.csv beside this file where none is named
#
# The list pins each package by version and by sha256 of its contents: of the list that `sha256sum` makes of its
# files, in the order of their names. A mirror packs and unpacks as it likes; what is installed is the same.
# Everything else that these packages import must be there before, new enough. What is there in the pinned version, or a
# newer one, is left as it is; Robyn itself must be the pinned one.

GLOBAL_MIRROR <- "0-Cloud [https]"

arguments <- commandArgs(trailingOnly = TRUE)
given <- function(at, default) if (length(arguments) >= at && nzchar(arguments[at])) arguments[at] else default

#' The address of a mirror. R knows the mirrors of its day by name.
address_of <- function(mirror) {
  if (grepl("^[a-z]+://", mirror)) return(sub("/+$", "", mirror))
  known <- utils::getCRANmirrors(local.only = TRUE)
  found <- known$URL[known$Name == mirror]
  if (length(found) != 1) stop("MIRROR is neither an address nor the name of a mirror that R knows: ", mirror)
  sub("/+$", "", found)
}

#' Bring a package's source here, unpack it and return its folder. CRAN keeps old versions apart.
fetch <- function(package, version, mirror) {
  file <- sprintf("%s_%s.tar.gz", package, version)
  places <- c("src/contrib", file.path("src/contrib/Archive", package))
  folder <- tempfile(package)
  dir.create(folder)
  for (place in places) {
    path <- file.path(folder, file)
    address <- paste(mirror, place, file, sep = "/")
    done <- tryCatch(
      suppressWarnings(utils::download.file(address, path, mode = "wb", quiet = TRUE)),
      error = function(error) 1L
    )
    if (identical(as.integer(done), 0L)) {
      utils::untar(path, exdir = folder)
      return(file.path(folder, package))
    }
  }
  stop(sprintf("%s %s is not to be had from %s.", package, version, mirror))
}

#' The sha256 of a package's contents, as the list has it.
contents_of <- function(folder) {
  command <- "cd %s && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
  sub(" .*", "", system(sprintf(command, shQuote(folder)), intern = TRUE))
}

#' What a package needs, one row each: name and least version ("0" where any will do). R itself is a name, too.
needs_of <- function(folder) {
  fields <- read.dcf(file.path(folder, "DESCRIPTION"), fields = c("Depends", "Imports", "LinkingTo"))
  parts <- trimws(unlist(strsplit(fields[!is.na(fields)], ",")))
  parts <- parts[nzchar(parts)]
  least <- ifelse(grepl(">=", parts), gsub(".*>=\\s*|\\s*\\)\\s*$", "", parts), "0")
  data.frame(name = sub("\\s*\\(.*", "", parts), least = trimws(least))
}

#' The version of a package that is there, or will be; empty where there is none.
version_there <- function(name, pinned) {
  if (name == "R") return(as.character(getRversion()))
  if (name %in% pinned$package) return(pinned$version[pinned$package == name])
  tryCatch(as.character(utils::packageVersion(name)), error = function(error) "")
}

#' Stop unless all that the packages need is there, or pinned; with the command that brings what is missing.
require_needs <- function(folders, pinned) {
  needs <- do.call(rbind, lapply(folders, needs_of))
  lacking <- lapply(seq_len(nrow(needs)), function(row) {
    there <- version_there(needs$name[row], pinned)
    if (nzchar(there) && package_version(there) >= needs$least[row]) return(NULL)
    data.frame(needs[row, ], there = there)
  })
  lacking <- unique(do.call(rbind, lacking))
  if (is.null(lacking)) return(invisible())
  said <- sprintf("  %s >= %s (there is %s)", lacking$name, lacking$least, ifelse(nzchar(lacking$there), lacking$there, "none"))
  others <- setdiff(lacking$name, "R")
  stop(
    "These are missing or too old:\n", paste(said, collapse = "\n"),
    "\nDebian 12 has them: apt-get install ", paste0("r-cran-", tolower(others), collapse = " "),
    "\nElsewhere: Rscript -e 'install.packages(c(", paste0("\"", others, "\"", collapse = ", "), "))'",
    call. = FALSE
  )
}

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])
mirror <- address_of(given(1, GLOBAL_MIRROR))
user_library <- strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep, fixed = TRUE)[[1]][1]
library_folder <- given(2, user_library)
pinned <- utils::read.csv(given(3, file.path(dirname(script), "r-packages.csv")), colClasses = "character")
# A package that cannot be installed is an error, not a warning that nobody reads.
options(timeout = 600, warn = 2)

dir.create(library_folder, recursive = TRUE, showWarnings = FALSE)
library_folder <- normalizePath(library_folder)
.libPaths(c(library_folder, .libPaths()))
# R starts processes that compile and load; they look where this one does.
Sys.setenv(
  R_LIBS = paste(.libPaths(), collapse = .Platform$path.sep),
  # Without it R asks a system service for the time zone, which no container has.
  TZ = Sys.getenv("TZ", "UTC")
)
cat(sprintf("R %s, packages from %s into %s\n", getRversion(), mirror, library_folder))

#' TRUE where a package need not be installed.
is_there <- function(package, version) {
  there <- version_there(package, pinned[0, ])
  nzchar(there) && if (package == "Robyn") there == version else package_version(there) >= version
}
kept <- mapply(is_there, pinned$package, pinned$version)
for (name in pinned$package[kept]) cat(sprintf("%s %s is there\n", name, utils::packageVersion(name)))
pinned <- pinned[!kept, ]
if (!nrow(pinned)) quit(save = "no")

folders <- as.character(mapply(fetch, pinned$package, pinned$version, MoreArgs = list(mirror = mirror)))
for (at in seq_along(folders)) {
  described <- read.dcf(file.path(folders[at], "DESCRIPTION"), fields = c("Package", "Version"))
  if (!identical(unname(described[1, ]), c(pinned$package[at], pinned$version[at]))) {
    stop(sprintf("%s calls itself %s %s.", pinned$package[at], described[1, 1], described[1, 2]))
  }
  found <- contents_of(folders[at])
  wanted <- pinned$sha256[at]
  if (nzchar(wanted) && found != wanted) {
    stop(sprintf("%s %s is not what was pinned: its contents are %s.", pinned$package[at], pinned$version[at], found))
  }
  cat(sprintf("%s %s: contents %s\n", pinned$package[at], pinned$version[at], if (nzchar(wanted)) "as pinned" else found))
}
require_needs(folders, pinned)
for (at in seq_along(folders)) {
  # Whether they load is seen at the end, once for all.
  utils::install.packages(
    folders[at], lib = library_folder, repos = NULL, type = "source", INSTALL_opts = "--no-test-load"
  )
  stopifnot(as.character(utils::packageVersion(pinned$package[at], library_folder)) == pinned$version[at])
}
loadNamespace("Robyn")
cat(sprintf("Robyn %s loads\n", utils::packageVersion("Robyn")))
