"""Results as the real service hands them out: the first rows in the reply, the rest as chunks to download.

Chunks double in size up to a limit. Each is an Arrow stream in its own file, readable only with the key that
the reply carried. Rows are passed through: a result is never held in memory as a whole.
"""

import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from fakesnow.arrow import to_ipc, to_sf

KEY_HEADER = "x-amz-server-side-encryption-customer-key"
ALGORITHM_HEADER = "x-amz-server-side-encryption-customer-algorithm"


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


class Spool:
    """Chunks on disk, until they are old."""

    def __init__(self, folder: Path, chunking: Chunking | None = None) -> None:
        self.folder = folder
        self.chunking = chunking or Chunking()
        folder.mkdir(parents=True, exist_ok=True)

    def hand_out(self, query_id: str, rows: pa.RecordBatchReader, rowtype: list[Any], base_url: str) -> dict[str, Any]:
        """Return the result's part of a query reply; write what does not fit into it to files."""
        pieces = _regroup(rows, self.chunking.sizes())
        inline = next(pieces)
        folder, key, chunks = self.folder / query_id, secrets.token_urlsafe(32), []
        for number, piece in enumerate(pieces):
            if number == 0:
                folder.mkdir()
                (folder / "key").write_text(key)
            content = bytes(to_ipc(to_sf(piece, rowtype)))
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
        return reply

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
