"""A run's verdict, for lists and cards: kept with its state, or, by earlier releases, beside its results only."""

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState
from engine.listing import say_unreadable
from engine.runs.records import folder_of
from engine.runs.run import Run, State


def with_verdict(storage: Storage, run: Run) -> Run:
    """Return `run` with its verdict on it, if it has one that can be read."""
    if run.state is not State.SUCCEEDED or run.verdict:
        return run
    path = paths.results(folder_of(run), "findings.json")
    try:
        document = storage.read(path)
    except BrokenState as error:
        say_unreadable(path, error)
        return run
    judged = document.body.get("verdict") if document else None
    if not isinstance(judged, dict):
        return run
    told = {"verdict": str(judged.get("level") or ""), "sentence": str(judged.get("sentence") or "")}
    return run.model_copy(update=told)
