"""Rows of the release before indexes, `rows/dt=DAY/RUN.json`: moved to names that sort, once, portion by portion."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, NotFound
from engine.listing import say_unreadable
from engine.runs.records import read_run
from engine.runs.row import row_of


def first_old_day(storage: Storage) -> str:
    """Return the first day (YYYY-MM-DD) of which such rows are there; empty where there are none."""
    for entry in storage.list(paths.OLD_ROWS, limit=1):
        named = paths.old_row_of(entry.path)
        return named[0] if named else entry.path.removeprefix(paths.OLD_ROWS)[:10]
    return ""


def move_old_rows(storage: Storage, limit: int) -> int:
    """Move so many of them, the newest days first: lists show those. Returns how many. Safe to repeat, also at once."""
    found = list(storage.list(paths.OLD_ROWS))[-limit:]
    for entry in reversed(found):
        _move(storage, entry)
    return len(found)


def _move(storage: Storage, entry: Entry) -> None:
    try:
        document = storage.read(entry.path)
        if document is None:
            return  # moved by somebody else
        run_id, ended = str(document.body["run"]), datetime.fromisoformat(str(document.body["end_time"]))
        body = document.body
        path = paths.row(ended, run_id)
    except (BrokenState, KeyError, ValueError) as error:
        return _put_aside(storage, entry, error)
    with suppress(AlreadyExists):
        storage.create(path, body, line=_line(storage, run_id, ended))
    storage.delete(entry.path, entry.generation)


def _line(storage: Storage, run_id: str, ended: datetime) -> dict[str, Any] | None:
    """What lists show of the run; None where it cannot be read any more: then the row speaks for itself."""
    with suppress(NotFound, BrokenState):
        run = read_run(storage, run_id)
        if run.over and run.changed_at == ended:
            return row_of(run).line
    return None


def _put_aside(storage: Storage, entry: Entry, error: Exception) -> None:
    broken = error if isinstance(error, BrokenState) else BrokenState("That is no row.", detail=str(error))
    say_unreadable(entry.path, broken)
    name = entry.path.removeprefix(paths.OLD_ROWS).replace("/", "-")
    with suppress(AlreadyExists, NotFound):
        storage.put_bytes(paths.unreadable_row(name), storage.get_bytes(entry.path), "application/json")
    storage.delete(entry.path, entry.generation)
