"""Somebody's wish that a run be stopped: who had it, and what is kept of it when the run ends."""

from typing import Any

from engine import paths
from engine.cloud.storage import Storage


def who_stops(storage: Storage, run_id: str) -> str:
    """Return who asked for a run to be stopped; empty where nobody did, or it cannot be told any more."""
    wish = storage.read(paths.run_cancel(run_id))
    return str(wish.body.get("who") or "") if wish else ""


def by(who: str, otherwise: str = "It was stopped.") -> dict[str, Any]:
    """What a stopped run keeps of `who` stopped it, as changes of its state; `otherwise` where nobody is known."""
    return {"stopped_by": who, "reason": f"Stopped by <@{who}>." if who else otherwise}
