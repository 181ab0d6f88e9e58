"""What a backup's archive is made of, and reading one that anybody may have made.

An archive is a plain tar of small regular files: a manifest, what the folder says of itself, three databases, and a
file of bytes for each object. Nothing else is read, and never more than the archive's own size is written.
"""

import base64
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import google_crc32c

from engine.errors import BadInput, BrokenState
from local.embedded.folder import FORMAT

MANIFEST = "manifest.json"
ABOUT = "embedded.json"
OBJECTS, TASKS, RUN = "google/storage/objects.sqlite", "google/tasks.sqlite", "google/run.sqlite"
DATABASES = (OBJECTS, TASKS, RUN)
BYTES = "google/storage/bytes"
FILE = re.compile(r"[0-9a-f]{32}")
CHUNK = 1 << 20
# Of a long name or a large size, a tar says it in a header of its own, which is read whole.
HEADER_MOST = 1 << 16
# What the manifest says of one file, and of the backup.
ENTRY_MOST, ABOUT_MOST = 512, 1 << 16
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK": "zip"}
ANOTHER = "Restore another backup."


@dataclass(frozen=True)
class Kept:
    """One file as it was unpacked: its size, and its sums as a manifest and as an object has them."""

    size: int
    sha256: str
    crc32c: str
    md5: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: size and SHA-256 of every file, and how many objects there are."""

    files: dict[str, tuple[int, str]]
    objects: int | None


def unpack(source: Path, into: Path) -> dict[str, Kept]:
    """Unpack a backup and hold it against its manifest. Raises BadInput, BrokenState; OSError where it cannot write."""
    if not source.is_file():
        missing = f"{source} is no file." if source.exists() else f"There is no {source}."
        raise BadInput(missing, "Name the file that `mmm backup` wrote.")
    try:
        raw = source.open("rb")
    except OSError as error:
        raise BadInput(f"{source} cannot be read ({error.strerror}).", "See whose file it is.") from error
    with raw:
        _check_kind(source, raw)
        found: dict[str, Kept] = {}
        manifest: Manifest | None = None
        for member, content in _members(source, raw):
            if manifest is not None:
                raise _damaged(source, f"{member.name} stands after the manifest")
            if member.name == MANIFEST:
                most = ABOUT_MOST + ENTRY_MOST * len(found)
                manifest = read_manifest(source, _text(source, content, member.size, most))
            elif member.name in found:
                raise _damaged(source, f"{member.name} is in it twice")
            else:
                found[member.name] = _keep(source, content, _place(source, into, member.name))
    if manifest is None:
        raise _damaged(source, "it breaks off")
    _compare(source, found, manifest)
    return found


def read_manifest(source: Path, text: bytes) -> Manifest:
    """Read a manifest that anybody may have written. Raises BadInput where it is of a newer release, BrokenState."""
    try:
        told = json.loads(text)
        if type(told["format"]) is int and told["format"] > FORMAT:
            raise BadInput(f"{source} was made by a newer release.", "Install that release.")
        if type(told["format"]) is not int or told["format"] < 1:
            raise ValueError(told["format"])
        files = {str(name): (_count(one["size"]), _digest(one["sha256"])) for name, one in told["files"].items()}
        return Manifest(files, None if "objects" not in told else _count(told["objects"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(source, "its manifest makes no sense", repr(error)) from error


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(value)
    return value


def _check_kind(source: Path, raw: IO[bytes]) -> None:
    head = raw.read(8)
    raw.seek(0)
    if not head:
        raise BrokenState(f"{source} is empty.", ANOTHER)
    for begin, how in COMPRESSED.items():
        if head.startswith(begin):
            # A backup never is, and what comes out of such a file may be of any size.
            raise BadInput(f"{source} is compressed ({how}).", "Name the file as `mmm backup` wrote it.")


def _members(source: Path, raw: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The regular files of an archive, one after the other. Whatever breaks on reading makes it no backup of ours."""
    size = os.fstat(raw.fileno()).st_size

    class Header(tarfile.TarInfo):
        """A header that may begin a regular file, or say that file's long name or large size."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "Header":
            header = super().frombuf(buf, encoding, errors)
            most = HEADER_MOST if header.type == tarfile.XHDTYPE else size
            if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.XHDTYPE):
                raise _foreign(source, f"{_shown(header.name)} is no file")
            if not 0 <= header.size <= most:
                raise _damaged(source, f"{_shown(header.name)} says that it is larger than the archive")
            return header

    try:
        with tarfile.open(fileobj=raw, mode="r:", tarinfo=Header) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() and not member.issparse() else None
                if content is None:
                    raise _foreign(source, f"{_shown(member.name)} is no file")
                if not 0 <= member.size <= size:
                    raise _damaged(source, f"{_shown(member.name)} says that it is larger than the archive")
                yield member, content
    except tarfile.ReadError as error:
        raise _foreign(source, "it is no tar", str(error)) from error
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise _damaged(source, "it cannot be read to its end", repr(error)) from error


def _place(source: Path, into: Path, name: str) -> Path:
    """Where a file of a backup belongs; no other name is taken. Raises BrokenState."""
    folder, _, file = name.rpartition("/")
    if name not in (*DATABASES, ABOUT) and not (folder == BYTES and FILE.fullmatch(file)):
        raise _foreign(source, f"{_shown(name)} is nothing that a backup holds")
    place = into
    for part in PurePosixPath(name).parts[:-1]:
        place = place / part
        place.mkdir(mode=0o700, exist_ok=True)
    return place / PurePosixPath(name).name


def _keep(source: Path, content: IO[bytes], path: Path) -> Kept:
    digest, crc32c, md5, size = hashlib.sha256(), google_crc32c.Checksum(), hashlib.md5(usedforsecurity=False), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := _read(source, content, CHUNK):
            for one in (digest, crc32c, md5):
                one.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Kept(size, digest.hexdigest(), _base64(crc32c.digest()), _base64(md5.digest()))


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _text(source: Path, content: IO[bytes], size: int, most: int) -> bytes:
    if size > most:
        raise _damaged(source, "its manifest is too large")
    return _read(source, content, most + 1)


def _read(source: Path, content: IO[bytes], most: int) -> bytes:
    """Read of an archive; an error is the archive's, not that of the disk that is written to."""
    try:
        return content.read(most)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _damaged(source, "it breaks off", repr(error)) from error


def _compare(source: Path, found: dict[str, Kept], manifest: Manifest) -> None:
    """Hold what was unpacked against the manifest. Raises BrokenState."""
    here = {name: (one.size, one.sha256) for name, one in found.items()}
    for name in sorted({*here, *manifest.files}):
        if name not in here:
            raise _damaged(source, f"{_shown(name)} is missing")
        if name not in manifest.files:
            raise _damaged(source, f"its manifest does not know {_shown(name)}")
        if here[name] != manifest.files[name]:
            raise _damaged(source, f"{_shown(name)} is not as it was written")
    for name in (*DATABASES, ABOUT):
        if name not in found:
            raise _damaged(source, f"{name} is missing")
    objects = sum(name.startswith(f"{BYTES}/") for name in found)
    if manifest.objects is not None and manifest.objects != objects:
        raise _damaged(source, f"it holds {objects} objects, its manifest says {manifest.objects}")


def _shown(name: str) -> str:
    """A name as it can stand in a sentence, whatever is in it."""
    line = "".join(letter if letter.isprintable() else "?" for letter in name)
    return line if len(line) <= 80 else f"{line[:79]}…"


def _damaged(source: Path, why: str, detail: str = "") -> BrokenState:
    return BrokenState(f"{source} is damaged: {why}.", ANOTHER, detail=detail)


def _foreign(source: Path, why: str, detail: str = "") -> BrokenState:
    return BrokenState(
        f"{source} is no backup of ours: {why}.", "Name the file that `mmm backup` wrote.", detail=detail
    )
