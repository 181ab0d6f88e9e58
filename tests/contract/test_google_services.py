"""Tasks, Run Jobs, secrets and identity, through the real clients, against the stand-in."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.cloud.identity import Identity
from engine.errors import Ambiguous, BadSettings, Denied, Refused, Unavailable
from local import workspace
from local.faults import Fault
from local.google.identity import KEY_ID, Identities
from local.serving import free_port, serving
from tests.local_google import Google, google
from tests.words import WORD

pytestmark = pytest.mark.slow

SLEEPER = (
    "import time, os, sys; sys.exit(int(os.environ['MMM_CODE'])) if os.environ.get('MMM_CODE') else time.sleep(60)"
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    state = tmp_path_factory.mktemp("google")
    with google(state, job_command=[sys.executable, "-c", SLEEPER]) as running:
        yield running


def until(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait for something true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


class Worker:
    """A worker that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.answers: list[int] = []
        self.app = Starlette(routes=[Route("/tasks/{step}", self.step, methods=["POST"])])

    async def step(self, request: Request) -> Response:
        self.calls.append((request.path_params["step"], await request.json(), dict(request.headers)))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
def worker() -> Iterator[tuple[str, Worker]]:
    made = Worker()
    with serving(made.app) as url:
        yield url, made


def test_a_task_arrives_with_its_payload_and_a_token_of_the_right_account(
    cloud: Google, worker: tuple[str, Worker]
) -> None:
    url, calls = worker
    cloud.tasks(url).enqueue("stage", "stage", {"run": "r1"}, key="arrives")
    until(lambda: calls.calls)
    step, payload, headers = calls.calls[0]
    assert (step, payload) == ("stage", {"run": "r1"})
    account = cloud.identity().verify(headers["authorization"], url, (workspace.TASKS_ACCOUNT,))
    assert account == workspace.TASKS_ACCOUNT


def test_the_same_key_is_sent_once_even_when_the_reply_was_lost(cloud: Google, worker: tuple[str, Worker]) -> None:
    url, calls = worker
    cloud.faults.add(Fault("tasks.create", "after", status=503))
    for _ in range(3):
        cloud.tasks(url).enqueue("launch", "launch", {"run": "r1"}, key="once")
    until(lambda: calls.calls)
    time.sleep(0.3)
    assert len(calls.calls) == 1
    cloud.tasks(url).enqueue("launch", "launch", {"run": "r1"}, key="once")
    time.sleep(0.2)
    assert len(calls.calls) == 1


def test_a_failing_step_is_tried_again(cloud: Google, worker: tuple[str, Worker]) -> None:
    url, calls = worker
    calls.answers = [500, 503, 200]
    cloud.tasks(url).enqueue("watch", "watch", {"run": "r1"}, key="again")
    until(lambda: len(calls.calls) == 3)
    assert calls.calls[2][2]["x-cloudtasks-taskretrycount"] == "2"


def test_a_delayed_task_waits(cloud: Google, worker: tuple[str, Worker]) -> None:
    url, calls = worker
    start = time.monotonic()
    cloud.tasks(url).enqueue("notify", "notify", {"key": "k"}, key="later", delay=0.6)
    until(lambda: calls.calls)
    assert time.monotonic() - start > 0.5


def test_tasks_survive_a_restart(tmp_path: Path, worker: tuple[str, Worker]) -> None:
    url, calls = worker
    with google(tmp_path) as first:
        first.tasks(url).enqueue("stage", "stage", {"run": "kept"}, key="kept", delay=1.0)
    assert not calls.calls
    with google(tmp_path):
        until(lambda: calls.calls)


def test_queueing_fails_loudly_when_the_service_is_away(cloud: Google, worker: tuple[str, Worker]) -> None:
    cloud.faults.add(Fault("tasks.create", "before", times=10))
    with pytest.raises(Unavailable):
        cloud.tasks(worker[0]).enqueue("stage", "stage", {}, key="away")
    cloud.faults.clear()


def test_an_execution_runs_and_ends_as_its_exit_code_says(cloud: Google) -> None:
    jobs = cloud.jobs()
    good, bad = jobs.run({"MMM_CODE": "0"}, 60), jobs.run({"MMM_CODE": "3"}, 60)
    until(lambda: jobs.execution(good).state != "RUNNING" and jobs.execution(bad).state != "RUNNING")  # type: ignore[union-attr]
    found = jobs.execution(bad)
    assert jobs.execution(good).state == "SUCCEEDED"  # type: ignore[union-attr]
    assert found is not None and (found.state, found.exit_code, found.signal) == ("FAILED", 3, None)


def test_a_cancelled_execution_is_cancelled_and_its_process_gone(cloud: Google) -> None:
    jobs = cloud.jobs()
    name = jobs.run({"MMM_RUN": "r9"}, 60)
    assert jobs.execution(name).state == "RUNNING"  # type: ignore[union-attr]
    jobs.cancel(name)
    until(lambda: jobs.execution(name).state == "CANCELLED")  # type: ignore[union-attr]
    jobs.cancel(name)


def test_a_task_beyond_its_timeout_is_ended(cloud: Google) -> None:
    jobs = cloud.jobs()
    name = jobs.run({}, 1)
    found = until(lambda: (one := jobs.execution(name)) and one.state != "RUNNING" and one)
    assert (found.state, found.signal) == ("FAILED", signal.SIGTERM)


def test_an_execution_is_found_by_its_environment(cloud: Google) -> None:
    jobs = cloud.jobs()
    since = datetime.now(UTC) - timedelta(minutes=1)
    name = jobs.run({"MMM_CODE": "0", "MMM_RUN": "r7", "MMM_ATTEMPT": "1"}, 60)
    found = jobs.find({"MMM_RUN": "r7", "MMM_ATTEMPT": "1"}, since)
    assert found is not None and found.name == name
    assert jobs.find({"MMM_RUN": "r7", "MMM_ATTEMPT": "2"}, since) is None
    assert jobs.find({"MMM_RUN": "r7"}, datetime.now(UTC) + timedelta(minutes=1)) is None


def test_a_lost_launch_reply_is_ambiguous_and_the_execution_is_there(cloud: Google) -> None:
    cloud.faults.add(Fault("run.jobs.run", "after", status=503))
    with pytest.raises(Ambiguous):
        cloud.jobs().run({"MMM_CODE": "0", "MMM_RUN": "lost"}, 60)
    assert cloud.jobs().find({"MMM_RUN": "lost"}, datetime.now(UTC) - timedelta(minutes=1)) is not None


def test_a_forbidden_launch_is_refused_for_good(cloud: Google) -> None:
    cloud.faults.add(Fault("run.jobs.run", "before", status=403))
    with pytest.raises(Refused):
        cloud.jobs().run({}, 60)


def test_an_unknown_execution_is_none(cloud: Google) -> None:
    jobs = cloud.jobs()
    assert (
        jobs.execution(f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}/executions/x")
        is None
    )


def test_stopping_the_machine_ends_its_executions(tmp_path: Path) -> None:
    with google(tmp_path, job_command=[sys.executable, "-c", SLEEPER]) as first:
        name = first.jobs().run({}, 60)
    with google(tmp_path) as second:
        found = second.jobs().execution(name)
    assert found is not None and (found.state, found.signal) == ("FAILED", signal.SIGTERM)


def test_secrets_are_read_once_and_again_after_a_refresh(cloud: Google) -> None:
    (cloud.state / "secrets" / "token").write_text("one")
    secrets, reference = cloud.secrets(), f"projects/{workspace.PROJECT}/secrets/token/versions/latest"
    assert secrets.read(reference) == "one"
    (cloud.state / "secrets" / "token").write_text("two")
    assert secrets.read(reference) == "one"
    assert secrets.refresh(reference) == "two"


def test_while_no_secret_can_be_read_the_last_known_one_serves(cloud: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.cloud.secrets.KEPT_SECONDS", 0.0)
    (cloud.state / "secrets" / "token").write_text("known")
    secrets, reference = cloud.secrets(), f"projects/{workspace.PROJECT}/secrets/token/versions/latest"
    assert secrets.read(reference) == "known"
    cloud.faults.add(Fault("secrets.access", "before", times=2, status=501))  # not worth a second try
    assert secrets.read(reference) == "known"
    with pytest.raises(Unavailable):
        cloud.secrets().read(reference)


def test_a_refresh_that_finds_nobody_leaves_the_last_known_secret(cloud: Google) -> None:
    (cloud.state / "secrets" / "token").write_text("known")
    secrets, reference = cloud.secrets(), f"projects/{workspace.PROJECT}/secrets/token/versions/latest"
    assert secrets.read(reference) == "known"
    cloud.faults.add(Fault("secrets.access", "before", times=1, status=501))
    assert secrets.refresh(reference) == "known"


@pytest.mark.parametrize("status", [503, 0], ids=["answered 503", "connection dropped"])
def test_what_only_reads_is_asked_again(cloud: Google, status: int) -> None:
    jobs, secrets = cloud.jobs(), cloud.secrets()
    name = jobs.run({"MMM_CODE": "0", "MMM_RUN": f"again-{status}"}, 60)
    cloud.faults.add(Fault("run.executions.*", "before", status=status))
    assert jobs.execution(name) is not None
    cloud.faults.add(Fault("run.executions.*", "before", status=status))
    assert jobs.find({"MMM_RUN": f"again-{status}"}, datetime.now(UTC) - timedelta(minutes=1)) is not None
    (cloud.state / "secrets" / "token").write_text("found")
    cloud.faults.add(Fault("secrets.access", "before", status=status))
    assert secrets.read(f"projects/{workspace.PROJECT}/secrets/token/versions/latest") == "found"


def test_missing_secrets_say_which_and_what_to_do(cloud: Google, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="secrets/none/"):
        cloud.secrets().read(f"projects/{workspace.PROJECT}/secrets/none/versions/latest")
    with pytest.raises(BadSettings, match="Mount it"):
        cloud.secrets().read(f"file:{tmp_path}/none")
    (tmp_path / "mounted").write_text("value\n")
    assert cloud.secrets().read(f"file:{tmp_path}/mounted") == "value"


def test_our_own_token_is_accepted_by_its_audience_only(cloud: Google) -> None:
    identity = cloud.identity()
    bearer = f"Bearer {identity.token('https://worker')}"
    assert identity.verify(bearer, "https://worker", (workspace.SERVICES_ACCOUNT,)) == workspace.SERVICES_ACCOUNT
    with pytest.raises(Denied):
        identity.verify(bearer, "https://other", (workspace.SERVICES_ACCOUNT,))


def forged(cloud: Google, **changes: Any) -> str:
    """A token signed with the real key, its claims changed; None removes one."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "https://accounts.google.com",
        "aud": "https://worker",
        "iat": now,
        "exp": now + 60,
    }
    claims |= {"email": workspace.TASKS_ACCOUNT, "email_verified": True, "sub": "x"}
    claims = {key: value for key, value in {**claims, **changes}.items() if value is not None}
    key = Identities(cloud.state, project="p", account="a", word=WORD)._key
    return "Bearer " + jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "https://other"},
        {"email": "else@evil.example"},
        {"email": None},
        {"email_verified": False},
        {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
    ],
    ids=["issuer", "audience", "account", "no account", "unverified", "expired"],
)
def test_f29_a_token_with_one_wrong_claim_is_denied(cloud: Google, changes: dict[str, Any]) -> None:
    good = cloud.identity().verify(forged(cloud), "https://worker", (workspace.TASKS_ACCOUNT,))
    assert good == workspace.TASKS_ACCOUNT
    with pytest.raises(Denied):
        cloud.identity().verify(forged(cloud, **changes), "https://worker", (workspace.TASKS_ACCOUNT,))


@pytest.mark.parametrize("bearer", ["", "Basic x", "Bearer", "Bearer not.a.token", "Bearer é"], ids=repr)
def test_f29_what_is_no_token_is_denied(cloud: Google, bearer: str) -> None:
    with pytest.raises(Denied):
        cloud.identity().verify(bearer, "https://worker", (workspace.TASKS_ACCOUNT,))


def test_f29_a_token_signed_by_another_key_is_denied(cloud: Google) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for kid in (KEY_ID, "unknown"):
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": "w", "iat": now, "exp": now + 60, "email_verified": True}
        token = jwt.encode({**claims, "email": "tasks@x"}, key, algorithm="RS256", headers={"kid": kid})
        with pytest.raises(Denied):
            cloud.identity().verify(f"Bearer {token}", "w", ("tasks@x",))


def test_tokens_cannot_be_checked_without_the_keys() -> None:
    away = Identity(certs_url=f"http://127.0.0.1:{free_port()}/certs", issuer="x", timeout=1)
    token = jwt.encode({}, rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256", {"kid": "k"})
    with pytest.raises(Unavailable):
        away.verify(f"Bearer {token}", "w", ("x",))
    with pytest.raises(Denied):
        away.verify("Bearer a.b.c", "w", ("x",))


def test_faults_can_be_planned_over_http(cloud: Google) -> None:
    import httpx

    body = json.loads(httpx.post(f"{cloud.url}/_local/faults", json={"match": "x.*", "kind": "before"}).text)
    assert body[0]["match"] == "x.*"
    assert httpx.delete(f"{cloud.url}/_local/faults").json() == []
