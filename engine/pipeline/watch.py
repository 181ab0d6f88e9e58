"""Watch: look at one attempt and do what its state calls for. A chain of delayed tasks, one look each.

The claim is the authority: only the execution that made it may train, so only its end is the attempt's end.
An attempt without a claim is given up by winning the claim, never by assuming.
"""

import logging
from datetime import datetime, timedelta
from signal import SIGHUP, SIGINT, SIGTERM

from engine import paths
from engine.clock import Clock
from engine.cloud.causes import quoted
from engine.cloud.cloud import Cloud
from engine.cloud.jobs import Execution
from engine.cloud.storage import Document
from engine.errors import AlreadyExists, Conflict, TrainingFailed
from engine.observe.logs import event
from engine.pipeline.conclude import end, fail, settle
from engine.pipeline.finish import finish
from engine.pipeline.launch import adopt, start, wait_for, watch_next
from engine.pipeline.next_attempt import open_next, try_again
from engine.pipeline.outbox import refresh_card
from engine.pipeline.preview import show_preview
from engine.runs.pulse import pulse
from engine.runs.records import change_run, folder_of, read_progress, read_run, record_event
from engine.runs.run import Run, State, move
from engine.runs.stop import by, who_stops

log = logging.getLogger(__name__)

MARGIN = timedelta(minutes=5)
# A container that ends this close to its time was ended because of it: it starts some seconds before its claim.
NEARLY = 0.98
TOO_LITTLE = "Choose fewer iterations or trials, or ask whoever runs this service for a larger training machine."
TOO_LONG = "Choose fewer iterations or trials, or ask whoever runs this service for more time."


def watch(cloud: Cloud, clock: Clock, run_id: str, attempt: int, n: int) -> None:
    """Take one look at an attempt; queues the next look before it returns, unless the attempt is over."""
    run = read_run(cloud.storage, run_id)
    if run.over:
        return settle(cloud, clock, run)
    if run.attempt == attempt + 1 and run.state is State.STAGED:
        return open_next(cloud, clock, run)  # an earlier delivery broke off while it opened it
    if run.attempt != attempt or run.state not in (State.LAUNCHING, State.RUNNING):
        return
    if finish(cloud, clock, run.id, attempt):
        return
    show_preview(cloud, clock, run)
    claim = cloud.storage.read(paths.claim(folder_of(run)))
    lease = cloud.storage.read(paths.run_launch(run.id, attempt))
    if claim is not None:
        going_on = _claimed(cloud, clock, run, claim)
    elif lease is not None:
        going_on = _unclaimed(cloud, clock, run, lease)
    else:
        going_on = True  # the launch was not recorded yet
    if going_on:
        _show_progress(cloud, clock, run)
        watch_next(cloud, clock, run, n)


def _claimed(cloud: Cloud, clock: Clock, run: Run, claim: Document) -> bool:
    """The container has the attempt: it runs, or it ended without a result. True while it runs."""
    if claim.body["kind"] == "revoked":
        reason = claim.body.get("reason") or "The training did not start in time."
        _give_up(cloud, clock, run, reason, str(claim.body.get("todo") or ""))
        return False
    if run.state is State.LAUNCHING:
        run = change_run(cloud.storage, run.id, lambda run: _running(run, clock))
        record_event(cloud.storage, clock, run, "running", execution=claim.body["execution"])
    execution = cloud.jobs.execution(claim.body["execution"])
    if execution is not None and execution.state == "RUNNING":
        if _age(clock, claim) > timedelta(seconds=cloud.settings.run_timeout) + MARGIN:
            cloud.jobs.cancel(execution.name)
        return True
    if finish(cloud, clock, run.id, run.attempt):
        return False  # the result came while we looked
    if cloud.storage.exists(paths.run_cancel(run.id)):
        _stopped(cloud, clock, run)
    elif _age(clock, claim).total_seconds() >= NEARLY * cloud.settings.run_timeout:
        # Another attempt would take as long.
        hours = cloud.settings.run_timeout / 3600
        fail(cloud, clock, run.id, TrainingFailed(f"The training took longer than {hours:.3g} hours.", TOO_LONG))
    elif execution and execution.state == "CANCELLED":
        end(cloud, clock, run.id, State.CANCELLED, reason="The training was stopped outside Slack.")
    elif execution and execution.lacked_memory:
        # Another attempt would need as much.
        what = f"The training ran out of memory.{quoted(execution.message)}"
        fail(cloud, clock, run.id, TrainingFailed(what, TOO_LITTLE, detail=execution.log_uri))
    elif execution and execution.lacked_time:
        what = f"The training took longer than it may.{quoted(execution.message)}"
        fail(cloud, clock, run.id, TrainingFailed(what, TOO_LONG, detail=execution.log_uri))
    else:
        killed = execution is not None and execution.killed
        try_again(cloud, clock, run, _lost(execution), killed=killed)
    return False


def _unclaimed(cloud: Cloud, clock: Clock, run: Run, lease: Document) -> bool:
    """Nobody claimed the attempt yet: the container is starting, was never started, or died early."""
    name = lease.body["execution"]
    execution = cloud.jobs.execution(name) if name else None
    age = clock.now() - datetime.fromisoformat(lease.body["launched_at"])
    if execution is not None and execution.state == "FAILED" and execution.cause.lasting:
        return not _cannot_start(cloud, clock, run, execution)
    if execution is not None and execution.state != "RUNNING":
        return not _revoke(cloud, clock, run, f"The container ended before it began to train. {_lost(execution)}")
    why = _what_it_waits_for(execution, lease)
    if age > timedelta(seconds=cloud.settings.start_timeout):
        if execution is not None:
            cloud.jobs.cancel(execution.name)
        return not _revoke(cloud, clock, run, f"The training did not start in time. {why}".rstrip())
    if why:
        wait_for(cloud, run, why)
    if not name and age > timedelta(seconds=cloud.settings.claim_settle) and not adopt(cloud, run, lease):
        _start_once_more(cloud, clock, run, lease)
    return True


def _what_it_waits_for(execution: Execution | None, lease: Document) -> str:
    """Why a container has not begun yet, in words; empty where nobody says anything."""
    if execution is None:
        # What came of asking for one is a sentence of ours already.
        return str(lease.body.get("why") or "")
    return f"The training waits for its machine.{quoted(execution.message)}" if execution.message else ""


def _start_once_more(cloud: Cloud, clock: Clock, run: Run, lease: Document) -> None:
    """The reply of the launch was lost and nothing is to be found: ask again, once. The claim makes it safe."""
    if lease.body["relaunched"]:
        return
    try:
        taken = cloud.storage.swap(lease.path, {**lease.body, "relaunched": True}, lease.generation)
    except Conflict:
        return  # the launch came back to life
    start(cloud, clock, run, taken)


def _cannot_start(cloud: Cloud, clock: Clock, run: Run, execution: Execution) -> bool:
    """Fail a run whose container cannot start until somebody mends its job. False if one did begin just now."""
    cause = execution.cause
    error = TrainingFailed(f"{cause.what}{quoted(execution.message)}", cause.todo, detail=execution.log_uri)
    try:
        cloud.storage.create(paths.claim(folder_of(run)), {"kind": "revoked", "reason": error.what, "todo": error.todo})
    except AlreadyExists:
        return False
    said = {"run": run.id, "attempt": run.attempt, "reason": execution.reason, "execution": execution.name}
    event(log, "run_cannot_start", f"Run {run.id} cannot start: {execution.message}", said, level=logging.ERROR)
    _give_up(cloud, clock, run, error.what, error.todo)
    return True


def _revoke(cloud: Cloud, clock: Clock, run: Run, reason: str) -> bool:
    """Give an unclaimed attempt up by winning its claim. False if the container won it just now."""
    try:
        cloud.storage.create(paths.claim(folder_of(run)), {"kind": "revoked", "reason": reason})
    except AlreadyExists:
        return False
    _give_up(cloud, clock, run, reason)
    return True


def _give_up(cloud: Cloud, clock: Clock, run: Run, reason: str, todo: str = "") -> None:
    """End an attempt whose claim is revoked: cancelled where somebody wished it, else tried again.

    Where there is something to be done first (`todo`), no other attempt would do better: the run fails.
    """
    if cloud.storage.exists(paths.run_cancel(run.id)):
        _stopped(cloud, clock, run)
    elif todo:
        fail(cloud, clock, run.id, TrainingFailed(reason, todo))
    else:
        try_again(cloud, clock, run, reason)


def _stopped(cloud: Cloud, clock: Clock, run: Run) -> None:
    """End a run as somebody wished it."""
    end(cloud, clock, run.id, State.CANCELLED, **by(who_stops(cloud.storage, run.id)))


def _age(clock: Clock, claim: Document) -> timedelta:
    """How long ago the container claimed the attempt."""
    return clock.now() - datetime.fromisoformat(claim.body["at"])


def _running(run: Run, clock: Clock) -> Run:
    if run.state is State.RUNNING:
        return run
    return move(run, State.RUNNING, clock.now(), started_at=clock.now(), waiting="")


def _lost(execution: Execution | None) -> str:
    """What became of a container, in words: what is known, and no guess."""
    if execution is None:
        return "The training's container disappeared."
    if execution.killed:
        what = "The training's container was killed from outside (signal 9)."
    elif execution.ended_by in (SIGHUP, SIGINT, SIGTERM):
        what = f"The training's container was ended from outside (signal {execution.ended_by:d})."
    elif execution.signal:
        what = f"The training's container crashed (signal {execution.signal})."
    elif execution.exit_code:
        what = f"The training's container ended without a result (exit code {execution.exit_code})."
    else:
        what = "The training's container ended without a result."
    return f"{what}{quoted(execution.message)}"


def _show_progress(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Have the card drawn again if the training has moved on, or has fallen silent."""
    progress = read_progress(cloud.storage, run)
    news = str(run.state)
    if progress:
        news = "-".join(str(progress.get(key)) for key in ("trainer", "phase", "trial", "iteration"))
        news += f"-{pulse(progress, clock.now()).news}"
    refresh_card(cloud, run.id, f"{run.attempt}-{news}")
