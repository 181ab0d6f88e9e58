"""What is remembered of conversations: for some minutes, so many, and what Slack says of each kind."""

import asyncio
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sight import Place
from bot.slack import conversations as file
from bot.slack.conversations import Conversations, is_public

OPEN = {"is_channel": True, "is_private": False, "is_member": True}


class Client:
    """Answers as told, and notes what it was asked."""

    def __init__(self, told: dict[str, Any], members: tuple[str, ...] = (), page: int = 999) -> None:
        self.told, self.members, self.page = told, members, page
        self.asked: list[str] = []

    async def conversations_info(self, channel: str) -> dict[str, Any]:
        self.asked.append(f"info {channel}")
        if "error" in self.told:
            raise SlackApiError("refused", {"ok": False, **self.told})
        return {"channel": self.told}

    async def conversations_members(self, channel: str, limit: int, cursor: str = "0") -> dict[str, Any]:
        self.asked.append(f"members {cursor}")
        end = int(cursor) + self.page
        following = str(end) if end < len(self.members) else ""
        return {"members": self.members[int(cursor) : end], "response_metadata": {"next_cursor": following}}


def places(kept: Conversations, client: Client, *channels: str) -> dict[str, Place | None]:
    return asyncio.run(kept.places(cast(AsyncWebClient, client), channels))


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({}, True),
        ({"is_private": True}, False),
        ({"is_private": None}, False),
        ({"is_mpim": True}, False),
        ({"is_group": True}, False),
        ({"is_im": True}, False),
        ({"is_member": False}, False),
        ({"is_member": False, "is_archived": True}, True),
        ({"is_private": True, "is_archived": True}, False),
    ],
    ids=str,
)
def test_only_what_says_so_is_public(more: dict[str, Any], public: bool) -> None:
    assert is_public({**OPEN, **more}) is public


def test_a_kind_that_says_nothing_is_private() -> None:
    assert not is_public({}) and not is_public({"is_member": True})


def test_every_page_of_members_is_read() -> None:
    everybody = tuple(f"U{n}" for n in range(25))
    client = Client({**OPEN, "is_private": True}, everybody, page=10)
    assert places(Conversations(), client, "C1")["C1"] == Place(False, frozenset(everybody))
    assert client.asked == ["info C1", "members 0", "members 10", "members 20"]


def test_an_endless_list_of_members_is_not_read_for_ever() -> None:
    client = Client({**OPEN, "is_private": True}, tuple(f"U{n}" for n in range(1000)), page=1)
    found = places(Conversations(), client, "C1")["C1"]
    assert found is not None and len(found.members) == file.PAGES == len(client.asked) - 1


def test_it_is_asked_once_in_some_minutes_and_again_when_the_clock_goes_back() -> None:
    time = [1000.0]
    kept, client = Conversations(now=lambda: time[0]), Client(OPEN)
    for at, asked in ((1000.0, 1), (1299.0, 1), (1301.0, 2), (900.0, 3)):
        time[0] = at
        assert places(kept, client, "C1")["C1"] == Place(True)
        assert len(client.asked) == asked, at


@pytest.mark.parametrize(
    "error", ["channel_not_found", "fetch_members_failed", "method_not_supported_for_channel_type"]
)
def test_what_slack_tells_nothing_of_is_closed_and_that_is_remembered(error: str) -> None:
    kept, client = Conversations(now=lambda: 1.0), Client({"error": error})
    assert [places(kept, client, "C1")["C1"] for _ in range(2)] == [Place(False)] * 2
    assert len(client.asked) == 1


@pytest.mark.parametrize("error", ["missing_scope", "invalid_auth", "internal_error", "ratelimited", "a_word_of_2030"])
def test_trouble_of_our_own_is_no_answer_and_is_asked_again(error: str) -> None:
    kept, client = Conversations(), Client({"error": error})
    assert [places(kept, client, "C1")["C1"] for _ in range(2)] == [None, None]
    assert len(client.asked) == 2


def test_so_many_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MOST_KEPT", 3)
    kept, client = Conversations(now=lambda: 1.0), Client(OPEN)
    for n in range(5):
        places(kept, client, f"C{n}")
    assert len(kept._kept) == 3
    places(kept, client, "C4")
    assert len(client.asked) == 5
    monkeypatch.setattr(file, "MOST_MEMBERS", 10)
    crowd = Client({**OPEN, "is_private": True}, tuple(f"U{n}" for n in range(8)))
    places(kept, crowd, "C5")
    places(kept, crowd, "C6")
    assert list(kept._kept) == ["C6"] and kept._members == 8
