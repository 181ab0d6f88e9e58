"""Objects on disk: metadata in SQLite, bytes in files, preconditions decided under one lock.

A bucket of years holds hundreds of thousands of objects, so nothing here looks at all of them: a page of names is a
range of an index, and what a kill may have left half done has a second name under `moving/`, which alone is looked
through when the server starts.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from local.google.bytes_of import CHUNK, Sums, sums_of, sync, write
from local.google.described import Invalid, check_metadata
from local.google.stored import ANY, Match, Missing, Replaced, Stored, read, written

TABLES = (
    "CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, body TEXT NOT NULL)",
    # What lifecycle may throw away, which is little: the objects with a custom time.
    "CREATE TABLE IF NOT EXISTS passing (name TEXT PRIMARY KEY, since REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS passing_since ON passing (since)",
)
AT_ONCE = 500


class Objects:
    """One bucket's objects. A version appears whole or not at all, also after a kill."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._durable = durable
        self._bytes, self._moving = folder / "bytes", folder / "moving"
        earlier = self._bytes.exists() and not self._moving.exists()
        for one in (self._bytes, self._moving):
            one.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "objects.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A kill of this process loses nothing either way; a power cut may cost the last seconds unless we are durable.
        self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        for table in TABLES:
            self._db.execute(table)
        # A release before this one gave bytes no second name: once, all are looked at.
        self._tidy(self._bytes if earlier else self._moving)

    def close(self) -> None:
        self._db.close()

    def put(
        self,
        name: str,
        data: bytes | Path | Iterable[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str],
        match: Match = ANY,
        checksums: Mapping[str, str] | None = None,
        custom_time: float | None = None,
        components: int = 0,
    ) -> Stored:
        """Store a new version if `match` allows it. A file is taken over; pieces are never all in memory.

        components: how many objects it was composed of, if it was. Raises Invalid if the bytes have other `checksums`
        (`crc32c`, `md5Hash`) than their sender says.
        """
        file = uuid4().hex
        coming, path = self._moving / file, self._bytes / file
        try:
            sums = self._arrive(coming, data)
            _agree(sums, checksums or {})
            os.link(coming, path)
            if self._durable:
                sync(path, self._bytes, self._moving)
            stored = Stored(
                name=name,
                generation=0,
                metageneration=1,
                size=sums.size,
                content_type=content_type,
                crc32c=sums.crc32c,
                # The service keeps none of what was composed.
                md5="" if components else sums.md5,
                created=0.0,
                updated=0.0,
                metadata=dict(metadata),
                file=file,
                custom_time=custom_time,
                components=components,
            )
            return self._publish(stored, match)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            coming.unlink(missing_ok=True)

    def _arrive(self, coming: Path, data: bytes | Path | Iterable[bytes]) -> Sums:
        """Bring bytes into `moving/`; returns what they are."""
        if isinstance(data, Path):
            data.rename(coming)
            return sums_of(coming)
        return write(coming, (data,) if isinstance(data, bytes) else data)

    def _publish(self, coming: Stored, match: Match) -> Stored:
        """Have the newest version be `coming`, whose bytes are here, if `match` allows it."""
        with self._lock:
            found = self.find(coming.name)
            match.check(found)
            now = time.time()
            # Microseconds, as the real service; never the same twice.
            generation = max(int(now * 1e6), found.generation + 1 if found else 0)
            stored = replace(coming, generation=generation, created=now, updated=now)
            self._about_to_go(found)
            self._save(stored)
        self._gone(found)
        return stored

    def patch(
        self,
        name: str,
        metadata: Mapping[str, str | None] | None = None,
        content_type: str | None = None,
        match: Match = ANY,
        custom_time: float | None = None,
    ) -> Stored:
        """Change an object's metadata; None removes an entry. Raises Invalid: too many, or a time that goes back."""
        with self._lock:
            found = self.require(name)
            match.check(found)
            if custom_time is not None and found.custom_time is not None and custom_time < found.custom_time:
                raise Invalid("Custom time cannot be set to an earlier time than it has.")
            kept = {key: value for key, value in (found.metadata | dict(metadata or {})).items() if value is not None}
            check_metadata(kept)
            changed = replace(
                found,
                metageneration=found.metageneration + 1,
                updated=time.time(),
                metadata=kept,
                content_type=content_type or found.content_type,
                custom_time=found.custom_time if custom_time is None else custom_time,
            )
            self._save(changed)
            return changed

    def delete(self, name: str, match: Match = ANY) -> None:
        """Delete an object if `match` allows it."""
        with self._lock:
            found = self.require(name)
            match.check(found)
            self._about_to_go(found)
            with self._at_once():
                self._db.execute("DELETE FROM objects WHERE name = ?", (name,))
                self._db.execute("DELETE FROM passing WHERE name = ?", (name,))
        self._gone(found)

    def throw_away(self, before: float) -> int:
        """Delete every object whose custom time is before a moment, as a rule of the bucket's; returns how many."""
        thrown = 0
        while True:
            with self._lock:
                asked = "SELECT name FROM passing WHERE since < ? ORDER BY since LIMIT ?"
                names = [name for (name,) in self._db.execute(asked, (before, AT_ONCE))]
            for name in names:
                thrown += self._throw(name, before)
            if len(names) < AT_ONCE:
                return thrown

    def _throw(self, name: str, before: float) -> bool:
        """Delete one object, unless it was written anew meanwhile."""
        with self._lock:
            found = self.find(name)
            if found is not None and found.custom_time is not None and found.custom_time < before:
                self.delete(name)
                return True
            since = found.custom_time if found else None
            if since is None:
                self._db.execute("DELETE FROM passing WHERE name = ?", (name,))
            else:
                self._db.execute("INSERT OR REPLACE INTO passing VALUES (?, ?)", (name, since))
            return False

    def read(self, stored: Stored) -> bytes:
        """The bytes of a version; Replaced if another came meanwhile."""
        return b"".join(self.pieces(stored))

    def pieces(self, stored: Stored, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The bytes of a version, piece by piece; whole also where another comes meanwhile. Raises Replaced."""
        try:
            file = (self._bytes / stored.file).open("rb")
        except FileNotFoundError as error:
            raise Replaced from error

        def read_on() -> Iterator[bytes]:
            left = stored.size - start if size is None else size
            with file:
                file.seek(start)
                while left > 0 and (chunk := file.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk

        return read_on()

    def find(self, name: str) -> Stored | None:
        with self._lock:
            row = self._db.execute("SELECT body FROM objects WHERE name = ?", (name,)).fetchone()
        return read(row[0]) if row else None

    def require(self, name: str) -> Stored:
        found = self.find(name)
        if found is None:
            raise Missing
        return found

    def between(self, start: str, end: str, limit: int) -> list[tuple[str, str]]:
        """Names from `start` on and before `end` ("": no end), in their order, each with what is stored of it.

        Nothing but the `limit` rows of the answer is looked at. Names stand as the service has them: by their UTF-8.
        """
        asked = "SELECT name, body FROM objects WHERE name >= ?" + (" AND name < ?" if end else "")
        with self._lock:
            given = (start, end, limit) if end else (start, limit)
            return self._db.execute(f"{asked} ORDER BY name LIMIT ?", given).fetchall()

    def all(self, prefix: str = "") -> Iterator[Stored]:
        """Every object under a prefix, by name, however many there are."""
        start, end = prefix, after_all(prefix)
        while rows := self.between(start, end, AT_ONCE):
            yield from (read(body) for _, body in rows)
            start = rows[-1][0] + "\0"

    def add_many(self, found: Iterable[tuple[Stored, Path]]) -> int:
        """Store objects as they are, with the bytes of files that stay where they are: for whoever fills a store.

        Returns how many there are. Nobody else may use this bucket meanwhile.
        """
        count = 0
        with self._at_once():
            for stored, path in found:
                os.link(path, self._bytes / stored.file)
                self._row(stored)
                count += 1
        return count

    def _about_to_go(self, found: Stored | None) -> None:
        """Give bytes that are about to go a second name, so that a kill between the two does not keep them for ever."""
        if found:
            (self._moving / found.file).unlink(missing_ok=True)
            try:
                os.link(self._bytes / found.file, self._moving / found.file)
            except FileNotFoundError:
                return  # somebody took them from the disk: there is nothing to keep

    def _gone(self, found: Stored | None) -> None:
        if found:
            for folder in (self._bytes, self._moving):
                (folder / found.file).unlink(missing_ok=True)

    def _tidy(self, folder: Path) -> None:
        """Remove bytes that no object owns, of those that `folder` names: a kill came between the two."""
        left = {entry.name for entry in os.scandir(folder)}
        if left:
            asked = "SELECT json_extract(body, '$.file') FROM objects"
            owned = {file for (file,) in self._db.execute(asked) if file in left}
            for file in left - owned:
                (self._bytes / file).unlink(missing_ok=True)
            for file in left:
                (self._moving / file).unlink(missing_ok=True)

    def _save(self, stored: Stored) -> None:
        with self._at_once():
            self._row(stored)

    def _row(self, stored: Stored) -> None:
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?)", (stored.name, written(stored)))
        if stored.custom_time is None:
            self._db.execute("DELETE FROM passing WHERE name = ?", (stored.name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO passing VALUES (?, ?)", (stored.name, stored.custom_time))

    @contextlib.contextmanager
    def _at_once(self) -> Iterator[None]:
        """Both tables change, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def after_all(prefix: str) -> str:
    """The first name that stands after all that begin so; "" where there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            # Between these there are no letters, only halves of some.
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return ""


def _agree(sums: Sums, given: Mapping[str, str]) -> None:
    """Raise Invalid where a sender says other checksums than the bytes have."""
    for kind, value in given.items():
        here = sums.crc32c if kind == "crc32c" else sums.md5
        if here != value:
            raise Invalid(f"Provided {kind} {value} does not match the data's, {here}.")
