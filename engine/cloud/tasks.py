"""Cloud Tasks: the only thing that makes the next step happen."""

import hashlib
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import tasks_v2
from google.protobuf import duration_pb2, timestamp_pb2

from engine.cloud.failures import CLIENT_ERRORS
from engine.cloud.sessions import stay
from engine.errors import NotFound, Refused, Unavailable

Queue = Literal["stage", "look", "launch", "watch", "notify"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
ENQUEUE = "cloudtasks.tasks.create"

TRIES = 3
PAUSE_SECONDS = 0.2
# Staging reads a whole table; everything else is over in seconds.
DEADLINE_SECONDS: dict[str, int] = {"stage": 1800, "look": 300, "launch": 120, "watch": 300, "notify": 120}


@dataclass(frozen=True)
class Attempts:
    """How often a task was sent, and the last answer in Cloud Tasks' words; nothing while there is none."""

    count: int
    answer: str


@contextmanager
def _told() -> Iterator[None]:
    """What Cloud Tasks answers to a look, in our errors."""
    try:
        yield
    except (google.InvalidArgument, google.Forbidden, google.Unauthorized) as error:
        raise Refused("Cloud Tasks refused.", detail=str(error)) from error
    except CLIENT_ERRORS as error:
        raise Unavailable("Cloud Tasks does not answer.", "Try again.", detail=str(error)) from error


class Tasks:
    """Enqueues steps for the worker. Named tasks make enqueueing safe to repeat."""

    def __init__(
        self,
        *,
        project: str,
        region: str,
        queue_prefix: str,
        worker_url: str,
        account: str,
        url: str = "",
        credentials: Credentials | None = None,
        workspace: str = "",
    ) -> None:
        """workspace: whose steps these are, where a deployment serves several."""
        self._whose = {"workspace": workspace} if workspace else {}
        self._client = tasks_v2.CloudTasksClient(
            transport="rest",
            credentials=credentials,
            client_options=ClientOptions(api_endpoint=url) if url else None,
        )
        stay(self._client)
        self._parent = f"projects/{project}/locations/{region}/queues/{queue_prefix}-"
        self._worker_url = worker_url.rstrip("/")
        self._account = account

    def of(self, workspace: str) -> "Tasks":
        """The same queues for another workspace, over the same connections."""
        other = copy(self)
        other._whose = {"workspace": workspace} if workspace else {}
        return other

    def enqueue(self, queue: Queue, step: str, payload: dict[str, str | int], *, key: str, delay: float = 0.0) -> None:
        """Have the worker run `step` with `payload`, once per `key`, after `delay` seconds.

        A task that exists already counts as enqueued. Raises Unavailable or Refused.
        """
        parent = self._parent + queue
        task = tasks_v2.Task(
            name=self._name(queue, key),
            dispatch_deadline=duration_pb2.Duration(seconds=DEADLINE_SECONDS[queue]),
            http_request=tasks_v2.HttpRequest(
                http_method=tasks_v2.HttpMethod.POST,
                url=f"{self._worker_url}/tasks/{step}",
                headers={"Content-Type": "application/json"},
                body=json.dumps({**payload, **self._whose}).encode(),
                oidc_token=tasks_v2.OidcToken(service_account_email=self._account, audience=self._worker_url),
            ),
        )
        if delay > 0:
            moment = timestamp_pb2.Timestamp()
            moment.FromDatetime(datetime.now(UTC) + timedelta(seconds=delay))
            task.schedule_time = moment
        self._create(parent, task, step)

    def attempts(self, queue: Queue, key: str) -> Attempts | None:
        """How often a task was sent and what was answered; None: it is done, or was never there.

        Raises Refused where our account may not look, or Unavailable.
        """
        with _told():
            try:
                found = self._client.get_task(name=self._name(queue, key), timeout=5, retry=None)
            except google.NotFound:
                return None
        return Attempts(found.dispatch_count, str(found.last_attempt.response_status.message))

    def forget(self, queue: Queue, key: str) -> None:
        """Take a task out of its queue, if it is there. Raises Refused, Unavailable."""
        with _told(), suppress(google.NotFound):
            self._client.delete_task(name=self._name(queue, key), timeout=5, retry=None)

    def _name(self, queue: Queue, key: str) -> str:
        # A hash, because sequential names slow a queue down and the id alphabet is narrow.
        return f"{self._parent}{queue}/tasks/{hashlib.sha256(key.encode()).hexdigest()[:40]}"

    def queue_name(self, queue: Queue) -> str:
        """The full name of a queue."""
        return self._parent + queue

    def queue_state(self, queue: Queue) -> str:
        """RUNNING, PAUSED or DISABLED. Raises NotFound, Refused where our account may not look, or Unavailable."""
        try:
            return str(self._client.get_queue(name=self.queue_name(queue), timeout=5, retry=None).state.name)
        except google.NotFound as error:
            raise NotFound(f"There is no queue {self.queue_name(queue)}.", detail=str(error)) from error
        except (google.InvalidArgument, google.Forbidden, google.Unauthorized) as error:
            raise Refused("Cloud Tasks refused.", detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Unavailable("Cloud Tasks does not answer.", "Try again.", detail=str(error)) from error

    def may_enqueue(self, queue: Queue) -> bool:
        """Whether our account may put tasks into a queue; asked, not tried. False where there is no such queue."""
        asked = {"resource": self.queue_name(queue), "permissions": [ENQUEUE]}
        try:
            held = self._client.test_iam_permissions(request=asked, timeout=5, retry=None)
        except (google.NotFound, google.Forbidden, google.Unauthorized):
            return False
        except CLIENT_ERRORS as error:
            raise Unavailable("Cloud Tasks does not answer.", "Try again.", detail=str(error)) from error
        return ENQUEUE in held.permissions

    def _create(self, parent: str, task: tasks_v2.Task, step: str) -> None:
        """Create the task. Named, so a repetition after a lost reply finds it there."""
        for left in reversed(range(TRIES)):
            try:
                self._client.create_task(parent=parent, task=task, timeout=5, retry=None)
                return
            except google.Conflict:
                return
            except (google.InvalidArgument, google.Forbidden, google.Unauthorized) as error:
                raise Refused("The next step could not be queued.", detail=f"{step}: {error}") from error
            except CLIENT_ERRORS as error:
                if not left:
                    raise Unavailable(
                        "The next step could not be queued.", "Try again.", detail=f"{step}: {error}"
                    ) from error
                time.sleep(random.uniform(0, PAUSE_SECONDS))
