"""Several files in one object, a zip: written at once, read with one request, there whole or not at all.

A part of such an object is named after it: `robyn/…/findings.zip#charts/roas.png`.
"""

import errno
import io
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.cloud.storage import Storage
from engine.errors import BrokenState, NotFound

ZIP = "application/zip"
MARK = "#"
# What is packed already, and only costs time to pack again.
DENSE = frozenset({".parquet", ".png", ".jpg", ".rds", ".npz", ".zip", ".gz"})
# A name says when a file was made, so that the same files make the same bytes.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
# A part that is read at once, not file by file, is at most this large.
LARGEST = 64 << 20
# The head of a part in front of its bytes, how it begins, and where it does not say how many they are.
HEAD, PART, SIZES_FOLLOW = struct.Struct("<4s5H3I2H"), b"PK\x03\x04", 1 << 3
# What reading a damaged zip ends with, whichever byte of it is wrong.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError, IndexError)


def part(path: str, name: str) -> str:
    """The name of a part of the zip at `path`."""
    return f"{path}{MARK}{name}"


def pack(into: Path | IO[bytes], files: Iterable[tuple[str, Path | bytes]]) -> None:
    """Write a zip of `files`, in their order, each a name and a file or its bytes. Needs little memory."""
    with zipfile.ZipFile(into, "w") as archive:
        for name, source in files:
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type = zipfile.ZIP_STORED if Path(name).suffix in DENSE else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            if isinstance(source, bytes):
                archive.writestr(info, source)
                continue
            info.file_size = source.stat().st_size
            with source.open("rb") as file, archive.open(info, "w") as to:
                shutil.copyfileobj(file, to, 1 << 20)


def packed(files: Iterable[tuple[str, Path | bytes]]) -> bytes:
    """A zip of `files` in memory: for what is small."""
    whole = io.BytesIO()
    pack(whole, files)
    return whole.getvalue()


@contextmanager
def opened(source: Path | bytes, path: str) -> Iterator[zipfile.ZipFile]:
    """Open the zip that was stored at `path`. Raises BrokenState if it, or what is read of it, is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            yield archive
    except DAMAGE as error:
        raise damaged(path, str(error)) from error
    except OSError as error:
        # A disk that is full says so; a library that met nonsense, or was sent before the file's start, does not.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise damaged(path, str(error)) from error


def read(archive: zipfile.ZipFile, name: str, path: str) -> bytes:
    """Return a part's bytes, within `opened`. Raises NotFound, BrokenState."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise NotFound(f"There is no {part(path, name)}.") from None
    if info.file_size > LARGEST:
        raise damaged(path, f"{name} is said to hold {info.file_size} bytes")
    return archive.read(info)


def first(start: bytes, name: str) -> bytes | None:
    """Return the bytes of a zip's first part, called `name`, from the start of the zip.

    None where they are not all in it, or anything else is wrong: then the whole zip tells. The head of a part is as in
    APPNOTE.TXT 6.3.10, 4.3.7.
    """
    if len(start) < HEAD.size:
        return None
    mark, _, flags, method, _, _, crc, packed_size, size, name_size, extra_size = HEAD.unpack_from(start)
    body = HEAD.size + name_size + extra_size
    if mark != PART or flags & SIZES_FOLLOW or start[HEAD.size : HEAD.size + name_size] != name.encode():
        return None
    if len(start) < body + packed_size or size > LARGEST:
        return None
    raw = start[body : body + packed_size]
    try:
        found = raw if method == zipfile.ZIP_STORED else zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, size + 1)
    except zlib.error:
        return None
    return found if len(found) == size and zlib.crc32(found) == crc else None


def damaged(path: str, detail: str) -> BrokenState:
    """What is said of a zip that is not as it was written."""
    return BrokenState(f"{path} is damaged.", "Try again.", detail=detail)


class Parts:
    """Reads objects and parts of zips. Each zip is fetched once as long as this lives: for one message, say."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._zips: dict[str, bytes] = {}

    def get(self, path: str) -> bytes:
        """Return the bytes of an object or of a part. Raises NotFound, BrokenState, Unavailable."""
        whole, mark, name = path.partition(MARK)
        if not mark:
            return self._storage.get_bytes(path)
        with opened(self.whole(whole), whole) as archive:
            return read(archive, name, whole)

    def whole(self, path: str) -> bytes:
        """Return a zip's own bytes. Raises NotFound, Unavailable."""
        if path not in self._zips:
            self._zips[path] = self._storage.get_bytes(path)
        return self._zips[path]
