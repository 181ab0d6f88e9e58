"""Cloud Run Jobs: starts trainings and says how they are doing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import run_v2
from google.protobuf import duration_pb2

from engine.cloud.failures import A_FEW_TIMES, CLIENT_ERRORS
from engine.errors import Ambiguous, NotFound, Refused, Unavailable

T = TypeVar("T")
TIMEOUT = 30.0
# Refusals that prove nothing was started.
PERMANENT = (google.BadRequest, google.Unauthorized, google.Forbidden, google.NotFound)
LAUNCH = "run.jobs.runWithOverrides"
LOOK = 5.0


@dataclass(frozen=True)
class Execution:
    """One execution of the training job. `signal` is set where a task was killed (9: out of memory)."""

    name: str
    state: Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    created: datetime
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    log_uri: str = ""
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """How the job is set up. `timeout` in seconds; `processors` as Cloud Run writes them, such as 8 or 500m."""

    image: str
    retries: int
    tasks: int
    timeout: float
    account: str
    processors: str
    env: dict[str, str]


class Jobs:
    """One Cloud Run Job, and its executions."""

    def __init__(
        self, *, project: str, region: str, job: str, url: str = "", credentials: Credentials | None = None
    ) -> None:
        options = ClientOptions(api_endpoint=url) if url else None
        self._jobs = run_v2.JobsClient(transport="rest", credentials=credentials, client_options=options)
        self._executions = run_v2.ExecutionsClient(transport="rest", credentials=credentials, client_options=options)
        self._tasks = run_v2.TasksClient(transport="rest", credentials=credentials, client_options=options)
        self._job = f"projects/{project}/locations/{region}/jobs/{job}"

    def run(self, env: dict[str, str], timeout: int) -> str:
        """Start one execution and return its name.

        Raises Refused if nothing can have started, Ambiguous if it may have: RunJob has no request id,
        so a lost reply says nothing.
        """
        override = run_v2.RunJobRequest.Overrides.ContainerOverride(
            env=[run_v2.EnvVar(name=name, value=value) for name, value in sorted(env.items())]
        )
        request = run_v2.RunJobRequest(
            name=self._job,
            overrides=run_v2.RunJobRequest.Overrides(
                container_overrides=[override], task_count=1, timeout=duration_pb2.Duration(seconds=timeout)
            ),
        )
        try:
            # The operation ends when the job ends: its metadata already names the execution.
            operation = self._jobs.run_job(request=request, timeout=TIMEOUT, retry=None)
            return str(operation.metadata.name)
        except PERMANENT as error:
            raise Refused("The training could not be started.", detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Ambiguous("Nobody knows yet whether the training started.", detail=str(error)) from error

    def execution(self, name: str) -> Execution | None:
        """Return how an execution is doing, or None if there is none of that name."""
        try:
            found = self._ask(lambda: self._executions.get_execution(name=name, timeout=TIMEOUT, retry=A_FEW_TIMES))
        except google.NotFound:
            return None
        return self._read(found)

    def find(self, env: dict[str, str], since: datetime) -> Execution | None:
        """Return the newest execution started with `env`, looking back to `since`; None if there is none.

        Executions cannot be filtered by the service: they are paged, newest first.
        """
        try:
            found = self._ask(
                lambda: self._executions.list_executions(parent=self._job, timeout=TIMEOUT, retry=A_FEW_TIMES)
            )
            pages = iter(found)
            while (execution := self._ask(lambda: next(pages, None))) is not None:
                if execution.create_time < since:
                    return None
                if env.items() <= _env(execution).items():
                    return self._read(execution)
        except google.NotFound as error:
            raise Refused("There is no such training job.", detail=str(error)) from error
        return None

    def cancel(self, name: str) -> None:
        """Ask an execution to stop. Whether it did is seen by `execution`."""
        try:
            self._ask(lambda: self._executions.cancel_execution(name=name, timeout=TIMEOUT, retry=A_FEW_TIMES))
        except (google.NotFound, google.FailedPrecondition, google.BadRequest):
            return  # it is over already

    def declared(self) -> Declared:
        """How the job is set up. Raises NotFound, Refused where our account may not look, or Unavailable."""
        try:
            job = self._ask(lambda: self._jobs.get_job(name=self._job, timeout=LOOK, retry=None))
        except google.NotFound as error:
            raise NotFound(f"There is no job {self._job}.", detail=str(error)) from error
        template = job.template.template
        container = template.containers[0] if template.containers else run_v2.Container()
        return Declared(
            image=container.image,
            retries=template.max_retries,
            tasks=job.template.task_count,
            timeout=template.timeout.total_seconds(),
            account=template.service_account,
            processors=container.resources.limits.get("cpu", ""),
            env={variable.name: variable.value for variable in container.env},
        )

    def may_launch(self) -> bool:
        """Whether our account may start the job with settings of a run's own; asked, not tried."""
        asked = {"resource": self._job, "permissions": [LAUNCH]}
        try:
            held = self._ask(lambda: self._jobs.test_iam_permissions(request=asked, timeout=LOOK, retry=None))
        except (google.NotFound, Refused):
            return False
        return LAUNCH in held.permissions

    def _read(self, found: run_v2.Execution) -> Execution:
        exit_code, signal, message = None, None, ""
        state = _state(found)
        if state == "FAILED":
            for task in self._ask(
                lambda: self._tasks.list_tasks(parent=found.name, timeout=TIMEOUT, retry=A_FEW_TIMES)
            ):
                result = task.last_attempt_result
                signal = result.term_signal or None
                # A kill leaves the exit code unset, which arrives as 0.
                exit_code = None if signal else result.exit_code
                message = result.status.message
        return Execution(
            name=found.name,
            state=state,
            created=found.create_time,
            exit_code=exit_code,
            signal=signal,
            message=message,
            log_uri=found.log_uri,
            env=_env(found),
        )

    def _ask(self, request: Callable[[], T]) -> T:
        """Make a request that changes nothing, or that may be repeated; the client's errors become ours."""
        try:
            return request()
        except (google.NotFound, google.FailedPrecondition, google.BadRequest):
            raise
        except (google.Forbidden, google.Unauthorized) as error:
            raise Refused("Cloud Run refused.", detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Unavailable("Cloud Run does not answer.", "Try again.", detail=str(error)) from error


def _state(execution: run_v2.Execution) -> Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]:
    """Classify by counts: a cancelled execution can look like a success (apache/airflow#57791)."""
    if not execution.completion_time:
        return "RUNNING"
    if execution.cancelled_count:
        return "CANCELLED"
    return "SUCCEEDED" if execution.succeeded_count >= max(execution.task_count, 1) else "FAILED"


def _env(execution: run_v2.Execution) -> dict[str, str]:
    containers = execution.template.containers
    return {variable.name: variable.value for variable in containers[0].env} if containers else {}
