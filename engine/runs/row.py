"""The row of a run that is over: the fact of the history, and what a listing shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import paths
from engine.runs.line import RunLine, line_of, read_line
from engine.runs.run import Run

COLUMNS = (
    *("run", "state", "revision", "country", "dataset", "trainer", "attempts"),
    *("who", "start_time", "end_time", "duration_minutes", "gcs_prefix", "message"),
    *("stopped_by", "verdict"),
)
# What a row's line says beyond a run's: the whole reason, where it is longer than lists show and fits (in bytes).
MESSAGE, LONGEST = "message", 2000


@dataclass(frozen=True)
class Row:
    """The row of one ended run: where it stands, what it says, and what a listing shows of it."""

    path: str
    body: dict[str, Any]
    line: dict[str, Any]


def row_of(run: Run) -> Row:
    """Return the row of a run that is over."""
    line = line_of(run)
    if run.reason != line.get("reason", ""):
        # Nothing in its place says that the row itself has to be read.
        line[MESSAGE] = run.reason if len(run.reason.encode()) <= LONGEST else None
    return Row(paths.row(run.changed_at, run.id), _cells(run, run.reason), line)


def cells_of(line: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a row's cells by what a listing shows of it; None where that is not all, or cannot be read."""
    read = read_line(dict(line)) if line is not None else None
    if line is None or read is None:
        return None
    message = line.get(MESSAGE, read.reason)
    return _cells(read, message) if isinstance(message, str) else None


def _cells(run: Run | RunLine, message: str) -> dict[str, Any]:
    began = run.started_at or run.created_at
    return {
        "run": run.id,
        "state": str(run.state),
        "revision": run.revision,
        "country": run.country,
        "dataset": run.dataset_id,
        "trainer": run.trainer,
        "attempts": run.attempt,
        "who": run.who,
        "start_time": began.isoformat(),
        "end_time": run.changed_at.isoformat(),
        "duration_minutes": round((run.changed_at - began).total_seconds() / 60, 2),
        "gcs_prefix": paths.training_folder(run.revision, run.country, run.ts, run.attempt),
        "message": message,
        "stopped_by": run.stopped_by,
        "verdict": run.verdict,
    }
