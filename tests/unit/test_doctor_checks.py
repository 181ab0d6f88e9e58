"""The doctor beside a server that is down, a worker that believes anybody, and tasks that do not arrive."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import cli
from bot.admin.doctor import look_from_here
from engine import paths
from engine.clock import SystemClock
from engine.cloud.tasks import Attempts
from engine.doctor import delivery, trainers, worker
from engine.doctor.report import Finding, Verdict
from engine.doctor.subject import Subject
from engine.errors import BadSettings, NotFound, Refused, Unavailable
from engine.pipeline.knock import knock
from engine.settings import Settings
from local.addresses import Addresses
from local.doctor import embedded
from local.embedded import environment
from local.embedded.folder import Folder
from local.environment import service_environment
from local.serving import free_ports
from tests.words import WORD


@pytest.fixture(autouse=True)
def robyn_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """To ask R takes seconds."""
    monkeypatch.setattr(environment, "missing", lambda: ())
    monkeypatch.setattr(trainers, "missing", lambda within: ())


def set_environment(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)


# What is down


def test_a_stack_that_is_down_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    base = free_ports(5)
    set_environment(monkeypatch, service_environment(Addresses(base, WORD), admins=("U0ANA",)))
    report = look_from_here()
    [down] = report.with_verdict(Verdict.FAILED)
    assert down.check == "server"
    assert down.found.startswith(f"The server is down: nothing listens at 127.0.0.1:{base} (Slack's stand-in), ")
    assert (
        f"127.0.0.1:{base + 1} (Google's stand-in)" in down.found and f"127.0.0.1:{base + 4} (the worker)" in down.found
    )
    assert "--port" in down.fix and not report.healthy
    assert {"settings", "disk"} <= {one.check for one in report.findings}, "what needs nobody is looked at"
    assert not [one for one in report.findings if one.check in ("bucket", "worker", "identity", "queue stage")]


def test_a_server_that_is_down_is_told_in_one_line_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = team_folder(tmp_path, port=free_ports(5))
    monkeypatch.setenv("MMM_SLACK_URL", f"http://127.0.0.1:{free_ports(1)}/api/")
    monkeypatch.setenv("MMM_ADMINS", '["U0ANA"]')
    # The command makes the environment that of the server.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert cli.main(["doctor", "--embedded", "--state", str(folder.path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    assert len(failed) == 1 and "The server is down: nothing listens at" in failed[0]
    assert f"mmm serve all --embedded --state {folder.path}" in lines[lines.index(failed[0]) + 1]


def team_folder(path: Path, **known: Any) -> Folder:
    """A folder as a server leaves it that was stopped."""
    folder = Folder(path / "state")
    folder.prepare()
    folder.the_word()
    for name, token in (("slack-bot-token", "xoxb-1-x"), ("slack-app-token", "xapp-1-x")):
        (folder.secrets / name).write_text(token)
        (folder.secrets / name).chmod(0o600)
    folder.write(workspace="T0MMMLOCAL", **known)
    return folder


# What the server runs with


def env_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_doctor_looks_where_the_server_runs_with_what_it_was_told(tmp_path: Path) -> None:
    told = env_file(
        tmp_path / "mmm.env", 'MMM_MAX_RUNNING=3\nMMM_ADMINS=["U1"]\nMMM_SLACK_BOT_TOKEN=xoxb-in-the-file\n'
    )
    folder = team_folder(tmp_path, port=9100, env_file=str(told))
    shell = {"PATH": "/bin", "MMM_MAX_RUNNING": "9", "GOOGLE_APPLICATION_CREDENTIALS": "/mine.json"}
    seen = embedded(folder.path, None, None, shell)
    assert seen["MMM_STORAGE_URL"] == "http://127.0.0.1:9101" and seen["MMM_WORKER_URL"] == "http://127.0.0.1:9104"
    assert seen["MMM_MAX_RUNNING"] == "3" and seen["MMM_ADMINS"] == '["U1"]'
    assert seen["MMM_SLACK_TOKEN_SECRET"] == f"file:{folder.secrets / 'slack-bot-token'}"
    assert "xoxb-in-the-file" not in str(seen), "tokens are read where the server keeps them"
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in seen, "the server does not use it"
    assert seen["MMM_TOKENS_CHECKED_BY"] == "worker" and seen["PATH"] == "/bin"


def test_what_is_given_here_goes_before_what_the_server_was_told(tmp_path: Path) -> None:
    first, second = (env_file(tmp_path / name, f"MMM_MAX_RUNNING={n}") for name, n in (("a", 1), ("b", 2)))
    folder = team_folder(tmp_path, port=9100, env_file=str(first))
    seen = embedded(folder.path, 9300, second, {})
    assert (seen["MMM_MAX_RUNNING"], seen["MMM_TASKS_URL"]) == ("2", "http://127.0.0.1:9301")
    assert embedded(team_folder(tmp_path / "old").path, None, None, {})["MMM_TASKS_URL"] == "http://127.0.0.1:8431"


def test_a_file_that_is_gone_or_open_is_named(tmp_path: Path) -> None:
    folder = team_folder(tmp_path, env_file=str(tmp_path / "gone"))
    with pytest.raises(BadSettings, match="gone cannot be read"):
        embedded(folder.path, None, None, {})
    (tmp_path / "open").write_text("A=1")
    (tmp_path / "open").chmod(0o644)
    with pytest.raises(BadSettings, match="Others can read"):
        embedded(folder.path, None, tmp_path / "open", {})


# The worker's door


class _Worker(BaseHTTPRequestHandler):
    """Answers as a worker does that believes `believes`, and whose health is open."""

    server: Any

    def do_GET(self) -> None:
        self.answer(200, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        token = self.headers.get("authorization", "")
        self.answer(404 if self.server.believes(token) else 401, {"error": "There is no step none."})

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def a_worker(believes: Callable[[str], bool]) -> Iterator[str]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Worker)
    server.believes = believes
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


GIVEN = Settings(
    workspace="T0", project="p", bucket="b", worker_url="https://worker.example", tasks_account="tasks@p.example",
    slack_signing_secret="file:x", slack_token_secret="file:x",
)  # fmt: skip


def subject(cloud: Any = None, **changes: Any) -> Subject:
    return Subject(GIVEN.model_copy(update=changes), cloud, SystemClock(), {})


@pytest.mark.parametrize(
    ("believes", "verdict", "said"),
    [
        (lambda token: False, Verdict.OK, "turns away who shows no token"),
        (
            lambda token: token.endswith(".SIGNATURE_REMOVED_BY_GOOGLE"),
            Verdict.FAILED,
            "takes a token that nobody signed",
        ),
        (lambda token: True, Verdict.FAILED, "answers 404 to a call without a token"),
    ],
    ids=["a sound one", "one that believes what nobody checked", "one that is open"],
)
def test_a_worker_that_believes_anybody_is_found_out(
    believes: Callable[[str], bool], verdict: Verdict, said: str
) -> None:
    def no_token(audience: str) -> str:
        raise Unavailable("No identity token could be had.")

    with a_worker(believes) as url:
        cloud: Any = SimpleNamespace(identity=SimpleNamespace(token=no_token))
        [finding] = worker.look_at_worker(subject(cloud, worker_url=url))
    assert finding.verdict is verdict and said in finding.found


# Tasks


ON_ITS_WAY = Attempts(0, "")


class _Queue:
    """Cloud Tasks and Cloud Storage as far as the check goes; `deliver` is what becomes of a task."""

    def __init__(
        self, deliver: Callable[["_Queue", dict[str, Any]], None], attempts: Attempts | Exception = ON_ITS_WAY
    ) -> None:
        self.deliver = deliver
        self.seen: Attempts | Exception | None = attempts
        self.state: str | Exception = "RUNNING"
        self.objects: dict[str, Any] = {}
        self.forgotten: list[str] = []
        self.tasks = self.storage = self

    def queue_name(self, queue: str) -> str:
        return f"projects/p/locations/r/queues/mmm-{queue}"

    def queue_state(self, queue: str) -> str:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    def enqueue(self, queue: str, step: str, payload: dict[str, Any], *, key: str) -> None:
        assert (queue, step) == ("notify", "knock")
        self.deliver(self, payload)

    def attempts(self, queue: str, key: str) -> Attempts | None:
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen

    def forget(self, queue: str, key: str) -> None:
        self.forgotten.append(key)

    def create(self, path: str, body: Any, *, passing: bool) -> None:
        assert passing, "nobody needs it afterwards"
        self.objects[path] = body

    def delete(self, path: str) -> bool:
        return self.objects.pop(path, None) is not None


def arrives(queue: _Queue, payload: dict[str, Any]) -> None:
    knock(queue, SystemClock(), payload["key"], payload["until"])  # type: ignore[arg-type]


def is_done(queue: _Queue, payload: dict[str, Any]) -> None:
    """The worker took it, and its mark is not seen: the bucket is another."""
    queue.seen = None


def is_lost(queue: _Queue, payload: dict[str, Any]) -> None:
    pass


def is_refused(queue: _Queue, payload: dict[str, Any]) -> None:
    raise Refused("The next step could not be queued.", detail="lacks iam.serviceAccounts.actAs")


def looked(queue: _Queue, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Finding:
    monkeypatch.setattr(delivery, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0.01)
    [finding] = delivery.look(subject(queue, **changes))
    return finding


NOT_MINE = Refused("Cloud Tasks refused.")


@pytest.mark.parametrize("deliver", [arrives, is_done])
@pytest.mark.parametrize("seen", [ON_ITS_WAY, NOT_MINE], ids=["may look", "may not look"])
def test_a_task_that_arrives_proves_that_its_token_is_taken(
    deliver: Callable[[_Queue, dict[str, Any]], None], seen: Attempts | Exception
) -> None:
    queue = _Queue(deliver, seen)
    [finding] = delivery.look(subject(queue))
    assert (finding.verdict, queue.objects, queue.forgotten) == (Verdict.OK, {}, [])
    assert "went through the queue mmm-notify, and the worker took its token" in finding.found


@pytest.mark.parametrize(
    ("answer", "said", "fix"),
    [
        (
            "UNAUTHENTICATED(16): HTTP status code 401",
            "does not take what the queue",
            "MMM_TOKENS_CHECKED_BY=cloud_run",
        ),
        ("PERMISSION_DENIED(7): HTTP status code 403", "does not take what the queue", "roles/run.invoker"),
        ("NOT_FOUND(5): HTTP status code 404", "does not take what the queue", "MMM_WORKER_URL"),
        ("INTERNAL(13): HTTP status code 500", "does not take what the queue", "its log says more"),
        ("", "did not reach the worker", "gcloud tasks list --queue=mmm-notify"),
    ],
)
def test_a_task_that_does_not_arrive_is_explained_and_taken_back(
    monkeypatch: pytest.MonkeyPatch, answer: str, said: str, fix: str
) -> None:
    queue = _Queue(is_lost, Attempts(3, answer))
    finding = looked(queue, monkeypatch)
    assert finding.verdict is Verdict.FAILED and said in finding.found and fix in finding.fix
    assert answer in finding.found and len(queue.forgotten) == 1


def test_what_cannot_be_proven_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = _Queue(is_lost)
    queue.state = "PAUSED"
    finding = looked(queue, monkeypatch)
    assert finding.verdict is Verdict.SKIPPED and "cannot be proven now" in finding.found
    queue.state = NotFound("There is no queue.")
    assert looked(queue, monkeypatch).verdict is Verdict.SKIPPED
    refused = looked(_Queue(is_refused), monkeypatch)
    assert refused.verdict is Verdict.FAILED and "actAs" in refused.found and "serviceAccountUser" in refused.fix
    unseen = _Queue(is_lost)
    unseen.state = Refused("Our account may not look.")
    assert "did not reach the worker" in looked(unseen, monkeypatch).found


def test_a_task_that_comes_too_late_or_twice_leaves_nothing_more() -> None:
    queue = _Queue(is_lost)
    now = int(SystemClock().now().timestamp())
    knock(queue, SystemClock(), "late", now - 1)  # type: ignore[arg-type]
    knock(queue, SystemClock(), "../../runs/r1/state", now + 60)  # type: ignore[arg-type]
    assert queue.objects == {}
    knock(queue, SystemClock(), "k", now + 60)  # type: ignore[arg-type]
    assert list(queue.objects) == [paths.probe("k")]
