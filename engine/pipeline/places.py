"""Places for training that were lost or say nothing: whoever trains in one gets it back, or others would take it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict
from engine.runs.run import Run, State

TRAINING = frozenset({State.LAUNCHING, State.RUNNING})
# Who takes a place notes it in the run at once; until then the run does not know of it.
BEING_NOTED = timedelta(minutes=5)


def restore_places(storage: Storage, runs: Iterable[Run], places: Mapping[str, Entry]) -> list[str]:
    """Make the places anew that runs have and that are gone, or say nothing. Returns their names.

    places: all, by name, as listed before the runs were read. Safe to repeat; a place that somebody else has taken
    since is theirs.
    """
    made = []
    for run in runs:
        if run.state not in TRAINING or run.slot is None:
            continue
        path, holder = paths.slot(run.slot.number), {"run": run.id, "attempt": run.attempt}
        entry = places.get(path)
        with suppress(AlreadyExists, Conflict):
            if entry is None:
                storage.create(path, holder, line=holder)
            elif entry.line != holder and _says_nothing(storage, entry):
                storage.swap(path, holder, entry.generation, line=holder)
            else:
                continue
            made.append(path)
    return made


def clear_places(storage: Storage, runs: Iterable[Run], places: Mapping[str, Entry], now: datetime) -> None:
    """Give back places that say nothing, and that none of `runs`, which are all that are open, has."""
    taken = {paths.slot(run.slot.number) for run in runs if run.slot is not None}
    for path, entry in places.items():
        if path not in taken and now - entry.updated > BEING_NOTED and _says_nothing(storage, entry):
            storage.delete(path, entry.generation)


def _says_nothing(storage: Storage, entry: Entry) -> bool:
    """Whether nobody can tell who is in a place: neither by its line nor by what it holds."""
    if _is_holder(entry.line):
        return False
    try:
        document = storage.read(entry.path)
    except BrokenState:
        return True
    # One of an earlier release that was given back is empty.
    return document is not None and bool(document.body) and not _is_holder(document.body)


def _is_holder(told: Mapping[str, object] | None) -> bool:
    return isinstance((told or {}).get("run"), str) and isinstance((told or {}).get("attempt"), int)
