"""What happened, numbered, for the page: stored, so that a page that reconnects misses nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from local.slack.state.database import Database
from local.slack.state.directory import Directory


class Feed:
    """Events in order. Readers sleep until something is appended, then read from the table."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self.database = database
        self.directory = directory
        self.sleepers: set[asyncio.Event] = set()

    def append(self, type: str, *, channel: str | None = None, person: str | None = None, **data: Any) -> None:
        """Add an event for one person, or for everybody who may see `channel`."""
        body = {"type": type, **({"channel": channel} if channel else {}), **data}
        self.database.run(
            "INSERT INTO feed (person, channel, data) VALUES (?, ?, ?)", person, channel, json.dumps(body)
        )
        for sleeper in self.sleepers:
            sleeper.set()

    def last(self) -> int:
        row = self.database.one("SELECT max(n) AS n FROM feed")
        return int(row["n"] or 0) if row else 0

    def since(self, n: int, person: str) -> tuple[list[tuple[int, str]], int]:
        """Return the events after `n` that `person` may see, and the number of the last event looked at."""
        rows = self.database.all("SELECT * FROM feed WHERE n > ? ORDER BY n", n)
        seen = [(row["n"], row["data"]) for row in rows if self._visible(row["person"], row["channel"], person)]
        return seen, rows[-1]["n"] if rows else n

    def _visible(self, only: str | None, channel: str | None, person: str) -> bool:
        if only is not None:
            return only == person
        return channel is None or self.directory.may_see(channel, person)

    async def follow(self, person: str, since: int, heartbeat: float = 15.0) -> AsyncIterator[str]:
        """Yield server-sent events for `person` for ever, with a comment when nothing happens for long."""
        wake = asyncio.Event()
        self.sleepers.add(wake)
        try:
            yield ": connected\n\n"
            while True:
                wake.clear()
                events, since = self.since(since, person)
                for n, data in events:
                    yield f"id: {n}\ndata: {data}\n\n"
                try:
                    await asyncio.wait_for(wake.wait(), heartbeat)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.sleepers.discard(wake)
