"""Private channels of the local Slack: what the app is told of them, who is in there, and what people see of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local import workspace
from local.person import Person, Stuck
from local.slack.slack import Slack
from local.slack.state.database import Database
from local.slack.state.directory import Directory
from tests.in_memory import Workspace, workspace_at

ANA, BEN, GIL = workspace.ANA.id, workspace.BEN.id, workspace.GIL.id
PRIVATE, PUBLIC, NOT_IN = workspace.LAUNCH.id, workspace.MARKETING.id, workspace.RANDOM.id


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workspace]:
    with workspace_at(tmp_path) as running:
        yield running


@pytest.fixture
def client(place: Workspace) -> WebClient:
    return WebClient(token=workspace.BOT_TOKEN, base_url=f"{place.url}/api/")


@pytest.fixture
def people(place: Workspace) -> Iterator[tuple[Person, Person]]:
    ana, ben = Person(place.url), Person(place.url, BEN)
    yield ana, ben
    ana.close()
    ben.close()


def refusal(client: WebClient, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, params=arguments)
    return str(caught.value.response["error"])


def told(client: WebClient, channel: str) -> dict[str, Any]:
    found: dict[str, Any] = client.conversations_info(channel=channel)["channel"]
    return found


def test_each_kind_of_conversation_says_what_it_is(client: WebClient) -> None:
    several = client.conversations_open(users=[ANA, BEN])["channel"]["id"]
    kinds = ("is_channel", "is_group", "is_im", "is_mpim", "is_private", "is_member")
    assert [told(client, PUBLIC)[name] for name in kinds] == [True, False, False, False, False, True]
    assert [told(client, NOT_IN)[name] for name in kinds] == [True, False, False, False, False, False]
    assert [told(client, PRIVATE)[name] for name in kinds] == [True, False, False, False, True, True]
    assert [told(client, several)[name] for name in kinds] == [False, True, False, True, True, True]
    assert told(client, "D0ANA")["is_im"] is True and told(client, "D0ANA")["user"] == ANA
    assert client.conversations_open(users=[BEN, ANA])["channel"]["id"] == several, "the same people talk in one place"


def test_of_a_private_channel_that_it_is_not_in_the_app_hears_nothing(client: WebClient, place: Workspace) -> None:
    hidden = place.slack.directory.create("hidden", [ANA], private=True, bot=False, created=0)["id"]
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("conversations.info", {}),
        ("conversations.members", {}),
        ("conversations.history", {}),
        ("chat.postMessage", {"text": "x"}),
        ("chat.postEphemeral", {"text": "x", "user": ANA}),
        ("conversations.invite", {"users": BEN}),
    )
    for method, more in asked:
        assert refusal(client, method, channel=hidden, **more) == "channel_not_found", method
    every = "public_channel,private_channel,mpim,im"
    assert hidden not in {one["id"] for one in client.conversations_list(types=every)["channels"]}
    assert hidden not in {one["id"] for one in client.users_conversations(user=ANA, types=every)["channels"]}


def test_lists_hold_the_kinds_that_are_asked_for(client: WebClient) -> None:
    def listed(**asked: Any) -> set[str]:
        return {one["id"] for one in client.conversations_list(**asked)["channels"]}

    assert PUBLIC in listed() and PRIVATE not in listed()
    assert listed(types="private_channel") == {PRIVATE}
    assert listed(types="im") == set(workspace.DMS)
    assert workspace.ARCHIVE.id not in listed(exclude_archived=True)


def test_members_come_page_by_page(client: WebClient, place: Workspace) -> None:
    everybody = [f"U{n:04d}" for n in range(7)]
    crowd = place.slack.directory.create("crowd", everybody, private=True, bot=True, created=0)["id"]
    pages = [page["members"] for page in client.conversations_members(channel=crowd, limit=3)]
    assert [len(page) for page in pages] == [3, 3, 2] and [one for page in pages for one in page] == [
        *everybody,
        workspace.BOT_USER,
    ]
    assert refusal(client, "conversations.members", channel=crowd, limit=5000) == "invalid_limit"
    assert refusal(client, "conversations.members", channel=crowd, cursor="zzz") == "invalid_cursor"


def test_the_app_lets_people_in_and_out_and_leaves(client: WebClient) -> None:
    client.conversations_invite(channel=PRIVATE, users=[BEN])
    assert BEN in client.conversations_members(channel=PRIVATE)["members"]
    assert refusal(client, "conversations.invite", channel=PRIVATE, users=BEN) == "already_in_channel"
    client.conversations_kick(channel=PRIVATE, user=BEN)
    assert refusal(client, "conversations.kick", channel=PRIVATE, user=BEN) == "not_in_channel"
    client.conversations_leave(channel=PRIVATE)
    assert refusal(client, "conversations.info", channel=PRIVATE) == "channel_not_found"


def channels(person: Person) -> dict[str, dict[str, Any]]:
    boot = person._http.get("/page/api/boot").json()
    return {one["id"]: one for one in boot["channels"]}


def test_the_page_shows_a_private_channel_to_its_members_alone(people: tuple[Person, Person]) -> None:
    ana, ben = people
    assert channels(ana)[PRIVATE]["is_private"] and not channels(ana)[PUBLIC]["is_private"]
    assert PRIVATE not in channels(ben) and channels(ana)[PRIVATE]["members"] == [ANA, workspace.BOT_USER]
    ana.type(PRIVATE, "nobody knows")
    for asked in (lambda: ben.messages(PRIVATE), lambda: ben.thread(PRIVATE, "1.2")):
        with pytest.raises(KeyError):
            asked()
    with pytest.raises(Stuck, match="channel_not_found"):
        ben.type(PRIVATE, "hello")


def test_people_invite_remove_and_leave_by_slacks_own_commands(people: tuple[Person, Person]) -> None:
    ana, ben = people
    with pytest.raises(Stuck, match="channel_not_found"):
        ben.type(PRIVATE, "/invite @ben")
    ana.type(PRIVATE, "/invite @ben")
    assert PRIVATE in channels(ben) and "has joined" in str(ben.messages(PRIVATE)[-1])
    with pytest.raises(Stuck, match="already_in_channel"):
        ana.type(PRIVATE, "/invite ben")
    ben.type(PRIVATE, "/leave")
    assert PRIVATE not in channels(ben)
    ana.type(PRIVATE, f"/invite <@{BEN}|ben>")
    ana.type(PRIVATE, "/remove @ben")
    assert PRIVATE not in channels(ben)
    ana.type(PRIVATE, "/remove @mmm")
    assert not channels(ana)[PRIVATE]["bot_is_member"]
    ana.type(NOT_IN, "/invite @mmm")
    assert channels(ana)[NOT_IN]["bot_is_member"]


def test_what_happens_there_is_told_to_the_pages_of_members_alone(
    place: Workspace, people: tuple[Person, Person]
) -> None:
    people[0].type(PRIVATE, "a secret")
    heard = {who: str(place.slack.feed.since(0, who)[0]) for who in (ANA, BEN, GIL)}
    assert "a secret" in heard[ANA] and "a secret" not in heard[BEN] + heard[GIL]


def test_a_workspace_of_an_earlier_release_gets_its_private_channel(tmp_path: Path) -> None:
    with_kinds = Slack(tmp_path, public_url="http://s")
    database = with_kinds.database
    database.run("DELETE FROM channels WHERE id = ?", PRIVATE)
    database.run("DELETE FROM members WHERE channel = ? OR channel = ? AND person = ?", PRIVATE, PUBLIC, BEN)
    database.run("ALTER TABLE channels DROP COLUMN kind")
    with_kinds.close()
    again = Directory(Database(tmp_path / "slack.sqlite"))
    assert again.channel(PRIVATE)["kind"] == "private_channel" and again.channel("D0ANA")["kind"] == "im"
    assert again.channel(PUBLIC)["kind"] == "public_channel"
    assert not again.is_member(PUBLIC, BEN), "what people changed stays"
