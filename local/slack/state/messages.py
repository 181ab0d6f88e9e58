"""Messages, threads, ephemeral messages and reactions."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from local.slack.state.database import Database
from local.slack.state.feed import Feed

Message = dict[str, Any]
# What Slack sends of every message, whatever is in it.
EMPTY: Message = {"type": "message", "text": "", "blocks": []}


class Messages:
    """Every conversation's messages. An ephemeral one has an audience of one person."""

    def __init__(self, database: Database, feed: Feed, now: Callable[[], float]) -> None:
        self.database = database
        self.feed = feed
        self.now = now
        newest = database.one("SELECT max(ts) AS ts FROM messages")
        self.last = int(str(newest["ts"]).replace(".", "")) if newest and newest["ts"] else 0

    def next_ts(self) -> str:
        """Return the present in microseconds, later than every ts given before."""
        self.last = max(self.last + 1, int(self.now() * 1_000_000))
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"

    def add(
        self,
        channel: str,
        body: Message,
        *,
        thread_ts: str | None = None,
        audience: str | None = None,
        quiet: bool = False,
    ) -> Message:
        """Store a new message and tell the page. Returns it as Slack shows it."""
        ts = self.next_ts()
        kept = {"type": "message", **body, "ts": ts}
        if thread_ts:
            kept["thread_ts"] = thread_ts
        if audience:
            kept["ephemeral"] = True
        self.database.run(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?)", channel, ts, thread_ts, audience, json.dumps(kept)
        )
        message = self.get(channel, ts)
        assert message is not None
        if quiet:
            return message
        if audience:
            thread = {"thread_ts": thread_ts} if thread_ts else {}
            self.feed.append("ephemeral", channel=channel, person=audience, message=message, **thread)
        else:
            self.feed.append("message", channel=channel, message=message)
            self._parent_changed(channel, thread_ts)
        return message

    def row(self, channel: str, ts: str) -> sqlite3.Row | None:
        return self.database.one("SELECT * FROM messages WHERE channel = ? AND ts = ?", channel, ts)

    def get(self, channel: str, ts: str) -> Message | None:
        row = self.row(channel, ts)
        return None if row is None else self._dressed(row)

    def replace(self, channel: str, ts: str, body: Message) -> Message:
        """Store `body` as the message's new content and tell the page."""
        self.database.run("UPDATE messages SET body = ? WHERE channel = ? AND ts = ?", json.dumps(body), channel, ts)
        row = self.row(channel, ts)
        assert row is not None
        message = self._dressed(row)
        if row["audience"]:
            self.feed.append("ephemeral_replaced", channel=channel, person=row["audience"], message=message, ts=ts)
        else:
            self.feed.append("message_changed", channel=channel, message=message)
        return message

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message; one with replies leaves a tombstone that holds its thread."""
        row = self.row(channel, ts)
        if row is None:
            return
        if not row["audience"] and self._replies(channel, ts):
            tomb = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "hidden": True}
            self.replace(channel, ts, {**tomb, "user": "USLACKBOT", "ts": ts, "thread_ts": ts})
            return
        self.database.run("DELETE FROM messages WHERE channel = ? AND ts = ?", channel, ts)
        self.database.run("DELETE FROM reactions WHERE channel = ? AND ts = ?", channel, ts)
        if row["audience"]:
            self.feed.append("ephemeral_deleted", channel=channel, person=row["audience"], ts=ts)
        else:
            self.feed.append("message_deleted", channel=channel, ts=ts)
            self._parent_changed(channel, row["thread_ts"])

    def top(self, channel: str, person: str) -> list[Message]:
        """Return the channel's own messages, oldest first, with `person`'s ephemeral ones."""
        rows = self.database.all(
            "SELECT * FROM messages WHERE channel = ? AND thread_ts IS NULL"
            " AND (audience IS NULL OR audience = ?) ORDER BY ts",
            channel,
            person,
        )
        return [self._dressed(row) for row in rows]

    def thread(self, channel: str, ts: str, person: str) -> list[Message]:
        """Return a parent and its replies, oldest first, with `person`'s ephemeral ones."""
        rows = self.database.all(
            "SELECT * FROM messages WHERE channel = ? AND (ts = ? OR thread_ts = ?)"
            " AND (audience IS NULL OR audience = ?) ORDER BY ts",
            channel,
            ts,
            ts,
            person,
        )
        return [self._dressed(row) for row in rows]

    def react(self, channel: str, ts: str, name: str, person: str) -> bool:
        """Add a reaction; False if it was there."""
        added = self.database.run("INSERT OR IGNORE INTO reactions VALUES (?, ?, ?, ?)", channel, ts, name, person)
        self._reacted(channel, ts)
        return added.rowcount > 0

    def unreact(self, channel: str, ts: str, name: str, person: str) -> bool:
        """Remove a reaction; False if it was not there."""
        gone = self.database.run(
            "DELETE FROM reactions WHERE channel = ? AND ts = ? AND name = ? AND person = ?", channel, ts, name, person
        )
        self._reacted(channel, ts)
        return gone.rowcount > 0

    def reactions(self, channel: str, ts: str) -> list[dict[str, Any]]:
        rows = self.database.all("SELECT * FROM reactions WHERE channel = ? AND ts = ? ORDER BY rowid", channel, ts)
        by_name: dict[str, list[str]] = {}
        for row in rows:
            by_name.setdefault(row["name"], []).append(row["person"])
        return [{"name": name, "users": people, "count": len(people)} for name, people in by_name.items()]

    def _reacted(self, channel: str, ts: str) -> None:
        self.feed.append("reaction", channel=channel, ts=ts, reactions=self.reactions(channel, ts))

    def _parent_changed(self, channel: str, thread_ts: str | None) -> None:
        parent = self.get(channel, thread_ts) if thread_ts else None
        if parent is not None:
            self.feed.append("message_changed", channel=channel, message=parent)

    def _replies(self, channel: str, ts: str) -> list[sqlite3.Row]:
        return self.database.all(
            "SELECT * FROM messages WHERE channel = ? AND thread_ts = ? AND audience IS NULL ORDER BY ts", channel, ts
        )

    def _dressed(self, row: sqlite3.Row) -> Message:
        """Return the stored message with what follows from others: its thread and its reactions."""
        message: Message = {**EMPTY, **json.loads(row["body"])}
        replies = [] if row["thread_ts"] or row["audience"] else self._replies(row["channel"], row["ts"])
        if replies:
            people = list(dict.fromkeys(json.loads(reply["body"]).get("user", "") for reply in replies))
            message |= {"thread_ts": row["ts"], "reply_count": len(replies), "latest_reply": replies[-1]["ts"]}
            message |= {"reply_users": people, "reply_users_count": len(people)}
            message |= {"is_locked": False, "subscribed": False}
        if row["thread_ts"] and (parent := self.row(row["channel"], row["thread_ts"])) is not None:
            message["parent_user_id"] = json.loads(parent["body"]).get("user", "")
        if reactions := self.reactions(row["channel"], row["ts"]):
            message["reactions"] = reactions
        return message
