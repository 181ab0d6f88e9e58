"""Things that run out: trigger ids (3 seconds, once) and response URLs (30 minutes, 5 uses)."""

import sqlite3
from collections.abc import Callable
from secrets import token_hex

from local.slack.refusal import Refusal
from local.slack.state.database import Database

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60
RESPONSE_URL_USES = 5


class Tickets:
    """Made when a person does something, spent by the app."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self.database = database
        self.now = now

    def trigger(self, person: str, view: str | None = None) -> str:
        """Make a trigger id for something `person` did, inside modal `view` if there was one."""
        made = self.now()
        id = f"{int(made * 1000)}.{int(token_hex(4), 16)}.{token_hex(16)}"
        self.database.run("INSERT INTO triggers VALUES (?, ?, ?, ?, 0)", id, person, view, made)
        return id

    def spend_trigger(self, id: str) -> sqlite3.Row:
        """Use up a trigger id. Raises invalid_trigger_id, exchanged_trigger_id or expired_trigger_id."""
        row = self.database.one("SELECT * FROM triggers WHERE id = ?", id)
        if row is None:
            raise Refusal("invalid_trigger_id")
        if row["used"]:
            raise Refusal("exchanged_trigger_id")
        if self.now() - row["made"] > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        self.database.run("UPDATE triggers SET used = 1 WHERE id = ?", id)
        return row

    def response_url(self, person: str, channel: str, original: str | None = None) -> str:
        """Make the id of a response URL. `original` is the ts of the message it may replace."""
        id = f"{int(self.now())}-{token_hex(12)}"
        self.database.run(
            "INSERT INTO response_urls VALUES (?, ?, ?, ?, ?, 0)", id, person, channel, original, self.now()
        )
        return id

    def spend_response_url(self, id: str) -> sqlite3.Row:
        """Use a response URL once. Raises used_url or expired_url."""
        row = self.database.one("SELECT * FROM response_urls WHERE id = ?", id)
        if row is None:
            raise Refusal("no_such_url")
        if self.now() - row["made"] > RESPONSE_URL_SECONDS:
            raise Refusal("expired_url")
        if row["uses"] >= RESPONSE_URL_USES:
            raise Refusal("used_url")
        self.database.run("UPDATE response_urls SET uses = uses + 1 WHERE id = ?", id)
        return row

    def set_original(self, id: str, ts: str) -> None:
        """Remember the first message made through a command's response URL: it may be replaced later."""
        self.database.run("UPDATE response_urls SET original = ? WHERE id = ? AND original IS NULL", ts, id)
