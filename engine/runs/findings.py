"""What a run found, read back from what its end, or its preview, left beside its results."""

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState
from engine.listing import say_unreadable
from engine.results.calls import is_preview
from engine.results.found import Found, read_found
from engine.runs.records import folder_of
from engine.runs.run import Run, State


def found_of(storage: Storage, run: Run, *, preview: bool = False) -> Found | None:
    """Return what a run found, or the faster of its two trainers; None where there is nothing (yet).

    A preview may be an earlier attempt's. Raises BrokenState where it cannot be read.
    """
    for attempt in range(run.attempt, 0, -1) if preview else (run.attempt,):
        folder = folder_of(run, attempt)
        path = paths.results(paths.preview(folder) if preview else folder, "findings.json")
        if (document := storage.read(path)) is not None:
            return read_found(document.body, path)
    return None


def with_verdict(storage: Storage, run: Run) -> Run:
    """Return `run` with its verdict on it, if it has one that can be read: earlier releases kept it there only."""
    if run.state is not State.SUCCEEDED or run.verdict:
        return run
    try:
        found = found_of(storage, run)
    except BrokenState as error:
        say_unreadable(f"{folder_of(run)}results/findings.json", error)
        return run
    if found is None:
        return run
    return run.model_copy(update=on_record(found))


def on_record(found: Found) -> dict[str, str | bool]:
    """What a run itself keeps of what it found, for its card and for lists."""
    judged = found.verdict
    return {"verdict": str(judged.level), "sentence": judged.sentence, "preview": is_preview(found.headline)}
