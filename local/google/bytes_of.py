"""Bytes on the disk: written piece by piece, with the sums that Cloud Storage states of them."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

CHUNK = 1 << 20


@dataclass(frozen=True)
class Sums:
    """The size of some bytes, and their CRC32C and MD5 in base64."""

    size: int
    crc32c: str
    md5: str


def write(path: Path, pieces: Iterable[bytes]) -> Sums:
    """Write a new file; returns what was written."""
    with path.open("xb") as file:
        return _summed(pieces, file.write)


def sums_of(path: Path) -> Sums:
    """What a file is."""

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    return _summed(pieces(), len)


def _summed(pieces: Iterable[bytes], take: Callable[[bytes], object]) -> Sums:
    size, crc32c, md5 = 0, google_crc32c.Checksum(), hashlib.md5(usedforsecurity=False)
    for piece in pieces:
        take(piece)
        crc32c.update(piece)
        md5.update(piece)
        size += len(piece)
    return Sums(size, base64.b64encode(crc32c.digest()).decode(), base64.b64encode(md5.digest()).decode())


def sync(*paths: Path) -> None:
    """Have the disk keep files and the folders that name them."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
