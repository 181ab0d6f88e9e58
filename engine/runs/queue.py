"""Places for running trainings, and a run's place in line."""

from contextlib import suppress
from enum import Enum
from typing import Final

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.listing import say_unreadable
from engine.runs.records import read_run
from engine.runs.run import Run, State

WAITING = frozenset({State.QUEUED, State.STAGING, State.STAGED})


class Unreadable(Enum):
    """A place of which nobody can tell who is in it."""

    PLACE = "place"


UNREADABLE: Final = Unreadable.PLACE


def take_slot(storage: Storage, run_id: str, attempt: int, places: int) -> bool:
    """Take one of `places` for an attempt. True if it has one, whether taken now or earlier."""
    holder = {"run": run_id, "attempt": attempt}
    slots = [_slot(storage, number) for number in range(places)]
    if any(isinstance(slot, Document) and slot.body == holder for slot in slots):
        return True
    for number, slot in enumerate(slots):
        try:
            if slot is UNREADABLE:
                continue  # somebody may be in it
            if slot is None:
                storage.create(paths.slot(number), holder)
            elif not slot.body.get("run") or slot.body["run"] == run_id:  # free, or kept by an earlier attempt
                storage.swap(paths.slot(number), holder, slot.generation)
            else:
                continue
        except (AlreadyExists, Conflict):
            now = _slot(storage, number)
            if isinstance(now, Document) and now.body == holder:
                return True  # the same step, delivered twice at once
            continue
        return True
    return False


def release_slots(storage: Storage, run_id: str, places: int, attempt: int | None = None) -> None:
    """Give back what a run (or one attempt of it) holds. Safe to repeat."""
    for number in range(places):
        slot = _slot(storage, number)
        if not isinstance(slot, Document) or slot.body.get("run") != run_id:
            continue
        if attempt is not None and slot.body.get("attempt") != attempt:
            continue
        try:
            storage.swap(paths.slot(number), {}, slot.generation)
        except Conflict:
            continue  # somebody else released it first


def free_slots(storage: Storage, places: int) -> None:
    """Give back places whose run ended, or went on to another attempt, while a step was taking them.

    A place that cannot be read stays taken: the log and the doctor name it.
    """
    for number in range(places):
        slot = _slot(storage, number)
        if not isinstance(slot, Document) or not slot.body.get("run"):
            continue
        holder, attempt = str(slot.body["run"]), slot.body.get("attempt")
        with suppress(BrokenState, NotFound):
            run = read_run(storage, holder)
            if run.over or run.attempt != attempt:
                release_slots(storage, holder, places, attempt)


def _slot(storage: Storage, number: int) -> Document | Unreadable | None:
    """A place as it is stored, None if nobody was ever in it."""
    path = paths.slot(number)
    try:
        return storage.read(path)
    except BrokenState as error:
        say_unreadable(path, error)
        return UNREADABLE


def ahead_of(storage: Storage, run: Run) -> int:
    """Return how many waiting runs were submitted before this one; 0 once it no longer waits."""
    if run.state not in WAITING:
        return 0
    ahead = 0
    for entry in storage.list(paths.ACTIVE):
        # A run that is just being made, or cannot be read, holds nobody up.
        with suppress(NotFound, BrokenState):
            other = read_run(storage, entry.path.removeprefix(paths.ACTIVE))
            ahead += other.state in WAITING and other.created_at < run.created_at
    return ahead
