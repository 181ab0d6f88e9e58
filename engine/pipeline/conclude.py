"""The end of a run, however it ended: every step may have happened before, and is safe to repeat."""

import logging
from datetime import timedelta

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import MmmError
from engine.observe.logs import event
from engine.observe.telemetry import count
from engine.pipeline.history import write_row
from engine.pipeline.run_told import tell_end
from engine.runs.queue import release
from engine.runs.run import Run, State, move
from engine.runs.state import Held, change_run

log = logging.getLogger(__name__)


def fail(
    cloud: Cloud, clock: Clock, run_id: str, error: MmmError, *, reference: str = "", held: Held | None = None
) -> None:
    """End a run as failed, with the error's words for the person. held: where its state is in hand."""
    end(cloud, clock, run_id, State.FAILED, held, reason=error.what, todo=error.todo, reference=reference)


def end(cloud: Cloud, clock: Clock, run_id: str, state: State, held: Held | None = None, **changes: object) -> Run:
    """Move a run to its last state, if it has none yet, and announce whichever last state it has."""

    def last(run: Run) -> Run:
        return run if run.over else move(run, state, clock.now(), **changes)

    run = change_run(cloud.storage, run_id, last, held)
    conclude(cloud, clock, run)
    return run


def settle(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Complete the end of a run that is over, if an earlier step broke off within it."""
    if run.over and cloud.storage.exists(paths.active(run.id)):
        conclude(cloud, clock, run)


def conclude(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Do everything that follows the end: history, messages, the slot, the marker."""
    if write_row(cloud, clock, run):
        _count(run)
    # What was told is remembered for so long: whoever comes later, as by a marker from a backup, tells nobody twice.
    if clock.now() - run.changed_at < timedelta(days=cloud.settings.keep_days):
        tell_end(cloud, clock, run)
    release(cloud.storage, run)
    cloud.storage.delete(paths.active(run.id))


def _count(run: Run) -> None:
    """A run counts once, with the row of its history."""
    count("mmm.runs", state=str(run.state), trainer=run.trainer)
    if run.state is State.FAILED:
        said = {"run": run.id, "attempt": run.attempt, "state": str(run.state), "reference": run.reference}
        event(log, "run_failed", f"Run {run.id} failed: {run.reason}", said, level=logging.WARNING)
