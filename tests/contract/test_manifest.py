"""The manifest and the code agree, both ways, for each way that Slack reaches the app; and Slack would take it."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot import cli
from bot.service import registry
from bot.slack import addresses
from bot.slack.manifest import EXAMPLE, LEAVING, SOURCE, checked, for_http, for_socket, source, written
from bot.slack.scopes import COMMANDS, METHODS, bot_scopes
from bot.wing import NAME
from engine.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
BOT = "https://bot.northwind.example"
Json = dict[str, Any]
RENDERED: dict[str, Callable[[], Json]] = {
    "source": source,
    "http": lambda: for_http(BOT),
    "oauth": lambda: for_http(BOT, oauth=True),
    "socket": for_socket,
}
# What the SDK calls a method, and what Slack does.
SDK_NAMES = {name: name.replace("_", ".") for name in dir(AsyncWebClient) if "_" in name and not name.startswith("_")}
FAMILIES = tuple(sorted({name.partition(".")[0] for name in SDK_NAMES.values()}))


@pytest.fixture(params=RENDERED, ids=list(RENDERED))
def manifest(request: pytest.FixtureRequest) -> Json:
    return RENDERED[request.param]()


def test_slack_takes_it(manifest: Json) -> None:
    assert checked(manifest) is manifest


def test_commands_are_those_with_a_listener_and_their_hints_name_what_one_can_type(manifest: Json) -> None:
    [command] = manifest["features"]["slash_commands"]
    assert command["command"] == NAME
    assert command["should_escape"] is True
    hinted = set(command["usage_hint"].strip("[]").split(" | "))
    assert hinted == {words[0] for words in registry().commands}


def test_shortcuts_are_those_with_a_listener(manifest: Json) -> None:
    declared = [one["callback_id"] for one in manifest["features"]["shortcuts"]]
    assert sorted(declared) == sorted(registry().shortcuts)


def test_a_shortcut_of_messages_is_one_whose_listener_reads_the_message(manifest: Json) -> None:
    import inspect

    for one in manifest["features"]["shortcuts"]:
        reads = "act.message" in inspect.getsource(registry().shortcuts[one["callback_id"]].handler)
        assert (one["type"] == "message") == reads, one["callback_id"]


@pytest.mark.parametrize(("way", "more"), [("http", set()), ("socket", set()), ("oauth", set(LEAVING))])
def test_events_are_those_with_a_listener(way: str, more: set[str]) -> None:
    declared = RENDERED[way]()["settings"]["event_subscriptions"]["bot_events"]
    assert sorted(declared) == sorted(registry().events.keys() | more)


def test_the_home_and_the_bot_user_are_there_because_the_code_uses_them(manifest: Json) -> None:
    features = manifest["features"]
    assert features["app_home"]["home_tab_enabled"] == ("app_home_opened" in registry().events)
    assert features["bot_user"]["display_name"]


def test_everything_that_slack_sends_goes_to_an_address_that_the_bot_has() -> None:
    sent = for_http(BOT, oauth=True)
    interactivity, events = sent["settings"]["interactivity"], sent["settings"]["event_subscriptions"]
    [command] = sent["features"]["slash_commands"]
    assert registry().searches and registry().buttons and interactivity["is_enabled"]
    for url in (
        command["url"],
        events["request_url"],
        interactivity["request_url"],
        interactivity["message_menu_options_url"],
    ):
        assert url == BOT + addresses.EVENTS
    assert sent["oauth_config"]["redirect_urls"] == [BOT + addresses.REDIRECT]


def test_a_socket_has_no_addresses() -> None:
    assert "https://" not in written(for_socket(), "yaml")
    assert for_socket()["settings"]["socket_mode_enabled"] is True
    assert for_http(BOT)["settings"]["socket_mode_enabled"] is False


# Scopes


def calls() -> set[str]:
    """Every Web API method that the code names: as a word, or by the SDK's name for it."""
    return {
        method for path in sorted((ROOT / "bot").rglob("*.py")) for method in called_in(ast.parse(path.read_text()))
    }


def called_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in SDK_NAMES and "api_call" not in node.attr:
            yield SDK_NAMES[node.attr]
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            word = node.args[0].value
            if isinstance(word, str) and word.startswith(tuple(f"{family}." for family in FAMILIES)):
                yield word


def test_a_call_is_found_however_it_is_written() -> None:
    code = "self.client.users_info(user=u); show = client.views_open; self._form('files.info', file=f)"
    assert set(called_in(ast.parse(code))) == {"users.info", "views.open", "files.info"}


def test_every_call_to_slack_is_in_the_table_of_scopes() -> None:
    assert calls() - METHODS.keys() == set()


def test_every_method_in_the_table_is_called() -> None:
    assert METHODS.keys() - calls() - INDIRECT == set()


# The SDK calls these for us: to dial in, and to find out who we are.
INDIRECT = {"apps.connections.open", "auth.test"}


def test_scopes_are_those_that_the_calls_need_and_no_others(manifest: Json) -> None:
    declared = manifest["oauth_config"]["scopes"]
    assert sorted(declared["bot"]) == sorted(bot_scopes())
    assert COMMANDS in declared["bot"] and set(declared) == {"bot"}


# What is printed


def test_the_source_stands_for_the_address_of_the_bot_and_nothing_of_it_is_left() -> None:
    assert EXAMPLE in SOURCE.read_text()
    assert EXAMPLE not in written(for_http(BOT), "json")
    assert for_http(f"{BOT}/") == for_http(BOT.upper().replace("HTTPS", "https"))


def test_it_is_printed_the_same_every_time_and_both_forms_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for form in ("yaml", "yaml", "json", "json"):
        assert cli.main(["manifest", "--url", BOT, "--format", form]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] and printed[2] == printed[3]
    assert yaml.safe_load(printed[0]) == json.loads(printed[2]) == for_http(BOT)


def test_socket_mode_says_which_token_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["manifest", "--socket"]) == 0
    told = capsys.readouterr()
    assert yaml.safe_load(told.out) == for_socket()
    assert "connections:write" in told.err and "MMM_SLACK_APP_TOKEN_SECRET" in told.err


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://bot.northwind.example", "https"),
        ("bot.northwind.example", "https"),
        ("", "https"),
        ("https://", "address"),
        ("https://bot.northwind.example/slack/events", "no path"),
        ("https://bot.northwind.example?a=b", "no path"),
        ("https://me:word@bot.northwind.example", "no path"),
        ("https://bot.northwind.example:port", "no address"),
        ("https://[::1", "no address"),
        ("https://localhost:8080", "cannot reach"),
        ("https://127.0.0.1", "cannot reach"),
        ("https://10.1.2.3", "cannot reach"),
        ("https://[::1]", "cannot reach"),
        ("https://bot.internal", "cannot reach"),
        ("https://bot", "cannot reach"),
    ],
)
def test_an_address_that_slack_cannot_call_is_refused_in_words(
    url: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["manifest", "--url", url]) == 1
    told = capsys.readouterr()
    assert why in told.err and "Traceback" not in told.err and told.out == ""


def test_who_installs_by_themselves_needs_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["manifest", "--socket", "--oauth"]) == 1
    assert "--url" in capsys.readouterr().err


# What Slack would refuse


def changed(path: str, value: object) -> Json:
    """The manifest with another value at `path`; a list is reached into by number."""
    manifest = for_http(BOT)
    *way, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    place: Any = manifest
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return manifest


COMMAND = "features/slash_commands/0"
SHORTCUT = "features/shortcuts/0"
ONE_SHORTCUT = {"name": "n", "type": "global", "description": "d"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("display_information/name", "n" * 36),
        ("display_information/description", "d" * 141),
        ("display_information/long_description", "too short"),
        ("display_information/background_color", "blue"),
        ("features/bot_user/display_name", "n" * 81),
        (f"{COMMAND}/command", "mmm"),
        (f"{COMMAND}/command", "/" + "m" * 32),
        (f"{COMMAND}/description", ""),
        (f"{COMMAND}/description", "d" * 2001),
        (f"{COMMAND}/usage_hint", "u" * 1001),
        (f"{COMMAND}/url", "http://bot.northwind.example/slack/events"),
        (f"{COMMAND}/url", None),
        (f"{COMMAND}/should_escape", "yes"),
        (f"{SHORTCUT}/name", "n" * 25),
        (f"{SHORTCUT}/description", "d" * 151),
        (f"{SHORTCUT}/callback_id", "c" * 256),
        (f"{SHORTCUT}/callback_id", "message_dataset"),
        (f"{SHORTCUT}/type", "channel"),
        ("features/shortcuts", [{**ONE_SHORTCUT, "callback_id": f"c{n}"} for n in range(11)]),
        ("features/slash_commands", [{"command": f"/m{n}", "url": BOT, "description": "d"} for n in range(51)]),
        ("features/colour", "blue"),
        ("oauth_config/scopes/bot", [f"scope{n}" for n in range(256)]),
        ("oauth_config/scopes/bot", ["commands", "commands"]),
        ("oauth_config/redirect_urls", ["http://bot.northwind.example/slack/oauth_redirect"]),
        ("settings/event_subscriptions/bot_events", [f"event{n}" for n in range(101)]),
        ("settings/event_subscriptions/request_url", None),
        ("settings/interactivity/request_url", None),
        ("settings/interactivity/message_menu_options_url", None),
        ("settings/interactivity/is_enabled", None),
        ("settings/socket_mode_enabled", True),
        ("_metadata/major_version", 3),
        ("display_information", None),
        ("secrets", {}),
    ],
)  # fmt: skip
def test_what_slack_would_refuse_is_refused_here(path: str, value: object) -> None:
    with pytest.raises(BadInput, match="would refuse"):
        checked(changed(path, value))
