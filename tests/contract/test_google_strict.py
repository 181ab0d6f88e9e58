"""The stand-in of Google is as strict as the services, and our clients bear what the services do."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.cloud.jobs import Execution
from engine.cloud.storage import Storage
from engine.errors import MmmError, NoRoom, Refused
from engine.job.callback import call_back
from engine.job.settings import JobSettings
from local import workspace
from local.faults import Fault
from local.google.app import Project, create_app
from local.google.queues import NameTaken, QueuedTask, Queues
from local.serving import free_port, serving
from tests.local_google import Google, google
from tests.words import WORD

pytestmark = pytest.mark.slow

ENDS = "import os, sys; sys.exit(int(os.environ.get('MMM_CODE', '0')))"
JOB = f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google(tmp_path_factory.mktemp("google"), job_command=[sys.executable, "-c", ENDS]) as running:
        yield running


def ended(cloud: Google, name: str) -> Execution:
    """An execution once it is over."""
    deadline = time.monotonic() + 10
    while (found := cloud.jobs().execution(name)) is None or found.state == "RUNNING":
        assert time.monotonic() < deadline, "it did not end in time"
        time.sleep(0.02)
    return found


def shown(cloud: Google, name: str) -> dict[str, Any]:
    """An execution as it comes over the wire."""
    body: dict[str, Any] = httpx.get(f"{cloud.url}/v2/{name}").json()
    return body


def test_an_execution_has_a_uid_an_etag_that_changes_and_conditions(cloud: Google) -> None:
    first = httpx.post(f"{cloud.url}/v2/{JOB}:run", json={"overrides": {}}).json()["metadata"]
    name = first["name"]
    assert re.fullmatch(r"[0-9a-f-]{36}", first["uid"])
    ended(cloud, name)
    last = shown(cloud, name)
    assert last["uid"] == first["uid"] and last["etag"] != first["etag"]
    assert {one["type"]: one["state"] for one in last["conditions"]}["Completed"] == "CONDITION_SUCCEEDED"
    assert first["conditions"][0]["state"] == "CONDITION_RECONCILING"


def test_an_execution_is_cancelled_only_as_it_was_when_its_etag_was_read(cloud: Google) -> None:
    made = httpx.post(f"{cloud.url}/v2/{JOB}:run", json={"overrides": {}}).json()["metadata"]
    ended(cloud, made["name"])
    cancel = f"{cloud.url}/v2/{made['name']}:cancel"
    late = httpx.post(cancel, json={"etag": made["etag"]})
    assert (late.status_code, late.json()["error"]["status"]) == (409, "ABORTED")
    assert httpx.post(cancel, json={"etag": shown(cloud, made["name"])["etag"]}).status_code == 200


def test_an_operation_is_named_by_a_uid_and_not_by_its_execution(cloud: Google) -> None:
    made = httpx.post(f"{cloud.url}/v2/{JOB}:run", json={"overrides": {}}).json()
    execution = made["metadata"]["name"]
    assert execution.rsplit("/", 1)[1] not in made["name"]
    again = httpx.get(f"{cloud.url}/v2/{made['name']}").json()
    assert again["metadata"]["name"] == execution and again["metadata"]["uid"]


def test_a_container_that_failed_says_so_in_the_conditions_and_in_its_task(cloud: Google) -> None:
    found = ended(cloud, cloud.jobs().run({"MMM_CODE": "3"}, 60))
    assert (found.state, found.exit_code) == ("FAILED", 3)
    assert found.message == "The container exited with an error."
    summary = shown(cloud, found.name)["conditions"][0]
    assert re.fullmatch(r"Task \S+-task0 failed with message: The container exited with an error\.", summary["message"])
    assert (found.reason, found.cause.lasting) == ("NON_ZERO_EXIT_CODE", False)


def test_words_that_are_planted_are_said_of_the_next_execution_that_fails(cloud: Google) -> None:
    said = "Memory limit of 512 MiB exceeded with 516 MiB used."
    cloud.faults.add(Fault("run.executions.end", "before", body=said))
    found = ended(cloud, cloud.jobs().run({"MMM_CODE": "137"}, 60))
    assert said in found.message and found.lacked_memory and found.killed


def test_an_image_that_is_not_found_is_an_execution_that_cannot_start(cloud: Google) -> None:
    cloud.faults.add(Fault("run.executions.start", "before"))
    found = cloud.jobs().execution(cloud.jobs().run({}, 60))
    assert found is not None
    assert (found.state, found.reason, found.exit_code) == ("FAILED", "CONTAINER_MISSING", None)
    assert "not found" in found.message and found.cause.lasting


def test_any_other_cause_can_be_planted(cloud: Google) -> None:
    told = {"reason": "SECRETS_ACCESS_CHECK_FAILED", "message": "Permission denied on secret: s."}
    cloud.faults.add(Fault("run.executions.start", "before", body=json.dumps(told)))
    found = cloud.jobs().execution(cloud.jobs().run({}, 60))
    assert found is not None and found.message == told["message"] and "secret" in found.cause.what


@pytest.mark.parametrize(
    ("status", "expected", "said"),
    [
        pytest.param(403, Refused, "Permission denied", id="403"),
        pytest.param(404, Refused, "not found", id="404"),
        pytest.param(429, NoRoom, "Quota exceeded", id="429"),
    ],
)
def test_a_refused_launch_is_told_in_the_services_words(
    cloud: Google, status: int, expected: type[MmmError], said: str
) -> None:
    cloud.faults.add(Fault("run.jobs.run", "before", status=status))
    before = len(httpx.get(f"{cloud.url}/v2/{JOB}/executions").json().get("executions", []))
    with pytest.raises(expected) as caught:
        cloud.jobs().run({}, 60)
    assert said in caught.value.what and "http" not in caught.value.what
    assert len(httpx.get(f"{cloud.url}/v2/{JOB}/executions").json().get("executions", [])) == before


def test_the_name_of_a_task_stays_taken_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("local.google.queues.time.time", lambda: now[0])
    queues = Queues(tmp_path)
    task = QueuedTask("q/tasks/a", "q", {}, 0.0, 0.0)
    assert not queues.remove(task.name), "a name is not taken by who deletes what never was"
    queues.add(task)
    queues.remove(task.name)
    for seconds in (0, 3_601, 86_399):
        now[0] = 1_000_000.0 + seconds
        with pytest.raises(NameTaken):
            queues.add(task)
    now[0] = 1_000_000.0 + 86_401
    queues.add(task)
    queues.close()


METADATA = "/computeMetadata/v1/instance/service-accounts/default"
FLAVOR = {"Metadata-Flavor": "Google"}


@pytest.mark.parametrize(
    "path",
    [
        f"{METADATA}/token",
        f"{METADATA}/identity?audience=x",
        f"{METADATA}/",
        "/computeMetadata/v1/project/project-id",
        "/as/a@b/computeMetadata/v1/project/project-id",
    ],
)
def test_the_metadata_server_wants_its_header_and_sends_it(cloud: Google, path: str) -> None:
    for wrong in ({}, {"Metadata-Flavor": "google"}, {**FLAVOR, "X-Forwarded-For": "1.2.3.4"}):
        refused = httpx.get(cloud.url + path, headers=wrong)
        assert (refused.status_code, refused.headers["metadata-flavor"]) == (403, "Google")
        assert "token" not in refused.text
    answer = httpx.get(cloud.url + path, headers=FLAVOR)
    assert (answer.status_code, answer.headers["metadata-flavor"]) == (200, "Google")


def test_an_identity_token_is_for_somebody(cloud: Google) -> None:
    assert httpx.get(f"{cloud.url}{METADATA}/identity", headers=FLAVOR).status_code == 400


class WithoutHeaders:
    """A proxy that drops what Cloud Storage says about an object beside its bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if not name.lower().startswith(b"x-goog-")]
                message = {**message, "headers": kept}
            await send(message)

        await self.app(scope, receive, sending)


def test_a_media_answer_without_a_generation_is_survived(tmp_path: Path, cloud: Google) -> None:
    port = free_port()
    app = create_app(tmp_path, public_url=f"http://127.0.0.1:{port}", project=Project(word=WORD, job_folder=tmp_path))
    with serving(WithoutHeaders(app), port) as url:
        storage = Storage(workspace.BUCKET, project=workspace.PROJECT, url=url, deadline=3)
        made = storage.create("a.json", {"a": 1})
        found = storage.require("a.json", "gone")
        assert (found.body, found.generation) == ({"a": 1}, made.generation)
        assert storage.swap("a.json", {"a": 2}, found.generation).body == {"a": 2}
        stored = storage.put_bytes("b.bin", b"bytes", "application/octet-stream")
        assert storage.get_bytes("b.bin") == b"bytes"
        assert storage.get_file("b.bin", tmp_path / "b.bin") == stored


class Elsewhere:
    """A service that sends everybody to another address, and that address."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.other = Starlette(routes=[Route("/{path:path}", self._reach, methods=["GET", "POST", "PUT"])])

    async def _reach(self, request: Request) -> Response:
        self.reached.append(f"{request.url.path} {request.headers.get('authorization', '')}")
        return Response("{}", media_type="application/json")


@pytest.fixture(scope="module")
def elsewhere(cloud: Google) -> Iterator[tuple[str, Elsewhere]]:
    there = Elsewhere()
    with serving(there.other) as other:

        async def away(request: Request) -> Response:
            return RedirectResponse(f"{other}/stolen", 307 if request.method == "POST" else 302)

        front = Starlette(routes=[Route("/{path:path}", away, methods=["GET", "POST", "PUT"])])
        with serving(front) as url:
            yield url, there


CALLS: dict[str, Callable[[str, Google], object]] = {
    "storage-reads": lambda url, _: _storage(url).read("a.json"),
    "storage-lists": lambda url, _: list(_storage(url).list("a")),
    "storage-writes": lambda url, _: _storage(url).create("a.json", {}),
    "storage-fetches": lambda url, _: _storage(url).get_bytes("a.json"),
    "tasks": lambda url, cloud: Google(url, cloud.state, cloud.faults).tasks(url).enqueue("stage", "s", {}, key="k"),
    "run": lambda url, cloud: Google(url, cloud.state, cloud.faults).jobs().run({}, 60),
    "executions": lambda url, cloud: Google(url, cloud.state, cloud.faults).jobs().execution(f"{JOB}/executions/e"),
    "secrets": lambda url, cloud: (
        Google(url, cloud.state, cloud.faults).secrets().read("projects/p/secrets/s/versions/1")
    ),
    "keys": lambda url, cloud: Google(url, cloud.state, cloud.faults).identity()._keys("x"),
}


def _storage(url: str) -> Storage:
    return Storage(workspace.BUCKET, project=workspace.PROJECT, url=url, deadline=1)


@pytest.mark.parametrize("call", CALLS)
def test_no_client_follows_a_redirect(cloud: Google, elsewhere: tuple[str, Elsewhere], call: str) -> None:
    url, there = elsewhere
    with pytest.raises(MmmError):
        CALLS[call](url, cloud)
    assert there.reached == []


def test_the_training_job_takes_its_token_to_the_worker_alone(
    cloud: Google, elsewhere: tuple[str, Elsewhere], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, there = elsewhere
    monkeypatch.setattr("engine.cloud.identity.id_token.fetch_id_token", lambda request, audience: "a-token")
    settings = JobSettings.model_construct(worker_url=url, run="r1", attempt=1, workspace="")
    call_back(settings, "finished")
    assert there.reached == []


def test_a_task_takes_its_token_to_its_own_address_alone(cloud: Google, elsewhere: tuple[str, Elsewhere]) -> None:
    url, there = elsewhere
    tasks = cloud.tasks(url)
    tasks.enqueue("notify", "notify", {"key": "k"}, key="redirected")
    name = tasks.queue_name("notify")
    deadline = time.monotonic() + 10
    while not (waiting := httpx.get(f"{cloud.url}/v2/{name}/tasks").json()["tasks"]) or not waiting[0].get(
        "responseCount"
    ):
        assert time.monotonic() < deadline, "the task was not tried"
        time.sleep(0.02)
    assert there.reached == [], "a redirect is an answer that is not 2xx: the task comes again"
    httpx.post(f"{cloud.url}/v2/{name}:purge")
