"""Runs of the releases before: what they kept in objects of their own beside their state is taken along into it.

The lease of a launch stood in `attempts/N/launch.json`, a wish to stop in `cancel.json` alone, and the dataset's title
and the experiment's settings were read whenever they were told. Their events stay where they are, in `events/`.
"""

from typing import Any

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.data.records import read_dataset
from engine.errors import BrokenState, NotFound
from engine.experiment.records import read_experiment
from engine.runs.run import Launch, Run, State
from engine.runs.stop import SOMEBODY


def taken_along(storage: Storage, run: Run) -> Run:
    """Return a run of version 1 with all that version 2 holds, as far as it can be read."""
    changes = _of_dataset(storage, run) | _of_experiment(storage, run)
    if not run.over:
        changes |= {"launch": _launch(storage, run), "stopping_by": _wish(storage, run)}
    return run.model_copy(update=changes)


def _of_dataset(storage: Storage, run: Run) -> dict[str, Any]:
    try:
        dataset = read_dataset(storage, run.dataset_id)
    except (BrokenState, NotFound):
        return {"title": run.dataset_id}
    return {"title": dataset.title, "units": dataset.currencies}


def _of_experiment(storage: Storage, run: Run) -> dict[str, Any]:
    try:
        return {"experiment": read_experiment(storage, run.revision).model_dump(mode="json")}
    except (BrokenState, NotFound):
        return {}


def _launch(storage: Storage, run: Run) -> Launch | None:
    """The lease of the current attempt. Where it cannot be read, nothing is known of what was started."""
    try:
        found = storage.read(paths.run_launch(run.id, run.attempt))
        if found is not None:
            return Launch.model_validate(found.body)
    except (BrokenState, ValidationError):
        pass
    if run.state not in (State.LAUNCHING, State.RUNNING):
        return None
    return Launch(token="", lease_until=run.changed_at, launched_at=run.changed_at)


def _wish(storage: Storage, run: Run) -> str:
    try:
        found = storage.read(paths.run_cancel(run.id))
    except BrokenState:
        return SOMEBODY
    return str(found.body.get("who") or SOMEBODY) if found else ""
