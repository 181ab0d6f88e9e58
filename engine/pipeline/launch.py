"""Launch: start the training execution of one attempt, once, whatever is delivered twice or crashes.

The lease (`launch.json`) makes duplicates rare; the claim that the container makes decides which of them
trains. The watch is queued before the effect, so that no crash can orphan an execution.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Document
from engine.errors import AlreadyExists, Ambiguous, Conflict, IllegalTransition, Refused
from engine.pipeline.cancel import cancel
from engine.pipeline.conclude import fail, settle
from engine.pipeline.outbox import refresh_card
from engine.runs.queue import release_slots, take_slot
from engine.runs.records import change_run, folder_of, read_run, record_event
from engine.runs.run import Run, State, move

LEASE_SECONDS = 120.0
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
    refresh_card(cloud, run.id, f"launching-{attempt}")
    watch_next(cloud, clock, run, 0)
    if lease is not None and adopt(cloud, run, taken):
        return
    start(cloud, clock, run, taken)


def start(cloud: Cloud, clock: Clock, run: Run, lease: Document) -> None:
    """Ask Cloud Run for an execution, under a lease that we hold."""
    try:
        execution = cloud.jobs.run(environment(cloud, run, lease), cloud.settings.run_timeout)
    except Refused as error:
        return _refused(cloud, clock, run, error)
    except Ambiguous:
        return  # no reply proves nothing: the watch looks for the execution after a while
    _record_execution(cloud, lease, execution)


def _refused(cloud: Cloud, clock: Clock, run: Run, error: Refused) -> None:
    """No container came of this call. One of an earlier call may still train, unless it is locked out."""
    try:
        cloud.storage.create(paths.claim(folder_of(run)), {"kind": "revoked", "reason": error.what})
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
    return run if run.state is State.LAUNCHING else move(run, State.LAUNCHING, clock.now(), reason="")


def _take_lease(cloud: Cloud, clock: Clock, run: Run, lease: Document | None) -> Document | None:
    """Take the right to launch, new or from a holder who has gone silent; None while somebody holds it."""
    path, now = paths.run_launch(run.id, run.attempt), clock.now()
    mine = {"token": uuid4().hex, "lease_until": (now + timedelta(seconds=LEASE_SECONDS)).isoformat()}
    mine |= {"execution": ""}
    try:
        if lease is None:
            return cloud.storage.create(path, {**mine, "launched_at": now.isoformat(), "relaunched": False})
        if datetime.fromisoformat(lease.body["lease_until"]) > now:
            return None
        return cloud.storage.swap(path, {**lease.body, **mine}, lease.generation)
    except (AlreadyExists, Conflict):
        return None


def _record_execution(cloud: Cloud, lease: Document, execution: str) -> None:
    """Note which execution was started; whoever holds the lease by now may have noted another."""
    try:
        cloud.storage.swap(lease.path, {**lease.body, "execution": execution}, lease.generation)
    except Conflict:
        return
