"""Places for running trainings, and a run's place in line."""

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, Conflict
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
            elif not slot.body.get("run"):
                storage.swap(paths.slot(number), holder, slot.generation)
            else:
                continue
        except (AlreadyExists, Conflict):
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
    others = [entry.path.removeprefix(paths.ACTIVE) for entry in storage.list(paths.ACTIVE)]
    runs = [read_run(storage, other) for other in others if other != run.id]
    return sum(1 for other in runs if other.state in WAITING and other.created_at < run.created_at)
