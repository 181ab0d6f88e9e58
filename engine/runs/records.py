"""Runs as they are stored: typed reads, compare-and-swap writes, and the facts beside them."""

import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.listing import ASK, say_unreadable
from engine.observe.logs import event
from engine.runs.run import Run
from engine.sight import Eyes, sees

log = logging.getLogger(__name__)

TRIES = 12
PROGRESS_KEYS = (
    *("phase", "trial", "trials", "iteration", "iterations", "nrmse", "rssd", "seconds"),
    *("trainer", "at", "changed_at"),
)


def create_run(storage: Storage, run: Run) -> Run:
    """Store a new run, once: the same id again returns the run that is there."""
    try:
        storage.create(paths.run_state(run.id), run)
    except AlreadyExists:
        return read_run(storage, run.id)
    return run


def read_run(storage: Storage, run_id: str, eyes: Eyes | None = None) -> Run:
    """Return a run. Raises NotFound, also where `eyes` do not see it."""
    run = _parse(storage.require(paths.run_state(run_id), f"There is no run {run_id}."))
    if not sees(eyes, run):
        raise NotFound(f"There is no run {run_id}.")
    return run


def change_run(storage: Storage, run_id: str, change: Callable[[Run], Run]) -> Run:
    """Apply `change` to the newest state of a run, whoever else is writing. Returns the run as stored.

    `change` may be called several times and raises IllegalTransition where its move is no longer possible.
    """
    for _ in range(TRIES):
        document = storage.require(paths.run_state(run_id), f"There is no run {run_id}.")
        run = _parse(document)
        changed = change(run)
        if changed == run:
            return run
        try:
            storage.swap(document.path, changed, document.generation)
        except Conflict:
            continue
        return changed
    raise Unavailable(f"Run {run_id} is written by others all the time.", "Try again in a moment.")


def run_names(storage: Storage) -> list[str]:
    """Return the names in the bucket of all runs' states, those that changed last first."""
    states = [entry for entry in storage.list(paths.RUNS) if paths.run_of(entry.path)]
    return [entry.path for entry in sorted(states, key=lambda entry: entry.updated, reverse=True)]


def run_at(storage: Storage, path: str) -> Run:
    """Read a run that a listing named. Raises NotFound if it vanished, BrokenState."""
    return _parse(storage.require(path, f"There is no {path}."))


def record_event(storage: Storage, clock: Clock, run: Run, what: str, **data: Any) -> None:
    """Keep that something happened to a run, once per state it happened in."""
    body = {"run": run.id, "state": run.state, "attempt": run.attempt, "what": what, "at": clock.now().isoformat()}
    try:
        storage.create(paths.run_event(run.id, f"{run.seq:05d}-{what}"), {**body, **data})
    except AlreadyExists:
        return
    # Logged once too, so that whoever counts lines counts events.
    said = {"run": run.id, "attempt": run.attempt, "state": str(run.state)}
    why = f" {data['reason']}" if data.get("reason") else ""
    event(log, f"run_{what}", f"Run {run.id} is {run.state}.{why}", said)


def folder_of(run: Run, attempt: int | None = None) -> str:
    """Return the training folder of a run's attempt, by default the current one."""
    return paths.training_folder(run.revision, run.country, run.ts, attempt or run.attempt)


def notice_of(run: Run, kind: str) -> str:
    """Return the key of a message that a run sends once, whatever the attempt."""
    return f"{run.id}-{kind}"


def more_charts_of(preview: bool) -> str:
    """Return the kind of message that shows the charts few people need: of a run, or of its preview."""
    return "run_preview_more_charts" if preview else "run_more_charts"


def read_progress(storage: Storage, run: Run) -> dict[str, Any] | None:
    """Return how far the current attempt's training is, or None before it says anything that can be read."""
    try:
        document = storage.read(paths.status(folder_of(run)))
    except BrokenState as error:
        say_unreadable(paths.status(folder_of(run)), error)
        return None
    return {key: document.body[key] for key in PROGRESS_KEYS if key in document.body} if document else None


def read_card(storage: Storage, run_id: str) -> dict[str, Any] | None:
    """Return where the run's card was posted (`channel`, `ts`), or None."""
    document = storage.read(paths.run_card(run_id))
    return document.body if document else None


def remember_card(storage: Storage, run_id: str, place: dict[str, Any]) -> dict[str, Any]:
    """Keep where the run's card was posted; the first place counts. Returns the place that counts."""
    try:
        return storage.create(paths.run_card(run_id), place).body
    except AlreadyExists:
        return read_card(storage, run_id) or place


def move_card(storage: Storage, run_id: str, gone: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """Keep where the run's card was posted after the one at `gone` was deleted. Returns the place that counts."""
    document = storage.read(paths.run_card(run_id))
    if document is None:
        return remember_card(storage, run_id, place)
    if document.body.get("ts") != gone.get("ts"):
        return document.body
    try:
        return storage.swap(document.path, place, document.generation).body
    except Conflict:
        return read_card(storage, run_id) or place


def _parse(document: Document) -> Run:
    version = document.body.get("schema_version", 1)
    if version != 1:
        raise BrokenState("A run was written by a newer version.", ASK, detail=f"{document.path}: schema {version}")
    try:
        run = Run.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored run cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if document.path != paths.run_state(run.id):
        raise BrokenState("A stored run has another one's name.", ASK, detail=document.path)
    return run
