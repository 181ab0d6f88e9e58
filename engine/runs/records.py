"""Runs as they are stored: typed reads, compare-and-swap writes, and the facts beside them."""

import logging
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.observe.logs import event
from engine.runs.run import Run

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


def read_run(storage: Storage, run_id: str) -> Run:
    """Return a run. Raises NotFound."""
    return _parse(storage.require(paths.run_state(run_id), f"There is no run {run_id}."))


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


def list_runs(storage: Storage, limit: int | None = None) -> list[Run]:
    """Return the runs, those that changed last first; only the newest `limit` are read."""
    states = [entry for entry in storage.list(paths.RUNS) if entry.path.endswith("/state.json")]
    states.sort(key=lambda entry: entry.updated, reverse=True)
    runs = []
    for entry in states[:limit]:
        try:
            runs.append(read_run(storage, entry.path.split("/")[1]))
        except (BrokenState, NotFound) as error:
            log.error("a run is left out: %s %s", error.what, error.detail)
    return sorted(runs, key=lambda run: run.created_at, reverse=True)


def find_run(storage: Storage, text: str) -> Run:
    """Return the run that `text` names: its id, or an experiment, whose newest run it then is. Raises NotFound."""
    wanted = text.strip()
    ids = [entry.path.split("/")[1] for entry in storage.list(paths.RUNS) if entry.path.endswith("/state.json")]
    if wanted.lower() in ids:
        return read_run(storage, wanted.lower())
    runs = list_runs(storage)
    if named := [run for run in runs if run.revision.lower() == wanted.lower()]:
        return named[0]
    near = get_close_matches(wanted.lower(), ids, n=2, cutoff=0.5)
    todo = f"Did you mean {' or '.join(near)}?" if near else "See the runs with /mmm status."
    raise NotFound(f"There is no run “{wanted}”.", todo, field="run")


def record_event(storage: Storage, clock: Clock, run: Run, what: str, **data: Any) -> None:
    """Keep that something happened to a run, once per state it happened in."""
    body = {"run": run.id, "state": run.state, "attempt": run.attempt, "what": what, "at": clock.now().isoformat()}
    try:
        storage.create(paths.run_event(run.id, f"{run.seq:05d}-{what}"), {**body, **data})
    except AlreadyExists:
        return
    # Logged once too, so that whoever counts lines counts events.
    said = {"run": run.id, "attempt": run.attempt, "state": str(run.state)}
    event(log, f"run_{what}", f"Run {run.id} is {run.state}.", said)


def folder_of(run: Run, attempt: int | None = None) -> str:
    """Return the training folder of a run's attempt, by default the current one."""
    return paths.training_folder(run.revision, run.country, run.ts, attempt or run.attempt)


def read_progress(storage: Storage, run: Run) -> dict[str, Any] | None:
    """Return how far the current attempt's training is, or None before it says anything."""
    document = storage.read(paths.status(folder_of(run)))
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


def _parse(document: Document) -> Run:
    version = document.body.get("schema_version", 1)
    if version != 1:
        raise BrokenState("A run was written by a newer version.", detail=f"{document.path}: schema {version}")
    try:
        return Run.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored run cannot be read.", detail=f"{document.path}: {error}") from error
