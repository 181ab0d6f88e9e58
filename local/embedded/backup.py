"""`mmm backup`: a team's whole state in one file, taken while the server runs.

A moment is held still for all three databases at once by taking their write locks; the objects' bytes never change
under their names, so a hard link to each keeps them while the file is written. Tokens and logs stay out of it.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import google_crc32c

from engine.errors import BadInput, BadSettings, BrokenState
from local.embedded.archive import ABOUT, BYTES, CHUNK, DATABASES, MANIFEST, OBJECTS
from local.embedded.folder import FORMAT, Folder
from local.google.bytes_of import sync
from local.google.stored import Stored, read

BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Counted:
    """How much a backup holds."""

    files: int
    size: int


def backup(state: Path, into: Path) -> Counted:
    """Write the state into one new file. Raises BadInput, BadSettings where that cannot be done.

    BrokenState where an object is not on the disk as it was stored: no restore would take such a backup.
    """
    folder = Folder(state.resolve())
    if not folder.about.exists():
        raise BadInput(f"{state} holds no state.", "Name the folder that `mmm serve all --embedded` uses.")
    if into.exists():
        raise BadInput(f"{into} exists already.", "Choose another name; a backup is never written over.")
    partial = into.with_name(f".{into.name}.partial")
    try:
        # Beside the state, because only there the bytes can be linked.
        with TemporaryDirectory(prefix=".backup-", dir=folder.path) as held:
            objects = _hold(folder, Path(held))
            written = _write(Path(held), partial, objects)
        sync(partial)
        os.link(partial, into)  # fails where somebody made `into` meanwhile
        sync(into.parent)
    except OSError as error:
        raise BadSettings("The backup could not be written.", "Is the disk full?", detail=str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return written


def _hold(folder: Folder, into: Path) -> dict[str, Stored]:
    """Copy one moment of the state: the databases whole, the bytes by name. Returns whose bytes each file is."""
    for name in (*DATABASES, f"{BYTES}/x"):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as holding:
        for name in DATABASES:
            holding.enter_context(_locked(folder.path / name))
        for name in DATABASES:
            _copy_database(folder.path / name, into / name)
        objects = _owned(into / OBJECTS)
        for name, stored in objects.items():
            try:
                os.link(folder.path / BYTES / stored.file, into / name)
            except FileNotFoundError as error:
                raise _lost(stored) from error
        shutil.copyfile(folder.about, into / ABOUT)
    return objects


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep everybody from writing to a database; reading goes on."""
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise BadSettings("The state is busy.", "Try again in a minute.", detail=str(error)) from error
    finally:
        database.close()


def _copy_database(source: Path, into: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(into)) as new:
        old.backup(new)


def _owned(database: Path) -> dict[str, Stored]:
    """The objects, by the names that the files of their bytes have in a backup."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        rows = [read(row[0]) for row in opened.execute("SELECT body FROM objects ORDER BY name")]
    return {f"{BYTES}/{stored.file}": stored for stored in rows}


def _write(held: Path, into: Path, objects: dict[str, Stored]) -> Counted:
    """Write what is held, and last a manifest with every file's size and checksum."""
    files: dict[str, dict[str, Any]] = {}
    handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(path for path in held.rglob("*") if path.is_file()):
            name, size = path.relative_to(held).as_posix(), path.stat().st_size
            with path.open("rb") as file:
                sha256, crc32c = _sums(file)
                stored = objects.get(name)
                if stored and (stored.size, stored.crc32c) != (size, crc32c):
                    raise _lost(stored)
                file.seek(0)
                tar.addfile(_member(name, size), file)
            files[name] = {"size": size, "sha256": sha256}
        made = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"format": FORMAT, "made": made, "objects": len(objects), "files": files}
        text = json.dumps(about, indent=1).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return Counted(len(files), sum(file["size"] for file in files.values()))


def _sums(file: IO[bytes]) -> tuple[str, str]:
    """SHA-256 in hexadecimal, and CRC32C in base64 as an object has it."""
    sha256, crc32c = hashlib.sha256(), google_crc32c.Checksum()
    while chunk := file.read(CHUNK):
        sha256.update(chunk)
        crc32c.update(chunk)
    return sha256.hexdigest(), base64.b64encode(crc32c.digest()).decode()


def _lost(stored: Stored) -> BrokenState:
    return BrokenState(
        f"{stored.name} is damaged on this disk, and no backup was written.", "Restore the newest one that you have."
    )


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member
