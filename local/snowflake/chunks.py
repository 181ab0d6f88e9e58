"""Results as the real service hands them out: the first rows in the reply, the rest as chunks to download.

Chunks double in size up to a limit. Each is an Arrow stream in its own file, readable only with the key that
the reply carried, and by its link only for some hours. Rows are passed through: a result is never held in memory as a
whole, and on disk it has limits.
"""

import secrets
import shutil
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from fakesnow.arrow import to_ipc, to_sf

KEY_HEADER = "x-amz-server-side-encryption-customer-key"
ALGORITHM_HEADER = "x-amz-server-side-encryption-customer-algorithm"
MEGABYTE = 1_000_000
LINK_SECONDS = 6 * 3600.0


@dataclass(frozen=True)
class Chunking:
    """How many rows travel with the reply, and how large chunks become."""

    first: int = 2_000
    most: int = 64_000

    def sizes(self) -> Iterator[int]:
        """Yield the rows of the inline part, then of one chunk after the other: 10, 20, 40, 40, …"""
        size = self.first
        while True:
            yield size
            size = min(size * 2, self.most)


@dataclass(frozen=True)
class SpoolLimits:
    """The most that one result and all of them may take on disk, and what they must leave free there, in megabytes."""

    result_mb: int = 4_000
    all_mb: int = 8_000
    free_mb: int = 1_000


class ResultTooLarge(Exception):
    """A result that would fill the disk; nothing of it is kept."""


@dataclass
class Spool:
    """Chunks on disk, until they are old. A link to one is good for `link_seconds`."""

    folder: Path
    chunking: Chunking = field(default_factory=Chunking)
    limits: SpoolLimits = field(default_factory=SpoolLimits)
    link_seconds: float = LINK_SECONDS
    _writing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def hand_out(self, query_id: str, rows: pa.RecordBatchReader, rowtype: list[Any], base_url: str) -> dict[str, Any]:
        """Return the result's part of a query reply; write what does not fit into it to files.

        Raises ResultTooLarge. Whatever fails, nothing is left on disk.
        """
        self._writing.add(query_id)
        try:
            return self._hand_out(query_id, rows, rowtype, base_url)
        except BaseException:
            shutil.rmtree(self.folder / query_id, ignore_errors=True)
            raise
        finally:
            self._writing.discard(query_id)

    def _hand_out(self, query_id: str, rows: pa.RecordBatchReader, rowtype: list[Any], base_url: str) -> dict[str, Any]:
        pieces = _regroup(rows, self.chunking.sizes())
        inline = next(pieces)
        folder, key, written = self.folder / query_id, secrets.token_urlsafe(32), 0
        others: dict[Path, int] = {}
        chunks: list[dict[str, Any]] = []
        for number, piece in enumerate(pieces):
            if number == 0:
                others = self._others()
                folder.mkdir()
                (folder / "key").write_text(key)
            content = bytes(to_ipc(to_sf(piece, rowtype)))
            written += len(content)
            self._make_room(written, others)
            (folder / f"{number}.arrow").write_bytes(content)
            chunks.append(
                {
                    "url": f"{base_url}/results/{query_id}/{number}.arrow",
                    "rowCount": piece.num_rows,
                    "uncompressedSize": len(content),
                    "compressedSize": len(content),
                }
            )
        total = inline.num_rows + sum(int(chunk["rowCount"]) for chunk in chunks)
        reply: dict[str, Any] = {
            "queryResultFormat": "arrow",
            "rowsetBase64": b64encode(to_ipc(to_sf(inline, rowtype))).decode() if inline.num_rows else "",
            "total": total,
            "returned": total,
        }
        if chunks:
            reply |= {"chunks": chunks, "qrmk": key, "chunkHeaders": {ALGORITHM_HEADER: "AES256", KEY_HEADER: key}}
        return self.sign(reply)

    def sign(self, reply: dict[str, Any]) -> dict[str, Any]:
        """Return the result's part of a reply with links that are good from now on."""
        if "chunks" not in reply:
            return reply
        now = f"?signed={time.time():.3f}"
        return reply | {
            "chunks": [chunk | {"url": chunk["url"].partition("?")[0] + now} for chunk in reply["chunks"]],
        }

    def is_good(self, signed: str) -> bool:
        """Whether a link that was signed then (seconds since the epoch, as text) still is."""
        try:
            return time.time() - float(signed) < self.link_seconds
        except ValueError:
            return False

    def _others(self) -> dict[Path, int]:
        """The results that are kept and complete, the oldest first, with their bytes."""
        kept = []
        for folder in self.folder.iterdir():
            if folder.name in self._writing:
                continue
            with suppress(FileNotFoundError):  # another statement may let go of it meanwhile
                size = sum(file.stat().st_size for file in folder.iterdir())
                kept.append((folder.stat().st_mtime, folder, size))
        return {folder: size for _, folder, size in sorted(kept)}

    def _make_room(self, written: int, others: dict[Path, int]) -> None:
        """Let go of the oldest results where all of them take too much. Raises ResultTooLarge if that is not enough."""
        limits = self.limits
        if written > limits.result_mb * MEGABYTE:
            raise ResultTooLarge(f"The result is larger than {limits.result_mb} MB, the most kept here.")
        while (
            written + sum(others.values()) > limits.all_mb * MEGABYTE
            or shutil.disk_usage(self.folder).free < limits.free_mb * MEGABYTE
        ):
            if not others:
                raise ResultTooLarge("There is no room left on disk for a result of this size.")
            oldest = next(iter(others))
            others.pop(oldest)
            shutil.rmtree(oldest, ignore_errors=True)

    def find(self, query_id: str, name: str, key: str) -> Path | None:
        """Return the file of a chunk, if it is there and the key is its own."""
        file = (self.folder / query_id / name).resolve()
        if file.parent.parent != self.folder.resolve() or file.suffix != ".arrow" or not file.is_file():
            return None
        return file if secrets.compare_digest((file.parent / "key").read_text(), key) else None

    def forget(self, older_than: float) -> None:
        """Remove results that were made before a moment (seconds since the epoch)."""
        for folder in self.folder.iterdir():
            if folder.stat().st_mtime < older_than:
                shutil.rmtree(folder, ignore_errors=True)


def first_rows(rows: pa.RecordBatchReader, most: int) -> pa.RecordBatchReader:
    """Return the first `most` rows; no further ones are computed."""

    def cut() -> Iterator[pa.RecordBatch]:
        left = most
        for batch in rows:
            yield batch.slice(0, left)
            left -= batch.num_rows
            if left <= 0:
                return

    return pa.RecordBatchReader.from_batches(rows.schema, cut())


def _regroup(rows: pa.RecordBatchReader, sizes: Iterator[int]) -> Iterator[pa.Table]:
    """Yield the rows as tables of the given sizes: one at least, the last one shorter."""
    held: list[pa.RecordBatch] = []
    count, size, first = 0, next(sizes), True
    for batch in rows:
        while batch.num_rows:
            part = batch.slice(0, size - count)
            batch = batch.slice(part.num_rows)
            held.append(part)
            count += part.num_rows
            if count == size:
                yield pa.Table.from_batches(held, rows.schema).combine_chunks()
                held, count, size, first = [], 0, next(sizes), False
    if held or first:
        yield pa.Table.from_batches(held, rows.schema).combine_chunks()
