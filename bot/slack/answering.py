"""Delivers answers: into the modal that waits, to one person alone, or as a message with pictures and files."""

import logging
import time
from collections.abc import Callable
from typing import Any

from bot.answers import DRAWINGS, not_answered
from bot.slack.blocks import Message
from bot.slack.client import SlackClient
from bot.slack.errors import UnknownBlocks
from bot.slack.form import View
from bot.slack.pictures import Gallery, Pictures
from bot.slack.told import as_modal
from bot.slack.uploading import upload
from engine.asks import Ask
from engine.errors import Refused
from engine.ports import Delivery, Notice, Place, Post, Uploads

log = logging.getLogger(__name__)

# So long a workspace that did not take a chart's block is not asked again.
REFUSED_SECONDS = 3600.0
# A table is larger than a picture.
SEND_SECONDS = 60.0
Finding = Callable[[str, str, str], Post]


class Answering:
    """Answers for one workspace. `to_find` says how a message is found again: channel, key, thread."""

    def __init__(self, client: SlackClient, gallery: Gallery, to_find: Finding) -> None:
        self._client = client
        self._gallery = gallery
        self._to_find = to_find
        self._native_from = 0.0

    def deliver(self, notice: Notice, delivery: Delivery) -> Place:
        """Deliver an answer. Raises as a messenger does."""
        ask = Ask.model_validate(notice.data["ask"])
        if ask.view:
            return self._in_view(notice, delivery, ask)
        if ask.privately and notice.channel and not notice.data.get("files"):
            try:
                return self._whispered(notice, delivery)
            except Refused as error:
                log.info("no word to %s in %s: %s", notice.user, notice.channel, error.detail)
        in_person = ask.privately or not notice.channel
        channel = self._client.direct_channel(notice.user) if in_person else notice.channel
        thread = "" if in_person else notice.below
        place, just_now = self._posted(notice, delivery, channel, thread)
        self._give(notice, delivery, place, thread, just_now=just_now)
        return place

    def drawn(self, notice: Notice, pictures: Pictures) -> Message:
        """The message of an answer. A view, where its modal was closed, becomes one."""
        made = DRAWINGS[notice.kind](notice, pictures) if notice.kind in DRAWINGS else not_answered(notice)
        return made if isinstance(made, Message) else Message(str(made["title"]["text"]), _without_fields(made))

    def _in_view(self, notice: Notice, delivery: Delivery, ask: Ask) -> Place:
        pictures = self._bring(notice, delivery.uploads(notice.key))
        made = DRAWINGS[notice.kind](notice, pictures) if notice.kind in DRAWINGS else not_answered(notice)
        try:
            self._client.update_view(ask.view, as_modal(made) if isinstance(made, Message) else made)
            return {"view": ask.view}
        except Refused as error:
            # Whoever closed it wants it no more.
            log.info("form %s is gone: %s", ask.view, error.detail)
            return {"view": ""}

    def _whispered(self, notice: Notice, delivery: Delivery) -> Place:
        """Nobody can find such a message again: in doubt it is shown again."""

        def send(message: Message) -> Place:
            self._client.whisper(notice.channel, notice.user, message)
            return {"channel": notice.channel}

        def draw() -> Message:
            return self.drawn(notice, self._bring(notice, delivery.uploads(notice.key)))

        return delivery.make(f"{notice.key}-whisper", draw, send, Post(lambda since, at: None, lambda place: None))

    def _posted(self, notice: Notice, delivery: Delivery, channel: str, thread: str) -> tuple[Place, bool]:
        """Post with blocks that draw charts, where the workspace takes them; else with pictures.

        Returns where it stands, and whether it was posted just now, not by an earlier try.
        """
        sent: list[Place] = []

        def send(first: Message) -> Place:
            sent.append({})
            if first.native is not None and time.monotonic() >= self._native_from:
                try:
                    said = Message(first.text, first.native)
                    return self._client.post(channel, said, thread_ts=thread, key=notice.key)
                except UnknownBlocks as error:
                    log.info("this workspace draws no charts itself: %s", error.detail)
                    self._native_from = time.monotonic() + REFUSED_SECONDS
            pictures = self._bring(notice, delivery.uploads(notice.key))
            try:
                place = self._client.post(channel, self.drawn(notice, pictures), thread_ts=thread, key=notice.key)
            except Refused as error:
                if not pictures.ids:
                    raise
                log.warning("the pictures of %s are not taken: %s", notice.key, error.detail)
                pictures = pictures.not_taken()
                place = self._client.post(channel, self.drawn(notice, pictures), thread_ts=thread, key=notice.key)
            return {**place, "pictures": "follow"} if pictures.awaited else place

        place = delivery.make(
            notice.key,
            lambda: self.drawn(notice, Pictures()),
            send,
            self._to_find(channel, notice.key, thread),
        )
        return place, bool(sent)

    def _bring(self, notice: Notice, uploads: Uploads) -> Pictures:
        return self._gallery.bring(notice, uploads) if notice.data.get("charts") else Pictures()

    def _give(self, notice: Notice, delivery: Delivery, place: Place, thread: str, *, just_now: bool) -> None:
        """Give out an answer's files below its message. What was given before is not given again."""
        uploads = delivery.uploads(f"{notice.key}-files")
        left = [one for one in notice.data.get("files", ()) if not uploads.files.get(one["path"], {}).get("done")]
        channel, below = str(place["channel"]), thread or str(place["ts"])
        # An earlier try may have given some, and died or lost the answer before it could say so.
        there = frozenset() if just_now or not left else self._files_below(channel, below, str(place["ts"]))
        for one in left:
            if one["name"] in there:
                uploads.files[one["path"]] = {"id": "", "done": True}
            else:
                self._give_one(one, uploads, channel, below)

    def _files_below(self, channel: str, thread: str, since: str) -> frozenset[str]:
        """The names of the files that were posted in a thread after one of its messages."""
        found = self._client.form("conversations.replies", channel=channel, ts=thread, oldest=since, limit=200)
        replies = [one for one in found.get("messages") or () if float(one.get("ts") or 0) > float(since)]
        return frozenset(str(file.get("name")) for one in replies for file in one.get("files") or ())

    def _give_one(self, one: dict[str, Any], uploads: Uploads, channel: str, thread: str) -> None:
        data = uploads.get(one["path"])
        file_id = upload(self._client, one["name"], data, what="file", seconds=SEND_SECONDS)
        files = [{"id": file_id, "title": one["title"]}]
        self._client.call("files.completeUploadExternal", files=files, channel_id=channel, thread_ts=thread)
        uploads.files[one["path"]] = {"id": file_id, "done": True}


def _without_fields(view: View) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] not in ("input", "alert")]
