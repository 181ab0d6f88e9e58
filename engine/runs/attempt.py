"""An attempt as its folder shows it: who has it, how far it is, whether it left something. One listing tells all.

What a list shows of an object stands in its line; an object of an earlier release has none, and is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import BrokenState
from engine.listing import say_unreadable

CLAIM_KEYS = ("kind", "execution", "at", "reason", "todo")
PROGRESS_KEYS = (
    *("phase", "trial", "trials", "iteration", "iterations", "nrmse", "rssd", "seconds"),
    *("trainer", "at", "changed_at"),
)


@dataclass(frozen=True)
class Attempt:
    """What is known of an attempt. `claim` and `progress` hold CLAIM_KEYS and PROGRESS_KEYS, as far as there are any.

    left_at: when the training left its result, by the clock of storage; previewed: whether its faster trainer did.
    """

    claim: dict[str, Any] | None = None
    progress: dict[str, Any] | None = None
    left_at: datetime | None = None
    previewed: bool = False


def claim_line(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a listing shows of a claim."""
    return {key: body[key] for key in CLAIM_KEYS if key in body}


def progress_line(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a listing, and a card, show of how far a training is."""
    return {key: body[key] for key in PROGRESS_KEYS if key in body}


def look_at(storage: Storage, folder: str) -> Attempt:
    """Look at an attempt by its folder. Raises BrokenState where its claim cannot be read."""
    found = {entry.path: entry for entry in storage.list(folder)}
    claim, status = found.get(paths.claim(folder)), found.get(paths.status(folder))
    inner, results = paths.preview(folder), (paths.result_pack(folder), paths.result(folder))
    return Attempt(
        claim=claim_line(_body(storage, claim)) if claim else None,
        progress=_progress(storage, status) if status else None,
        left_at=next((found[name].updated for name in results if name in found), None),
        previewed=paths.result_pack(inner) in found or paths.result(inner) in found,
    )


def _progress(storage: Storage, status: Entry) -> dict[str, Any] | None:
    try:
        return progress_line(_body(storage, status)) or None
    except BrokenState as error:
        say_unreadable(status.path, error)
        return None


def _body(storage: Storage, entry: Entry) -> Mapping[str, Any]:
    """What an object's line says, or else the object itself; nothing where it is gone meanwhile."""
    if entry.line is not None:
        return entry.line
    document = storage.read(entry.path)
    return document.body if document else {}
