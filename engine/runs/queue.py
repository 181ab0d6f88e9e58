"""Places for running trainings, and a run's place in line."""

from contextlib import suppress

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.runs.records import read_run
from engine.runs.run import Run, State

WAITING = frozenset({State.QUEUED, State.STAGING, State.STAGED})


def take_slot(storage: Storage, run_id: str, attempt: int, places: int) -> bool:
    """Take one of `places` for an attempt. True if it has one, whether taken now or earlier."""
    holder = {"run": run_id, "attempt": attempt}
    slots = [storage.read(paths.slot(number)) for number in range(places)]
    if any(slot is not None and slot.body == holder for slot in slots):
        return True
    for number, slot in enumerate(slots):
        try:
            if slot is None:
                storage.create(paths.slot(number), holder)
            elif not slot.body.get("run") or slot.body["run"] == run_id:  # free, or kept by an earlier attempt
                storage.swap(paths.slot(number), holder, slot.generation)
            else:
                continue
        except (AlreadyExists, Conflict):
            now = storage.read(paths.slot(number))
            if now is not None and now.body == holder:
                return True  # the same step, delivered twice at once
            continue
        return True
    return False


def release_slots(storage: Storage, run_id: str, places: int, attempt: int | None = None) -> None:
    """Give back what a run (or one attempt of it) holds. Safe to repeat."""
    for number in range(places):
        slot = storage.read(paths.slot(number))
        if slot is None or slot.body.get("run") != run_id:
            continue
        if attempt is not None and slot.body.get("attempt") != attempt:
            continue
        try:
            storage.swap(paths.slot(number), {}, slot.generation)
        except Conflict:
            continue  # somebody else released it first


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
