"""Watch: look at one attempt and do what its state calls for. A chain of delayed tasks, one look each.

The claim is the authority: only the execution that made it may train, so only its end is the attempt's end.
An attempt without a claim is given up by winning the claim, never by assuming.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any

from engine.clock import Clock
from engine.cloud.causes import quoted
from engine.cloud.cloud import Cloud
from engine.cloud.jobs import Execution
from engine.errors import IllegalTransition, TrainingFailed
from engine.observe.logs import event
from engine.pipeline.conclude import end, fail, settle
from engine.pipeline.launch import adopt, lock_out, start, wait_for
from engine.pipeline.next_attempt import open_next, try_again
from engine.pipeline.next_step import finish_next, watch_next
from engine.pipeline.outbox import refresh_card
from engine.pipeline.preview import show_preview
from engine.runs.attempt import look_at
from engine.runs.pulse import pulse
from engine.runs.records import folder_of
from engine.runs.run import Launch, Run, State, move_as
from engine.runs.state import Held, change_held, read_state
from engine.runs.stop import by

log = logging.getLogger(__name__)

# So long whoever left a result is taken to be calling, or to have been heard.
CALLED = timedelta(seconds=30)
MARGIN = timedelta(minutes=5)
# A container that ends this close to its time was ended because of it: it starts some seconds before its claim.
NEARLY = 0.98
TOO_LITTLE = "Choose fewer iterations or trials, or ask whoever runs this service for a larger training machine."
TOO_LONG = "Choose fewer iterations or trials, or ask whoever runs this service for more time."


def watch(cloud: Cloud, clock: Clock, run_id: str, attempt: int, n: int) -> None:
    """Take one look at an attempt; queues the next look before it returns, unless the attempt is over."""
    held = read_state(cloud.storage, run_id)
    run = held.run
    if run.over:
        # A success is written by a task that comes again until all that follows has followed.
        return None if run.state is State.SUCCEEDED else settle(cloud, clock, run)
    if run.attempt == attempt + 1 and run.state is State.STAGED:
        return open_next(cloud, clock, run)  # an earlier delivery broke off while it opened it
    if run.attempt != attempt or run.state not in (State.LAUNCHING, State.RUNNING):
        return None
    seen = look_at(cloud.storage, folder_of(run))
    if seen.left_at is not None:
        # Who left it calls at once: a look means the same task, and another one only after a while.
        young = clock.now() - seen.left_at < CALLED
        finish_next(cloud, run.id, attempt, 0 if young else n)
        return watch_next(cloud, clock, run, n)
    if seen.previewed:
        show_preview(cloud, clock, run)
    if seen.claim is not None:
        going_on = _claimed(cloud, clock, held, seen.claim)
    elif run.launch is not None:
        going_on = _unclaimed(cloud, clock, held, run.launch)
    else:
        going_on = True
    if going_on:
        _show_progress(cloud, clock, run, seen.progress)
        watch_next(cloud, clock, run, n)
    return None


def _claimed(cloud: Cloud, clock: Clock, held: Held, claim: Mapping[str, Any]) -> bool:
    """The container has the attempt: it runs, or it ended without a result. True while it runs."""
    run = held.run
    if claim["kind"] == "revoked":
        reason = str(claim.get("reason") or "The training did not start in time.")
        _give_up(cloud, clock, run, reason, str(claim.get("todo") or ""))
        return False
    if run.state is State.LAUNCHING:
        execution = str(claim["execution"])
        run = change_held(cloud.storage, held, lambda now: _running(now, clock, execution)).run
    found = cloud.jobs.execution(claim["execution"])
    if found is not None and found.state == "RUNNING":
        if _age(clock, claim) > timedelta(seconds=cloud.settings.run_timeout) + MARGIN:
            cloud.jobs.cancel(found.name)
        return True
    if look_at(cloud.storage, folder_of(run)).left_at is not None:
        return True  # the result came while we looked: the next look sees to it, if nobody does before
    _ended(cloud, clock, run, claim, found)
    return False


def _ended(cloud: Cloud, clock: Clock, run: Run, claim: Mapping[str, Any], execution: Execution | None) -> None:
    """The container that had the attempt is gone and left no result: end the run, or try again."""
    if run.stopping_by:
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


def _unclaimed(cloud: Cloud, clock: Clock, held: Held, lease: Launch) -> bool:
    """Nobody claimed the attempt yet: the container is starting, was never started, or died early."""
    run = held.run
    execution = cloud.jobs.execution(lease.execution) if lease.execution else None
    age = clock.now() - lease.launched_at
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
    settled = age > timedelta(seconds=cloud.settings.claim_settle)
    if not lease.execution and settled and not adopt(cloud, held):
        _start_once_more(cloud, clock, held, lease)
    return True


def _what_it_waits_for(execution: Execution | None, lease: Launch) -> str:
    """Why a container has not begun yet, in words; empty where nobody says anything."""
    if execution is None:
        # What came of asking for one is a sentence of ours already.
        return lease.why
    return f"The training waits for its machine.{quoted(execution.message)}" if execution.message else ""


def _start_once_more(cloud: Cloud, clock: Clock, held: Held, lease: Launch) -> None:
    """The reply of the launch was lost and nothing is to be found: ask again, once. The claim makes it safe."""
    if lease.relaunched:
        return

    def again(now: Run) -> Run:
        if now.state is not State.LAUNCHING or now.launch != lease:
            raise IllegalTransition(f"Run {now.id} went on.")  # the launch came back to life, or another look asks
        return now.model_copy(update={"launch": lease.model_copy(update={"relaunched": True})})

    with suppress(IllegalTransition):
        start(cloud, clock, change_held(cloud.storage, held, again))


def _cannot_start(cloud: Cloud, clock: Clock, run: Run, execution: Execution) -> bool:
    """Fail a run whose container cannot start until somebody mends its job. False if one did begin just now."""
    cause = execution.cause
    error = TrainingFailed(f"{cause.what}{quoted(execution.message)}", cause.todo, detail=execution.log_uri)
    if not lock_out(cloud, run, error.what, error.todo):
        return False
    said = {"run": run.id, "attempt": run.attempt, "reason": execution.reason, "execution": execution.name}
    event(log, "run_cannot_start", f"Run {run.id} cannot start: {execution.message}", said, level=logging.ERROR)
    _give_up(cloud, clock, run, error.what, error.todo)
    return True


def _revoke(cloud: Cloud, clock: Clock, run: Run, reason: str) -> bool:
    """Give an unclaimed attempt up by winning its claim. False if the container won it just now."""
    if not lock_out(cloud, run, reason):
        return False
    _give_up(cloud, clock, run, reason)
    return True


def _give_up(cloud: Cloud, clock: Clock, run: Run, reason: str, todo: str = "") -> None:
    """End an attempt whose claim is revoked: cancelled where somebody wished it, else tried again.

    Where there is something to be done first (`todo`), no other attempt would do better: the run fails.
    """
    if run.stopping_by:
        _stopped(cloud, clock, run)
    elif todo:
        fail(cloud, clock, run.id, TrainingFailed(reason, todo))
    else:
        try_again(cloud, clock, run, reason)


def _stopped(cloud: Cloud, clock: Clock, run: Run) -> None:
    """End a run as somebody wished it."""
    end(cloud, clock, run.id, State.CANCELLED, **by(run.stopping_by))


def _age(clock: Clock, claim: Mapping[str, Any]) -> timedelta:
    """How long ago the container claimed the attempt."""
    return clock.now() - datetime.fromisoformat(claim["at"])


def _running(run: Run, clock: Clock, execution: str) -> Run:
    if run.state is State.RUNNING:
        return run
    by_whom = {"execution": execution}
    return move_as("", run, State.RUNNING, clock.now(), by_whom, started_at=clock.now(), waiting="")


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


def _show_progress(cloud: Cloud, clock: Clock, run: Run, progress: Mapping[str, Any] | None) -> None:
    """Have the card drawn again if the training has moved on, or has fallen silent."""
    news = str(run.state)
    if progress:
        news = "-".join(str(progress.get(key)) for key in ("trainer", "phase", "trial", "iteration"))
        news += f"-{pulse(progress, clock.now()).news}"
    refresh_card(cloud, run.id, f"{run.attempt}-{news}")
