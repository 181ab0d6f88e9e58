"""`mmm backup` and `mmm restore`: a team's whole state in one file, taken while the server runs.

A moment is held still for all three databases at once by taking their write locks; the objects' bytes never change
under their names, so a hard link to each keeps them while the file is written. Tokens and logs stay out of it.
"""

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
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from engine.errors import BadInput, BadSettings, BrokenState
from local.embedded.folder import FORMAT, Folder
from local.google.objects import sync

MANIFEST = "manifest.json"
ABOUT = "embedded.json"
DATABASES = ("google/storage/objects.sqlite", "google/tasks.sqlite", "google/run.sqlite")
BYTES = "google/storage/bytes"
BUSY_SECONDS = 30.0
CHUNK = 1 << 20


@dataclass(frozen=True)
class Counted:
    """How much a backup holds."""

    files: int
    size: int


def backup(state: Path, into: Path) -> Counted:
    """Write the state into one new file. Raises BadInput, BadSettings where that cannot be done."""
    folder = Folder(state.resolve())
    if not folder.about.exists():
        raise BadInput(f"{state} holds no state.", "Name the folder that `mmm serve all --embedded` uses.")
    if into.exists():
        raise BadInput(f"{into} exists already.", "Choose another name; a backup is never written over.")
    partial = into.with_name(f".{into.name}.partial")
    try:
        # Beside the state, because only there the bytes can be linked.
        with TemporaryDirectory(prefix=".backup-", dir=folder.path) as held:
            _hold(folder, Path(held))
            written = _write(Path(held), partial)
        sync(partial)
        os.link(partial, into)  # fails where somebody made `into` meanwhile
        sync(into.parent)
    except OSError as error:
        raise BadSettings("The backup could not be written.", "Is the disk full?", detail=str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return written


def restore(source: Path, state: Path) -> Counted:
    """Make a state folder from a backup. Raises BadInput, BrokenState; an unsound backup leaves nothing behind."""
    state = state.resolve()
    if state.exists() and any(state.iterdir()):
        raise BadInput(f"{state} is not empty.", "Name a new folder; nothing is ever restored over a state.")
    partial = state.with_name(f".{state.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(mode=0o700, parents=True)
        restored = _unpack(source, partial)
        _end_trainings(partial / "google" / "run.sqlite")
        if state.exists():
            state.rmdir()
        partial.rename(state)
        sync(state.parent)
    except OSError as error:
        raise BadSettings(f"{state} could not be written.", "Is the disk full?", detail=str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return restored


def _hold(folder: Folder, into: Path) -> None:
    """Copy one moment of the state: the databases whole, the bytes by name."""
    for name in (*DATABASES, f"{BYTES}/x"):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as holding:
        for name in DATABASES:
            holding.enter_context(_locked(folder.path / name))
        for name in DATABASES:
            _copy_database(folder.path / name, into / name)
        for name in _owned(into / DATABASES[0]):
            os.link(folder.path / BYTES / name, into / BYTES / name)
        shutil.copyfile(folder.about, into / ABOUT)


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


def _owned(database: Path) -> list[str]:
    """The files that the objects' bytes are in."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        return [json.loads(row[0])["file"] for row in opened.execute("SELECT body FROM objects ORDER BY name")]


def _write(held: Path, into: Path) -> Counted:
    """Write what is held, and last a manifest with every file's size and checksum."""
    files: dict[str, dict[str, Any]] = {}
    handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(path for path in held.rglob("*") if path.is_file()):
            name = path.relative_to(held).as_posix()
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                tar.addfile(_member(name, path.stat().st_size), file)
            files[name] = {"size": path.stat().st_size, "sha256": digest}
        about = {"format": FORMAT, "made": datetime.now(UTC).isoformat(timespec="seconds"), "files": files}
        text = json.dumps(about, indent=1).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return Counted(len(files), sum(file["size"] for file in files.values()))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _unpack(source: Path, into: Path) -> Counted:
    """Unpack a backup and hold it against its manifest. Raises BadInput, BrokenState."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is None:
                    raise BrokenState(f"{source} is no backup of ours.", detail=f"{member.name} is no file")
                if member.name == MANIFEST:
                    manifest = json.load(content)
                else:
                    found[member.name] = _keep(content, _place(into, member.name))
    except FileNotFoundError as error:
        raise BadInput(f"There is no {source}.") from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BrokenState(f"{source} is damaged.", "Take another backup.", detail=str(error)) from error
    if not manifest:
        raise BrokenState(f"{source} is damaged: it breaks off.", "Take another backup.")
    if manifest.get("format", 0) > FORMAT:
        raise BadInput(f"{source} was made by a newer release.", "Install that release.")
    if manifest["files"] != found:
        wrong = sorted(name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name))
        raise BrokenState(f"{source} is damaged.", "Take another backup.", detail=", ".join(wrong[:5]))
    return Counted(len(found), sum(file["size"] for file in found.values()))


def _place(into: Path, name: str) -> Path:
    """Where a file of a backup belongs: below the folder, whatever its name says. Raises BrokenState."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (name not in (*DATABASES, ABOUT) and not name.startswith(f"{BYTES}/")):
        raise BrokenState("This is no backup of ours.", detail=name)
    folder = into
    for part in parts[:-1]:
        folder = folder / part
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder / parts[-1]


def _keep(content: Any, path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def _end_trainings(database: Path) -> None:
    """Disown the processes of trainings that ran when the backup was taken: they belong to the server it came from.

    Their executions count as lost, so that the runs are tried again here.
    """
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as opened:
        opened.execute(
            "UPDATE executions SET body = json_set(body, '$.pid', 0, '$.started', '') "
            "WHERE json_extract(body, '$.completed') = 0"
        )
