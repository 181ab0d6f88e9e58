"""Sends due tasks to their addresses, with Cloud Tasks' headers, token, retries and limits."""

import asyncio
import base64
import contextlib
import time

import aiohttp

from local.google.identity import Identities
from local.google.queues import QueuedTask, Queues

TICK_SECONDS = 0.02
CONCURRENT = 8
MIN_BACKOFF = 0.1
MAX_BACKOFF = 5.0
DEADLINE_SECONDS = 600.0


class Dispatcher:
    """One loop over all queues. At least once: a task whose reply was lost is sent again."""

    def __init__(self, queues: Queues, names: tuple[str, ...], identities: Identities) -> None:
        self.queues = queues
        self.names = names
        self.identities = identities
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Dispatch until cancelled."""
        async with aiohttp.ClientSession() as session:
            try:
                while True:
                    for queue in self.names:
                        self._start_due(session, queue)
                    await asyncio.sleep(TICK_SECONDS)
            finally:
                for running in self._running.values():
                    running.cancel()
                await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _start_due(self, session: aiohttp.ClientSession, queue: str) -> None:
        busy = sum(1 for name in self._running if name.startswith(f"{queue}/"))
        for task in self.queues.due(queue, time.time()):
            if busy >= CONCURRENT:
                return
            if task.name in self._running:
                continue
            busy += 1
            running = asyncio.create_task(self._send(session, self.queues.sent(task)), name=task.name)
            self._running[task.name] = running
            running.add_done_callback(self._forget)

    def _forget(self, done: asyncio.Task[None]) -> None:
        self._running.pop(done.get_name(), None)

    async def _send(self, session: aiohttp.ClientSession, task: QueuedTask) -> None:
        status = 0
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            request = task.task["httpRequest"]
            async with session.request(
                request.get("httpMethod", "POST"),
                request["url"],
                data=base64.b64decode(request.get("body", "")),
                headers=self._headers(task),
                # A redirect is an answer like any other that is not 2xx: the task comes again, its token goes nowhere.
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_deadline(task)),
            ) as reply:
                status = reply.status
        if 200 <= status < 300:
            self.queues.remove(task.name)
        else:
            self.queues.again(task, status, min(MIN_BACKOFF * 2 ** min(task.tries - 1, 10), MAX_BACKOFF))

    def _headers(self, task: QueuedTask) -> dict[str, str]:
        request = task.task["httpRequest"]
        headers = {**request.get("headers", {})}
        headers |= {
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": task.queue.rsplit("/", 1)[1],
            "X-CloudTasks-TaskName": task.name.rsplit("/", 1)[1],
            "X-CloudTasks-TaskRetryCount": str(task.tries - 1),
            "X-CloudTasks-TaskExecutionCount": str(task.answered),
            "X-CloudTasks-TaskETA": f"{task.due:.6f}",
        }
        if oidc := request.get("oidcToken"):
            token = self.identities.token(oidc["serviceAccountEmail"], oidc.get("audience") or request["url"])
            headers["Authorization"] = f"Bearer {token}"
        return headers


def _deadline(task: QueuedTask) -> float:
    given = str(task.task.get("dispatchDeadline", "")).removesuffix("s")
    return float(given) if given else DEADLINE_SECONDS
