"""Tasks: one is sent through a queue, as every step is, and seen to arrive. Nothing else proves its token is taken.

Cloud Tasks signs a token for the worker, Cloud Run checks who it is and, where not everybody may invoke the service,
takes the signature off, and the worker's door checks the rest (engine/cloud/identity.py).
"""

import re
import time
from collections.abc import Iterator
from contextlib import suppress

from engine import paths
from engine.cloud.tasks import Attempts, Queue
from engine.doctor.examine import clipped
from engine.doctor.report import Finding, failed, ok, skipped
from engine.doctor.subject import Check, Subject, on_this_machine
from engine.errors import MmmError, NotFound, Refused
from engine.settings import Settings

QUEUE: Queue = "notify"
STEP = "knock"
# A worker that slept needs some seconds to wake up.
WAIT_SECONDS, LOOK_SECONDS = 40.0, 0.5
# What is refused for good is refused again; all else may be a worker that wakes up.
FOR_GOOD = re.compile(r"\b4(0[0-7]|1[0-9])\b")
ENOUGH_TRIES = 3


def look(subject: Subject) -> Iterator[Finding]:
    """Send one task to the worker, and wait for the mark that it leaves."""
    settings, tasks = subject.settings, subject.cloud.tasks
    if settings.many and not settings.workspace:
        yield skipped("Where workspaces install the app, a task is one of theirs: type /mmm doctor there.")
        return
    name = tasks.queue_name(QUEUE).rpartition("/")[2]
    key, begun = f"{STEP}-{subject.clock.stamp()}", time.monotonic()
    until = int(subject.clock.now().timestamp() + WAIT_SECONDS)
    try:
        if tasks.queue_state(QUEUE) not in ("RUNNING", ""):
            yield skipped(f"The queue {name} is paused: whether a task's token would be taken cannot be proven now.")
            return
    except NotFound:
        yield skipped("There is no queue to send a task through.")
        return
    except Refused:
        pass  # to look at a queue is another right
    try:
        tasks.enqueue(QUEUE, STEP, {"key": key, "until": until}, key=f"{STEP}|{key}")
    except Refused as error:
        grant = (
            f"gcloud iam service-accounts add-iam-policy-binding {settings.tasks_account} --project={settings.project} "
            "--member=serviceAccount:… --role=roles/iam.serviceAccountUser"
        )
        yield failed(f"No task can be made in the name of {settings.tasks_account} ({clipped(error.detail)}).", grant)
        return
    tried, done = Attempts(0, ""), False
    while not done and not _hopeless(tried) and time.monotonic() < begun + WAIT_SECONDS:
        done = _marked(subject, key)
        with suppress(MmmError):
            # Where our account may look: a task that is gone was done.
            now = tasks.attempts(QUEUE, f"{STEP}|{key}")
            done, tried = done or now is None, now or tried
        if not done:
            time.sleep(LOOK_SECONDS)
    if done:
        _marked(subject, key)
        yield ok(f"A task went through the queue {name}, and the worker took its token.")
        return
    with suppress(MmmError):
        tasks.forget(QUEUE, f"{STEP}|{key}")
    yield _lost(subject, name, tried)


def _marked(subject: Subject, key: str) -> bool:
    """Whether the worker left its mark; taken away. What is wrong with the bucket, another check says."""
    with suppress(MmmError):
        return subject.cloud.storage.delete(paths.probe(key))
    return False


def _hopeless(tried: Attempts) -> bool:
    return bool(tried.answer) and (FOR_GOOD.search(tried.answer) is not None or tried.count >= ENOUGH_TRIES)


def _lost(subject: Subject, name: str, tried: Attempts) -> Finding:
    """Why a task did not arrive, as far as that can be seen."""
    settings = subject.settings
    project = f"--project={settings.project}"
    logs = f"gcloud logging read 'jsonPayload.event=\"denied\"' {project} --limit=5"
    if not tried.answer:
        sent = f" It was sent {tried.count} time(s)." if tried.count else ""
        said = f"A task in the queue {name} did not reach the worker within {WAIT_SECONDS:g} seconds.{sent}"
        return failed(said, f"See what the queue says: gcloud tasks list --queue={name} {subject.place}")
    said = f"The worker does not take what the queue {name} sends: {clipped(tried.answer)}."
    if "401" in tried.answer and not on_this_machine(settings.worker_url):
        fix = (
            "The worker's log says why. If Cloud Run took the signature off, which it does where not everybody may "
            f"invoke the worker, set MMM_TOKENS_CHECKED_BY=cloud_run.\n{logs}"
        )
    elif "403" in tried.answer:
        fix = (
            f"terraform apply; by hand: gcloud run services add-iam-policy-binding … --region={settings.region} "
            f"{project} --member=serviceAccount:{settings.tasks_account} --role=roles/run.invoker"
        )
    else:
        fix = f"See that MMM_WORKER_URL is the worker's own address, of this release; its log says more.\n{logs}"
    return failed(said, fix)


def _asks(settings: Settings) -> tuple[str, ...]:
    return (settings.tasks_url, settings.worker_url, settings.storage_url)


CHECKS = (Check("task delivery", look, seconds=WAIT_SECONDS + 20.0, asks=_asks),)
