"""Lists of stored objects: one that cannot be read never hides the others. It is left out, counted and logged."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from engine.errors import BrokenState, NotFound
from engine.observe.logs import event

log = logging.getLogger(__name__)

T = TypeVar("T")

# What a person is told who asks for such an object by its name.
ASK = "Ask an admin of this app: /mmm doctor names it, and what mends it."

# So many that cannot be read are passed over before a short list ends: each costs a look.
PASSED_OVER = 50


class Listing(list[T]):
    """What could be read, in order. `unreadable` are the names of the objects that could not."""

    def __init__(self, found: Iterable[T] = (), unreadable: Iterable[str] = ()) -> None:
        super().__init__(found)
        self.unreadable = tuple(unreadable)


def readable(names: Iterable[str], read: Callable[[str], T], limit: int | None = None) -> Listing[T]:
    """Read objects by their names in the bucket, at most `limit`; what vanished meanwhile was never there.

    Where storage itself does not answer, its error is raised: that says nothing about the objects.
    """
    found: list[T] = []
    unreadable: list[str] = []
    for name in names:
        if limit is not None and (len(found) >= limit or len(unreadable) > PASSED_OVER):
            break
        try:
            found.append(read(name))
        except NotFound:
            continue
        except BrokenState as error:
            unreadable.append(name)
            say_unreadable(name, error)
    return Listing(found, unreadable)


def say_unreadable(name: str, error: BrokenState) -> None:
    """Log that an object is left out, so that it is counted."""
    said = {"object": name, "detail": error.detail}
    event(log, "object_unreadable", f"{name} is left out: {error.what}", said, level=logging.ERROR)
