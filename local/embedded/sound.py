"""Whether an unpacked state is sound: every database can be read, and every object is there as it was stored."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from engine.errors import BadInput, BadSettings, BrokenState
from local.embedded.archive import ABOUT, ANOTHER, BYTES, DATABASES, FILE, OBJECTS, RUN, TASKS, Kept
from local.embedded.folder import Folder
from local.google.executions import Executions, Process
from local.google.objects import Objects
from local.google.queues import QueuedTask, Queues
from local.google.stored import Stored, resource

# The rows of each database that are read, by the table they are in.
ROWS: dict[str, tuple[str, type]] = {
    OBJECTS: ("objects", Stored),
    TASKS: ("tasks", QueuedTask),
    RUN: ("executions", Process),
}
# What the databases of the release before did not have.
SINCE = ("passing", "passing_since")
# A row describes something; its content is elsewhere.
ROW_MOST = 4 << 20
ABOUT_MOST = 1 << 16
NAMED = 3


def check_sound(source: Path, state: Path, found: dict[str, Kept]) -> None:
    """Hold an unpacked state against its objects. `found`: its files, by name.

    Raises BadInput where it is of a newer release, BrokenState where anything is missing, changed or too many.
    """
    try:
        _check_about(state)
        with TemporaryDirectory() as fresh:
            expected = _schemas(Path(fresh))
        for name in DATABASES:
            _check_database(state / name, expected[name])
        _check_objects(state / OBJECTS, found)
        for name in (TASKS, RUN):
            for _ in _rows(state / name, *ROWS[name]):
                pass
    except _Unsound as error:
        raise BrokenState(f"{source} is damaged: {error}.", ANOTHER) from error
    except BadSettings as error:
        raise BadInput(f"{source} was made by a newer release.", "Install that release.") from error


class _Unsound(Exception):
    """Why a state is not sound: what follows a colon."""


def _check_about(state: Path) -> None:
    about = state / ABOUT
    if about.stat().st_size > ABOUT_MOST:
        raise _Unsound(f"{ABOUT} is too large")
    try:
        told = Folder(state).read()
        good = isinstance(told, dict) and type(told["format"]) is int and told["format"] > 0
        good = good and all(isinstance(told.get(name, ""), str) for name in ("workspace", "moved_to", "env_file"))
        good = good and type(told.get("port", 0)) is int
    except (BrokenState, AttributeError, TypeError, KeyError, RecursionError):
        good = False
    if not good:
        raise _Unsound(f"{ABOUT} makes no sense")


def _schemas(fresh: Path) -> dict[str, set[tuple[str, str, str]]]:
    """The tables of each database as this release makes them."""
    storage = fresh / "google" / "storage"
    storage.mkdir(parents=True)
    Objects(storage).close()
    Queues(fresh / "google").close()
    Executions(fresh / "google", ["true"], {}, fresh).stop()
    found = {}
    for name in DATABASES:
        with contextlib.closing(sqlite3.connect(fresh / name)) as opened:
            found[name] = _schema(opened)
    return found


def _schema(opened: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """What a database is made of, but for the indexes that SQLite makes by itself."""
    asked = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    return {(str(kind), str(name), " ".join(str(sql).split())) for kind, name, sql in opened.execute(asked)}


def _check_database(path: Path, expected: set[tuple[str, str, str]]) -> None:
    with _opened(path) as opened:
        # Before anything else is read: what is no table of ours may run when it is.
        schema = _schema(opened)
        # What a backup of the release before lacks is made when it is opened.
        odd = sorted(name for _, name, _ in schema - expected)
        odd += sorted(name for _, name, _ in expected - schema if name not in SINCE)
        if odd:
            raise _Unsound(f"{path.name} has other tables than ours ({', '.join(odd[:NAMED])})")
        told = [str(row[0]) for row in opened.execute("PRAGMA integrity_check(1)")]
        if told != ["ok"]:
            raise _Unsound(f"the database {path.name} is broken")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database, read only, whose own words are not trusted."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema=OFF")
            opened.execute("PRAGMA cell_size_check=ON")
            yield opened
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise _Unsound(f"{path.name} is no database that can be read") from error


def _rows(path: Path, table: str, kind: type) -> Iterator[Any]:
    """The rows of a table, each as what it describes. A row whose key is another than its content says is broken."""
    reader: TypeAdapter[Any] = TypeAdapter(kind)
    with _opened(path) as opened:
        if opened.execute(f"SELECT 1 FROM {table} WHERE length(body) > ? OR body IS NULL", (ROW_MOST,)).fetchone():
            raise _Unsound(f"a row of {path.name} is too large, or empty")
        for name, body in opened.execute(f"SELECT name, body FROM {table}"):
            try:
                described = reader.validate_json(body, strict=True)
                # More than it knows would break it later, and so would a request to nowhere or a date beyond all years.
                kind(**json.loads(body))
                _used(described)
            except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError) as error:
                raise _Unsound(f"a row of {path.name} cannot be read") from error
            if described.name != name:
                raise _Unsound(f"a row of {path.name} has another name than its content")
            yield described


def _used(described: Stored | QueuedTask | Process) -> None:
    """What is done with every row once the server starts; raises what that raises."""
    if isinstance(described, Stored):
        resource("", described, "")
    elif isinstance(described, QueuedTask):
        urlsplit(described.task["httpRequest"]["url"])


def _check_objects(database: Path, found: dict[str, Kept]) -> None:
    """Every object has its bytes, in the size and with the sums that it was stored with; nothing else is there."""
    left = {name.removeprefix(f"{BYTES}/") for name in found if name.startswith(f"{BYTES}/")}
    objects = 0
    for stored in _rows(database, *ROWS[OBJECTS]):
        objects += 1
        kept = found.get(f"{BYTES}/{stored.file}") if FILE.fullmatch(stored.file) else None
        if kept is None:
            raise _Unsound(f"the bytes of {_shown(stored.name)} are missing")
        if stored.file not in left:
            raise _Unsound(f"{_shown(stored.name)} has the bytes of another object")
        left.discard(stored.file)
        # Of what was composed, the service knows no MD5.
        md5 = kept.md5 if stored.md5 or not stored.components else ""
        if (kept.size, kept.crc32c, md5) != (stored.size, stored.crc32c, stored.md5):
            raise _Unsound(f"{_shown(stored.name)} has other bytes than were stored")
    if left:
        raise _Unsound(f"it holds {len(left)} file(s) of bytes that belong to none of its {objects} objects")


def _shown(name: str) -> str:
    line = "".join(letter if letter.isprintable() else "?" for letter in name)
    return line if len(line) <= 80 else f"{line[:79]}…"
