"""What is listed of runs: a marker in `active/` while one is open, a row of the history once it is over."""

import re
from datetime import datetime

from engine import paths
from engine.newest_first import moment_of

_ROW = re.compile(r"robyn-jobs/rows/([0-9]{13})-([^/]+)\.json")


def run_of_row(path: str) -> str:
    """Return the run that a row is of, by its name; empty where no row can be called so."""
    found = _ROW.fullmatch(path)
    return found[2] if found else ""


def ended_at(path: str) -> datetime | None:
    """Return when the run of a row ended, by the row's name; None for any other name."""
    found = _ROW.fullmatch(path)
    return moment_of(found[1]) if found else None


def run_of_earlier_row(path: str) -> str:
    """Return the run that a row of the release before is of, whose line is not with it; empty for any other name."""
    found = paths.old_row_of(path)
    return found[1] if found else ""


def run_of_marker(path: str) -> str:
    """Return the run that a marker of `active/` is of."""
    return path.removeprefix(paths.ACTIVE)
