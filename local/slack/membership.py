"""Who is in a channel, as people change it: Slack's own `/invite`, `/remove` and `/leave`."""

import re
from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.slack import Slack

Json = dict[str, Any]
OWN_COMMANDS = (
    {"command": "/invite", "description": "Add somebody to this channel", "usage_hint": "@NAME"},
    {"command": "/remove", "description": "Remove somebody from this channel", "usage_hint": "@NAME"},
    {"command": "/leave", "description": "Leave this channel", "usage_hint": ""},
)
NAMES = frozenset({*(one["command"] for one in OWN_COMMANDS), "/kick"})
_NAMED = re.compile(r"<?@?([\w.-]+)(\|[^>]*)?>?")


def change(slack: Slack, me: str, channel: str, command: str, text: str) -> None:
    """Do what a member typed. Raises Refusal with Slack's words."""
    row = slack.directory.known_to(channel, me)
    if row["im_user"]:
        raise Refusal("method_not_supported_for_channel_type")
    if row["archived"]:
        raise Refusal("is_archived")
    if not slack.directory.is_member(channel, me):
        raise Refusal("not_in_channel")
    if command == "/leave":
        _out(slack, channel, me, "has left the channel")
        return
    person = _person(slack, text)
    if command == "/invite":
        if slack.directory.is_member(channel, person):
            raise Refusal("already_in_channel")
        slack.directory.join(channel, person)
        joined = {"subtype": "channel_join", "user": person, "inviter": me}
        slack.messages.add(channel, {**joined, "text": f"<@{person}> has joined the channel"})
        slack.feed.append("channels")
        return
    if not slack.directory.is_member(channel, person):
        raise Refusal("not_in_channel")
    _out(slack, channel, person, "was removed from the channel")


def _out(slack: Slack, channel: str, person: str, how: str) -> None:
    slack.directory.leave(channel, person)
    slack.messages.add(channel, {"subtype": "channel_leave", "user": person, "text": f"<@{person}> {how}"})
    slack.feed.append("channels")


def _person(slack: Slack, text: str) -> str:
    """Who is meant by `@ben`, `ben` or `<@U0BEN>`."""
    found = _NAMED.fullmatch(text.strip())
    name = found.group(1) if found else ""
    if name in (workspace.BOT_NAME, workspace.BOT_USER):
        return workspace.BOT_USER
    for person in slack.directory.people():
        if name in (person.id, person.name):
            return person.id
    raise Refusal("user_not_found")
