"""Cancel: a wish first, then the same claim that a training must win. It wins, or says that it came too late."""

from contextlib import suppress
from typing import Literal

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists, IllegalTransition
from engine.pipeline.conclude import conclude, settle
from engine.pipeline.outbox import refresh_card
from engine.runs.attempt import claim_line
from engine.runs.records import folder_of
from engine.runs.run import Run, State, move
from engine.runs.state import Held, change_held, change_run, read_state
from engine.runs.stop import by, who_stops, wished

Outcome = Literal["asked", "asked before", "over"]
BEFORE_LAUNCH = frozenset({State.QUEUED, State.STAGING, State.STAGED})


def request_cancel(cloud: Cloud, clock: Clock, run_id: str, who: str) -> tuple[Outcome, Run]:
    """Note that `who` wants a run stopped and see to it. Raises NotFound. A run that is over stays as it is."""
    held = read_state(cloud.storage, run_id)
    if held.run.over:
        return "over", held.run
    outcome: Outcome = "asked"
    try:
        cloud.storage.create(paths.run_cancel(run_id), {"who": who, "at": clock.now().isoformat()})
    except AlreadyExists:
        outcome = "asked before"
    run = held.run
    if not run.stopping_by:
        first = who if outcome == "asked" else who_stops(cloud.storage, run_id)
        run = change_run(cloud.storage, run_id, lambda now: wished(now, first, clock.now()), held)
        if run.over:
            return "over", run
    cloud.tasks.enqueue("launch", "cancel", {"run": run_id}, key=f"cancel|{cloud.settings.workspace}|{run_id}")
    return outcome, run


def cancel(cloud: Cloud, clock: Clock, run_id: str) -> None:
    """Carry a wish to stop out. Safe to call any number of times."""
    held = read_state(cloud.storage, run_id)
    who = held.run.stopping_by or who_stops(cloud.storage, run_id)
    if not who:
        return
    if held.run.over:
        return settle(cloud, clock, held.run)
    if held.run.state in BEFORE_LAUNCH and _stopped(cloud, clock, held, BEFORE_LAUNCH, who):
        return
    if held.run.state in BEFORE_LAUNCH:
        held = read_state(cloud.storage, run_id)  # it went on meanwhile
    run = held.run
    if run.over:
        return settle(cloud, clock, run)
    claim = {"kind": "revoked", "reason": by(who)["reason"]}
    try:
        cloud.storage.create(paths.claim(folder_of(run)), claim, line=claim_line(claim))
    except AlreadyExists:
        _end_execution(cloud, clock, held, who)
    else:
        # Nobody can train this attempt any more.
        _stopped(cloud, clock, held, frozenset({run.state}), who)


def _stopped(cloud: Cloud, clock: Clock, held: Held, states: frozenset[State], who: str) -> bool:
    """End the run if it is still in one of `states`, at the same attempt. False if it went on meanwhile."""

    def stop(now: Run) -> Run:
        if now.state not in states or now.attempt != held.run.attempt:
            raise IllegalTransition(f"Run {now.id} went on.")
        return move(now, State.CANCELLED, clock.now(), **by(who))

    with suppress(IllegalTransition):
        conclude(cloud, clock, change_held(cloud.storage, held, stop).run)
        return True
    return False


def _end_execution(cloud: Cloud, clock: Clock, held: Held, who: str) -> None:
    """The container has the claim: ask it to end. The watch sees it end and confirms."""
    run = held.run
    claim = cloud.storage.require(paths.claim(folder_of(run)), "The claim is gone.")
    if claim.body["kind"] == "revoked":
        _stopped(cloud, clock, held, frozenset({run.state}), who)
        return
    cloud.jobs.cancel(claim.body["execution"])
    refresh_card(cloud, run.id, "stopping")
