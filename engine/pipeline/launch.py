"""Launch: start the training execution of one attempt, once, whatever is delivered twice or crashes.

The lease (`launch.json`) makes duplicates rare; the claim that the container makes decides which of them
trains. The watch is queued before the effect, so that no crash can orphan an execution. Where Cloud Run has no room and
so started nothing, the run goes back into the line, and is launched again soon.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Document
from engine.errors import AlreadyExists, Ambiguous, Conflict, IllegalTransition, NoRoom, Refused, TrainingFailed
from engine.observe.logs import event
from engine.pipeline.cancel import cancel
from engine.pipeline.conclude import fail, settle
from engine.pipeline.outbox import refresh_card
from engine.runs.queue import release_slots, take_slot
from engine.runs.records import change_run, folder_of, read_run, record_event
from engine.runs.run import Run, State, move

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
# Where Cloud Run has no room, it is asked again after one, two, four and then always eight looks' time.
MOST_LOOKS = 8
# Executions listed as older than this before the launch belong to nobody's attempt.
LOOK_BACK = timedelta(minutes=5)


def launch(cloud: Cloud, clock: Clock, run_id: str, attempt: int, n: int = 0) -> None:
    """Start the training execution of one attempt. Safe to call any number of times."""
    run = read_run(cloud.storage, run_id)
    if run.over or run.attempt != attempt:
        # A place may have been taken while the run ended.
        release_slots(cloud.storage, run.id, cloud.settings.max_running, attempt)
        return settle(cloud, clock, run)
    if run.state not in (State.STAGED, State.LAUNCHING):
        return  # a stale delivery: the run went on
    if run.state is State.STAGED and cloud.storage.exists(paths.run_cancel(run.id)):
        return cancel(cloud, clock, run.id)
    lease = cloud.storage.read(paths.run_launch(run.id, attempt))
    if cloud.storage.exists(paths.claim(folder_of(run))) or (lease and lease.body["execution"]):
        return watch_next(cloud, clock, run, 0)
    if not take_slot(cloud.storage, run.id, attempt, cloud.settings.max_running):
        return _try_later(cloud, clock, run, n, cloud.settings.watch_seconds)

    taken = _take_lease(cloud, clock, run, lease)
    if taken is None:
        return _try_later(cloud, clock, run, n, LEASE_SECONDS)
    try:
        run = change_run(cloud.storage, run.id, lambda run: _launching(run, attempt, clock))
    except IllegalTransition:
        return release_slots(cloud.storage, run.id, cloud.settings.max_running, attempt)  # cancelled meanwhile
    record_event(cloud.storage, clock, run, "launching")
    refresh_card(cloud, run.id, f"launching-{run.seq}")
    watch_next(cloud, clock, run, 0)
    first = lease is None or _started_nothing(lease)
    if not first and adopt(cloud, run, taken):
        return
    start(cloud, clock, run, taken, n=n, first=first)


def start(cloud: Cloud, clock: Clock, run: Run, lease: Document, *, n: int = 0, first: bool = False) -> None:
    """Ask Cloud Run for an execution, under a lease that we hold. `first`: no earlier call can have started one."""
    try:
        execution = cloud.jobs.run(environment(cloud, run, lease), cloud.settings.run_timeout)
    except Refused as error:
        return _refused(cloud, clock, run, error)
    except NoRoom as error:
        return _no_room(cloud, clock, run, lease, error, n=n, first=first)
    except Ambiguous as error:
        # No reply proves nothing: the watch looks for the execution after a while.
        log.warning("run %s: %s (%s)", run.id, error.what, error.detail)
        return _note(cloud, lease, {"why": error.what})
    _record_execution(cloud, lease, execution)


def _no_room(cloud: Cloud, clock: Clock, run: Run, lease: Document, error: NoRoom, *, n: int, first: bool) -> None:
    """Nothing came of this call. Wait in line and ask again, for as long as the run itself may take."""
    log.warning("run %s waits: %s (%s)", run.id, error.what, error.detail)
    since = str(lease.body.get("no_room_since") or clock.now().isoformat())
    times = int(lease.body.get("no_room_times") or 0) + 1
    changes: dict[str, object] = {"no_room_since": since, "no_room_times": times, "why": error.what}
    if not first:
        # An earlier call may have: the watch goes on looking for it, and asks once more where it finds none.
        _note(cloud, lease, {**changes, "relaunched": False})
        return wait_for(cloud, run, error.what)
    waited = clock.now() - datetime.fromisoformat(since)
    if waited > timedelta(seconds=cloud.settings.run_timeout):
        hours = waited.total_seconds() / 3600
        todo = "Ask whoever runs this service to look at Cloud Run's quotas of this project and region."
        what = f"The training waited {hours:.3g} hours for room at Cloud Run. {error.what}"
        return fail(cloud, clock, run.id, TrainingFailed(what, todo, detail=error.detail))
    # The lease is free at once, for whoever asks next.
    _note(cloud, lease, {**changes, "lease_until": clock.now().isoformat(), "started_nothing": True})
    try:
        run = change_run(cloud.storage, run.id, lambda now: _back(now, run.attempt, error.what, clock))
    except IllegalTransition:
        return  # it was stopped, or went on
    record_event(cloud.storage, clock, run, "no_room", reason=error.what)
    refresh_card(cloud, run.id, f"no-room-{run.seq}")
    release_slots(cloud.storage, run.id, cloud.settings.max_running, run.attempt)
    looks = min(2 ** (times - 1), MOST_LOOKS)
    _try_later(cloud, clock, run, n, cloud.settings.watch_seconds * looks)


def wait_for(cloud: Cloud, run: Run, what: str) -> None:
    """Have the card say what a run that is being launched waits for."""

    def waiting(now: Run) -> Run:
        if now.attempt != run.attempt or now.state is not State.LAUNCHING or now.waiting == what:
            return now
        return now.model_copy(update={"waiting": what, "seq": now.seq + 1})

    changed = change_run(cloud.storage, run.id, waiting)
    refresh_card(cloud, run.id, f"waiting-{changed.seq}")


def _back(run: Run, attempt: int, why: str, clock: Clock) -> Run:
    """The same attempt, waiting in line again."""
    if run.attempt != attempt or run.state not in (State.LAUNCHING, State.STAGED):
        raise IllegalTransition(f"Run {run.id} went on.")
    if run.state is State.STAGED:
        return run
    return move(run, State.STAGED, clock.now(), waiting=why)


def _started_nothing(lease: Document) -> bool:
    """Whether every call under this lease is known to have started nothing."""
    return bool(lease.body.get("started_nothing"))


def _refused(cloud: Cloud, clock: Clock, run: Run, error: Refused) -> None:
    """No container came of this call. One of an earlier call may still train, unless it is locked out."""
    said = {"run": run.id, "attempt": run.attempt, "detail": error.detail}
    event(log, "run_cannot_start", f"Run {run.id} cannot start: {error.what}", said, level=logging.ERROR)
    try:
        told = {"kind": "revoked", "reason": error.what, "todo": error.todo}
        cloud.storage.create(paths.claim(folder_of(run)), told)
    except AlreadyExists:
        claim = cloud.storage.require(paths.claim(folder_of(run)), "The claim is gone.")
        if claim.body["kind"] != "revoked":
            return
    fail(cloud, clock, run.id, error)


def adopt(cloud: Cloud, run: Run, lease: Document) -> bool:
    """Find an execution that an earlier launch of this attempt may have started. True if there is one."""
    since = datetime.fromisoformat(lease.body["launched_at"]) - LOOK_BACK
    sought = {"MMM_RUN": run.id, "MMM_ATTEMPT": str(run.attempt)}
    if cloud.settings.many:
        sought["MMM_BUCKET_ROOT"] = cloud.settings.bucket_root  # ids are told apart within a workspace only
    found = cloud.jobs.find(sought, since)
    if found is None:
        return False
    _record_execution(cloud, lease, found.name)
    return True


def environment(cloud: Cloud, run: Run, lease: Document) -> dict[str, str]:
    """Everything the container is told, by name; it reads nothing called "latest"."""
    return {
        "MMM_RUN": run.id,
        "MMM_ATTEMPT": str(run.attempt),
        "MMM_LAUNCH_TOKEN": lease.body["token"],
        "MMM_CONFIG": paths.job_config(run.ts),
        "MMM_CONFIG_SHA": run.config_sha,
        "MMM_FOLDER": folder_of(run),
        "MMM_TRAINER": run.trainer,
        "MMM_BUCKET_ROOT": cloud.settings.bucket_root,
        "MMM_JOB_WORKERS": str(cloud.settings.job_workers),
        **({"MMM_WORKSPACE": cloud.settings.workspace} if cloud.settings.many else {}),
    }


def watch_next(cloud: Cloud, clock: Clock, run: Run, n: int) -> None:
    """Queue the look at an attempt that follows look `n`; 0 begins a chain.

    Looks are numbered by the time they are meant for. So a chain that was lost can be begun again under names
    nobody used, and chains that run side by side meet in the same name and become one.
    """
    seconds = cloud.settings.watch_seconds
    number = _number(clock, seconds, n)
    key = f"watch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{number}"
    payload: dict[str, str | int] = {"run": run.id, "attempt": run.attempt, "n": number}
    cloud.tasks.enqueue("watch", "watch", payload, key=key, delay=seconds)


def _try_later(cloud: Cloud, clock: Clock, run: Run, n: int, seconds: float) -> None:
    """Wait for a place (or a lease) without failing: an error would slow the whole queue down."""
    # One scale for every wait, so that the numbers grow; the waits are whole multiples of a look or longer.
    number = _number(clock, cloud.settings.watch_seconds, n, seconds)
    key = f"launch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{number}"
    payload: dict[str, str | int] = {"run": run.id, "attempt": run.attempt, "n": number}
    cloud.tasks.enqueue("launch", "launch", payload, key=key, delay=seconds)


def unused(cloud: Cloud, clock: Clock) -> int:
    """Return a number after which no lost delivery was numbered, to begin a chain again."""
    return _number(clock, cloud.settings.watch_seconds, 0)


def _number(clock: Clock, scale: float, last: int, wait: float | None = None) -> int:
    """Number a delivery after `wait` seconds; always more than `last`, also where this clock is behind."""
    due = clock.now().timestamp() + (scale if wait is None else wait)
    return max(int(due / scale), last + 1)


def _launching(run: Run, attempt: int, clock: Clock) -> Run:
    if run.attempt != attempt:
        raise IllegalTransition(f"Run {run.id} is at attempt {run.attempt}.")
    return run if run.state is State.LAUNCHING else move(run, State.LAUNCHING, clock.now(), reason="", waiting="")


def _take_lease(cloud: Cloud, clock: Clock, run: Run, lease: Document | None) -> Document | None:
    """Take the right to launch, new or from a holder who has gone silent; None while somebody holds it."""
    path, now = paths.run_launch(run.id, run.attempt), clock.now()
    mine: dict[str, object] = {
        "token": uuid4().hex,
        "lease_until": (now + timedelta(seconds=LEASE_SECONDS)).isoformat(),
    }
    mine |= {"execution": ""}
    if lease is None or _started_nothing(lease):
        # The time to start counts from here; what was called from now on may have started something.
        mine |= {"launched_at": now.isoformat(), "relaunched": False, "started_nothing": False}
    try:
        if lease is None:
            return cloud.storage.create(path, mine)
        if datetime.fromisoformat(lease.body["lease_until"]) > now:
            return None
        return cloud.storage.swap(path, {**lease.body, **mine}, lease.generation)
    except (AlreadyExists, Conflict):
        return None


def _record_execution(cloud: Cloud, lease: Document, execution: str) -> None:
    """Note which execution was started."""
    _note(cloud, lease, {"execution": execution})


def _note(cloud: Cloud, lease: Document, changes: Mapping[str, object]) -> None:
    """Change a lease that we hold; whoever holds it by now may have noted something else."""
    with suppress(Conflict):
        cloud.storage.swap(lease.path, {**lease.body, **changes}, lease.generation)
