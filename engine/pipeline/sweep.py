"""Sweep: the slow backstop. Queues again what a purged queue or an exhausted retry has lost, and looks after the views.

What it costs depends on what is open, and not on what ever was.
"""

import logging
from datetime import timedelta

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry
from engine.errors import BrokenState, NotFound
from engine.observe.logs import event
from engine.pipeline.check import check
from engine.pipeline.conclude import conclude
from engine.pipeline.delete import finish_deletions
from engine.pipeline.history import look_after_history
from engine.pipeline.kinds import mark_open, shows
from engine.pipeline.latest import copy_latest
from engine.pipeline.look_after import look_after_drafts
from engine.pipeline.next_step import unused
from engine.pipeline.places import clear_places, restore_places
from engine.pipeline.rounds import look_after_rounds
from engine.pipeline.unsent import look_after_messages
from engine.pipeline.upgrade import look_after_upgrade
from engine.runs.queue import free_slots
from engine.runs.records import read_run
from engine.runs.run import Run, State

log = logging.getLogger(__name__)

ORPHANED = timedelta(hours=1)
# How long after its time a run may still be on its way: looks and repetitions take theirs.
STUCK = timedelta(minutes=30)
WAITING = frozenset({State.QUEUED, State.STAGING})


def sweep(cloud: Cloud, clock: Clock) -> None:
    """Look at every run that is not over, every draft somebody waits for, every unsent message, and at the indexes.

    Safe at any time, also twice at once.
    """
    # A new name each time, or the tombstone of the lost task would refuse its successor.
    mark = clock.stamp()
    markers = {entry.path: entry for entry in cloud.storage.list(paths.ACTIVE)}
    _look_at_runs(cloud, clock, markers, mark)
    look_after_drafts(cloud, clock, mark)
    look_after_rounds(cloud, mark)
    look_after_messages(cloud, clock, mark)
    if look_after_upgrade(cloud, clock) and check(cloud, clock, markers):
        # Only once every run that is under way has its marker: who has none counts as over.
        free_slots(cloud.storage, clock.now())
    finish_deletions(cloud, clock, mark)
    look_after_history(cloud, clock)
    copy_latest(cloud, clock)
    event(log, "sweep_done", "The sweep is done.")


def _look_at_runs(cloud: Cloud, clock: Clock, markers: dict[str, Entry], mark: str) -> None:
    # Before the runs: who takes a place now is in it without being among these.
    places = {entry.path: entry for entry in cloud.storage.list(paths.SLOTS)} if markers else {}
    runs: list[Run] = []
    for entry in markers.values():
        run_id = entry.path.removeprefix(paths.ACTIVE)
        try:
            run = read_run(cloud.storage, run_id)
            if not run.over and not shows(entry, run):
                mark_open(cloud.storage, run)
            runs.append(run)
            _look(cloud, clock, run, mark)
        except NotFound:
            # The marker comes before the run: give whoever makes it time.
            if clock.now() - entry.updated > ORPHANED:
                cloud.storage.delete(entry.path, entry.generation)
        except BrokenState as error:
            log.error("run %s needs a look by hand: %s %s", run_id, error.what, error.detail)
    restore_places(cloud.storage, runs, places)
    if len(runs) == len(markers):
        clear_places(cloud.storage, runs, places, clock.now())


def _look(cloud: Cloud, clock: Clock, run: Run, mark: str) -> None:
    key = f"sweep|{mark}|{run.id}"
    if run.over:
        return conclude(cloud, clock, run)
    if run.stopping_by:
        cloud.tasks.enqueue("launch", "cancel", {"run": run.id}, key=f"{key}|cancel")
    _say_if_stuck(cloud, clock, run)
    again: dict[str, str | int] = {"run": run.id, "attempt": run.attempt, "n": unused(cloud, clock)}
    if run.state in WAITING:
        cloud.tasks.enqueue("stage", "stage", {"run": run.id}, key=key)
    elif run.state is State.STAGED:
        cloud.tasks.enqueue("launch", "launch", again, key=key)
    else:
        cloud.tasks.enqueue("watch", "watch", again, key=key)


def _say_if_stuck(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Log a run that should have moved on by now. One that waits for a place to train may wait long."""
    if run.state is State.STAGED:
        return
    allowed = timedelta(0) if run.state in WAITING else timedelta(seconds=cloud.settings.run_timeout)
    stood = clock.now() - run.changed_at
    if stood > allowed + STUCK:
        said = {
            "run": run.id,
            "attempt": run.attempt,
            "state": str(run.state),
            "minutes": int(stood.total_seconds() / 60),
        }
        event(log, "run_stuck", f"Run {run.id} has been {run.state} for too long.", said, level=logging.ERROR)
