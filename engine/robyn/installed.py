"""What Robyn needs of a machine, what of it is missing, and how each is got."""

import os
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass

from engine.errors import BadSettings
from engine.robyn.command import REPOSITORY, SCRIPT

VERSION = "3.12.1"
# Installs Robyn, and what Debian has too old, in the very versions of the training image.
INSTALL = REPOSITORY / "docker" / "install_robyn.R"
NEVERGRAD = REPOSITORY / "requirements" / "robyn.txt"
# What these need of Debian, as docker/Dockerfile.training-base has it.
DEBIAN_PACKAGES = (
    "r-base-dev",
    *("r-cran-doparallel", "r-cran-dorng", "r-cran-dplyr", "r-cran-foreach", "r-cran-ggplot2", "r-cran-ggridges"),
    *("r-cran-glmnet", "r-cran-httr", "r-cran-jsonlite", "r-cran-lubridate", "r-cran-nloptr", "r-cran-openxlsx"),
    *("r-cran-patchwork", "r-cran-proc", "r-cran-prophet", "r-cran-reticulate", "r-cran-rpart", "r-cran-rstan"),
    *("r-cran-rvest", "r-cran-stringr", "r-cran-tidyr", "r-cran-yaml"),
)
R_ANSWERS_WITHIN = 60.0

# Asks R for what it holds, one `name=version` a line. nevergrad counts as there where this Robyn does not use Python.
_QUESTION = """
version <- function(name) {
  if (nzchar(system.file(package = name))) as.character(utils::packageVersion(name)) else ""
}
for (name in c("jsonlite", "Robyn")) cat(name, "=", version(name), "\\n", sep = "")
needs <- if (nzchar(version("Robyn"))) utils::packageDescription("Robyn")[["Imports"]] else "reticulate"
found <- if (!any(grepl("reticulate", needs, fixed = TRUE))) "not needed" else
  tryCatch(if (reticulate::py_module_available("nevergrad")) "there" else "", error = function(error) "")
cat("nevergrad=", found, "\\n", sep = "")
"""


@dataclass(frozen=True)
class Missing:
    """Something that is not there, and the command or step that brings it."""

    what: str
    how: str


_R = Missing("R", "apt-get install r-base-core (Debian, Ubuntu), or R's own installer")
_JSONLITE = Missing(
    "jsonlite for R", """apt-get install r-cran-jsonlite, or Rscript -e 'install.packages("jsonlite")'"""
)
_ROBYN = (
    f"apt-get install {' '.join(DEBIAN_PACKAGES)} (Debian 12; elsewhere the next step says what it needs), "
    f"then Rscript {shlex.quote(str(INSTALL))}"
)
_NEVERGRAD = Missing(
    "nevergrad for the Python that R uses",
    "python3 -m venv ~/.robyn-python && ~/.robyn-python/bin/pip install --require-hashes --no-deps "
    f"-r {shlex.quote(str(NEVERGRAD))} && export RETICULATE_PYTHON=~/.robyn-python/bin/python",
)


def missing(seconds: float = R_ANSWERS_WITHIN) -> tuple[Missing, ...]:
    """Return what Robyn lacks on this machine; nothing if it can train. Asks R, for at most so many seconds."""
    scripts = (
        () if SCRIPT.is_file() else (Missing("the R scripts (r/run_all.R)", "run mmm from a checkout of the project"),)
    )
    if shutil.which("Rscript") is None:
        return (*scripts, _R, _JSONLITE, Missing(f"Robyn {VERSION}", _ROBYN), _NEVERGRAD)
    try:
        code, out, err = _ask_r(seconds)
    except subprocess.TimeoutExpired:
        return (*scripts, Missing(f"an answer of R within {seconds:g} seconds", "see why Rscript -e 1 takes so long"))
    except OSError as error:
        return (*scripts, Missing("an R that can be started", f"Rscript says: {error}"))
    told = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    if code or not {"jsonlite", "Robyn", "nevergrad"} <= told.keys():
        said = (err.strip().splitlines() or [f"it ended with {code}"])[-1]
        return (*scripts, Missing("an R that works", f"Rscript says: {said}"))
    return (*scripts, *_of_r(told))


def require_robyn() -> None:
    """Raise BadSettings that says what is missing and how to get it, unless Robyn can train here."""
    lacking = missing()
    if not lacking:
        return
    names = [one.what for one in lacking]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    lines = "\n".join(f"- {one.what}: {one.how}" for one in lacking)
    raise BadSettings(
        f"Robyn cannot train on this machine. It lacks {listed}.",
        f"Get what is missing:\n{lines}\nOr use the training image, which holds all of it. "
        "The native trainer needs none of it.",
    )


def _ask_r(seconds: float) -> tuple[int, str, str]:
    """Put the question to R; returns its exit status and what it says. Raises TimeoutExpired after so many seconds."""
    asked = subprocess.Popen(
        ["Rscript", "-e", _QUESTION],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Newer versions of reticulate would download a Python of their own.
        env={**os.environ, "RETICULATE_USE_MANAGED_VENV": "no"},
    )
    with asked:
        try:
            out, err = asked.communicate(timeout=seconds)
        except BaseException:
            # R starts programs that would keep its output open, and us waiting.
            with suppress(ProcessLookupError):
                os.killpg(asked.pid, signal.SIGKILL)
            raise
    return asked.returncode, out, err


def _of_r(told: dict[str, str]) -> list[Missing]:
    lacking = [] if told["jsonlite"] else [_JSONLITE]
    if told["Robyn"] != VERSION:
        there = f" (there is {told['Robyn']})" if told["Robyn"] else ""
        lacking.append(Missing(f"Robyn {VERSION}{there}", _ROBYN))
    return lacking if told["nevergrad"] else [*lacking, _NEVERGRAD]
