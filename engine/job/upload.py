"""Bring what a trainer wrote to the bucket; the manifest that vouches for it is written last."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cloud.storage import Storage
from engine.errors import AlreadyExists
from engine.job.settings import JobSettings

CONTRACT_FILES = ("timings.csv", "robyn_console.log")


def upload(storage: Storage, prefix: str, folder_out: Path, *, results: bool) -> list[dict[str, Any]]:
    """Upload an OUT folder under `prefix`, with or without its results; returns the manifest's lines."""
    found = [folder_out / name for name in CONTRACT_FILES if (folder_out / name).exists()]
    if results:
        found += sorted(path for path in (folder_out / "results").rglob("*") if path.is_file())
    files = []
    for path in found:
        name = path.relative_to(folder_out).as_posix()
        try:
            stored = storage.put_file(f"{prefix}{name}", path)
        except AlreadyExists:
            # Left by this container's own earlier start, from a training that did not end: ours to replace.
            storage.delete(f"{prefix}{name}")
            stored = storage.put_file(f"{prefix}{name}", path)
        files.append({"name": name, "size": stored.size, "crc32c": stored.crc32c})
    return files


def manifest(
    settings: JobSettings, kind: str, files: Sequence[dict[str, Any]], seconds: float, *, what: str = "", todo: str = ""
) -> dict[str, Any]:
    """What a training left, or why it left nothing."""
    written = {"kind": kind, "files": list(files), "what": what, "todo": todo, "seconds": round(seconds, 2)}
    return {**written, "schema_version": 1, "execution": settings.execution}
