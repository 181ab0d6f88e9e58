"""An entry of an index: a name that sorts, and the line that a list shows. A view: its fact is elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import paths
from engine.cloud.storage import Storage


@dataclass(frozen=True)
class Wanted:
    """An entry that a fact should have. `line` is None where the fact cannot be read: a list then looks at that."""

    path: str
    line: Mapping[str, Any] | None = None


def put(storage: Storage, wanted: Wanted) -> None:
    """Write an entry over whatever stands there: one request, safe to repeat."""
    storage.overwrite_view(wanted.path, b"{}", "application/json", line=wanted.line)


def remove(storage: Storage, path: str) -> bool:
    """Take an entry away. Returns whether it was there; safe to repeat."""
    return storage.delete(path)


def mark_whole(storage: Storage, prefix: str) -> None:
    """Say that every fact has its entry below `prefix`: from now on, lists are made from there alone."""
    put(storage, Wanted(paths.index_whole(prefix)))
