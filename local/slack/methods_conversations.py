"""conversations.*, as far as they are about conversations and who is in them: what is said there is in methods_chat.

The app is told of public channels, and of the others it is in; of everything else it hears `channel_not_found`.
"""

import sqlite3
from base64 import b64decode, b64encode
from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.slack import Slack
from local.slack.state.directory import IM, PUBLIC

Args = dict[str, Any]
# As the service: so many at a time unless asked otherwise, and never more.
PAGE, MOST = 100, 1000


def info(slack: Slack, args: Args) -> dict[str, Any]:
    return {"channel": slack.directory.channel_object(_known(slack, args))}


def list_conversations(slack: Slack, args: Args) -> dict[str, Any]:
    rows = _of_kinds(slack.directory.channels(), args)
    me = workspace.BOT_USER
    seen = [row for row in rows if row["kind"] == PUBLIC or slack.directory.is_member(row["id"], me)]
    shown, more = paged(seen, args)
    return {"channels": [slack.directory.channel_object(row) for row in shown], **more}


def conversations_of(slack: Slack, args: Args) -> dict[str, Any]:
    """Those that a person is in; those that are not public, as far as the app is in them, too."""
    person, me = args.get("user") or workspace.BOT_USER, workspace.BOT_USER
    rows = [row for row in _of_kinds(slack.directory.channels(), args) if slack.directory.is_member(row["id"], person)]
    seen = [row for row in rows if row["kind"] == PUBLIC or slack.directory.is_member(row["id"], me)]
    shown, more = paged(seen, args)
    return {"channels": [slack.directory.channel_object(row) for row in shown], **more}


def open_conversation(slack: Slack, args: Args) -> dict[str, Any]:
    people = [one for one in str(args.get("users", "")).split(",") if one]
    if len(people) < 2:
        return {"channel": {"id": slack.directory.dm(people[0] if people else "")["id"]}}
    if not all(slack.directory.knows(person) for person in people):
        raise Refusal("user_not_found")
    return {"channel": {"id": slack.directory.group_dm(people, int(slack.now()))["id"]}}


def members(slack: Slack, args: Args) -> dict[str, Any]:
    shown, more = paged(slack.directory.members(_known(slack, args)["id"]), args)
    return {"members": shown, **more}


def create(slack: Slack, args: Args) -> dict[str, Any]:
    private = str(args.get("is_private", "")).lower() in ("true", "1")
    row = slack.directory.create(str(args.get("name", "")), (), private=private, bot=True, created=int(slack.now()))
    return {"channel": slack.directory.channel_object(row)}


def invite(slack: Slack, args: Args) -> dict[str, Any]:
    channel = _entered(slack, args)
    for person in str(args.get("users", "")).split(","):
        if not slack.directory.knows(person):
            raise Refusal("user_not_found")
        if slack.directory.is_member(channel, person):
            raise Refusal("already_in_channel")
        slack.directory.join(channel, person)
    return {"channel": slack.directory.channel_object(slack.directory.channel(channel))}


def kick(slack: Slack, args: Args) -> dict[str, Any]:
    channel, person = _entered(slack, args), str(args.get("user", ""))
    if person == workspace.BOT_USER:
        raise Refusal("cant_kick_self")
    if not slack.directory.is_member(channel, person):
        raise Refusal("not_in_channel")
    slack.directory.leave(channel, person)
    return {}


def leave(slack: Slack, args: Args) -> dict[str, Any]:
    row = _known(slack, args)
    if not slack.directory.is_member(row["id"], workspace.BOT_USER):
        return {"not_in_channel": True}
    if row["kind"] == IM:
        raise Refusal("method_not_supported_for_channel_type")
    slack.directory.leave(row["id"], workspace.BOT_USER)
    return {}


def paged(found: list[Any], args: Args) -> tuple[list[Any], dict[str, Any]]:
    """One page of what was found, and where the next one begins. Raises invalid_limit, invalid_cursor."""
    try:
        limit = int(args.get("limit") or PAGE)
    except ValueError:
        raise Refusal("invalid_limit") from None
    if not 0 < limit <= MOST:
        raise Refusal("invalid_limit")
    begin = 0
    if cursor := str(args.get("cursor") or ""):
        try:
            begin = int(b64decode(cursor, validate=True).removeprefix(b"next:"))
        except ValueError:
            raise Refusal("invalid_cursor") from None
    end = begin + limit
    following = b64encode(f"next:{end}".encode()).decode() if end < len(found) else ""
    return found[begin:end], {"response_metadata": {"next_cursor": following}}


def _of_kinds(rows: list[sqlite3.Row], args: Args) -> list[sqlite3.Row]:
    kinds = set(str(args.get("types") or PUBLIC).replace(" ", "").split(","))
    archived = str(args.get("exclude_archived", "")).lower() not in ("true", "1")
    return [row for row in rows if row["kind"] in kinds and (archived or not row["archived"])]


def _known(slack: Slack, args: Args) -> sqlite3.Row:
    return slack.directory.known_to(str(args.get("channel", "")), workspace.BOT_USER)


def _entered(slack: Slack, args: Args) -> str:
    """A channel that the app may change who is in."""
    row = _known(slack, args)
    if row["archived"]:
        raise Refusal("is_archived")
    if row["kind"] not in ("public_channel", "private_channel"):
        raise Refusal("method_not_supported_for_channel_type")
    if not slack.directory.is_member(row["id"], workspace.BOT_USER):
        raise Refusal("not_in_channel")
    return str(row["id"])


_LISTED = frozenset({"types", "exclude_archived", "limit", "cursor", "team_id"})
CONVERSATIONS = {
    "conversations.info": (info, frozenset({"channel", "include_locale", "include_num_members"})),
    "conversations.list": (list_conversations, _LISTED),
    "users.conversations": (conversations_of, _LISTED | {"user"}),
    "conversations.open": (open_conversation, frozenset({"users", "return_im", "channel", "prevent_creation"})),
    "conversations.members": (members, frozenset({"channel", "limit", "cursor"})),
    "conversations.create": (create, frozenset({"name", "is_private", "team_id"})),
    "conversations.invite": (invite, frozenset({"channel", "users", "force"})),
    "conversations.kick": (kick, frozenset({"channel", "user"})),
    "conversations.leave": (leave, frozenset({"channel"})),
}
