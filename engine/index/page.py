"""Reading an index: its newest lines, as one person sees them, in one request, or two where much is hidden.

A line that is missing, or cannot be read, or is another one's, is not trusted: the fact is read in its place. A fact
that is gone was never there. Both are counted in the log; the sweep puts them right.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, TypeVar

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import NotFound
from engine.listing import Listing, readable
from engine.observe.logs import event
from engine.sight import Eyes, Posted

log = logging.getLogger(__name__)

L = TypeVar("L", bound=Posted)

# So many lines a list asks for first: more than any shows.
FIRST = 100
# And where somebody does not see most of them, with a second request, so many in all.
LOOKED_AT = 400
# So many a search looks at: with what is asked for beside them, one request brings no more than a thousand.
SEARCHED = 990
# Where lines are missing, so many facts are read for a list; then it ends, and says so.
READ_AT_MOST = 200
# How far a list looked that ended earlier is said in steps of so many.
ROUGHLY = 50
NAMED = 5


@dataclass(frozen=True)
class Kind(Generic[L]):
    """How one kind of lines is read: which fact is behind an entry, and what either says. All by names in the bucket.

    `line` is None unless what a listing brought is that entry's own. `fact` raises NotFound, BrokenState.
    """

    fact_of: Callable[[str], str | None]
    line: Callable[[str, Mapping[str, Any] | None], L | None]
    fact: Callable[[Storage, str], L]


def first_page(limit: int | None, most: int) -> int:
    """How many a list of `limit` asks for first; all that it may look at, where it shows whatever there is."""
    return FIRST if limit is not None and limit <= FIRST else most


class Entries(Iterable[Entry]):
    """Entries as they are asked for, the newest first; what was brought once is kept."""

    def __init__(self, left: Iterable[Entry]) -> None:
        self._known: list[Entry] = []
        self._left = iter(left)

    def __iter__(self) -> Iterator[Entry]:
        yield from self._known
        for entry in self._left:
            self._known.append(entry)
            yield entry


def pages(storage: Storage, prefix: str, most: int, first: int = FIRST) -> Iterator[list[Entry]]:
    """Yield what stands below `prefix`, by name: `first` names, and when those are not enough, all others up to `most`.

    A request each, at most two in all.
    """
    page = list(storage.list(prefix, limit=min(first, most)))
    yield page
    if len(page) == first and first < most:
        last = page[-1].path
        # A listing starts with the name that it is told.
        rest = storage.list(prefix, limit=most - first + 1, start=last)
        yield [entry for entry in rest if entry.path != last]


def whole(storage: Storage, prefix: str, most: int, first: int = FIRST) -> Entries | None:
    """Return the newest entries below `prefix`, `most` and one more if there is; None where not all facts have theirs.

    The first name says whether they have: so that costs no request.
    """
    # With that name, and with the one more.
    left = chain.from_iterable(pages(storage, prefix, most + 2, min(first, most) + 2))
    head = next(left, None)
    return Entries(left) if head and head.path == paths.index_whole(prefix) else None


def shown(
    storage: Storage,
    kind: Kind[L],
    entries: Iterable[Entry],
    limit: int | None,
    eyes: Eyes | None = None,
    *,
    most: int = LOOKED_AT,
    wanted: Callable[[L], bool] = lambda line: True,
) -> Listing[L]:
    """Return the first `limit` lines that `wanted` and `eyes` let through, of at most `most` entries."""
    looked, left = _Looked(storage, kind, wanted), iter(entries)
    found = readable(looked.named(islice(left, most)), looked.read, None if limit is None else limit + 1, eyes=eyes)
    looked.say()
    given = _at_most(limit, found)
    if not given.more and (looked.tired or next(left, None) is not None):
        given.looked = most if looked.number >= most else _roughly(looked.number)
    return given


def _at_most(limit: int | None, found: Listing[L]) -> Listing[L]:
    """The first `limit` of what was found; where there is one more, it says so."""
    given = Listing(found[:limit], found.unreadable)
    given.more = limit is not None and len(found) > limit
    return given


def _roughly(number: int) -> int:
    """How far it is said that a list looked: not to the entry, since that would count what somebody does not see."""
    return max(number - number % ROUGHLY, ROUGHLY)


def first_of(
    facts: Iterable[str],
    read: Callable[[str], L],
    limit: int | None,
    eyes: Eyes | None = None,
    wanted: Callable[[L], bool] = lambda line: True,
) -> Listing[L]:
    """Return the first `limit` lines by reading facts, where there is no index to go by."""

    number, left = 0, iter(facts)

    def read_wanted(fact: str) -> L:
        nonlocal number
        number += 1
        line = read(fact)
        if not wanted(line):
            raise NotFound("It is not wanted.")
        return line

    found = readable(left, read_wanted, None if limit is None else limit + 1, eyes=eyes)
    given = _at_most(limit, found)
    if not given.more and next(left, None) is not None:
        given.looked = _roughly(number)
    return given


class _Looked(Generic[L]):
    """The lines of one list, and what was amiss with them."""

    def __init__(self, storage: Storage, kind: Kind[L], wanted: Callable[[L], bool]) -> None:
        self._storage, self._kind, self._wanted = storage, kind, wanted
        self._lines: dict[str, L | None] = {}
        self._read = 0
        self._amiss: list[str] = []
        self.tired = False
        self.number = 0

    def named(self, entries: Iterable[Entry]) -> Iterable[str]:
        """Yield the facts behind entries, by their names, each once."""
        for entry in entries:
            self.number += 1
            fact = self._kind.fact_of(entry.path)
            if fact is None:
                self._amiss.append(entry.path)
            elif fact not in self._lines:
                self._lines[fact] = self._kind.line(entry.path, entry.line)
                yield fact

    def read(self, fact: str) -> L:
        """Return a line, or what its fact says. Raises NotFound where it is not wanted, or gone; BrokenState."""
        line = self._lines[fact]
        if line is None:
            self._amiss.append(fact)
            self._read += 1
            self.tired |= self._read > READ_AT_MOST
            if self.tired:
                raise NotFound("Too many lines are missing to read each fact.")
            line = self._kind.fact(self._storage, fact)
        if not self._wanted(line):
            raise NotFound("It is not wanted.")
        return line

    def say(self) -> None:
        """Log how many lines were amiss."""
        if self._amiss:
            said = {"objects": self._amiss[:NAMED], "count": len(self._amiss)}
            event(log, "index_amiss", f"{len(self._amiss)} lines of a list were amiss.", said, level=logging.WARNING)
