"""The Cloud Tasks REST API."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from google.cloud import tasks_v2
from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.bodies import read_json
from local.google.answers import refusal
from local.google.queues import NameTaken, QueuedTask, Queues

LARGEST = 1 << 20
# What the service calls an answer that is not 2xx.
ANSWERS = {
    400: (3, "INVALID_ARGUMENT"),
    401: (16, "UNAUTHENTICATED"),
    403: (7, "PERMISSION_DENIED"),
    404: (5, "NOT_FOUND"),
    429: (8, "RESOURCE_EXHAUSTED"),
    500: (13, "INTERNAL"),
    503: (14, "UNAVAILABLE"),
}


class TasksApi:
    """Create, look at and remove tasks; pause, resume and purge queues."""

    def __init__(self, queues: Queues, names: tuple[str, ...]) -> None:
        self.queues = queues
        self.names = names

    def routes(self) -> list[Route]:
        queue = "/v2/projects/{project}/locations/{region}/queues/{queue}"
        return [
            Route(f"{queue}/tasks", self._create, methods=["POST"]),
            Route(f"{queue}/tasks", self._list, methods=["GET"]),
            Route(f"{queue}/tasks/{{task}}", self._get, methods=["GET"]),
            Route(f"{queue}/tasks/{{task}}", self._delete, methods=["DELETE"]),
            Route(f"{queue}:testIamPermissions", self._permissions, methods=["POST"]),
            Route(f"{queue}:{{verb}}", self._change_queue, methods=["POST"]),
            Route(queue, self._get_queue, methods=["GET"]),
        ]

    async def _create(self, request: Request) -> Response:
        queue = _queue(request)
        if queue not in self.names:
            return refusal(404, "NOT_FOUND", f"Requested entity was not found: {queue}")
        raw = await request.body()
        if len(raw) > LARGEST:
            return refusal(400, "INVALID_ARGUMENT", "Task size too large.")
        try:
            task = _plain((await read_json(request))["task"])
        except (KeyError, json_format.ParseError) as error:
            return refusal(400, "INVALID_ARGUMENT", f"Invalid task: {error}")
        name = task.get("name") or f"{queue}/tasks/{uuid4().hex}"
        if not name.startswith(f"{queue}/tasks/"):
            return refusal(400, "INVALID_ARGUMENT", "The task name must belong to the queue.")
        if not task.get("httpRequest", {}).get("url", "").startswith(("http://", "https://")):
            return refusal(400, "INVALID_ARGUMENT", "HttpRequest.url must start with http:// or https://.")
        now = time.time()
        due = _seconds(task["scheduleTime"]) if task.get("scheduleTime") else now
        queued = QueuedTask(name=name, queue=queue, task={**task, "name": name}, due=due, created=now)
        try:
            self.queues.add(queued)
        except NameTaken:
            return refusal(409, "ALREADY_EXISTS", "Requested entity already exists")
        return JSONResponse(_shown(queued))

    async def _list(self, request: Request) -> Response:
        return JSONResponse({"tasks": [_shown(task) for task in self.queues.waiting(_queue(request))]})

    async def _get(self, request: Request) -> Response:
        found = self.queues.find(_name(request))
        return JSONResponse(_shown(found)) if found else refusal(404, "NOT_FOUND", "The task does not exist.")

    async def _delete(self, request: Request) -> Response:
        if not self.queues.remove(_name(request)):
            return refusal(404, "NOT_FOUND", "The task does not exist.")
        return JSONResponse({})

    async def _change_queue(self, request: Request) -> Response:
        queue, verb = _queue(request), request.path_params["verb"]
        if queue not in self.names or verb not in ("pause", "resume", "purge"):
            return refusal(404, "NOT_FOUND", f"Requested entity was not found: {queue}")
        if verb == "purge":
            self.queues.purge(queue)
        else:
            self.queues.pause(queue, verb == "pause")
        return JSONResponse({"name": queue, "state": "PAUSED" if verb == "pause" else "RUNNING"})

    async def _get_queue(self, request: Request) -> Response:
        queue = _queue(request)
        if queue not in self.names:
            return refusal(404, "NOT_FOUND", f"Requested entity was not found: {queue}")
        return JSONResponse({"name": queue, "state": "PAUSED" if self.queues.is_paused(queue) else "RUNNING"})

    async def _permissions(self, request: Request) -> Response:
        """Everybody here may do everything; with what is not there, nobody anything. No queue is no error."""
        asked = (await read_json(request)).get("permissions", [])
        return JSONResponse({"permissions": asked} if _queue(request) in self.names else {})


def _plain(task: dict[str, Any]) -> dict[str, Any]:
    """A task with its enums spelled out and unknown fields refused, as the service reads it."""
    message = json_format.ParseDict(task, tasks_v2.Task.pb(tasks_v2.Task()))
    plain: dict[str, Any] = json_format.MessageToDict(message)
    return plain


def _queue(request: Request) -> str:
    at = request.path_params
    return f"projects/{at['project']}/locations/{at['region']}/queues/{at['queue']}"


def _name(request: Request) -> str:
    return f"{_queue(request)}/tasks/{request.path_params['task']}"


def _shown(task: QueuedTask) -> dict[str, Any]:
    moment = datetime.fromtimestamp(task.due, UTC).isoformat()
    shown = {**task.task, "scheduleTime": moment, "dispatchCount": task.tries, "responseCount": task.answered}
    if task.last_status:
        code, name = ANSWERS.get(task.last_status, (2, "UNKNOWN"))
        said = f"{name}({code}): HTTP status code {task.last_status}"
        shown["lastAttempt"] = {"responseStatus": {"code": code, "message": said}}
    return shown


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
