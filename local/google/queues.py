"""Queued tasks on disk: names, times, tries. What to do next is decided here; sending is elsewhere."""

import json
import sqlite3
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# How long a name stays taken after its task is gone. The reference said an hour, the service keeps some for a day.
TOMBSTONE_SECONDS = 86_400.0


class NameTaken(Exception):
    """A task of this name exists, or existed within the last day."""


@dataclass(frozen=True)
class QueuedTask:
    """One task. `due` is when it may be sent next; `tries` counts dispatches, answered or not."""

    name: str
    queue: str
    task: dict[str, Any]
    due: float
    created: float
    tries: int = 0
    answered: int = 0
    last_status: int = 0


class Queues:
    """All queues' tasks. A task leaves when it succeeded; its name stays taken for a day."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "tasks.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS tasks (name TEXT PRIMARY KEY, queue TEXT, due REAL, body TEXT)")
        self._db.execute("CREATE TABLE IF NOT EXISTS gone (name TEXT PRIMARY KEY, at REAL)")
        self._db.execute("CREATE TABLE IF NOT EXISTS paused (queue TEXT PRIMARY KEY)")

    def close(self) -> None:
        self._db.close()

    def add(self, task: QueuedTask) -> None:
        """Queue a task. Raises NameTaken."""
        with self._lock:
            self._db.execute("DELETE FROM gone WHERE at < ?", (time.time() - TOMBSTONE_SECONDS,))
            if self.find(task.name) or self._db.execute("SELECT 1 FROM gone WHERE name = ?", (task.name,)).fetchone():
                raise NameTaken
            self._save(task)

    def find(self, name: str) -> QueuedTask | None:
        with self._lock:
            row = self._db.execute("SELECT body FROM tasks WHERE name = ?", (name,)).fetchone()
        return QueuedTask(**json.loads(row[0])) if row else None

    def waiting(self, queue: str) -> list[QueuedTask]:
        """A queue's tasks, the next due first."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM tasks WHERE queue = ? ORDER BY due", (queue,)).fetchall()
        return [QueuedTask(**json.loads(row[0])) for row in rows]

    def due(self, queue: str, now: float) -> list[QueuedTask]:
        """The tasks that may be sent now; none from a paused queue."""
        with self._lock:
            if self._db.execute("SELECT 1 FROM paused WHERE queue = ?", (queue,)).fetchone():
                return []
            rows = self._db.execute(
                "SELECT body FROM tasks WHERE queue = ? AND due <= ? ORDER BY due", (queue, now)
            ).fetchall()
        return [QueuedTask(**json.loads(row[0])) for row in rows]

    def sent(self, task: QueuedTask) -> QueuedTask:
        """Record a dispatch before it is made, so that a crash counts it."""
        tried = replace(task, tries=task.tries + 1)
        with self._lock:
            self._save(tried)
        return tried

    def again(self, task: QueuedTask, status: int, delay: float) -> None:
        """Record a failed dispatch; the task is due again after `delay`."""
        later = replace(task, due=time.time() + delay, last_status=status, answered=task.answered + bool(status))
        with self._lock:
            if self.find(task.name):
                self._save(later)

    def remove(self, name: str) -> bool:
        """Take a task out, done or deleted; its name stays taken."""
        with self._lock:
            gone = self._db.execute("DELETE FROM tasks WHERE name = ?", (name,)).rowcount > 0
            if gone:
                self._db.execute("INSERT OR REPLACE INTO gone VALUES (?, ?)", (name, time.time()))
        return gone

    def purge(self, queue: str) -> None:
        for task in self.waiting(queue):
            self.remove(task.name)

    def pause(self, queue: str, paused: bool) -> None:
        with self._lock:
            if paused:
                self._db.execute("INSERT OR IGNORE INTO paused VALUES (?)", (queue,))
            else:
                self._db.execute("DELETE FROM paused WHERE queue = ?", (queue,))

    def is_paused(self, queue: str) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM paused WHERE queue = ?", (queue,)).fetchone() is not None

    def readdress(self, base: str) -> None:
        """Send every waiting task to the worker at `base`: it may listen elsewhere than when they were queued."""
        with self._lock:
            for (body,) in self._db.execute("SELECT body FROM tasks").fetchall():
                task = QueuedTask(**json.loads(body))
                request = task.task["httpRequest"]
                moved = {**request, "url": base + urlsplit(request["url"]).path}
                if "oidcToken" in request:
                    moved["oidcToken"] = {**request["oidcToken"], "audience": base}
                self._save(replace(task, task={**task.task, "httpRequest": moved}))

    def _save(self, task: QueuedTask) -> None:
        row = (task.name, task.queue, task.due, json.dumps(asdict(task)))
        self._db.execute("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?)", row)
