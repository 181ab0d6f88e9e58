"""Objects on disk: metadata in SQLite, bytes in files, preconditions decided under one lock."""

import base64
import hashlib
import json
import sqlite3
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import google_crc32c


class PreconditionFailed(Exception):
    """The object is not as the caller said it must be (HTTP 412)."""


class Missing(Exception):
    """There is no such object (HTTP 404)."""


@dataclass(frozen=True)
class Stored:
    """The newest version of one object."""

    name: str
    generation: int
    metageneration: int
    size: int
    content_type: str
    crc32c: str
    md5: str
    created: float
    updated: float
    metadata: dict[str, str]
    file: str


@dataclass(frozen=True)
class Match:
    """The preconditions of a request; None means that nothing is asked."""

    generation: int | None = None
    not_generation: int | None = None
    metageneration: int | None = None

    def check(self, found: Stored | None) -> None:
        """Raise PreconditionFailed unless `found` is as asked. Generation 0 means: not there."""
        current = found.generation if found else 0
        if self.generation is not None and self.generation != current:
            raise PreconditionFailed
        if self.not_generation is not None and self.not_generation == current:
            raise PreconditionFailed
        if self.metageneration is not None and self.metageneration != (found.metageneration if found else 0):
            raise PreconditionFailed


class Objects:
    """One bucket's objects. A version appears whole or not at all, also after a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bytes").mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "objects.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, body TEXT NOT NULL)")

    def close(self) -> None:
        self._db.close()

    def put(self, name: str, data: bytes, *, content_type: str, metadata: dict[str, str], match: Match) -> Stored:
        """Store a new version if `match` allows it."""
        file = uuid4().hex
        path = self.folder / "bytes" / file
        path.write_bytes(data)
        with self._lock:
            found = self.find(name)
            try:
                match.check(found)
            except PreconditionFailed:
                path.unlink()
                raise
            now = time.time()
            stored = Stored(
                name=name,
                # Microseconds, as the real service; never the same twice.
                generation=max(int(now * 1e6), found.generation + 1 if found else 0),
                metageneration=1,
                size=len(data),
                content_type=content_type,
                crc32c=crc32c(data),
                md5=base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
                created=now,
                updated=now,
                metadata=metadata,
                file=file,
            )
            self._save(stored)
        if found:
            (self.folder / "bytes" / found.file).unlink(missing_ok=True)
        return stored

    def patch(self, name: str, metadata: dict[str, str], content_type: str | None, match: Match) -> Stored:
        """Change an object's metadata."""
        with self._lock:
            found = self.require(name)
            match.check(found)
            changed = replace(
                found,
                metageneration=found.metageneration + 1,
                updated=time.time(),
                metadata={**found.metadata, **metadata},
                content_type=content_type or found.content_type,
            )
            self._save(changed)
            return changed

    def delete(self, name: str, match: Match) -> None:
        """Delete an object if `match` allows it."""
        with self._lock:
            found = self.require(name)
            match.check(found)
            self._db.execute("DELETE FROM objects WHERE name = ?", (name,))
        (self.folder / "bytes" / found.file).unlink(missing_ok=True)

    def read(self, stored: Stored) -> bytes:
        """The bytes of a version; Missing if it was replaced meanwhile."""
        try:
            return (self.folder / "bytes" / stored.file).read_bytes()
        except FileNotFoundError as error:
            raise Missing from error

    def find(self, name: str) -> Stored | None:
        with self._lock:
            row = self._db.execute("SELECT body FROM objects WHERE name = ?", (name,)).fetchone()
        return Stored(**json.loads(row[0])) if row else None

    def require(self, name: str) -> Stored:
        found = self.find(name)
        if found is None:
            raise Missing
        return found

    def names(self, prefix: str, start: str, end: str) -> list[Stored]:
        """Every object under `prefix` from `start` on and before `end`, by name."""
        with self._lock:
            rows = self._db.execute(
                "SELECT body FROM objects WHERE name >= ? AND substr(name, 1, ?) = ? ORDER BY name",
                (max(prefix, start), len(prefix), prefix),
            ).fetchall()
        found = [Stored(**json.loads(row[0])) for row in rows]
        return [stored for stored in found if not end or stored.name < end]

    def _save(self, stored: Stored) -> None:
        body = json.dumps(stored.__dict__)
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?)", (stored.name, body))


def crc32c(data: bytes) -> str:
    """CRC32C in base64."""
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def resource(bucket: str, stored: Stored, base: str) -> dict[str, Any]:
    """An object as the JSON API shows it."""
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{stored.name}/{stored.generation}",
        "bucket": bucket,
        "name": stored.name,
        "generation": str(stored.generation),
        "metageneration": str(stored.metageneration),
        "size": str(stored.size),
        "contentType": stored.content_type,
        "crc32c": stored.crc32c,
        "md5Hash": stored.md5,
        "etag": f"{stored.generation}-{stored.metageneration}",
        "storageClass": "STANDARD",
        "timeCreated": _moment(stored.created),
        "updated": _moment(stored.updated),
        "metadata": stored.metadata,
        "mediaLink": f"{base}/download/storage/v1/b/{bucket}/o/{stored.name}?alt=media",
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
