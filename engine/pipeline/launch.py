"""Launch: start the training execution of one attempt, once, whatever is delivered twice or crashes.

A place comes first. Then one write of the run's state says that it is being launched, by whom (the lease) and in which
place: of several deliveries one writes it. The watch is queued before the effect, so that no crash can orphan an
execution; the claim that the container makes decides who trains. Where Cloud Run has no room and so started nothing,
the run goes back into the line, and is launched again soon.
"""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists, Ambiguous, IllegalTransition, NoRoom, Refused, TrainingFailed
from engine.observe.logs import event
from engine.pipeline.cancel import cancel
from engine.pipeline.conclude import fail, settle
from engine.pipeline.next_step import launch_later, watch_first, watch_next
from engine.pipeline.outbox import refresh_card
from engine.runs.attempt import claim_line
from engine.runs.queue import ahead_of, release_all, take_slot
from engine.runs.records import folder_of
from engine.runs.run import Launch, Run, Slot, State, move, move_as
from engine.runs.state import Held, change_held, change_run, read_state

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
# Where Cloud Run has no room, it is asked again after one, two, four and then always eight looks' time. Who waits far
# behind for a place asks as seldom.
MOST_LOOKS = 8
# Executions listed as older than this before the launch belong to nobody's attempt.
LOOK_BACK = timedelta(minutes=5)


def launch(cloud: Cloud, clock: Clock, run_id: str, attempt: int, n: int = 0) -> None:
    """Start the training execution of one attempt that waits. Safe to call any number of times."""
    held = read_state(cloud.storage, run_id)
    run = held.run
    if run.over or run.attempt != attempt:
        # A place may have been taken while the run ended.
        release_all(cloud.storage, run.id, attempt)
        settle(cloud, clock, run)
    elif run.state is State.STAGED:
        begin(cloud, clock, held, n=n)
    elif run.state is State.LAUNCHING:
        go_on(cloud, clock, held, n)


def begin(cloud: Cloud, clock: Clock, held: Held, *, config_sha: str = "", n: int = 0) -> None:
    """Launch a run whose data are ready, or have it wait for a place. `config_sha`: of what was just staged."""
    run = held.run
    if run.stopping_by:
        return cancel(cloud, clock, run.id)
    slot = take_slot(cloud.storage, run.id, run.attempt, cloud.settings.max_running)
    if slot is None:
        return _wait_in_line(cloud, clock, held, n, config_sha)
    lease = _lease(clock, run)

    def launching(now: Run) -> Run:
        # Whoever is being launched already cannot be once more: the table of moves has no such move.
        if now.attempt != run.attempt or now.stopping_by:
            raise IllegalTransition(f"Run {now.id} went on.")
        known = {"config_sha": config_sha or now.config_sha, "reason": "", "waiting": ""}
        return move(now, State.LAUNCHING, clock.now(), launch=lease, slot=slot, **known)

    try:
        held = change_held(cloud.storage, held, launching)
    except IllegalTransition:
        return _too_late(cloud, clock, run, slot, n)
    watch_first(cloud, clock, held.run, lease.token)
    start(cloud, clock, held, n=n, first=True)


def _too_late(cloud: Cloud, clock: Clock, run: Run, slot: Slot, n: int) -> None:
    """The run went on while a place was being taken: it ended, or another delivery launches it from the same place."""
    now = read_state(cloud.storage, run.id).run
    if now.attempt == run.attempt and now.state in (State.LAUNCHING, State.RUNNING):
        return launch_later(cloud, clock, run, n, LEASE_SECONDS)
    cloud.storage.delete(paths.slot(slot.number), slot.generation)
    if now.stopping_by and not now.over:
        cancel(cloud, clock, now.id)


def _wait_in_line(cloud: Cloud, clock: Clock, held: Held, n: int, config_sha: str) -> None:
    """Ask again later; whoever waits behind many others, more seldom."""

    def staged(now: Run) -> Run:
        if now.state not in (State.QUEUED, State.STAGING):
            return now  # it waits already, or it ended, or another delivery launched it
        return move(now, State.STAGED, clock.now(), config_sha=config_sha)

    now = change_held(cloud.storage, held, staged).run
    if now is not held.run:
        refresh_card(cloud, now.id, f"staged-{now.seq}")
    if now.state is State.STAGED and now.attempt == held.run.attempt:
        looks = min(1 + ahead_of(cloud.storage, now) // cloud.settings.max_running, MOST_LOOKS)
        launch_later(cloud, clock, now, n, cloud.settings.watch_seconds * looks)


def go_on(cloud: Cloud, clock: Clock, held: Held, n: int = 0) -> None:
    """A launch was begun and nobody knows how it ended: find what it started, or start it."""
    run, now = held.run, clock.now()
    lease = run.launch or _lease(clock, run)
    if lease.execution or cloud.storage.exists(paths.claim(folder_of(run))):
        return watch_next(cloud, clock, run, 0)
    if run.stopping_by:
        return cancel(cloud, clock, run.id)
    if lease.lease_until > now:
        return launch_later(cloud, clock, run, n, LEASE_SECONDS)
    mine = lease.model_copy(update={"token": uuid4().hex, "lease_until": now + timedelta(seconds=LEASE_SECONDS)})

    def taken(other: Run) -> Run:
        if other.attempt != run.attempt or other.state is not State.LAUNCHING or other.launch != run.launch:
            raise IllegalTransition(f"Run {other.id} went on.")
        return other.model_copy(update={"launch": mine})

    try:
        held = change_held(cloud.storage, held, taken)
    except IllegalTransition:
        return launch_later(cloud, clock, run, n, LEASE_SECONDS)
    watch_next(cloud, clock, run, 0)
    if not adopt(cloud, held):
        start(cloud, clock, held, n=n)


def start(cloud: Cloud, clock: Clock, held: Held, *, n: int = 0, first: bool = False) -> None:
    """Ask Cloud Run for an execution, under a lease that we hold. `first`: no earlier call can have started one."""
    run = held.run
    try:
        execution = cloud.jobs.run(environment(cloud, run), cloud.settings.run_timeout)
    except Refused as error:
        return _refused(cloud, clock, run, error)
    except NoRoom as error:
        return _no_room(cloud, clock, held, error, n=n, first=first)
    except Ambiguous as error:
        # No reply proves nothing: the watch looks for the execution after a while.
        log.warning("run %s: %s (%s)", run.id, error.what, error.detail)
        note(cloud, held, why=error.what)
        return None
    note(cloud, held, execution=execution)


def _no_room(cloud: Cloud, clock: Clock, held: Held, error: NoRoom, *, n: int, first: bool) -> None:
    """Nothing came of this call. Wait in line and ask again, for as long as the run itself may take."""
    run, lease = held.run, held.run.launch or _lease(clock, held.run)
    log.warning("run %s waits: %s (%s)", run.id, error.what, error.detail)
    since, times = lease.no_room_since or clock.now(), lease.no_room_times + 1
    changes: dict[str, object] = {"no_room_since": since, "no_room_times": times, "why": error.what}
    if not first:
        # An earlier call may have: the watch goes on looking for it, and asks once more where it finds none.
        note(cloud, held, relaunched=False, **changes)
        return wait_for(cloud, run, error.what)
    waited = clock.now() - since
    if waited > timedelta(seconds=cloud.settings.run_timeout):
        hours = waited.total_seconds() / 3600
        todo = "Ask whoever runs this service to look at Cloud Run's quotas of this project and region."
        what = f"The training waited {hours:.3g} hours for room at Cloud Run. {error.what}"
        return fail(cloud, clock, run.id, TrainingFailed(what, todo, detail=error.detail))
    # The lease is free at once, for whoever asks next.
    free = lease.model_copy(update={**changes, "lease_until": clock.now(), "started_nothing": True})

    def back(now: Run) -> Run:
        if now.attempt != run.attempt or not _holds(now, lease):
            raise IllegalTransition(f"Run {now.id} went on.")
        return move_as("no_room", now, State.STAGED, clock.now(), waiting=error.what, launch=free)

    try:
        now = change_held(cloud.storage, held, back).run
    except IllegalTransition:
        return  # it was stopped, or went on
    refresh_card(cloud, run.id, f"no-room-{now.seq}")
    release_all(cloud.storage, run.id, run.attempt)
    looks = min(2 ** (times - 1), MOST_LOOKS)
    launch_later(cloud, clock, run, n, cloud.settings.watch_seconds * looks)


def wait_for(cloud: Cloud, run: Run, what: str) -> None:
    """Have the card say what a run that is being launched waits for."""
    if run.waiting == what:
        return

    def waiting(now: Run) -> Run:
        if now.attempt != run.attempt or now.state is not State.LAUNCHING or now.waiting == what:
            return now
        return now.model_copy(update={"waiting": what, "seq": now.seq + 1})

    changed = change_run(cloud.storage, run.id, waiting)
    refresh_card(cloud, run.id, f"waiting-{changed.seq}")


def _refused(cloud: Cloud, clock: Clock, run: Run, error: Refused) -> None:
    """No container came of this call. One of an earlier call may still train, unless it is locked out."""
    said = {"run": run.id, "attempt": run.attempt, "detail": error.detail}
    event(log, "run_cannot_start", f"Run {run.id} cannot start: {error.what}", said, level=logging.ERROR)
    if lock_out(cloud, run, error.what, error.todo):
        return fail(cloud, clock, run.id, error)
    claim = cloud.storage.require(paths.claim(folder_of(run)), "The claim is gone.")
    if claim.body["kind"] == "revoked":
        fail(cloud, clock, run.id, error)


def lock_out(cloud: Cloud, run: Run, reason: str, todo: str = "") -> bool:
    """Win the claim of an attempt, so that no container of it trains any more. False if somebody has it already."""
    body = {"kind": "revoked", "reason": reason, **({"todo": todo} if todo else {})}
    try:
        cloud.storage.create(paths.claim(folder_of(run)), body, line=claim_line(body))
    except AlreadyExists:
        return False
    return True


def adopt(cloud: Cloud, held: Held) -> bool:
    """Find an execution that an earlier launch of this attempt may have started. True if there is one."""
    run = held.run
    if run.launch is None:
        return False
    since = run.launch.launched_at - LOOK_BACK
    sought = {"MMM_RUN": run.id, "MMM_ATTEMPT": str(run.attempt)}
    if cloud.settings.many:
        sought["MMM_BUCKET_ROOT"] = cloud.settings.bucket_root  # ids are told apart within a workspace only
    found = cloud.jobs.find(sought, since)
    if found is None:
        return False
    note(cloud, held, execution=found.name)
    return True


def environment(cloud: Cloud, run: Run) -> dict[str, str]:
    """Everything the container is told, by name; it reads nothing called "latest"."""
    return {
        "MMM_RUN": run.id,
        "MMM_ATTEMPT": str(run.attempt),
        "MMM_LAUNCH_TOKEN": run.launch.token if run.launch else "",
        "MMM_CONFIG": paths.job_config(run.ts),
        "MMM_CONFIG_SHA": run.config_sha,
        "MMM_FOLDER": folder_of(run),
        "MMM_TRAINER": run.trainer,
        "MMM_BUCKET_ROOT": cloud.settings.bucket_root,
        "MMM_JOB_WORKERS": str(cloud.settings.job_workers),
        # A worker of the release before, which cannot read it, does not say so.
        "MMM_PACKED": "1",
        **({"MMM_WORKSPACE": cloud.settings.workspace} if cloud.settings.many else {}),
    }


def note(cloud: Cloud, held: Held, **changes: object) -> Held:
    """Note what came of a launch, if its lease is still the one that is held. Returns the run as it is stored."""
    lease = held.run.launch

    def noted(now: Run) -> Run:
        if now.over or now.attempt != held.run.attempt or lease is None or not _holds(now, lease) or not now.launch:
            return now
        return now.model_copy(update={"launch": now.launch.model_copy(update=changes)})

    return change_held(cloud.storage, held, noted)


def _holds(run: Run, lease: Launch) -> bool:
    return run.launch is not None and run.launch.token == lease.token


def _lease(clock: Clock, run: Run) -> Launch:
    """A lease for the first call of an attempt: what is called from now on may start something.

    Where earlier ones are known to have started nothing, how long there has been no room is kept.
    """
    now: datetime = clock.now()
    mine = {"token": uuid4().hex, "lease_until": now + timedelta(seconds=LEASE_SECONDS), "launched_at": now}
    if run.launch is not None and run.launch.started_nothing:
        mine |= {"no_room_since": run.launch.no_room_since, "no_room_times": run.launch.no_room_times}
    return Launch.model_validate(mine)
