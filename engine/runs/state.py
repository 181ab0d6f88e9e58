"""A run's state as it is stored: read with its generation, written by compare-and-swap, with its line for lists.

Whoever has read it goes on from there, and reads again only where somebody else wrote meanwhile.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.listing import ASK
from engine.observe.logs import event
from engine.runs.event import Event
from engine.runs.line import line_of
from engine.runs.run import NEWEST, VERSION, Run, happened
from engine.runs.version_1 import taken_along

log = logging.getLogger(__name__)

TRIES = 12


@dataclass(frozen=True)
class Held:
    """A run as it was read or written, and the generation of that."""

    run: Run
    generation: int


def create_run(storage: Storage, run: Run) -> Run:
    """Store a new run, once: the same id again returns the run that is there."""
    try:
        storage.create(paths.run_state(run.id), run, line=line_of(run))
    except AlreadyExists:
        return read_state(storage, run.id).run
    _log(run, run.events)
    return run


def read_state(storage: Storage, run_id: str) -> Held:
    """Return a run, ready to be changed. Raises NotFound, BrokenState.

    One of an earlier release comes with what it kept beside its state, and is stored so when it is next written.
    """
    if "/" in run_id:  # no name of a run, whoever asks
        raise NotFound(f"There is no run {run_id}.")
    return _held(storage, storage.require(paths.run_state(run_id), f"There is no run {run_id}."))


def change_held(storage: Storage, held: Held, change: Callable[[Run], Run]) -> Held:
    """Apply `change` to the newest state of a run, beginning with the one that is held; returns it as stored.

    `change` may be called several times and raises IllegalTransition where its move is no longer possible. A change
    that changes nothing writes nothing.
    """
    for _ in range(TRIES):
        changed = change(held.run)
        if changed == held.run:
            return held
        try:
            written = storage.swap(paths.run_state(changed.id), changed, held.generation, line=line_of(changed))
        except Conflict:
            held = read_state(storage, held.run.id)
            continue
        _log(changed, [one for one in changed.events if one not in held.run.events])
        return Held(changed, written.generation)
    raise Unavailable(f"Run {held.run.id} is written by others all the time.", "Try again in a moment.")


def change_run(storage: Storage, run_id: str, change: Callable[[Run], Run], held: Held | None = None) -> Run:
    """Apply `change` to the newest state of a run, whoever else is writing, as `change_held`. Returns it as stored."""
    return change_held(storage, held or read_state(storage, run_id), change).run


def record_event(storage: Storage, clock: Clock, run: Run, what: str, **more: str) -> Run:
    """Keep that something happened to a run that changes nothing of it, once per state it happened in."""
    if any((one.what, one.seq) == (what, run.seq) for one in run.events):
        return run
    return change_run(storage, run.id, lambda now: happened(now, what, clock.now(), **more))


def upgrade_run(storage: Storage, run_id: str) -> bool:
    """Write a run of an earlier release as this one does, once. Returns whether it was one. Raises as read_state."""
    for _ in range(TRIES):
        document = storage.require(paths.run_state(run_id), f"There is no run {run_id}.")
        if _version(document) >= VERSION:
            return False
        held = _held(storage, document)
        try:
            storage.swap(document.path, held.run, held.generation, line=line_of(held.run))
        except Conflict:
            continue
        return True
    raise Unavailable(f"Run {run_id} is written by others all the time.", "Try again in a moment.")


def parse_run(document: Document) -> Run:
    """Return a run as its document says, of this release or an earlier one. Raises BrokenState."""
    version = _version(document)
    if not 1 <= version <= NEWEST:
        raise BrokenState("A run was written by a newer version.", ASK, detail=f"{document.path}: schema {version}")
    try:
        run = Run.model_validate({**document.body, "schema_version": max(version, VERSION)})
    except ValidationError as error:
        raise BrokenState("A stored run cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if document.path != paths.run_state(run.id):
        raise BrokenState("A stored run has another one's name.", ASK, detail=document.path)
    return run


def _version(document: Document) -> int:
    version = document.body.get("schema_version", 1)
    return version if type(version) is int else NEWEST + 1


def _held(storage: Storage, document: Document) -> Held:
    run = parse_run(document)
    return Held(run if _version(document) >= VERSION else taken_along(storage, run), document.generation)


def _log(run: Run, events: tuple[Event, ...] | list[Event]) -> None:
    """Log what happened, with the write that keeps it: so that whoever counts lines counts events."""
    for one in events:
        said = {"run": run.id, "attempt": one.attempt, "state": one.state}
        why = f" {one.more['reason']}" if one.more.get("reason") else ""
        event(log, f"run_{one.what}", f"Run {run.id} is {one.state}.{why}", said)
