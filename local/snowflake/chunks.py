"""Results as the real service hands them out: the first rows in the reply, the rest as chunks to download.

Chunks grow from a few thousand rows to `most`, each an Arrow stream in its own file, readable only with the
key that the reply carried.
"""

import secrets
import shutil
from base64 import b64encode
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

    def cut(self, rows: int) -> list[tuple[int, int]]:
        """Return (offset, rows) of the inline part and of every chunk.

        >>> Chunking(first=10, most=40).cut(100)
        [(0, 10), (10, 20), (30, 40), (70, 30)]
        """
        pieces, offset, size = [(0, min(self.first, rows))], min(self.first, rows), self.first
        while offset < rows:
            size = min(size * 2, self.most, rows - offset) if size * 2 <= self.most else min(self.most, rows - offset)
            pieces.append((offset, size))
            offset += size
        return pieces


class Spool:
    """Chunks on disk, until they are old."""

    def __init__(self, folder: Path, chunking: Chunking | None = None) -> None:
        self.folder = folder
        self.chunking = chunking or Chunking()
        folder.mkdir(parents=True, exist_ok=True)

    def hand_out(self, query_id: str, table: pa.Table, rowtype: list[Any], base_url: str) -> dict[str, Any]:
        """Return the result's part of a query reply; write what does not fit into it to files."""
        pieces = self.chunking.cut(table.num_rows)
        inline = _stream(table, rowtype, *pieces[0])
        reply: dict[str, Any] = {
            "queryResultFormat": "arrow",
            "rowsetBase64": b64encode(inline).decode() if table.num_rows else "",
            "total": table.num_rows,
            "returned": table.num_rows,
        }
        if len(pieces) == 1:
            return reply
        key = secrets.token_urlsafe(32)
        folder = self.folder / query_id
        folder.mkdir()
        (folder / "key").write_text(key)
        reply["chunks"] = []
        for number, (offset, rows) in enumerate(pieces[1:]):
            content = _stream(table, rowtype, offset, rows)
            (folder / f"{number}.arrow").write_bytes(content)
            reply["chunks"].append(
                {
                    "url": f"{base_url}/results/{query_id}/{number}.arrow",
                    "rowCount": rows,
                    "uncompressedSize": len(content),
                    "compressedSize": len(content),
                }
            )
        reply["qrmk"] = key
        reply["chunkHeaders"] = {ALGORITHM_HEADER: "AES256", KEY_HEADER: key}
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


def _stream(table: pa.Table, rowtype: list[Any], offset: int, rows: int) -> bytes:
    return bytes(to_ipc(to_sf(table.slice(offset, rows).combine_chunks(), rowtype)))
