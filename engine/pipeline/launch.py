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
from engine.pipeline.conclude import fail
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
    if run.attempt != attempt or run.state not in (State.STAGED, State.LAUNCHING):
        return  # a stale delivery, or the run went on or ended
    lease = cloud.storage.read(paths.run_launch(run.id, attempt))
    if cloud.storage.exists(paths.claim(folder_of(run))) or (lease and lease.body["execution"]):
        return watch_next(cloud, run, 0)
    if not take_slot(cloud.storage, run.id, attempt, cloud.settings.max_running):
        return _try_later(cloud, run, n, cloud.settings.watch_seconds)

    taken = _take_lease(cloud, clock, run, lease)
    if taken is None:
        return _try_later(cloud, run, n, LEASE_SECONDS)
    try:
        run = change_run(cloud.storage, run.id, lambda run: _launching(run, attempt, clock))
    except IllegalTransition:
        return release_slots(cloud.storage, run.id, cloud.settings.max_running, attempt)  # cancelled meanwhile
    record_event(cloud.storage, clock, run, "launching")
    refresh_card(cloud, run.id, f"launching-{attempt}")
    watch_next(cloud, run, 0)
    if lease is not None and adopt(cloud, run, taken):
        return
    start(cloud, clock, run, taken)


def start(cloud: Cloud, clock: Clock, run: Run, lease: Document) -> None:
    """Ask Cloud Run for an execution, under a lease that we hold."""
    try:
        execution = cloud.jobs.run(environment(cloud, run, lease), cloud.settings.run_timeout)
    except Refused as error:
        return fail(cloud, clock, run.id, error)
    except Ambiguous:
        return  # no reply proves nothing: the watch looks for the execution after a while
    _record_execution(cloud, lease, execution)


def adopt(cloud: Cloud, run: Run, lease: Document) -> bool:
    """Find an execution that an earlier launch of this attempt may have started. True if there is one."""
    since = datetime.fromisoformat(lease.body["launched_at"]) - LOOK_BACK
    found = cloud.jobs.find({"MMM_RUN": run.id, "MMM_ATTEMPT": str(run.attempt)}, since)
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
    }


def watch_next(cloud: Cloud, run: Run, n: int) -> None:
    """Queue the next look at an attempt."""
    key = f"watch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{n}"
    payload: dict[str, str | int] = {"run": run.id, "attempt": run.attempt, "n": n}
    cloud.tasks.enqueue("watch", "watch", payload, key=key, delay=cloud.settings.watch_seconds)


def _try_later(cloud: Cloud, run: Run, n: int, seconds: float) -> None:
    """Wait for a place (or a lease) without failing: an error would slow the whole queue down."""
    key = f"launch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{n + 1}"
    payload: dict[str, str | int] = {"run": run.id, "attempt": run.attempt, "n": n + 1}
    cloud.tasks.enqueue("launch", "launch", payload, key=key, delay=seconds)


def _launching(run: Run, attempt: int, clock: Clock) -> Run:
    if run.attempt != attempt:
        raise IllegalTransition(f"Run {run.id} is at attempt {run.attempt}.")
    return run if run.state is State.LAUNCHING else move(run, State.LAUNCHING, clock.now())


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
