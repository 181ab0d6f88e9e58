"""The queues: each is there and running, and this account may put tasks into it."""

from collections.abc import Iterator
from functools import partial

from engine.cloud.tasks import ENQUEUE, QUEUES, Queue
from engine.doctor.report import Finding, failed, ok
from engine.doctor.subject import Check, Part, Subject
from engine.errors import NotFound, Refused
from engine.settings import Settings

# The bot never watches a training.
BOT = ("stage", "look", "launch", "notify")


def look(queue: Queue, subject: Subject) -> Iterator[Finding]:
    """Ask for a queue's state, and for our rights on it: asked, not tried, so that nothing is left in it."""
    tasks = subject.cloud.tasks
    name = tasks.queue_name(queue).rpartition("/")[2]
    make = f"terraform apply; by hand: gcloud tasks queues create {name} {subject.place}"
    try:
        state = tasks.queue_state(queue)
    except NotFound:
        yield failed(f"There is no queue {name} in {subject.settings.region}.", make)
        return
    except Refused:
        # To enqueue is a right, to look another.
        state = ""
    if state not in ("RUNNING", ""):
        resume = f"gcloud tasks queues resume {name} {subject.place}"
        yield failed(f"The queue {name} is {state.lower()}: what is put into it waits.", resume)
        return
    if not tasks.may_enqueue(queue):
        grant = (
            f"gcloud tasks queues add-iam-policy-binding {name} {subject.place} "
            "--member=serviceAccount:… --role=roles/cloudtasks.enqueuer"
        )
        absent = "" if state else ", or there is no such queue"
        yield failed(
            f"Our account may put nothing into the queue {name} ({ENQUEUE}){absent}.",
            f"terraform apply; by hand: {grant}",
        )
        return
    seen = "runs" if state else "is there (our account may not see whether it is paused: cloudtasks.queues.get)"
    yield ok(f"The queue {name} {seen}, and our account may put tasks into it.")


def _parts(queue: Queue) -> tuple[Part, ...]:
    return ("bot", "worker") if queue in BOT else ("worker",)


def _asks(settings: Settings) -> tuple[str, ...]:
    return (settings.tasks_url,)


CHECKS = tuple(Check(f"queue {queue}", partial(look, queue), _parts(queue), asks=_asks) for queue in QUEUES)
