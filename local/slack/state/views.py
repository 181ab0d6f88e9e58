"""Modals, stacked at most three high per person, and each person's Home."""

import json
import sqlite3
from secrets import token_hex
from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.state.database import Database
from local.slack.state.feed import Feed

STACK = 3
View = dict[str, Any]


class Views:
    """Every view that was shown. A closed modal is kept, but is no longer found."""

    def __init__(self, database: Database, feed: Feed, team_id: str) -> None:
        self.database = database
        self.feed = feed
        self.team_id = team_id

    def open(self, person: str, view: View) -> View:
        """Show a modal; whatever was open is gone."""
        for old in self.stack(person):
            self.database.run("UPDATE views SET is_open = 0 WHERE id = ?", old)
        shown = self._add(person, "modal", view, previous=None)
        self._set_stack(person, [shown["id"]])
        self.feed.append("view_opened", person=person, view=shown, stack=[shown["id"]])
        return shown

    def push(self, person: str, view: View) -> View:
        """Show a modal above the open one. Raises push_limit_reached."""
        stack = self.stack(person)
        if len(stack) >= STACK:
            raise Refusal("push_limit_reached")
        shown = self._add(person, "modal", view, previous=stack[-1] if stack else None)
        self._set_stack(person, [*stack, shown["id"]])
        self.feed.append("view_pushed", person=person, view=shown, stack=[*stack, shown["id"]])
        return shown

    def update(self, row: sqlite3.Row, view: View, hash: str | None = None) -> View:
        """Replace a view's content. Raises hash_conflict, not_found."""
        if not row["is_open"]:
            raise Refusal("not_found")
        if hash and hash != row["hash"]:
            raise Refusal("hash_conflict")
        body = _with_ids(view)
        self._external_free(view.get("external_id"), row["id"])
        self.database.run(
            "UPDATE views SET body = ?, hash = ?, external_id = ? WHERE id = ?",
            *(json.dumps(body), _hash(), view.get("external_id"), row["id"]),
        )
        shown = self.get(row["id"])
        kind = "home" if row["kind"] == "home" else "view_updated"
        self.feed.append(kind, person=row["person"], view=shown)
        return shown

    def publish(self, person: str, view: View, hash: str | None = None) -> View:
        """Set a person's Home."""
        row = self.database.one("SELECT * FROM views WHERE person = ? AND kind = 'home'", person)
        if row is not None:
            return self.update(row, view, hash)
        shown = self._add(person, "home", view, previous=None)
        self.feed.append("home", person=person, view=shown)
        return shown

    def close(self, person: str, id: str) -> None:
        """Close one modal and those above it."""
        stack = self.stack(person)
        kept = stack[: stack.index(id)] if id in stack else stack
        for gone in stack[len(kept) :]:
            self.database.run("UPDATE views SET is_open = 0 WHERE id = ?", gone)
        self._set_stack(person, kept)
        self.feed.append("view_closed", person=person, view_id=id, stack=kept)

    def clear(self, person: str) -> None:
        """Close every modal of a person."""
        for id in self.stack(person):
            self.database.run("UPDATE views SET is_open = 0 WHERE id = ?", id)
        self._set_stack(person, [])
        self.feed.append("views_cleared", person=person)

    def stack(self, person: str) -> list[str]:
        row = self.database.one("SELECT views FROM stacks WHERE person = ?", person)
        return json.loads(row["views"]) if row else []

    def home(self, person: str) -> View | None:
        row = self.database.one("SELECT id FROM views WHERE person = ? AND kind = 'home'", person)
        return self.get(row["id"]) if row else None

    def find(self, id: str | None = None, external_id: str | None = None) -> sqlite3.Row:
        """Return a view's row by either id. Raises not_found."""
        row = (
            self.database.one("SELECT * FROM views WHERE id = ?", id)
            if id
            else self.database.one("SELECT * FROM views WHERE external_id = ? AND is_open = 1", external_id)
        )
        if row is None:
            raise Refusal("not_found")
        return row

    def keep_values(self, id: str, values: dict[str, Any]) -> None:
        """Remember what a person has typed so far: it comes back in the view's state."""
        self.database.run("UPDATE views SET given = ? WHERE id = ?", json.dumps(values), id)

    def get(self, id: str) -> View:
        """A view as the Web API and payloads show it."""
        row = self.find(id)
        body = json.loads(row["body"])
        return {
            "private_metadata": "",
            "callback_id": "",
            "notify_on_close": False,
            "clear_on_close": False,
            "close": None,
            "submit": None,
            **body,
            "id": row["id"],
            "team_id": self.team_id,
            "app_id": workspace.APP_ID,
            "app_installed_team_id": self.team_id,
            "bot_id": workspace.BOT_ID,
            "external_id": row["external_id"] or "",
            "hash": row["hash"],
            "root_view_id": row["root"],
            "previous_view_id": row["previous"],
            "state": {"values": json.loads(row["given"] or "{}")},
        }

    def _add(self, person: str, kind: str, view: View, previous: str | None) -> View:
        self._external_free(view.get("external_id"), None)
        id = f"V0{token_hex(5).upper()}"
        root = self.find(previous)["root"] if previous else id
        self.database.run(
            "INSERT INTO views VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 1)",
            *(id, person, kind, json.dumps(_with_ids(view)), _hash(), view.get("external_id"), root, previous),
        )
        return self.get(id)

    def _external_free(self, external_id: str | None, owner: str | None) -> None:
        if not external_id:
            return
        row = self.database.one("SELECT id FROM views WHERE external_id = ? AND is_open = 1", external_id)
        if row is not None and row["id"] != owner:
            raise Refusal("duplicate_external_id")

    def _set_stack(self, person: str, stack: list[str]) -> None:
        self.database.run("INSERT OR REPLACE INTO stacks VALUES (?, ?)", person, json.dumps(stack))


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every block and interactive element without an id one, as Slack does."""
    named = []
    for block in blocks:
        block = {"block_id": token_hex(3), **block}
        for part in ("element", "accessory"):
            if isinstance(block.get(part), dict) and block[part].get("type") != "image":
                block[part] = {"action_id": token_hex(3), **block[part]}
        if block["type"] == "actions":
            block["elements"] = [{"action_id": token_hex(3), **element} for element in block["elements"]]
        named.append(block)
    return named


def _with_ids(view: View) -> View:
    return {**view, "blocks": with_ids(view["blocks"])}


def _hash() -> str:
    return f"{token_hex(5)}.{token_hex(4)}"
