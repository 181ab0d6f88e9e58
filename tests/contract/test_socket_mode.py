"""Socket Mode, both ends: the bot's real client against the stand-in, and the stand-in by what Slack documents."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from bot.service import create_app
from engine.settings import Settings
from local import workspace
from local.person import Person, Stuck
from local.serving import free_port, serving
from local.slack.app import create_app as create_slack
from local.slack.slack import Slack
from local.slack.sockets import MOST, Sockets
from local.slack.transport import NoAnswer
from tests.words import DOOR, WORD

pytestmark = pytest.mark.slow

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]


class Local:
    """The stand-in in Socket Mode, served on a port."""

    def __init__(self, slack: Slack, sockets: Sockets, url: str) -> None:
        self.slack, self.sockets, self.url = slack, sockets, url
        self.ana = Person(url)

    def open(self, token: str) -> Json:
        answer = httpx.post(f"{self.url}/api/apps.connections.open", headers={"Authorization": f"Bearer {token}"})
        opened: Json = answer.json()
        return opened


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Local]:
    port = free_port()
    url = f"http://127.0.0.1:{port}{DOOR}"
    state, sockets = Slack(tmp_path / "slack", public_url=url), Sockets()
    app = create_slack(tmp_path, app_url="", public_url=url, word=WORD, slack=state, sockets=sockets)
    with serving(app, port):
        running = Local(state, sockets, url)
        yield running
        running.ana.close()
    state.close()


@pytest.fixture
def bot(slack: Local, tmp_path: Path) -> Iterator[str]:
    """The bot's address; it holds its connections."""
    for name, token in (("bot", workspace.BOT_TOKEN), ("app", workspace.APP_TOKEN)):
        (tmp_path / name).write_text(f"{token}\n")
    settings = Settings(
        workspace=workspace.TEAM_ID,
        project="p",
        bucket="b",
        worker_url="http://127.0.0.1:1",
        tasks_account="t@example.com",
        slack_url=f"{slack.url}/api/",
        slack_token_secret=f"file:{tmp_path / 'bot'}",
        slack_app_token_secret=f"file:{tmp_path / 'app'}",
        storage_url="http://127.0.0.1:1",
        tasks_url="http://127.0.0.1:1",
    )
    with serving(create_app(settings, "bot")) as url:
        slack.ana.wait(lambda: httpx.get(f"{url}/health/socket").is_success or None, "the bot's connection")
        slack.ana.wait(lambda: len(slack.sockets.connections) == 2 or None, "both connections")
        yield url


def test_a_command_over_the_socket_is_answered_by_the_same_listener(slack: Local, bot: str) -> None:
    slack.ana.type(CHANNEL, "/mmm help")
    assert slack.ana.wait_for_message(CHANNEL, "/mmm dataset new")["ephemeral"]
    [sent] = slack.sockets.sent
    assert sent["type"] == "slash_commands" and sent["payload"]["command"] == "/mmm"
    assert sent["accepts_response_payload"] is True
    assert [delivery["status"] for delivery in slack.slack.transcript.deliveries()] == [200]


def test_the_bot_has_no_public_route_for_slack_in_socket_mode(bot: str) -> None:
    assert httpx.post(f"{bot}/slack/events", content=b"{}").status_code == 404
    assert httpx.get(f"{bot}/health").json()["ok"] is True


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_renewed_connection_loses_no_command_without_a_word(slack: Local, bot: str, reason: str) -> None:
    before = list(slack.sockets.connections)
    asyncio.run_coroutine_threadsafe(slack.sockets.renew(reason), _loop(before[0])).result(5)
    _typed(slack)
    slack.ana.wait(lambda: _renewed(slack, before), "two new connections")
    slack.ana.wait(lambda: _typed(slack), "an answer over the new connections")
    assert httpx.get(f"{bot}/health/socket").json() == {"ok": True, "connections": 2}


def _typed(slack: Local) -> bool | None:
    """Type a command: it is answered, or Slack says that it was not, and a person types it again."""
    try:
        slack.ana.type(CHANNEL, "/mmm help")
    except Stuck as stuck:
        assert "operation_timeout" in stuck.what or "dispatch_failed" in stuck.what
        return None
    return True


def test_a_cut_connection_is_told_and_made_again(slack: Local, bot: str) -> None:
    before = list(slack.sockets.connections)
    asyncio.run_coroutine_threadsafe(slack.sockets.drop(), _loop(before[0])).result(5)
    slack.ana.wait(lambda: not slack.sockets.connections or _renewed(slack, before), "the cut")
    slack.ana.wait(lambda: _renewed(slack, before), "two new connections")
    slack.ana.wait(lambda: httpx.get(f"{bot}/health/socket").is_success or None, "good health")
    slack.ana.wait(lambda: _typed(slack), "an answer over the new connections")


def test_without_a_connection_a_command_cannot_be_delivered(slack: Local) -> None:
    with pytest.raises(Stuck, match="dispatch_failed"):
        slack.ana.type(CHANNEL, "/mmm")


def test_only_the_apps_own_token_opens_a_connection(slack: Local) -> None:
    assert slack.open(workspace.APP_TOKEN)["url"].startswith("ws://127.0.0.1:")
    assert slack.open(workspace.BOT_TOKEN)["error"] == "not_allowed_token_type"
    assert slack.open("xapp-other")["error"] == "invalid_auth"
    in_body = httpx.post(f"{slack.url}/api/apps.connections.open", data={"token": workspace.APP_TOKEN})
    assert in_body.json()["error"] == "not_authed"
    asked = httpx.post(f"{slack.url}/api/auth.test", headers={"Authorization": f"Bearer {workspace.APP_TOKEN}"})
    assert asked.json()["error"] == "not_allowed_token_type"


def test_an_app_that_is_reached_over_http_opens_no_connection(tmp_path: Path) -> None:
    state = Slack(tmp_path, public_url="http://127.0.0.1:1")
    app = create_slack(tmp_path, app_url="http://127.0.0.1:1", public_url="http://127.0.0.1:1", word=WORD, slack=state)
    with serving(app) as url:
        assert Local(state, Sockets(), f"{url}{DOOR}").open(workspace.APP_TOKEN)["error"] == "access_denied"
    state.close()


# The stand-in by itself, spoken to without any client of ours


@pytest.fixture
async def sockets() -> AsyncIterator[Sockets]:
    sockets = Sockets()
    async with sockets.serving():
        yield sockets


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_connection_begins_with_hello_and_a_ticket_serves_once(
    sockets: Sockets, http: aiohttp.ClientSession
) -> None:
    url = sockets.open()
    async with http.ws_connect(url) as connection:
        hello = await connection.receive_json()
        assert hello["type"] == "hello" and hello["num_connections"] == 1
        assert hello["connection_info"] == {"app_id": workspace.APP_ID}
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)


async def test_an_envelope_is_answered_by_its_acknowledgement_over_any_connection(
    sockets: Sockets, http: aiohttp.ClientSession
) -> None:
    async with http.ws_connect(sockets.open()) as one, http.ws_connect(sockets.open()) as two:
        await one.receive_json(), await two.receive_json()
        for kind, other in (("commands", one), ("interactivity", two), ("options", one)):
            sending = asyncio.create_task(sockets.send(kind, {"n": kind}))
            envelope = await _first(one, two)
            assert envelope["payload"] == {"n": kind}
            answer = {"response_action": "errors", "errors": {"name": "Too short."}}
            await other.send_str("not json")
            await other.send_json({"envelope_id": "unknown"})
            await other.send_json({"envelope_id": envelope["envelope_id"], "payload": answer})
            assert await sending == answer


async def test_what_is_not_acknowledged_in_time_is_no_answer(
    sockets: Sockets, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.slack.sockets.ACK_SECONDS", 0.2)
    async with http.ws_connect(sockets.open()) as connection:
        await connection.receive_json()
        with pytest.raises(NoAnswer, match="operation_timeout"):
            await sockets.send("events", {"event_id": "Ev1"}, 1)
        envelope = await connection.receive_json()
        assert envelope["retry_attempt"] == 1 and envelope["retry_reason"] == "timeout"
        assert envelope["accepts_response_payload"] is False


def test_an_event_comes_again_until_it_is_acknowledged(slack: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.slack.sockets.ACK_SECONDS", 0.3)

    async def answer_the_second() -> list[Json]:
        async with aiohttp.ClientSession() as http, http.ws_connect(slack.open(workspace.APP_TOKEN)["url"]) as socket:
            await socket.receive_json()
            await asyncio.to_thread(slack.ana.open_home)
            first, second = await socket.receive_json(), await socket.receive_json()
            await socket.send_str(json.dumps({"envelope_id": second["envelope_id"]}))
            with pytest.raises(TimeoutError):
                await socket.receive(3.0)  # the third would come after two seconds
            return [first, second]

    first, second = asyncio.run(answer_the_second())
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["payload"]["event"]["type"] == "app_home_opened"
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)


async def test_an_app_may_hold_ten_connections(sockets: Sockets, http: aiohttp.ClientSession) -> None:
    held = [await http.ws_connect(sockets.open()) for _ in range(MOST)]
    for connection in held:
        await connection.receive_json()
    async with http.ws_connect(sockets.open()) as one_more:
        assert (await one_more.receive_json())["reason"] == "too_many_websockets"
    for connection in held:
        await connection.close()


async def _first(*connections: aiohttp.ClientWebSocketResponse) -> Json:
    """The message that comes first over any of the connections."""
    receiving = [asyncio.create_task(connection.receive_json()) for connection in connections]
    done, waiting = await asyncio.wait(receiving, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    first: Json = done.pop().result()
    return first


def _renewed(slack: Local, before: list[Any]) -> bool | None:
    return len([one for one in slack.sockets.connections if one not in before and not one.closed]) == 2 or None


def _loop(connection: Any) -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = connection._loop
    return loop
