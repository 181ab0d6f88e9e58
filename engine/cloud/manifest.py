"""Files that a manifest vouches for: brought here as they were when it was written, or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.cloud.storage import Storage
from engine.errors import BrokenState


def fetch_files(storage: Storage, prefix: str, files: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Download the files of a manifest from `prefix` into `folder`.

    Raises NotFound if one is gone, BrokenState if one is not as it was vouched for.
    """
    for file in files:
        target = folder / file["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        stored = storage.get_file(f"{prefix}{file['name']}", target)
        if stored.crc32c != file["crc32c"]:
            raise BrokenState("The results are not those the training wrote.", "Run it again.")
