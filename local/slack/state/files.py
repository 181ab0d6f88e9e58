"""Files: a ticket first, then the bytes, then completion; the scan that sets `mimetype` takes a moment."""

import json
import mimetypes
import sqlite3
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

from local.slack.refusal import Refusal
from local.slack.state.database import Database

SCAN_SECONDS = 0.4


class Files:
    """Files people dropped and files the app uploaded. Bytes lie in a folder, by file id."""

    def __init__(self, database: Database, folder: Path, now: Callable[[], float], public_url: str) -> None:
        self.database = database
        self.folder = folder
        self.now = now
        self.public_url = public_url
        folder.mkdir(parents=True, exist_ok=True)

    def expect(self, name: str, size: int, owner: str, alt_txt: str = "") -> tuple[str, str]:
        """Announce a file of exactly `size` bytes; returns its id and the ticket to upload it with."""
        id, ticket = f"F0{token_hex(4).upper()}", token_hex(16)
        self.database.run(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL, NULL, ?)",
            *(id, ticket, name, name, alt_txt, owner, size, self.now(), "[]"),
        )
        return id, ticket

    def expects(self, ticket: str) -> bool:
        """Whether a ticket is one of ours."""
        return self.database.one("SELECT 1 FROM files WHERE ticket = ?", ticket) is not None

    def receive(self, ticket: str, data: bytes) -> None:
        """Take a file's bytes. Raises Refusal if there is no such ticket or the length is another."""
        row = self.database.one("SELECT * FROM files WHERE ticket = ?", ticket)
        if row is None:
            raise Refusal("file_not_found")
        if len(data) != row["size"]:
            raise Refusal("file_update_failed", [f"expected {row['size']} bytes, got {len(data)}"])
        (self.folder / row["id"]).write_bytes(data)
        self.database.run("UPDATE files SET received = 1 WHERE id = ?", row["id"])

    def complete(self, id: str, title: str) -> dict[str, Any]:
        """Finish an upload; `mimetype` appears a little later, as after the real service's scan."""
        row = self._row(id)
        if not row["received"]:
            raise Refusal("file_not_found")
        now = self.now()
        self.database.run(
            "UPDATE files SET title = ?, completed = ?, ready_at = ? WHERE id = ?",
            *(title or row["name"], now, now + SCAN_SECONDS, id),
        )
        return self.get(id)

    def keep(self, name: str, data: bytes, owner: str) -> dict[str, Any]:
        """Take a file that a person dropped: it is ready at once."""
        id, ticket = self.expect(name, len(data), owner)
        self.receive(ticket, data)
        self.database.run("UPDATE files SET completed = ?, ready_at = ? WHERE id = ?", self.now(), self.now(), id)
        return self.get(id)

    def share(self, id: str, channel: str) -> None:
        """Remember that a file was posted in a channel."""
        shares = {*json.loads(self._row(id)["shares"]), channel}
        self.database.run("UPDATE files SET shares = ? WHERE id = ?", json.dumps(sorted(shares)), id)

    def posted(self, id: str, channel: str, ts: str, thread_ts: str | None) -> None:
        """Remember which message shares a file."""
        self.database.run("INSERT INTO shares VALUES (?, ?, ?, ?)", id, channel, ts, thread_ts)

    def _shared(self, row: sqlite3.Row) -> dict[str, Any]:
        """Where a file lies, by kind of conversation, and the messages that share it."""
        shared: list[str] = json.loads(row["shares"])
        kinds = {one["id"]: one["kind"] for one in self.database.all("SELECT id, kind FROM channels")}
        found: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for one in self.database.all("SELECT * FROM shares WHERE file = ? ORDER BY ts", row["id"]):
            side = "public" if kinds.get(one["channel"]) == "public_channel" else "private"
            thread = {"thread_ts": one["thread_ts"]} if one["thread_ts"] else {}
            found.setdefault(side, {}).setdefault(one["channel"], []).append({"ts": one["ts"], **thread})
        public = [channel for channel in shared if kinds.get(channel) == "public_channel"]
        return {
            "is_public": bool(public),
            "channels": public,
            "groups": [channel for channel in shared if kinds.get(channel) in ("private_channel", "mpim")],
            "ims": [channel for channel in shared if kinds.get(channel) == "im"],
            "shares": found,
        }

    def ready(self, id: str) -> bool:
        """Whether a file may be shown in a block: its scan is over."""
        row = self.database.one("SELECT * FROM files WHERE id = ?", id)
        return row is not None and row["ready_at"] is not None and self.now() >= row["ready_at"]

    def get(self, id: str) -> dict[str, Any]:
        """A file as files.info shows it."""
        row = self._row(id)
        ready = self.ready(id)
        suffix = row["name"].rsplit(".", 1)[-1].lower() if "." in row["name"] else ""
        link = f"{self.public_url}/files-pri/{row['id']}/{row['name']}"
        return {
            "id": row["id"],
            "created": int(row["created"]),
            "timestamp": int(row["created"]),
            "name": row["name"],
            "title": row["title"],
            "alt_txt": row["alt_txt"] or "",
            "mimetype": mimetypes.guess_type(row["name"])[0] or "application/octet-stream" if ready else "",
            "filetype": suffix if ready else "",
            # Empty, as all that follows from the type, until the scan is over (slackapi/java-slack-sdk#1349).
            "pretty_type": suffix.upper() if ready else "",
            "media_display_type": "unknown",
            "has_rich_preview": False,
            "external_type": "",
            "username": "",
            "editable": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "user": row["owner"],
            "size": row["size"],
            "mode": "hosted",
            "is_external": False,
            **self._shared(row),
            "url_private": link,
            "url_private_download": f"{link}?download=1",
            "permalink": link,
        }

    def data(self, id: str) -> bytes:
        """A file's bytes. Raises file_not_found."""
        self._row(id)
        return (self.folder / id).read_bytes()

    def delete(self, id: str) -> None:
        self._row(id)
        self.database.run("DELETE FROM files WHERE id = ?", id)
        (self.folder / id).unlink(missing_ok=True)

    def _row(self, id: str) -> sqlite3.Row:
        row = self.database.one("SELECT * FROM files WHERE id = ?", id)
        if row is None:
            raise Refusal("file_not_found")
        return row
