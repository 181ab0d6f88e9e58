"""conversations.history and conversations.replies: what was said, page by page, as strict as Slack reads it out.

Of apps that are distributed outside its Marketplace Slack takes one call a minute for each of the two, and hands out
fifteen messages at most (docs.slack.dev, changelog of 2025-05-29): `Slack.distributed` switches that on.
"""

import base64
import binascii
import re
from typing import Any

from local import workspace
from local.slack.refusal import Limited, Refusal
from local.slack.slack import Slack

Args = dict[str, Any]
Message = dict[str, Any]

DEFAULT, MOST = 100, 999
OF_DISTRIBUTED, SECONDS = 15, 60.0
READ = frozenset({"channel", "limit", "cursor", "latest", "oldest", "inclusive", "include_all_metadata"})
TS = re.compile(r"\d{1,16}(\.\d{1,9})?")


def history(slack: Slack, args: Args) -> dict[str, Any]:
    """A conversation's own messages, the newest first."""
    channel = _readable(slack, args)
    _once_a_minute(slack, "conversations.history")
    found = [one for one in slack.messages.top(channel, workspace.BOT_USER) if not one.get("ephemeral")]
    page = _page(slack, _between(found, args)[::-1], args)
    return {**page, "pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}


def replies(slack: Slack, args: Args) -> dict[str, Any]:
    """A thread, the oldest first. Its parent comes with the first page, whatever the time range is."""
    channel = _readable(slack, args)
    _once_a_minute(slack, "conversations.replies")
    found = slack.messages.thread(channel, str(args.get("ts", "")), workspace.BOT_USER)
    found = [one for one in found if not one.get("ephemeral")]
    if not found:
        raise Refusal("thread_not_found")
    parent, rest = found[0], found[1:]
    return _page(slack, [parent, *_between(rest, args)], args)


def _readable(slack: Slack, args: Args) -> str:
    """The conversation, if the app is in it."""
    row = slack.directory.known_to(str(args.get("channel", "")), workspace.BOT_USER)
    if not slack.directory.is_member(row["id"], workspace.BOT_USER):
        raise Refusal("not_in_channel")
    return str(row["id"])


def _once_a_minute(slack: Slack, method: str) -> None:
    if not slack.distributed:
        return
    wait = slack.read_at.get(method, float("-inf")) + SECONDS - slack.now()
    if wait > 0:
        raise Limited(wait)
    slack.read_at[method] = slack.now()


def _between(found: list[Message], args: Args) -> list[Message]:
    """What was said after `oldest` and before `latest`; at these moments, too, where the range is `inclusive`."""
    inclusive = str(args.get("inclusive", "")).lower() in ("true", "1")
    if oldest := _moment(args, "oldest"):
        found = [one for one in found if _number(one["ts"]) > oldest or (inclusive and _number(one["ts"]) == oldest)]
    if latest := _moment(args, "latest"):
        found = [one for one in found if _number(one["ts"]) < latest or (inclusive and _number(one["ts"]) == latest)]
    return found


def _moment(args: Args, name: str) -> int:
    """A time of the range in microseconds; 0 where it is open."""
    given = str(args.get(name) or "0")
    if given in ("0", "now"):
        return 0
    if not TS.fullmatch(given):
        raise Refusal(f"invalid_ts_{name}")
    return _number(given)


def _number(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(f"{fraction:0<6}"[:6])


def _page(slack: Slack, found: list[Message], args: Args) -> dict[str, Any]:
    """One page, and where the next one begins: behind the last message shown, also if others came meanwhile."""
    limit = _limit(slack, args)
    begin = _begin(found, str(args.get("cursor") or ""))
    page, more = found[begin : begin + limit], begin + limit < len(found)
    shown = [_shown(one, args) for one in page]
    following = base64.b64encode(f"next_ts:{page[-1]['ts']}".encode()).decode() if more else ""
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": following}}


def _limit(slack: Slack, args: Args) -> int:
    try:
        limit = int(args.get("limit") or DEFAULT)
    except ValueError:
        raise Refusal("invalid_limit") from None
    if not 1 <= limit <= MOST:
        raise Refusal("invalid_limit")
    return min(limit, OF_DISTRIBUTED) if slack.distributed else limit


def _begin(found: list[Message], cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, last = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_cursor") from None
    if kind != "next_ts" or not TS.fullmatch(last):
        raise Refusal("invalid_cursor")
    # By its time: the message itself may be gone meanwhile.
    newest_first = len(found) > 1 and _number(found[0]["ts"]) > _number(found[-1]["ts"])
    at = _number(last)
    return sum((_number(one["ts"]) >= at) if newest_first else (_number(one["ts"]) <= at) for one in found)


def _shown(message: Message, args: Args) -> Message:
    if str(args.get("include_all_metadata", "")).lower() in ("true", "1"):
        return message
    return {key: value for key, value in message.items() if key != "metadata"}


HISTORY = {
    "conversations.history": (history, READ),
    "conversations.replies": (replies, READ | {"ts"}),
}
