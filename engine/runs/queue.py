"""Places for running trainings, and a run's place in line. Both are told by listings, whoever runs and waits."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.listing import say_unreadable
from engine.runs.line import read_line
from engine.runs.run import Run, Slot, State
from engine.runs.state import read_state

# How often places are looked through again because others were taking them, too.
TRIES = 3
# Who takes a place notes it in the run at once; until then the run does not know of it.
BEING_NOTED = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """A place as it is stored. `run` is empty in one of an earlier release that was given back."""

    slot: Slot
    run: str
    attempt: int
    since: datetime


def take_slot(storage: Storage, run_id: str, attempt: int, places: int) -> Slot | None:
    """Take one of `places` for an attempt. Returns the one it has, whether taken now or earlier; None if all are taken.

    One place is tried at once; only where somebody has that is looked at all of them.
    """
    first = int(sha256(run_id.encode()).hexdigest(), 16) % places
    with suppress(AlreadyExists):
        return _make(storage, first, run_id, attempt)
    for _ in range(TRIES):
        taken, unreadable = _places(storage)
        known = {place.slot.number: place for place in taken}
        if mine := [place for place in taken if place.run == run_id]:
            same = [place.slot for place in mine if place.attempt == attempt]
            if same:
                return same[0]
            with suppress(Conflict):  # kept by an earlier attempt
                return _take_over(storage, mine[0], run_id, attempt)
            continue
        free = [n for n in range(places) if n not in unreadable and (n not in known or not known[n].run)]
        for number in free:
            with suppress(AlreadyExists, Conflict):
                if number in known:
                    return _take_over(storage, known[number], run_id, attempt)
                return _make(storage, number, run_id, attempt)
        if not free:
            return None
    return None


def release(storage: Storage, run: Run, attempt: int | None = None) -> None:
    """Give back the place that a run, or one attempt of it, took. One request where it is still as the run noted it.

    Safe to repeat, and whoever has taken it since keeps it.
    """
    noted = run.slot
    if noted is None or not storage.delete(paths.slot(noted.number), noted.generation):
        release_all(storage, run.id, attempt)  # made anew since, or never noted


def release_all(storage: Storage, run_id: str, attempt: int | None = None) -> None:
    """Give back what a run (or one attempt of it) has, wherever that is. Safe to repeat."""
    for place in _places(storage)[0]:
        if place.run == run_id and attempt in (None, place.attempt):
            storage.delete(paths.slot(place.slot.number), place.slot.generation)


def free_slots(storage: Storage, now: datetime) -> None:
    """Give back places whose run ended while a step was taking them, and second ones of a run. As a rule, two requests.

    A place that cannot be read stays taken: the log and the doctor name it.
    """
    taken = _places(storage)[0]
    if not taken:
        return
    active = {entry.path.removeprefix(paths.ACTIVE) for entry in storage.list(paths.ACTIVE)}
    held = Counter(place.run for place in taken)
    for place in taken:
        # A marker may be lost, so the run itself says whether it is over.
        usual = place.run in active and held[place.run] == 1
        if not usual and (not place.run or _is_left(storage, place, now)):
            storage.delete(paths.slot(place.slot.number), place.slot.generation)


def upgrade_slots(storage: Storage) -> int:
    """Have places of an earlier release say in their line who has them; free ones go. Returns how many were changed."""
    changed = 0
    for entry in storage.list(paths.SLOTS):
        place = None
        with suppress(BrokenState):
            place = _read(storage, entry) if _holder(entry.line) is None else None
        if place is None:
            continue
        with suppress(Conflict):
            if place.run:
                _take_over(storage, place, place.run, place.attempt)
            else:
                storage.delete(entry.path, entry.generation)
            changed += 1
    return changed


def ahead_of(storage: Storage, run: Run) -> int:
    """Return how many runs without a place were submitted before one that waits for a place; 0 once it has one."""
    if run.state is not State.STAGED:
        return 0
    running = {place.run for place in _places(storage)[0]}
    return sum(
        other not in running and other != run.id and since < run.created_at for other, since in _under_way(storage)
    )


def _under_way(storage: Storage) -> Iterator[tuple[str, datetime]]:
    """Every run that is not over, and when it was submitted: an older marker is as old as its run."""
    for entry in storage.list(paths.ACTIVE):
        line = read_line(entry.line)
        yield entry.path.removeprefix(paths.ACTIVE), line.created_at if line else entry.updated


def _is_left(storage: Storage, place: Place, now: datetime) -> bool:
    """Whether nobody needs a place any more: its run is over or gone, or has noted that it has another one."""
    try:
        run = read_state(storage, place.run).run
    except NotFound:
        return True
    except BrokenState:
        return False
    noted = now - place.since > BEING_NOTED and run.slot is not None and run.slot != place.slot
    return run.over or noted


def _make(storage: Storage, number: int, run_id: str, attempt: int) -> Slot:
    holder = {"run": run_id, "attempt": attempt}
    return Slot(number=number, generation=storage.create(paths.slot(number), holder, line=holder).generation)


def _take_over(storage: Storage, place: Place, run_id: str, attempt: int) -> Slot:
    number, holder = place.slot.number, {"run": run_id, "attempt": attempt}
    written = storage.swap(paths.slot(number), holder, place.slot.generation, line=holder)
    return Slot(number=number, generation=written.generation)


def _places(storage: Storage) -> tuple[list[Place], set[int]]:
    """All places that somebody made, and the numbers of those of which nobody can tell who has them."""
    found, unreadable = [], set()
    for entry in storage.list(paths.SLOTS):
        try:
            place = _read(storage, entry)
        except BrokenState as error:
            say_unreadable(entry.path, error)
            unreadable.add(_number(entry))
            continue
        if place is not None:
            found.append(place)
    return found, unreadable


def _read(storage: Storage, entry: Entry) -> Place | None:
    """A place by its line, or, of an earlier release, by what it holds; None where it is gone meanwhile."""
    holder = _holder(entry.line)
    if holder is None:
        document = storage.read(entry.path)
        if document is None:
            return None
        holder = _holder(document.body) if document.body else ("", 0)
        if holder is None:
            raise BrokenState(f"{entry.path} does not say who has it.", detail=str(document.body))
    return Place(Slot(number=_number(entry), generation=entry.generation), *holder, entry.updated)


def _holder(told: dict[str, object] | None) -> tuple[str, int] | None:
    run, attempt = (told or {}).get("run"), (told or {}).get("attempt")
    return (run, attempt) if isinstance(run, str) and isinstance(attempt, int) else None


def _number(entry: Entry) -> int:
    digits = entry.path.removeprefix(paths.SLOTS).removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdecimal() else -1
