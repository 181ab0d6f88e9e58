"""The worker's door: who may call, what is no step, and what becomes of a step that keeps breaking."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.service import create_app
from bot.tasks import TRIES
from engine import paths
from engine.clock import SystemClock
from engine.data.dataset import Draft
from engine.data.records import save_dataset, save_draft
from engine.data.wishes import open_draft
from engine.errors import BadInput, BrokenState, Unavailable
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.pipeline.look_after import PATIENCE
from engine.runs.records import read_run
from engine.runs.run import Run, State
from engine.runs.state import create_run
from local import workspace
from tests.golden.test_messages import DATASET, DRAFT, RUN
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id


class Door:
    """Requests straight into an app. An exception that escapes it fails the test."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def post(self, path: str, *, json: Any, headers: dict[str, str]) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://door") as client:
                return await client.post(path, json=json, headers=headers)

        return asyncio.run(send())


@pytest.fixture(scope="module")
def worker(product: Stack) -> Door:
    return Door(create_app(product.settings, "worker", cloud=product.cloud))


def bearer(product: Stack, account: str = workspace.TASKS_ACCOUNT, audience: str = "") -> dict[str, str]:
    """A token as Google signs it."""
    place = f"http://{product.at.metadata}/computeMetadata/v1/instance/service-accounts/{account}/identity"
    asked = {"audience": audience or product.settings.worker_url}
    token = httpx.get(place, params=asked, headers={"Metadata-Flavor": "Google"}).text
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def run(product: Stack) -> Run:
    """A run that waits and that nobody works on."""
    storage, at = product.cloud.storage, SystemClock().now()
    dataset = save_dataset(storage, DATASET.model_copy(update={"workspace": workspace.TEAM_ID}))
    form = ExperimentForm(dataset_id=dataset.id, preset="quick", channel=CHANNEL)
    experiment = create_experiment(storage, form, key="k", who="U0ANA", at=at)
    made = {"revision": experiment.revision, "workspace": workspace.TEAM_ID, "created_at": at, "changed_at": at}
    return create_run(storage, RUN.model_copy(update={**made, "id": "r0000001", "started_at": None}))


def stored(product: Stack) -> set[tuple[str, int]]:
    return {(entry.path, entry.generation) for entry in product.cloud.storage.list("")}


CLOUD_TASKS = {"X-CloudTasks-TaskName": "t", "X-CloudTasks-QueueName": "mmm-stage", "X-AppEngine-QueueName": "x"}


@pytest.mark.parametrize("path", ["/tasks/cancel", "/tasks/stage", "/tasks/nonsense", "/callbacks/finished"])
@pytest.mark.parametrize(
    ("account", "audience", "status"),
    [
        pytest.param("", "", 401, id="no token"),
        pytest.param(workspace.TASKS_ACCOUNT, "https://elsewhere.example", 401, id="wrong audience"),
        pytest.param("somebody@evil.example", "", 401, id="wrong account"),
        pytest.param(workspace.SERVICES_ACCOUNT, "", 401, id="another account of ours"),
    ],
)
def test_who_may_not_call_is_turned_away_and_nothing_is_written(
    product: Stack, worker: Door, run: Run, path: str, account: str, audience: str, status: int
) -> None:
    before = stored(product)
    headers = {**CLOUD_TASKS, **(bearer(product, account, audience) if account else {})}
    answer = worker.post(path, json={"run": run.id, "attempt": 1}, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert stored(product) == before


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer not.a.token", "Bearer  ", "bearer x y"])
def test_what_is_no_token_is_turned_away(worker: Door, run: Run, header: str) -> None:
    answer = worker.post("/tasks/stage", json={"run": run.id}, headers={"Authorization": header})
    assert answer.status_code == 401


def test_the_training_job_may_call_back_and_nothing_else(product: Stack, worker: Door, run: Run) -> None:
    job = bearer(product, workspace.JOB_ACCOUNT)
    assert worker.post("/tasks/stage", json={"run": run.id}, headers=job).status_code == 401
    answer = worker.post("/callbacks/finished", json={"run": run.id, "attempt": 1}, headers=job)
    assert answer.status_code != 401
    assert read_run(product.cloud.storage, run.id).state is State.QUEUED


def test_who_calls_cannot_be_checked_while_the_keys_are_away(product: Stack, run: Run) -> None:
    settings = product.settings.model_copy(update={"certs_url": "http://127.0.0.1:9/certs"})
    away = Door(create_app(settings, "worker"))
    answer = away.post("/tasks/stage", json={"run": run.id}, headers=bearer(product))
    assert answer.status_code == 500 and "Traceback" not in answer.text


def test_a_step_that_does_not_exist_is_not_found(product: Stack, worker: Door) -> None:
    answer = worker.post("/tasks/dance", json={}, headers=bearer(product))
    assert answer.status_code == 404
    assert "dance" in answer.json()["error"]


def test_the_public_service_has_no_door_for_steps(product: Stack) -> None:
    bot = Door(create_app(product.settings, "bot", cloud=product.cloud))
    for path in ("/tasks/stage", "/callbacks/finished", "/docs", "/openapi.json"):
        assert bot.post(path, json={}, headers=bearer(product)).status_code == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unavailable("Away."), 500), (BadInput("Gone."), 200), (RuntimeError("secret"), 500), (BrokenState("Bad."), 500)],
    ids=["passes", "gone", "unexpected", "broken state"],
)
def test_what_a_step_raises_decides_whether_it_comes_again(
    product: Stack, worker: Door, run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def step(*_: Any) -> None:
        raise error

    monkeypatch.setattr("bot.tasks.stage", step)
    answer = worker.post("/tasks/stage", json={"run": run.id}, headers=bearer(product))
    assert answer.status_code == status
    assert "secret" not in answer.text
    assert read_run(product.cloud.storage, run.id).state is State.QUEUED


def test_a_step_that_keeps_breaking_ends_its_run_with_a_reference(
    product: Stack, worker: Door, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def step(*_: Any) -> None:
        raise RuntimeError("a detail that nobody may see")

    monkeypatch.setattr("bot.tasks.stage", step)
    call = {"json": {"run": run.id}, "headers": {**bearer(product), "X-CloudTasks-TaskRetryCount": str(TRIES)}}
    assert worker.post("/tasks/stage", **call).status_code == 200
    ended = read_run(product.cloud.storage, run.id)
    assert ended.state is State.FAILED and len(ended.reference) == 6
    assert "nobody may see" not in f"{ended.reason} {ended.todo}"
    assert any(ended.reference in record.message and record.exc_info for record in caplog.records)
    reply = product.ana.wait(lambda: _reply(product, run.revision), "the word that it failed")
    assert ended.reference in str(reply["blocks"])


def _reply(product: Stack, revision: str) -> dict[str, Any] | None:
    """The failure's message in its card's thread. Of two cards drawn at once one is taken away again, so look anew."""
    cards = [message for message in product.ana.messages(CHANNEL) if revision in message["text"]]
    replies = [one for card in cards for one in product.ana.thread(CHANNEL, card["ts"])[1:]]
    return next((one for one in replies if "failed" in one["text"]), None)


def waited_for(product: Stack, draft: Draft) -> Draft:
    """A draft as the bot leaves it to the worker."""
    open_draft(product.cloud.storage, draft.id, SystemClock().now())
    return save_draft(product.cloud.storage, draft)


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
def test_a_draft_whose_step_keeps_breaking_is_told_of_with_a_reference(
    product: Stack, worker: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a detail that nobody may see")

    monkeypatch.setattr(f"bot.tasks.{step}", broken)
    title = f"Kept breaking in {step}"
    draft = waited_for(product, DRAFT.model_copy(update={"id": f"{DRAFT.id}-{step.partition('_')[0]}", "title": title}))

    def deliver(tried: int) -> httpx.Response:
        headers = {**bearer(product), "X-CloudTasks-TaskRetryCount": str(tried)}
        return worker.post(f"/tasks/{step}", json={"draft": draft.id}, headers=headers)

    assert deliver(TRIES - 1).status_code == 500
    told = [path for path, _ in stored(product) if path.startswith("outbox") and draft.id in path]
    assert told == [], "nobody is told while it may still heal"
    assert deliver(TRIES).status_code == 200
    said = str(product.ana.wait_for_message(CHANNEL, title))
    [reference] = re.findall(r"name the reference ([0-9a-f]{6})", said)
    assert "nobody may see" not in said
    assert any(reference in record.message and record.exc_info for record in caplog.records)


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
def test_who_waits_for_what_stays_down_is_told_within_minutes(
    product: Stack, worker: Door, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def down(*_: Any) -> None:
        raise Unavailable("The warehouse does not answer.")

    monkeypatch.setattr(f"bot.tasks.{step}", down)
    title, storage = f"Stays down in {step}", product.cloud.storage
    draft = save_draft(
        storage, DRAFT.model_copy(update={"id": f"{DRAFT.id}-down-{step.partition('_')[0]}", "title": title})
    )
    call = {"json": {"draft": draft.id}, "headers": bearer(product)}
    open_draft(storage, draft.id, SystemClock().now())
    assert worker.post(f"/tasks/{step}", **call).status_code == 500
    storage.delete(paths.draft_open(draft.id))
    open_draft(storage, draft.id, SystemClock().now() - PATIENCE)
    assert worker.post(f"/tasks/{step}", **call).status_code == 200
    said = str(product.ana.wait_for_message(CHANNEL, title))
    assert "The warehouse does not answer." in said and "name the reference" in said
    assert "dataset_again" in said, "one press tries it again"


def test_a_step_that_dies_without_a_word_each_time_is_given_up(product: Stack, worker: Door) -> None:
    title = "Dies each time"
    draft = waited_for(product, DRAFT.model_copy(update={"id": f"{DRAFT.id}-dies", "title": title}))
    headers = {**bearer(product), "X-CloudTasks-TaskRetryCount": str(TRIES + 1)}
    assert worker.post("/tasks/read_columns", json={"draft": draft.id}, headers=headers).status_code == 200
    assert "name the reference" in str(product.ana.wait_for_message(CHANNEL, title))


def test_a_run_that_cannot_be_ended_either_is_ended_later(
    product: Stack, worker: Door, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(*_: Any) -> None:
        raise RuntimeError("broken")

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("Cloud Storage does not answer.")

    monkeypatch.setattr("bot.tasks.stage", step)
    monkeypatch.setattr("bot.tasks.fail", away)
    headers = {**bearer(product), "X-CloudTasks-TaskRetryCount": str(TRIES)}
    answer = worker.post("/tasks/stage", json={"run": run.id}, headers=headers)
    assert answer.status_code == 500


def test_a_message_that_cannot_be_delivered_for_good_does_not_come_for_ever(
    product: Stack, worker: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("bot.tasks.notify", step)
    headers = {**bearer(product), "X-CloudTasks-TaskRetryCount": str(TRIES)}
    assert worker.post("/tasks/notify", json={"key": "k"}, headers=headers).status_code == 200
