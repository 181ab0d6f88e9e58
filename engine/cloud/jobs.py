"""Cloud Run Jobs: starts trainings and says how they are doing."""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from signal import SIGKILL
from typing import Literal, TypeVar

from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import run_v2
from google.protobuf import duration_pb2

from engine.cloud.causes import ASK, ASKED, Cause, is_lack_of_memory, is_lack_of_time, quoted, refusal, why_it_failed
from engine.cloud.failures import A_FEW_TIMES, CLIENT_ERRORS
from engine.cloud.sessions import stay
from engine.errors import Ambiguous, NotFound, Refused, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
TIMEOUT = 30.0
WAITING = (run_v2.Condition.State.CONDITION_PENDING, run_v2.Condition.State.CONDITION_RECONCILING)
WHICH_TASK = re.compile(r"^Task \S+ failed with message: ")
LAUNCH = "run.jobs.runWithOverrides"
LOOK = 5.0


@dataclass(frozen=True)
class Execution:
    """One execution of the training job.

    `exit_code` is None where no container told one, `signal` is set where a task was killed. `message` is all that
    Cloud Run says of it, `reason` its name for what is wrong, such as CONTAINER_MISSING.
    """

    name: str
    state: Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    created: datetime
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    reason: str = ""
    log_uri: str = ""
    env: dict[str, str] = field(default_factory=dict)

    @property
    def cause(self) -> Cause:
        """Why it failed, as far as Cloud Run's words tell."""
        return why_it_failed(self.reason, self.message)

    @property
    def ended_by(self) -> int | None:
        """The signal that ended it, or its only process, as a shell tells that; None where it ended by itself."""
        if self.signal is None and (self.exit_code or 0) > 128:
            return (self.exit_code or 0) - 128
        return self.signal

    @property
    def lacked_memory(self) -> bool:
        """Whether Cloud Run says that it took more memory than it may. A kill alone proves nothing."""
        return is_lack_of_memory(self.message)

    @property
    def lacked_time(self) -> bool:
        """Whether Cloud Run says that it took longer than it may."""
        return is_lack_of_time(self.message)

    @property
    def killed(self) -> bool:
        """Whether somebody ended it by SIGKILL, itself or its only process."""
        return self.ended_by == SIGKILL


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
        stay(self._jobs, self._executions, self._tasks)
        self._job = f"projects/{project}/locations/{region}/jobs/{job}"

    def run(self, env: dict[str, str], timeout: int) -> str:
        """Start one execution and return its name.

        Raises Refused if nothing started and nothing will, NoRoom if nothing started but may soon, Ambiguous if it
        may have: RunJob has no request id, so a lost reply says nothing.
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
        except CLIENT_ERRORS as error:
            said = ""
            if isinstance(error, google.GoogleAPICallError):
                if (told := refusal(error)) is not None:
                    raise told from error
                said = quoted(ASKED.sub("", str(error.message)))
            what = f"Nobody knows yet whether the training started.{said}"
            raise Ambiguous(what, detail=str(error)) from error

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
        state = _state(found)
        trouble = _trouble(found)
        said = [condition.message for condition in trouble]
        if state == "RUNNING":
            # That it is not complete goes without saying.
            waits = [one for one in found.conditions if one.state in WAITING and one.type_ != "Completed"]
            said = [one.message for one in (*trouble, *waits)]
        exit_code, signal = None, None
        if state == "FAILED":
            for result in self._results(found.name):
                signal = result.term_signal or signal
                # The message has no word for "not set": what was never told, or a kill left unset, arrives as 0.
                exit_code = result.exit_code or exit_code
                said.append(result.status.message)
        return Execution(
            name=found.name,
            state=state,
            created=found.create_time,
            exit_code=None if signal else exit_code,
            signal=signal,
            message=_together(said),
            reason=next((name for condition in trouble if (name := _reason(condition))), ""),
            log_uri=found.log_uri,
            env=_env(found),
        )

    def _results(self, execution: str) -> list[run_v2.TaskAttemptResult]:
        """How the tasks of an execution ended; nothing where we may not look: the execution itself says most."""
        try:
            found = self._ask(lambda: self._tasks.list_tasks(parent=execution, timeout=TIMEOUT, retry=A_FEW_TIMES))
            return [task.last_attempt_result for task in found]
        except (google.NotFound, google.BadRequest, Refused) as error:
            log.warning("nobody can tell how the tasks of %s ended: %s", execution, error)
            return []

    def _ask(self, request: Callable[[], T]) -> T:
        """Make a request that changes nothing, or that may be repeated; the client's errors become ours."""
        try:
            return request()
        except (google.NotFound, google.FailedPrecondition, google.BadRequest):
            raise
        except (google.Forbidden, google.Unauthorized) as error:
            what = f"Cloud Run does not say how the training is.{quoted(ASKED.sub('', str(error.message)))}"
            todo = f"{ASK} to let the worker's account look at the training job (roles/run.viewer)."
            raise Refused(what, todo, detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Unavailable("Cloud Run does not answer.", "Try again.", detail=str(error)) from error


def _state(execution: run_v2.Execution) -> Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]:
    """Classify by counts: a cancelled execution can look like a success (apache/airflow#57791).

    One whose image is not found never has a task that could end: a condition says that it failed.
    """
    if not execution.completion_time:
        begun = execution.running_count or execution.succeeded_count or execution.retried_count
        return "FAILED" if not begun and _trouble(execution) else "RUNNING"
    if execution.cancelled_count:
        return "CANCELLED"
    return "SUCCEEDED" if execution.succeeded_count >= max(execution.task_count, 1) else "FAILED"


def _trouble(execution: run_v2.Execution) -> list[run_v2.Condition]:
    """The conditions that failed. Warnings and notes, such as one of a retry, stop nothing."""
    passing = (run_v2.Condition.Severity.WARNING, run_v2.Condition.Severity.INFO)
    failed = run_v2.Condition.State.CONDITION_FAILED
    return [one for one in execution.conditions if one.state == failed and one.severity not in passing]


def _reason(condition: run_v2.Condition) -> str:
    """Cloud Run's name for what is wrong; empty where it gives none."""
    for reason in (condition.reason, condition.execution_reason):
        if reason:
            return str(reason.name)
    return ""


def _together(said: Iterable[str]) -> str:
    """What is said at several places, each thing once. Which task it was goes without saying: there is one."""
    told: list[str] = []
    for one in (WHICH_TASK.sub("", " ".join(line.split())) for line in said):
        if one and not any(one.rstrip(".") in other for other in told):
            told.append(one)
    return " ".join(told)


def _env(execution: run_v2.Execution) -> dict[str, str]:
    containers = execution.template.containers
    return {variable.name: variable.value for variable in containers[0].env} if containers else {}
