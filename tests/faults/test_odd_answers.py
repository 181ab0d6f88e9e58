"""What answers in Slack's place need not be Slack: whatever it says, messages wait, in order, and people get a word."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Role
from bot.slack.conversations import Conversations
from bot.slack.people import People
from engine.errors import MmmError, Unavailable
from local.faults import Fault, Faults
from tests.faults.slack_service import CHANNEL, Delivery, delivering

KEYS = ["first", "second", "third"]
ANSWERS = {
    "a page": "<html>busy</html>",
    "nothing": "{}",
    "a number": "1",
    "a text": '"busy"',
    "a truth": "true",
    "a list": "[]",
    "half": '{"ok":tru',
    "deep": "[" * 100_000,
    "ok and no more": '{"ok":true}',
    "ok and empty": json.dumps(
        {"ok": True, **dict.fromkeys(("channel", "ts", "user", "members", "messages", "file", "response_metadata"))}
    ),
    "ok and odd": json.dumps(
        {"ok": True, "channel": ["C"], "ts": 7, "user": "U", "messages": "ab", "response_metadata": "x"}
    ),
}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Delivery]:
    with delivering(tmp_path) as delivery:
        yield delivery


def answering(faults: Faults, answer: str) -> None:
    faults.add(Fault(match="*", kind="before", status=200, body=answer, times=10_000))


@pytest.mark.parametrize("how", ANSWERS)
def test_messages_wait_for_slack_itself_whatever_answers_in_its_place(at: Delivery, how: str) -> None:
    answering(at.faults, ANSWERS[how])
    for key in KEYS:
        at.tell(key)
    at.work(hours=0.5, swept_minutes=10)
    assert at.told() == []
    at.faults.clear()
    at.work(hours=1, swept_minutes=10)
    assert at.told() == KEYS and at.waits() == []


def test_nobody_is_somebody_and_no_conversation_is_open_by_an_odd_answer(at: Delivery) -> None:
    settings = at.fake.settings

    async def ask() -> tuple[Any, Any]:
        client = AsyncWebClient(token="xoxb-1", base_url=settings.slack_url, retry_handlers=[])
        people, conversations = People(settings), Conversations()
        return await people.standing(client, "U1"), await conversations.places(client, [CHANNEL, "C2"])

    for how, answer in ANSWERS.items():
        at.faults.clear()
        answering(at.faults, answer)
        standing, places = asyncio.run(ask())
        assert standing.role is Role.NONE and not standing.sure, how
        assert places == {CHANNEL: None, "C2": None}, how


def test_the_workers_client_raises_nothing_but_our_errors(at: Delivery) -> None:
    client = at.messenger._client
    for answer in ANSWERS.values():
        at.faults.clear()
        answering(at.faults, answer)
        with pytest.raises(Unavailable):
            client.direct_channel("U1")
        with pytest.raises(MmmError):
            client.find(CHANNEL, "first", since=at.clock.now())
