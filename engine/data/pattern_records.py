"""A workspace's patterns as they are stored: one object, changed by whoever was the last to look at it."""

from datetime import datetime

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.data.patterns import FIRST, Patterns
from engine.errors import AlreadyExists, BrokenState, Conflict
from engine.listing import ASK

CHANGED = ("Somebody changed the patterns while you looked at them.", "Open them again; nothing was changed.")


def read_patterns(storage: Storage) -> Patterns:
    """Return a workspace's patterns; those that we come with where it has none of its own. Raises BrokenState."""
    document = storage.read(paths.PATTERNS)
    if document is None:
        return FIRST
    try:
        return Patterns.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("The stored patterns cannot be read.", ASK, detail=str(error)) from error


def save_patterns(storage: Storage, patterns: Patterns, seen: datetime | None) -> Patterns:
    """Store patterns in the place of those that were changed at `seen`, and by nobody since. Raises Conflict.

    The same ones again are no conflict: whoever sends them twice has sent them.
    """
    document = storage.read(paths.PATTERNS)
    if document is not None:
        stored = Patterns.model_validate(document.body)
        if _same(stored, patterns):
            return stored
        if stored.changed_at != seen:
            raise Conflict(*CHANGED)
        storage.swap(paths.PATTERNS, patterns, document.generation)
        return patterns
    try:
        storage.create(paths.PATTERNS, patterns)
    except AlreadyExists:
        raise Conflict(*CHANGED) from None
    return patterns


def _same(one: Patterns, other: Patterns) -> bool:
    about = {"who", "changed_at"}
    return one.model_dump(exclude=about) == other.model_dump(exclude=about)
