"""Every Web API call, and every request sent to the app, in order."""

import json
from typing import Any

from local.slack.state.database import Database

PARSED = ("blocks", "view", "metadata", "files", "attachments", "message")


class Transcript:
    """What the app asked of this Slack, and how its endpoints answered ours."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, at: float, method: str, args: dict[str, Any], answer: dict[str, Any]) -> None:
        """Record one call with its arguments as objects and without its token."""
        kept = {key: _parsed(value) if key in PARSED else value for key, value in args.items() if key != "token"}
        self.database.run(
            "INSERT INTO calls (at, method, args, ok, error) VALUES (?, ?, ?, ?, ?)",
            at,
            method,
            json.dumps(kept),
            int(bool(answer.get("ok"))),
            answer.get("error"),
        )

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        rows = self.database.all("SELECT * FROM calls WHERE n > ? ORDER BY n", since)
        return [
            {
                "n": row["n"],
                "method": row["method"],
                "args": json.loads(row["args"]),
                "ok": bool(row["ok"]),
                **({"error": row["error"]} if row["error"] else {}),
            }
            for row in rows
        ]

    def delivered(self, at: float, kind: str, detail: str, status: int, error: str | None) -> None:
        """Record one request to the app: its HTTP status (0 for none) and what was wrong with its answer."""
        self.database.run(
            "INSERT INTO deliveries (at, kind, detail, status, error) VALUES (?, ?, ?, ?, ?)",
            at,
            kind,
            detail,
            status,
            error,
        )

    def deliveries(self, since: int = 0) -> list[dict[str, Any]]:
        rows = self.database.all("SELECT * FROM deliveries WHERE n > ? ORDER BY n", since)
        return [{key: row[key] for key in ("n", "kind", "detail", "status", "error")} for row in rows]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
