"""Finish: a training left its result, so judge it, draw it and end the run. Three routes lead here:
the job's call, the watch and the sweep; whichever is first does it, the others find it done."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.result import RESULTS, Manifest, read_result
from engine.errors import BadInput, BrokenState, IllegalTransition, TrainingFailed
from engine.pipeline.conclude import conclude, end, fail, settle
from engine.pipeline.findings import write_findings
from engine.pipeline.next_attempt import open_next, try_again
from engine.pipeline.preview import show_preview
from engine.results.found import Found
from engine.runs.findings import on_record
from engine.runs.records import folder_of
from engine.runs.run import Run, State, move
from engine.runs.state import Held, change_held, read_state
from engine.runs.stop import by, who_stops


def finish(cloud: Cloud, clock: Clock, run_id: str, attempt: int) -> bool:
    """End the run if its attempt has a result. True if the attempt is over. Safe to call any number of times."""
    held = read_state(cloud.storage, run_id)
    run = held.run
    if run.attempt == attempt + 1 and run.state is State.STAGED:
        open_next(cloud, clock, run)  # an earlier delivery broke off while it opened it
    if run.attempt != attempt:
        return True
    if run.over:
        settle(cloud, clock, run)
        return True
    with TemporaryDirectory() as folder:
        try:
            left = read_result(cloud.storage, folder_of(run), Path(folder))
        except BrokenState as error:
            fail(cloud, clock, run.id, error, held=held)
            return True
        if left is None:
            return False
        _end_with(cloud, clock, held, left, Path(folder) / RESULTS)
    return True


def _end_with(cloud: Cloud, clock: Clock, held: Held, left: Manifest, results: Path) -> None:
    """Do what the result asks for."""
    run = held.run
    if left.kind == "lost":
        return _lost(cloud, clock, held, left.what)
    if left.kind == "cancelled":
        who = run.stopping_by or who_stops(cloud.storage, run.id)
        end(cloud, clock, run.id, State.CANCELLED, held, **by(who, left.what))
        return
    show_preview(cloud, clock, run)  # nobody may have seen it yet
    if left.kind == "failed":
        return fail(cloud, clock, run.id, TrainingFailed(left.what, left.todo), held=held)
    try:
        found = write_findings(cloud, run, folder_of(run), results)
    except (BrokenState, BadInput) as error:
        return fail(cloud, clock, run.id, error, held=held)
    _succeed(cloud, clock, held, found)


def _lost(cloud: Cloud, clock: Clock, held: Held, reason: str) -> None:
    """The container lived, but what trained in it was killed: another attempt, unless somebody wished it to stop."""
    run = held.run
    # The wish may have come just now, and not be noted in the run yet.
    if run.stopping_by or cloud.storage.exists(paths.run_cancel(run.id)):
        who = run.stopping_by or who_stops(cloud.storage, run.id)
        end(cloud, clock, run.id, State.CANCELLED, held, **by(who))
    else:
        try_again(cloud, clock, run, reason, killed=True)


def _succeed(cloud: Cloud, clock: Clock, held: Held, found: Found) -> None:
    """Write the success upon the state that is in hand, and do what follows."""

    def succeeded(now: Run) -> Run:
        if now.over:
            return now
        if now.state is State.LAUNCHING:  # the result came before anybody saw it run
            now = move(now, State.RUNNING, clock.now(), started_at=now.changed_at)
        return move(now, State.SUCCEEDED, clock.now(), **on_record(found))

    with suppress(IllegalTransition):
        conclude(cloud, clock, change_held(cloud.storage, held, succeeded).run)
