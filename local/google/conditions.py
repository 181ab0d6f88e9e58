"""What Cloud Run says of an execution, in its own words: conditions, uid and etag.

Types, states and reasons are those of google.cloud.run_v2.Condition. Its messages are as its users report them
(PrefectHQ/prefect#21712: an image that is missing; googlecodelabs/feedback#1369: a container that failed).
"""

from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from google.cloud import run_v2
from google.protobuf import timestamp_pb2

from local.google.executions import Process

State = run_v2.Condition.State
Reason = run_v2.Condition.CommonReason
OfExecution = run_v2.Condition.ExecutionReason


def uid_of(process: Process) -> str:
    """What the service calls an execution, also after its name was given to another."""
    return str(uuid5(NAMESPACE_URL, f"{process.name}#{process.created}"))


def etag_of(execution: run_v2.Execution) -> str:
    """A fingerprint of an execution as it stands: another one after every change."""
    return f'"{sha256(run_v2.Execution.pb(execution).SerializeToString(deterministic=True)).hexdigest()[:24]}"'


def conditions(process: Process) -> list[run_v2.Condition]:
    """The conditions of an execution, the summary first."""
    at = timestamp_pb2.Timestamp(seconds=int(process.completed or process.created))
    if process.reason:
        failed = [
            _condition(kind, State.CONDITION_FAILED, process.message, at)
            for kind in ("Completed", "ResourcesAvailable")
        ]
        for one in failed:
            one.reason = getattr(Reason, process.reason)
        return [*failed, _condition("Started", State.CONDITION_PENDING, "", at)]
    return [
        _completed(process, at),
        _condition("ResourcesAvailable", State.CONDITION_SUCCEEDED, "Provisioned imported containers.", at),
        _condition("Started", State.CONDITION_SUCCEEDED, "Started deployed execution in 0.1s.", at),
    ]


def _completed(process: Process, at: timestamp_pb2.Timestamp) -> run_v2.Condition:
    if not process.completed:
        return _condition("Completed", State.CONDITION_RECONCILING, "Waiting for execution to complete.", at)
    if process.cancelled:
        said = _condition("Completed", State.CONDITION_FAILED, "Execution was cancelled.", at)
        said.execution_reason = OfExecution(OfExecution.CANCELLED)
        return said
    if process.succeeded:
        took = f"Execution completed successfully in {process.completed - process.created:.2f}s."
        return _condition("Completed", State.CONDITION_SUCCEEDED, took, at)
    task = f"{process.name.rsplit('/', 1)[1]}-task0"
    said = _condition("Completed", State.CONDITION_FAILED, f"Task {task} failed with message: {process.message}", at)
    said.execution_reason = OfExecution(OfExecution.NON_ZERO_EXIT_CODE)
    return said


def _condition(kind: str, state: int, message: str, at: timestamp_pb2.Timestamp) -> run_v2.Condition:
    return run_v2.Condition(type_=kind, state=state, message=message, last_transition_time=at)
