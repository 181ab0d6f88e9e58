"""What the Google stand-in promises where a team relies on it: a word at the door, and no training nobody knows of."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from engine.cloud.storage import Storage
from local import workspace
from local.google.app import Project, create_app
from local.google.executions import Executions, Process
from local.serving import free_port, serving
from tests.words import WORD

pytestmark = pytest.mark.slow

JOB = "projects/p/locations/r/jobs/j"


def waited(check: Callable[[], object]) -> None:
    """Wait until `check` is true."""
    until = time.monotonic() + 10
    while not check():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    app = create_app(tmp_path, public_url=address, project=Project(word=WORD, durable=True, job_command=["true"]))
    with serving(app, port):
        yield address


@pytest.mark.parametrize(
    "path",
    [
        f"/storage/v1/b/{workspace.BUCKET}/o",
        f"/v1/projects/{workspace.PROJECT}/secrets/slack-bot-token/versions/latest:access",
        f"/v2/projects/{workspace.PROJECT}/locations/{workspace.REGION}/queues/mmm-stage/tasks",
        "/computeMetadata/v1/instance/service-accounts/default/token",
        "/as/x@example.com/computeMetadata/v1/instance/service-accounts/default/token",
        "/door/other/computeMetadata/v1/instance/service-accounts/default/token",
    ],
)
def test_who_does_not_know_the_word_learns_nothing(url: str, path: str) -> None:
    assert httpx.get(url + path).status_code == 401
    assert httpx.get(url + path, headers={"Authorization": "Bearer local-access-token"}).status_code == 401


def test_who_knows_the_word_gets_the_token_that_opens_the_rest(url: str) -> None:
    asked = httpx.get(
        f"{url}/door/{WORD}/computeMetadata/v1/instance/service-accounts/default/token",
        headers={"Metadata-Flavor": "Google"},
    )
    headers = {"Authorization": f"Bearer {asked.json()['access_token']}"}
    assert httpx.get(f"{url}/storage/v1/b/{workspace.BUCKET}/o", headers=headers).json() == {"kind": "storage#objects"}
    assert httpx.get(f"{url}/oauth2/v1/certs", headers=headers).is_success


def test_the_real_client_finds_its_way_through_the_door(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    host = url.removeprefix("http://")
    monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", f"{host}/door/{WORD}")
    monkeypatch.setenv("GCE_METADATA_HOST", f"{host}/door/{WORD}")
    monkeypatch.setenv("GCE_METADATA_IP", f"{host}/door/{WORD}")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nonexistent")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    storage = Storage(workspace.BUCKET, project=workspace.PROJECT, url=url, deadline=3)
    storage.create("a.json", {"a": 1})
    found = storage.read("a.json")
    assert found is not None and found.body == {"a": 1}
    storage.close()


@pytest.fixture
def executions(tmp_path: Path) -> Iterator[Executions]:
    script = "sleep 60 & echo $! > child; wait"
    made = Executions(tmp_path, ["/bin/sh", "-c", script], {}, tmp_path)
    yield made
    made.stop()


def _child(folder: Path) -> int:
    waited(lambda: (folder / "child").exists() and (folder / "child").read_text().strip())
    return int((folder / "child").read_text())


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_killed_training_started_dies_with_it(executions: Executions, tmp_path: Path) -> None:
    process = executions.start(JOB, {}, 60)
    child = _child(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    waited(lambda: not _is_running(executions, process))
    waited(lambda: not _alive(child))


def test_a_next_server_takes_a_running_training_over_and_can_end_it(executions: Executions, tmp_path: Path) -> None:
    process = executions.start(JOB, {}, 60)
    child = _child(tmp_path)
    successor = Executions(tmp_path, ["true"], {}, tmp_path)
    successor.look()
    assert [one.name for one in successor.running()] == [process.name]
    successor.cancel(process.name)
    executions._children[process.name].wait(10)  # the killed server would have left it to init
    waited(lambda: not _is_running(successor, process))
    waited(lambda: not _alive(child))
    successor.stop()


def test_a_training_of_another_boot_is_over_although_its_number_is_in_use(tmp_path: Path) -> None:
    old = Executions(tmp_path, ["true"], {}, tmp_path)
    ours = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    old._save(Process(f"{JOB}/executions/a", {}, time.time(), 60, pid=os.getpid(), started=f"another-boot/{ours}"))
    old._save(Process(f"{JOB}/executions/b", {}, time.time(), 60))
    old.look()
    assert old.running() == []
    assert {one.term_signal for one in old.newest_first()} == {signal.SIGKILL}
    old.stop()


def test_a_training_that_was_never_recorded_never_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Executions(tmp_path, ["/bin/sh", "-c", "echo began > began"], {}, tmp_path)

    def die(process: Process) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(made, "_save", die)
    with pytest.raises(KeyboardInterrupt):
        made.start(JOB, {}, 60)
    [child] = made._children.values()
    assert child.stdin is not None
    child.stdin.close()  # what the kernel does for a server that is killed
    assert child.wait(5) != 0
    assert not (tmp_path / "began").exists()
    monkeypatch.undo()
    made.stop()


def _is_running(executions: Executions, process: Process) -> bool:
    executions.look()
    return process.name in {one.name for one in executions.running()}
