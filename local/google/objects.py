"""Objects on disk: metadata in SQLite, bytes in files, preconditions decided under one lock."""

import base64
import hashlib
import json
import os
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


class NotModified(PreconditionFailed):
    """The object is still the one the caller knows (HTTP 304 where it is read, 412 where it is written)."""


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
    not_metageneration: int | None = None

    def check(self, found: Stored | None) -> None:
        """Raise PreconditionFailed unless `found` is as asked. Generation 0 means: not there."""
        current = found.generation if found else 0
        if self.generation is not None and self.generation != current:
            raise PreconditionFailed
        changes = found.metageneration if found else 0
        if self.metageneration is not None and self.metageneration != changes:
            raise PreconditionFailed
        if self.not_generation is not None and self.not_generation == current:
            raise NotModified
        if self.not_metageneration is not None and self.not_metageneration == changes:
            raise NotModified


class Objects:
    """One bucket's objects. A version appears whole or not at all, also after a kill."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._durable = durable
        (folder / "bytes").mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "objects.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A kill of this process loses nothing either way; a power cut may cost the last seconds unless we are durable.
        self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        self._db.execute("CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, body TEXT NOT NULL)")
        self._sweep()

    def close(self) -> None:
        self._db.close()

    def put(
        self,
        name: str,
        data: bytes | Path,
        *,
        content_type: str,
        metadata: dict[str, str],
        match: Match,
        checksums: dict[str, str] | None = None,
    ) -> Stored:
        """Store a new version if `match` allows it; a file given as `data` is taken over.

        Raises ValueError if the bytes have other `checksums` (`crc32c`, `md5Hash`) than their sender says.
        """
        file = uuid4().hex
        path = self.folder / "bytes" / file
        if isinstance(data, Path):
            data.rename(path)
        else:
            path.write_bytes(data)
        if self._durable:
            sync(path, path.parent)
        sums = _checksums(path)
        for kind, value in (checksums or {}).items():
            if sums[kind] != value:
                path.unlink()
                raise ValueError(f"Provided {kind} {value} does not match the data's, {sums[kind]}.")
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
                size=path.stat().st_size,
                content_type=content_type,
                crc32c=sums["crc32c"],
                md5=sums["md5Hash"],
                created=now,
                updated=now,
                metadata=metadata,
                file=file,
            )
            self._save(stored)
        if found:
            (self.folder / "bytes" / found.file).unlink(missing_ok=True)
        return stored

    def patch(self, name: str, metadata: dict[str, str | None], content_type: str | None, match: Match) -> Stored:
        """Change an object's metadata; None removes an entry."""
        with self._lock:
            found = self.require(name)
            match.check(found)
            changed = replace(
                found,
                metageneration=found.metageneration + 1,
                updated=time.time(),
                metadata={key: value for key, value in (found.metadata | metadata).items() if value is not None},
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
                "SELECT body FROM objects WHERE name >= ? AND name < ? ORDER BY name",
                (max(prefix, start), prefix + chr(0x10FFFF)),
            ).fetchall()
        found = [Stored(**json.loads(row[0])) for row in rows]
        return [stored for stored in found if not end or stored.name < end]

    def _sweep(self) -> None:
        """Remove bytes that no object owns: a kill came between the two."""
        owned = {stored.file for stored in self.names("", "", "")}
        for path in (self.folder / "bytes").iterdir():
            if path.name not in owned:
                path.unlink()

    def _save(self, stored: Stored) -> None:
        body = json.dumps(stored.__dict__)
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?)", (stored.name, body))


def sync(*paths: Path) -> None:
    """Have the disk keep files and the folders that name them."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _checksums(path: Path) -> dict[str, str]:
    """CRC32C and MD5 of a file, in base64."""
    crc32c, md5 = google_crc32c.Checksum(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            crc32c.update(chunk)
            md5.update(chunk)
    return {name: base64.b64encode(sum_.digest()).decode() for name, sum_ in (("crc32c", crc32c), ("md5Hash", md5))}


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
