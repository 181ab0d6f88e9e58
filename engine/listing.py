"""Lists of stored objects: one that cannot be read never hides the others. It is left out, counted and logged."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar, cast, overload

from engine.errors import BrokenState, NotFound
from engine.observe.logs import event
from engine.sight import Eyes, Posted

log = logging.getLogger(__name__)

T = TypeVar("T")
P = TypeVar("P", bound=Posted)

# What a person is told who asks for such an object by its name.
ASK = "Ask an admin of this app: /mmm doctor names it, and what mends it."

# So many that cannot be read are passed over before a short list ends: each costs a look.
PASSED_OVER = 50
# And so many that somebody does not see.
HIDDEN = 300
# After the first look, so many are read together: their conversations are asked about at once.
TOGETHER = 16


@dataclass(frozen=True)
class Beside:
    """What is to be said beside a list.

    `unreadable`: the names of objects that are left out, because they could not be read. `untold`: nobody could tell of
    some whether they are seen; they are left out. `more`: there are others after the last. `looked`: only so many of
    the newest were looked at, and older ones may be there; 0: all were.
    """

    unreadable: tuple[str, ...] = ()
    untold: bool = False
    more: bool = False
    looked: int = 0

    def and_(self, other: "Beside") -> "Beside":
        """What is to be said beside two lists together."""
        return Beside(
            (*self.unreadable, *other.unreadable),
            self.untold or other.untold,
            self.more or other.more,
            max(self.looked, other.looked),
        )


NOTHING = Beside()


class Listing(list[T]):
    """What could be read, in order; what is to be said beside it: the fields of `Beside`."""

    def __init__(self, found: Iterable[T] = (), unreadable: Iterable[str] = ()) -> None:
        super().__init__(found)
        self.unreadable = tuple(unreadable)
        self.untold = False
        self.more = False
        self.looked = 0

    @property
    def beside(self) -> Beside:
        return Beside(self.unreadable, self.untold, self.more, self.looked)


@overload
def readable(
    names: Iterable[str], read: Callable[[str], P], limit: int | None = None, *, eyes: Eyes | None
) -> Listing[P]: ...


@overload
def readable(names: Iterable[str], read: Callable[[str], T], limit: int | None = None) -> Listing[T]: ...


def readable(
    names: Iterable[str], read: Callable[[str], T], limit: int | None = None, *, eyes: Eyes | None = None
) -> Listing[T]:
    """Read objects by their names in the bucket, at most `limit`; what vanished meanwhile was never there.

    With `eyes`, those that they see: a list is as long as if there were no others. Where storage itself does not
    answer, its error is raised: that says nothing about the objects.
    """
    found: list[T] = []
    unreadable: list[str] = []
    hidden, left, most = 0, iter(names), limit
    while batch := list(islice(left, most)):
        read_now = list(_read(batch, read, unreadable))
        shown = read_now if eyes is None else cast(list[T], eyes.seen(cast("list[Posted]", read_now)))
        found += shown
        hidden += len(read_now) - len(shown)
        if limit is None or len(found) >= limit or len(unreadable) > PASSED_OVER or hidden > HIDDEN:
            break
        most = limit - len(found) if eyes is None else max(limit - len(found), TOGETHER)
    return Listing(found[:limit], unreadable)


def _read(names: Iterable[str], read: Callable[[str], T], unreadable: list[str]) -> Iterable[T]:
    for name in names:
        try:
            yield read(name)
        except NotFound:
            continue
        except BrokenState as error:
            unreadable.append(name)
            say_unreadable(name, error)


def say_unreadable(name: str, error: BrokenState) -> None:
    """Log that an object is left out, so that it is counted."""
    said = {"object": name, "detail": error.detail}
    event(log, "object_unreadable", f"{name} is left out: {error.what}", said, level=logging.ERROR)
