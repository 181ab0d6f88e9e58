"""What Cloud Run's answers mean: a launch it refused, an execution that failed, in words that it is known to use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions as google
from google.cloud import run_v2

from engine.cloud.causes import LONGEST, is_lack_of_memory, is_lack_of_time, quoted, refusal, why_it_failed, words
from engine.cloud.jobs import Execution, Jobs
from engine.errors import NoRoom, Refused

State = run_v2.Condition.State
Reason = run_v2.Condition.CommonReason
POST = "POST https://run.googleapis.com/v2/projects/p/locations/l/jobs/j:run?%24alt=json: "


@pytest.mark.parametrize(
    ("status", "said", "what", "todo"),
    [
        pytest.param(
            403,
            "Permission 'run.jobs.runWithOverrides' denied on resource 'projects/p/locations/l/jobs/j'.",
            "may not start the training",
            "run.jobs.runWithOverrides",
            id="no-right",
        ),
        pytest.param(
            403,
            "Permission 'iam.serviceaccounts.actAs' denied on service account job@p.iam.gserviceaccount.com",
            "cannot be run as its account",
            "serviceAccountUser",
            id="no-right-to-act-as-the-account",
        ),
        pytest.param(
            403, "This API method requires billing to be enabled.", "billing is not in order", "billing", id="billing"
        ),
        pytest.param(
            404, "Resource 'j' of kind 'JOB' in region 'l' does not exist.", "no training job", "release", id="no-job"
        ),
        pytest.param(400, "Invalid override: timeout.", "did not take the training", "training job", id="bad-override"),
        pytest.param(
            400, "Image 'x.pkg.dev/p/training:1' not found.", "image was not found", "release it again", id="no-image"
        ),
        pytest.param(400, "Job is not ready.", "did not take", "training job", id="failed-precondition"),
        pytest.param(
            401, "Request had invalid authentication credentials.", "does not know who asks", "account", id="nobody"
        ),
        pytest.param(
            403,
            "Permission 'run.jobs.runWithOverrides' denied on resource 'projects/billing-1/locations/l/jobs/my-image'.",
            "may not start the training",
            "run.jobs.runWithOverrides",
            id="no-right-in-a-project-and-a-job-of-misleading-names",
        ),
        pytest.param(
            403,
            "Cloud Run Admin API has not been used in project 1 before or it is disabled.",
            "not switched on",
            "run.googleapis.com",
            id="no-api",
        ),
        pytest.param(
            400,
            "Quota violated: CpuAllocPerProjectRegion requested: 8 allowed: 4",
            "more than the project's quota allows",
            "quotas",
            id="too-much",
        ),
        pytest.param(413, "Too large.", "did not take", "training job", id="any-other-refusal"),
    ],
)
def test_a_refused_launch_says_why_and_whom_to_ask(status: int, said: str, what: str, todo: str) -> None:
    told = refusal(google.from_http_status(status, POST + said))
    assert isinstance(told, Refused)
    assert what in told.what and f"“{said}”" in told.what
    assert todo in told.todo and "whoever runs this service" in told.todo
    assert str(status) in told.detail


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'."),
        (429, ""),
        (409, "Conflict for resource 'j': version '1' was specified but current version is '2'."),
        (403, "Quota exceeded for quota metric 'Job run requests' (RATE_LIMIT_EXCEEDED)."),
    ],
)
def test_no_room_is_no_refusal(status: int, said: str) -> None:
    told = refusal(google.from_http_status(status, POST + said))
    assert isinstance(told, NoRoom)
    assert said in told.what


@pytest.mark.parametrize("status", [302, 408, 499, 500, 502, 503, 504])
def test_what_proves_nothing_stays_undecided(status: int) -> None:
    assert refusal(google.from_http_status(status, "Try again.")) is None


@pytest.mark.parametrize(
    ("reason", "said", "what", "todo"),
    [
        ("CONTAINER_MISSING", "", "image was not found", "release"),
        ("", "Image 'europe-docker.pkg.dev/p/mmm/training@sha256:0' not found.", "image was not found", "release"),
        ("CONTAINER_PERMISSION_DENIED", "", "may not use the training's image", "artifactregistry.reader"),
        ("CONTAINER_IMAGE_UNAUTHORIZED", "", "may not use the training's image", "artifactregistry.reader"),
        ("SECRETS_ACCESS_CHECK_FAILED", "Permission denied on secret: s.", "may not read a secret", "secretAccessor"),
        ("", "Permission denied on secret: projects/1/secrets/s/versions/1", "may not read a secret", "secretAccessor"),
        ("ENCRYPTION_KEY_PERMISSION_DENIED", "", "may not use the key", "service agent"),
        ("VPC_NETWORK_NOT_FOUND", "", "network", "correct the network"),
    ],
)
def test_what_is_missing_lasts_until_somebody_mends_it(reason: str, said: str, what: str, todo: str) -> None:
    cause = why_it_failed(reason, said)
    assert cause.lasting and what in cause.what and todo in cause.todo


@pytest.mark.parametrize(
    "said",
    [
        "",
        "The container exited with an error.",
        "Task mmm-training-x-task0 failed with message: The container exited with an error.",
        "The container was terminated by a maintenance event.",
        "Internal error occurred while performing container execution.",
        "Terminating task because it has reached the maximum timeout of 600 seconds.",
        "Quota exceeded for total allowable CPU per project per region.",
    ],
)
def test_what_may_pass_is_worth_another_attempt(said: str) -> None:
    assert not why_it_failed("", said).lasting and not why_it_failed("NON_ZERO_EXIT_CODE", said).lasting


@pytest.mark.parametrize(
    "said",
    [
        "Memory limit of 512 MiB exceeded with 516 MiB used. Consider increasing the memory limit.",
        "Memory limit of 953M exceeded with 967M used.",
        "The container exceeded its memory limit.",
        "The user-provided container ran out of memory.",
        "Out-of-memory event detected in container",
        "The configured memory limit was reached.",
        "Container was OOMKilled.",
        "The container instance was found to be using too much memory and was terminated.",
    ],
)
def test_lack_of_memory_is_known_by_what_cloud_run_says(said: str) -> None:
    assert is_lack_of_memory(said)


@pytest.mark.parametrize(
    "said", ["", "Container terminated on signal 9.", "The container exited with an error.", "room"]
)
def test_a_kill_alone_is_no_lack_of_memory(said: str) -> None:
    assert not is_lack_of_memory(said)
    assert not Execution("e", "FAILED", datetime.now(UTC), None, 9, said).lacked_memory


@pytest.mark.parametrize(
    ("said", "lacked"),
    [
        ("Terminating task because it has reached the maximum timeout of 600 seconds.", True),
        ("The task ran longer than its timeout.", True),
        ("The configured timeout was reached.", True),
        ("The container exited with an error.", False),
        ("Container called exit(1) after timeout handling.", False),
    ],
)
def test_lack_of_time_is_known_by_what_cloud_run_says(said: str, lacked: bool) -> None:
    assert is_lack_of_time(said) == lacked


def test_words_are_one_line_of_bounded_length_without_secrets() -> None:
    assert words(" a\nb\x00\tc\u202e ") == "a b c"
    assert len(words("x" * 5000)) == LONGEST
    assert "ya29" not in words("token ya29.abcdefghijkl given")
    assert quoted(" \n ") == "" and quoted("No.") == " Cloud Run says: “No.”"


def read(execution: run_v2.Execution, *results: run_v2.TaskAttemptResult) -> Execution:
    """What our client makes of an execution and of how its tasks ended."""
    jobs = Jobs.__new__(Jobs)
    jobs._results = lambda name: list(results)  # type: ignore[method-assign]
    return jobs._read(execution)


def condition(kind: str, state: Any, message: str = "", **more: Any) -> run_v2.Condition:
    return run_v2.Condition(type_=kind, state=state, message=message, **more)


ENDED = {"completion_time": datetime.now(UTC) - timedelta(minutes=1), "task_count": 1}


def test_an_exit_code_that_was_never_set_is_not_told() -> None:
    failed = run_v2.Execution(name="e", failed_count=1, **ENDED)
    assert read(failed, run_v2.TaskAttemptResult()).exit_code is None
    assert read(failed).exit_code is None
    assert read(failed, run_v2.TaskAttemptResult(exit_code=3)).exit_code == 3
    killed = read(failed, run_v2.TaskAttemptResult(term_signal=9))
    assert (killed.exit_code, killed.signal, killed.killed) == (None, 9, True)
    assert [read(failed, run_v2.TaskAttemptResult(exit_code=code)).ended_by for code in (1, 137, 143)] == [None, 9, 15]


def test_the_words_of_the_conditions_and_of_the_task_are_told_once() -> None:
    said = "The container exited with an error."
    whole = f"Task j-task0 failed with message: {said}"
    failed = run_v2.Execution(
        name="e", failed_count=1, conditions=[condition("Completed", State.CONDITION_FAILED, whole)], **ENDED
    )
    found = read(
        failed, run_v2.TaskAttemptResult(exit_code=1, status={"message": "The container exited with an error."})
    )
    assert found.message == said
    other = read(failed, run_v2.TaskAttemptResult(term_signal=9, status={"message": "Memory limit of 1 GiB exceeded."}))
    assert other.message == f"{said} Memory limit of 1 GiB exceeded." and other.lacked_memory


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "never-ended"])
def test_an_execution_whose_image_is_missing_has_failed_whether_or_not_it_ended(ended: bool) -> None:
    said = "Image 'x' not found."
    broken = condition("ResourcesAvailable", State.CONDITION_FAILED, said, reason=Reason.CONTAINER_MISSING)
    found = read(run_v2.Execution(name="e", conditions=[broken], **(ENDED if ended else {"task_count": 1})))
    assert (found.state, found.reason, found.message) == ("FAILED", "CONTAINER_MISSING", said)
    assert found.cause.lasting


def test_a_warning_of_a_retry_ends_nothing() -> None:
    retried = condition("Retry", State.CONDITION_FAILED, "System will retry.", severity=run_v2.Condition.Severity.INFO)
    assert read(run_v2.Execution(name="e", task_count=1, conditions=[retried])).state == "RUNNING"


def test_what_an_execution_waits_for_is_told() -> None:
    waiting = [
        condition("Completed", State.CONDITION_RECONCILING, "Waiting for execution to complete."),
        condition("ResourcesAvailable", State.CONDITION_PENDING, "Waiting for capacity."),
    ]
    found = read(run_v2.Execution(name="e", task_count=1, conditions=waiting))
    assert (found.state, found.message) == ("RUNNING", "Waiting for capacity.")
