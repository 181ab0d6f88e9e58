"""The Cloud Run admin API: run a job, look at its executions, cancel them."""

import json
from hashlib import sha256
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, json_format, timestamp_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local import workspace
from local.bodies import read_json
from local.faults import Faults
from local.google.answers import refusal
from local.google.conditions import conditions, etag_of, uid_of
from local.google.executions import Executions, Process
from local.google.overrides import LONGEST, NotOurs, overrides_of

PAGE = 50
# Planted under these names (`local.faults`): an execution that cannot start, its body `{"reason": …, "message": …}`;
# and what is said of the next one that fails, with the words as the body.
START, END = "run.executions.start", "run.executions.end"
NO_IMAGE = "Image 'local/training' not found."


class RunApi:
    """One job. Bodies are built from the library's own types, so that the real client reads them."""

    def __init__(self, executions: Executions, job: str, faults: Faults | None = None) -> None:
        """faults: where executions that cannot start, and what is said of those that fail, are planted."""
        self.faults = faults or Faults()
        self.executions = executions
        executions.says = self._said_of_the_next
        self.job = job

    def routes(self) -> list[Route]:
        job = "/v2/projects/{project}/locations/{region}/jobs/{job}"
        one = f"{job}/executions/{{execution}}"
        return [
            Route(f"{job}:run", self._run, methods=["POST"]),
            Route(f"{job}:testIamPermissions", self._permissions, methods=["POST"]),
            Route(job, self._get_job),
            Route(f"{job}/executions", self._list),
            Route(f"{one}:cancel", self._cancel, methods=["POST"]),
            Route(f"{one}/tasks", self._tasks),
            Route(one, self._get),
            Route("/v2/projects/{project}/locations/{region}/operations/{operation}", self._operation),
        ]

    async def _run(self, request: Request) -> Response:
        if self._job(request) != self.job:
            return refusal(404, "NOT_FOUND", f"Job {self._job(request)} does not exist.")
        try:
            asked = overrides_of(await read_json(request))
        except NotOurs as error:
            return refusal(400, "INVALID_ARGUMENT", str(error))
        if planted := self.faults.take(START):
            told = planted_cause(planted.body)
            return _operation(self.executions.cannot_start(self.job, asked.env, asked.timeout, **told))
        return _operation(self.executions.start(self.job, asked.env, asked.timeout))

    def _said_of_the_next(self) -> str:
        planted = self.faults.take(END)
        return planted.body if planted else ""

    async def _permissions(self, request: Request) -> Response:
        """Everybody here may do everything; with what is not there, nobody anything."""
        asked = (await read_json(request)).get("permissions", [])
        return JSONResponse({"permissions": asked} if self._job(request) == self.job else {})

    async def _get_job(self, request: Request) -> Response:
        """The job as it is: its image is the program that an execution runs, named by its digest."""
        if self._job(request) != self.job:
            return refusal(404, "NOT_FOUND", f"Job {self._job(request)} does not exist.")
        command, env = self.executions.command, self.executions.env
        digest = sha256("\0".join(command).encode()).hexdigest()
        task = run_v2.TaskTemplate(
            containers=[
                run_v2.Container(
                    image=f"local/training@sha256:{digest}",
                    env=[run_v2.EnvVar(name=name, value=value) for name, value in env.items()],
                )
            ],
            max_retries=0,
            timeout=duration_pb2.Duration(seconds=int(LONGEST)),
            service_account=workspace.JOB_ACCOUNT,
        )
        job = run_v2.Job(name=self.job, template=run_v2.ExecutionTemplate(task_count=1, template=task))
        return JSONResponse(json_format.MessageToDict(run_v2.Job.pb(job)))

    async def _list(self, request: Request) -> Response:
        found = self.executions.newest_first()
        start = int(request.query_params.get("pageToken") or 0)
        page = found[start : start + PAGE]
        body: dict[str, Any] = {"executions": [_shown(process) for process in page]}
        if start + PAGE < len(found):
            body["nextPageToken"] = str(start + PAGE)
        return JSONResponse(body)

    async def _get(self, request: Request) -> Response:
        process = self.executions.find(self._name(request))
        return JSONResponse(_shown(process)) if process else refusal(404, "NOT_FOUND", "No such execution.")

    async def _cancel(self, request: Request) -> Response:
        """Cancel an execution; with an etag, only as it was when that was read (CancelExecutionRequest)."""
        asked = await read_json(request) if await request.body() else {}
        found = self.executions.find(self._name(request))
        if found and asked.get("etag") not in (None, "", _execution(found).etag):
            return refusal(409, "ABORTED", "The etag is not that of the execution as it is now.")
        if asked.get("validateOnly"):
            return _operation(found) if found else refusal(404, "NOT_FOUND", "No such execution.")
        process = self.executions.cancel(self._name(request))
        return _operation(process) if process else refusal(404, "NOT_FOUND", "No such execution.")

    async def _operation(self, request: Request) -> Response:
        wanted = request.path_params["operation"]
        process = next((one for one in self.executions.newest_first() if uid_of(one) == wanted), None)
        return _operation(process) if process else refusal(404, "NOT_FOUND", "No such operation.")

    async def _tasks(self, request: Request) -> Response:
        process = self.executions.find(self._name(request))
        if process is None:
            return refusal(404, "NOT_FOUND", "No such execution.")
        task: dict[str, Any] = {"name": f"{process.name}/tasks/0", "execution": process.name}
        if process.reason:
            return JSONResponse({"tasks": []})  # none was ever made
        result: dict[str, Any] = {"status": {"code": 0 if process.succeeded else 13, "message": process.message}}
        if process.term_signal:
            result["termSignal"] = process.term_signal
        elif process.exit_code:
            # A zero is not spelled out: to JSON it is the same as nothing.
            result["exitCode"] = process.exit_code
        return JSONResponse({"tasks": [task | ({"lastAttemptResult": result} if process.completed else {})]})

    def _job(self, request: Request) -> str:
        at = request.path_params
        return f"projects/{at['project']}/locations/{at['region']}/jobs/{at['job']}"

    def _name(self, request: Request) -> str:
        return f"{self._job(request)}/executions/{request.path_params['execution']}"


def _operation(process: Process) -> JSONResponse:
    """The long-running operation around an execution: its name at once, its end when it ends."""
    execution = _execution(process)
    parent = process.name.partition("/jobs/")[0]
    operation = operations_pb2.Operation(name=f"{parent}/operations/{uid_of(process)}", done=bool(process.completed))
    operation.metadata.Pack(run_v2.Execution.pb(execution))
    if process.completed:
        operation.response.Pack(run_v2.Execution.pb(execution))
    return JSONResponse(json_format.MessageToDict(operation))


def _shown(process: Process) -> dict[str, Any]:
    shown: dict[str, Any] = json_format.MessageToDict(run_v2.Execution.pb(_execution(process)))
    return shown


def _execution(process: Process) -> run_v2.Execution:
    over = bool(process.completed)
    # What never had a task has none that failed.
    failed = over and not process.cancelled and not process.succeeded and not process.reason
    execution = run_v2.Execution(
        name=process.name,
        uid=uid_of(process),
        generation=1,
        observed_generation=1,
        reconciling=not over,
        conditions=conditions(process),
        job=process.name.split("/executions/")[0],
        create_time=_moment(process.created),
        update_time=_moment(process.completed or process.created),
        task_count=1,
        running_count=0 if over else 1,
        succeeded_count=int(process.succeeded),
        failed_count=int(failed),
        cancelled_count=int(over and process.cancelled),
        log_uri=f"file:logs/{process.name.rsplit('/', 1)[1]}.log",
        template=run_v2.TaskTemplate(
            containers=[run_v2.Container(env=[run_v2.EnvVar(name=n, value=v) for n, v in process.env.items()])],
            timeout=duration_pb2.Duration(seconds=int(process.timeout)),
        ),
    )
    if not process.reason:
        execution.start_time = _moment(process.created)
    if over:
        execution.completion_time = _moment(process.completed)
    execution.etag = etag_of(execution)
    return execution


def planted_cause(body: str) -> dict[str, str]:
    """Why an execution cannot start, as it was planted; by default its image is missing."""
    return {"reason": "CONTAINER_MISSING", "message": NO_IMAGE, **(json.loads(body) if body else {})}


def _moment(seconds: float) -> timestamp_pb2.Timestamp:
    return timestamp_pb2.Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
