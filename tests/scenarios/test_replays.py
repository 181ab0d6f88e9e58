"""A request sent again within its five minutes does nothing a second time: what it makes is named after it."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from bot.access import Role
from bot.service import create_app
from engine.data.records import read_draft
from local import workspace
from tests.every_request import Everything, Request
from tests.slack_requests import interaction, post, signed
from tests.stack import Stack

ANA = workspace.ANA.id


def made(product: Stack) -> dict[str, set[str]]:
    """What people's requests make: by kind, without what the pipeline writes beside it later."""
    paths = [entry.path for entry in product.cloud.storage.list("")]
    return {
        "drafts": {path for path in paths if path.startswith("drafts/")},
        "experiments": {path for path in paths if path.startswith(("experiments/", "requests/"))},
        "runs": {path for path in paths if path.endswith("/state.json")},
        "wishes to stop": {path for path in paths if path.endswith("/cancel.json")},
    }


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud)


@pytest.fixture(scope="module")
def requests(product: Stack) -> list[Request]:
    return list(Everything(product).requests(ANA, lambda needs: needs >= Role.ANALYST))


def test_everything_that_is_sent_again_is_done_once(product: Stack, bot: FastAPI, requests: list[Request]) -> None:
    before = made(product)
    for _, body, headers in requests:
        assert post(bot, "/slack/events", body, headers).status_code == 200
    once = made(product)
    assert all(len(once[kind]) > len(before[kind]) for kind in ("drafts", "experiments", "runs", "wishes to stop"))
    for _, body, headers in requests:
        assert post(bot, "/slack/events", body, headers).status_code == 200
    assert made(product) == once


def test_everything_that_is_sent_five_times_at_once_is_done_once(product: Stack, bot: FastAPI) -> None:
    everything = Everything(product)
    forms = [everything.submission(name, ANA) for name in ("dataset_source", "experiment_new")]
    bodies = [urlencode(interaction(**form)) for form in [*forms, everything.click("experiment_run", ANA)]]
    before = made(product)

    async def send() -> list[httpx.Response]:
        async with bot.router.lifespan_context(bot):
            transport = httpx.ASGITransport(bot)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                calls = [client.post("/slack/events", content=body, headers=signed(body)) for body in bodies * 5]
                return await asyncio.gather(*calls)

    assert {answer.status_code for answer in asyncio.run(send())} == {200}
    after = made(product)
    assert len(after["drafts"] - before["drafts"]) == 1
    assert len(after["runs"] - before["runs"]) == 2
    assert len(after["experiments"] - before["experiments"]) == 1


def test_a_finding_that_is_accepted_again_is_accepted_as_before(product: Stack, bot: FastAPI) -> None:
    everything = Everything(product)
    body = urlencode(interaction(**everything.click("dataset_accept", ANA))).encode()
    headers = signed(body)
    post(bot, "/slack/events", body, headers)
    accepted = read_draft(product.cloud.storage, everything.draft.id)
    post(bot, "/slack/events", body, headers)
    assert read_draft(product.cloud.storage, everything.draft.id) == accepted
