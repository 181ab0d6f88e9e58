"""The manifest and the code agree, both ways."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.registry import NAME
from bot.service import registry

ROOT = Path(__file__).resolve().parents[2]

# Which scope each Web API method needs, by Slack's method pages.
SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "views.update": "",
}
# The same for what is called by the SDK's names.
PEOPLE_SCOPES = {
    "users_info": {"users:read", "users:read.email"},
    "usergroups_users_list": {"usergroups:read"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "app_manifest.yaml").read_text())
    return loaded


def test_the_one_command_is_declared_with_an_address_and_hints(manifest: dict[str, Any]) -> None:
    [command] = manifest["features"]["slash_commands"]
    assert command["command"] == NAME
    assert command["url"].endswith("/slack/events")
    assert command["should_escape"] is True
    hinted = set(command["usage_hint"].strip("[]").split(" | "))
    assert hinted == {words[0] for words in registry().commands}


def test_searches_and_clicks_have_an_address(manifest: dict[str, Any]) -> None:
    interactivity = manifest["settings"]["interactivity"]
    assert interactivity["is_enabled"]
    assert registry().searches and interactivity["message_menu_options_url"].endswith("/slack/events")
    assert registry().buttons and interactivity["request_url"].endswith("/slack/events")


def test_events_are_those_with_a_listener(manifest: dict[str, Any]) -> None:
    declared = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert set(declared) == registry().events.keys() == {"app_home_opened"}


def test_shortcuts_are_those_with_a_listener(manifest: dict[str, Any]) -> None:
    declared = manifest["features"]["shortcuts"]
    assert {one["callback_id"] for one in declared} == registry().shortcuts.keys()
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in declared)


def test_scopes_are_those_the_calls_need_and_no_others(manifest: dict[str, Any]) -> None:
    used = {"commands", "groups:history"}
    source = (ROOT / "bot" / "slack" / "client.py").read_text()
    for method, scope in SCOPES.items():
        if f'"{method}"' in source and scope:
            used.add(scope)
    people = (ROOT / "bot" / "slack" / "people.py").read_text()
    used |= {scope for call, scopes in PEOPLE_SCOPES.items() if f"client.{call}(" in people for scope in scopes}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == used


def test_lengths_are_within_slacks_schema(manifest: dict[str, Any]) -> None:
    display = manifest["display_information"]
    assert len(display["name"]) <= 35 and len(display["description"]) <= 140
    [command] = manifest["features"]["slash_commands"]
    assert len(command["description"]) <= 2000 and len(command["usage_hint"]) <= 1000
