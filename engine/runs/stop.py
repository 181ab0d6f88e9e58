"""Somebody's wish that a run be stopped: who had it, and what is kept of it when the run ends.

The wish is a fact of its own (`cancel.json`), which the training looks for, and stands in the run's state, too, where
every step that reads the run sees it.
"""

from datetime import datetime
from typing import Any

from engine import paths
from engine.cloud.storage import Storage
from engine.runs.run import Run, happened

# A wish of which nobody can tell any more whose it was.
SOMEBODY = "?"


def who_stops(storage: Storage, run_id: str) -> str:
    """Return who asked for a run to be stopped; empty where nobody did, or it cannot be told any more."""
    wish = storage.read(paths.run_cancel(run_id))
    return str(wish.body.get("who") or "") if wish else ""


def wished(run: Run, who: str, at: datetime) -> Run:
    """Return `run` with the wish of `who` noted; the first wish counts, and none counts after the end."""
    if run.over or run.stopping_by:
        return run
    noted = run.model_copy(update={"stopping_by": who or SOMEBODY, "seq": run.seq + 1})
    return happened(noted, "stopping", at, who=who)


def by(who: str, otherwise: str = "It was stopped.") -> dict[str, Any]:
    """What a stopped run keeps of `who` stopped it, as changes of its state; `otherwise` where nobody is known."""
    known = "" if who == SOMEBODY else who
    return {"stopped_by": known, "reason": f"Stopped by <@{known}>." if known else otherwise}
