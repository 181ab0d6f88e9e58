"""Cancel: a wish first, then the same claim that a training must win. It wins, or says that it came too late."""

from contextlib import suppress
from typing import Literal

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists, IllegalTransition
from engine.pipeline.conclude import conclude, settle
from engine.pipeline.outbox import refresh_card
from engine.runs.records import change_run, folder_of, read_run, record_event
from engine.runs.run import Run, State, move
from engine.runs.stop import by, who_stops

Outcome = Literal["asked", "asked before", "over"]
BEFORE_LAUNCH = frozenset({State.QUEUED, State.STAGING, State.STAGED})


def request_cancel(cloud: Cloud, clock: Clock, run_id: str, who: str) -> tuple[Outcome, Run]:
    """Note that `who` wants a run stopped and see to it. Raises NotFound. A run that is over stays as it is."""
    run = read_run(cloud.storage, run_id)
    if run.over:
        return "over", run
    outcome: Outcome = "asked"
    try:
        cloud.storage.create(paths.run_cancel(run.id), {"who": who, "at": clock.now().isoformat()})
    except AlreadyExists:
        outcome = "asked before"
    cloud.tasks.enqueue("launch", "cancel", {"run": run.id}, key=f"cancel|{cloud.settings.workspace}|{run.id}")
    return outcome, run


def cancel(cloud: Cloud, clock: Clock, run_id: str) -> None:
    """Carry a wish to stop out. Safe to call any number of times."""
    run = read_run(cloud.storage, run_id)
    if not cloud.storage.exists(paths.run_cancel(run_id)):
        return
    if run.over:
        return settle(cloud, clock, run)
    who = who_stops(cloud.storage, run_id)
    if run.state in BEFORE_LAUNCH and _stopped(cloud, clock, run, BEFORE_LAUNCH, who):
        return
    run = read_run(cloud.storage, run_id)
    if run.over:
        return settle(cloud, clock, run)
    try:
        cloud.storage.create(paths.claim(folder_of(run)), {"kind": "revoked", "reason": by(who)["reason"]})
    except AlreadyExists:
        _end_execution(cloud, clock, run, who)
    else:
        # Nobody can train this attempt any more.
        _stopped(cloud, clock, run, frozenset({run.state}), who)


def _stopped(cloud: Cloud, clock: Clock, run: Run, states: frozenset[State], who: str) -> bool:
    """End the run if it is still in one of `states`, at the same attempt. False if it went on meanwhile."""

    def stop(now: Run) -> Run:
        if now.state not in states or now.attempt != run.attempt:
            raise IllegalTransition(f"Run {now.id} went on.")
        return move(now, State.CANCELLED, clock.now(), **by(who))

    with suppress(IllegalTransition):
        conclude(cloud, clock, change_run(cloud.storage, run.id, stop))
        return True
    return False


def _end_execution(cloud: Cloud, clock: Clock, run: Run, who: str) -> None:
    """The container has the claim: ask it to end. The watch sees it end and confirms."""
    claim = cloud.storage.require(paths.claim(folder_of(run)), "The claim is gone.")
    if claim.body["kind"] == "revoked":
        _stopped(cloud, clock, run, frozenset({run.state}), who)
        return
    record_event(cloud.storage, clock, run, "stopping", who=who)
    cloud.jobs.cancel(claim.body["execution"])
    refresh_card(cloud, run.id, "stopping")
