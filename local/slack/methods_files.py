"""files.*: the external upload in three steps."""

from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.slack import Slack

Args = dict[str, Any]


def get_upload_url(slack: Slack, args: Args) -> dict[str, Any]:
    name, length = args.get("filename", ""), int(args.get("length") or 0)
    if not name or length <= 0:
        raise Refusal("invalid_arguments", ["filename and length are required"])
    id, ticket = slack.files.expect(name, length, workspace.BOT_USER, args.get("alt_txt", ""))
    return {"upload_url": f"{slack.public_url}/upload/v1/{ticket}", "file_id": id}


def complete_upload(slack: Slack, args: Args) -> dict[str, Any]:
    files = [slack.files.complete(one["id"], one.get("title", "")) for one in args.get("files") or []]
    if not files:
        raise Refusal("invalid_arguments", ["missing required field: files"])
    channel = args.get("channel_id") or args.get("channels", "").split(",")[0]
    if channel:
        slack.directory.channel(channel)
        if not slack.directory.is_member(channel, workspace.BOT_USER):
            raise Refusal("not_in_channel")
        for file in files:
            slack.files.share(file["id"], channel)
        body = {"user": workspace.BOT_USER, "bot_id": workspace.BOT_ID, "text": args.get("initial_comment", "")}
        shared = [slack.files.get(file["id"]) for file in files]
        slack.messages.add(channel, {**body, "files": shared}, thread_ts=args.get("thread_ts"))
    return {"files": files}


def info(slack: Slack, args: Args) -> dict[str, Any]:
    return {"file": slack.files.get(args.get("file", "")), "comments": []}


def delete(slack: Slack, args: Args) -> dict[str, Any]:
    slack.files.delete(args.get("file", ""))
    return {}


FILES = {
    "files.getUploadURLExternal": (get_upload_url, frozenset({"filename", "length", "alt_txt", "snippet_type"})),
    "files.completeUploadExternal": (
        complete_upload,
        frozenset({"files", "channel_id", "channels", "initial_comment", "thread_ts"}),
    ),
    "files.info": (info, frozenset({"file", "page", "count", "limit", "cursor"})),
    "files.delete": (delete, frozenset({"file"})),
}
