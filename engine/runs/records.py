"""Runs as they are stored: how they are found and listed, and the facts beside them."""

from collections.abc import Mapping
from typing import Any

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState, NotFound
from engine.listing import say_unreadable
from engine.runs.run import Run
from engine.runs.state import parse_run, read_state
from engine.sight import Eyes, sees

PROGRESS_KEYS = (
    *("phase", "trial", "trials", "iteration", "iterations", "nrmse", "rssd", "seconds"),
    *("trainer", "at", "changed_at"),
)


def read_run(storage: Storage, run_id: str, eyes: Eyes | None = None) -> Run:
    """Return a run. Raises NotFound, also where `eyes` do not see it."""
    run = read_state(storage, run_id).run
    if not sees(eyes, run):
        raise NotFound(f"There is no run {run_id}.")
    return run


def run_names(storage: Storage) -> list[str]:
    """Return the names in the bucket of all runs' states, those that changed last first."""
    states = [entry for entry in storage.list(paths.RUNS) if paths.run_of(entry.path)]
    return [entry.path for entry in sorted(states, key=lambda entry: entry.updated, reverse=True)]


def run_at(storage: Storage, path: str) -> Run:
    """Read a run that a listing named. Raises NotFound if it vanished, BrokenState."""
    return parse_run(storage.require(path, f"There is no {path}."))


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
    return place_of(document.body) if document else None


def place_of(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where a card stands by what is kept of it; None while it is only being posted."""
    if not card.get("ts") or card.get("state", "done") != "done":
        return None
    return {"channel": card["channel"], "ts": card["ts"]}
