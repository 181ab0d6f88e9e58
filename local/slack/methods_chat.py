"""chat.* and reactions.*"""

import re
from typing import Any

from local import workspace
from local.slack.check import check_message
from local.slack.refusal import Refusal
from local.slack.slack import Slack
from local.slack.state.views import with_ids

Args = dict[str, Any]
UPDATE_TEXT_BYTES, POST_TEXT = 4000, 40_000
THREAD_TS = re.compile(r"\d+\.\d+")
MESSAGE = frozenset(
    {"channel", "text", "blocks", "attachments", "thread_ts", "metadata", "mrkdwn", "parse", "link_names"}
)
POST = MESSAGE | {"reply_broadcast", "unfurl_links", "unfurl_media", "username", "icon_url", "icon_emoji", "as_user"}


def post_message(slack: Slack, args: Args) -> dict[str, Any]:
    channel = _postable(slack, args)
    message = slack.messages.add(channel, _content(slack, args), thread_ts=_thread(slack, channel, args))
    return {"channel": channel, "ts": message["ts"], "message": message}


def post_ephemeral(slack: Slack, args: Args) -> dict[str, Any]:
    channel = _postable(slack, args)
    if not slack.directory.is_member(channel, args.get("user", "")):
        raise Refusal("user_not_in_channel")
    thread_ts = _thread(slack, channel, args)
    message = slack.messages.add(channel, _content(slack, args), thread_ts=thread_ts, audience=args["user"])
    return {"message_ts": message["ts"]}


def update(slack: Slack, args: Args) -> dict[str, Any]:
    channel, ts = _channel(slack, args), args.get("ts", "")
    found = slack.messages.get(channel, ts)
    if found is None or found.get("ephemeral") or found.get("subtype") == "tombstone":
        raise Refusal("message_not_found")
    if found.get("user") != workspace.BOT_USER:
        raise Refusal("cant_update_message")
    escaped = args.get("text", "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped.encode()) > UPDATE_TEXT_BYTES:
        raise Refusal("msg_too_long")
    content = _content(slack, args)
    if "metadata" not in content and "metadata" in found:
        content["metadata"] = found["metadata"]
    edited = {"user": workspace.BOT_USER, "ts": slack.messages.next_ts()}
    kept: dict[str, Any] = {key: found[key] for key in ("ts", "thread_ts") if key in found}
    message = slack.messages.replace(channel, ts, {"type": "message", **content, **kept, "edited": edited})
    return {"channel": channel, "ts": ts, "text": message["text"], "message": message}


def delete(slack: Slack, args: Args) -> dict[str, Any]:
    channel, ts = _channel(slack, args), args.get("ts", "")
    found = slack.messages.get(channel, ts)
    if found is None or found.get("ephemeral"):
        raise Refusal("message_not_found")
    if found.get("user") != workspace.BOT_USER:
        raise Refusal("cant_delete_message")
    slack.messages.delete(channel, ts)
    return {"channel": channel, "ts": ts}


def permalink(slack: Slack, args: Args) -> dict[str, Any]:
    channel, ts = _channel(slack, args), args.get("message_ts", "")
    if slack.messages.get(channel, ts) is None:
        raise Refusal("message_not_found")
    return {"channel": channel, "permalink": f"{slack.public_url}/#/c/{channel}/t/{ts}"}


def react(slack: Slack, args: Args) -> dict[str, Any]:
    if not slack.messages.react(*_reaction(slack, args), workspace.BOT_USER):
        raise Refusal("already_reacted")
    return {}


def unreact(slack: Slack, args: Args) -> dict[str, Any]:
    if not slack.messages.unreact(*_reaction(slack, args), workspace.BOT_USER):
        raise Refusal("no_reaction")
    return {}


def _reaction(slack: Slack, args: Args) -> tuple[str, str, str]:
    channel, ts = _channel(slack, args), args.get("timestamp", "")
    if slack.messages.get(channel, ts) is None:
        raise Refusal("message_not_found")
    return channel, ts, args["name"]


def _channel(slack: Slack, args: Args) -> str:
    """The channel a call names; a person's id means the conversation with them."""
    given = str(args.get("channel", ""))
    if given.startswith("U"):
        return str(slack.directory.dm(given)["id"])
    return str(slack.directory.known_to(given, workspace.BOT_USER)["id"])


def _thread(slack: Slack, channel: str, args: Args) -> str | None:
    """The thread a message joins. One whose parent is gone is none: Slack posts into the channel and says nothing but
    that the message it shows is in no thread (slack-go/slack#1571).
    """
    given = args.get("thread_ts")
    if not given:
        return None
    if not THREAD_TS.fullmatch(str(given)):
        raise Refusal("invalid_thread_ts")
    row = slack.messages.row(channel, str(given))
    return None if row is None or row["audience"] else str(row["thread_ts"] or row["ts"])


def _member(slack: Slack, args: Args) -> str:
    channel = _channel(slack, args)
    if not slack.directory.is_member(channel, workspace.BOT_USER):
        raise Refusal("not_in_channel")
    return channel


def _postable(slack: Slack, args: Args) -> str:
    channel = _channel(slack, args)
    if slack.directory.channel(channel)["archived"]:
        raise Refusal("is_archived")
    return _member(slack, args)


def _content(slack: Slack, args: Args) -> dict[str, Any]:
    """The checked content of a message. A message of blocks without text has no notification: refused here."""
    blocks = args.get("blocks") or []
    text = args.get("text", "")
    if not text:
        raise Refusal("no_text")
    if len(text) > POST_TEXT:
        text = text[:POST_TEXT]
    check_message(blocks, slack.files.ready)
    content: dict[str, Any] = {"user": workspace.BOT_USER, "bot_id": workspace.BOT_ID, "app_id": workspace.APP_ID}
    content |= {"text": text, "blocks": with_ids(blocks)}
    if metadata := args.get("metadata"):
        if not {"event_type", "event_payload"} <= metadata.keys():
            raise Refusal("invalid_metadata_format")
        content["metadata"] = metadata
    return content


CHAT = {
    "chat.postMessage": (post_message, POST),
    "chat.postEphemeral": (post_ephemeral, POST | {"user"}),
    "chat.update": (update, MESSAGE | {"ts", "as_user", "file_ids", "reply_broadcast"}),
    "chat.delete": (delete, frozenset({"channel", "ts", "as_user"})),
    "chat.getPermalink": (permalink, frozenset({"channel", "message_ts"})),
    "reactions.add": (react, frozenset({"channel", "timestamp", "name"})),
    "reactions.remove": (unreact, frozenset({"channel", "timestamp", "name"})),
}
