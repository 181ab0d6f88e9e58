"""Reading an index: its newest lines, as one person sees them, in one request.

A line that is missing, or cannot be read, or is another one's, is not trusted: the fact is read in its place. A fact
that is gone was never there. Both are counted in the log; the sweep puts them right.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import NotFound
from engine.listing import Listing, readable
from engine.observe.logs import event
from engine.sight import Eyes, Posted

log = logging.getLogger(__name__)

L = TypeVar("L", bound=Posted)

# So many lines a list looks at: more than any shows, so that what somebody does not see takes no second request.
LOOKED_AT = 400
# And so many a search: with what is asked for beside them, one request brings no more than a thousand.
SEARCHED = 990
# Where lines are missing, so many facts are read for a list; then it ends, and says so.
READ_AT_MOST = 200
NAMED = 5


@dataclass(frozen=True)
class Kind(Generic[L]):
    """How one kind of lines is read: which fact is behind an entry, and what either says. All by names in the bucket.

    `line` is None unless what a listing brought is that entry's own. `fact` raises NotFound, BrokenState.
    """

    fact_of: Callable[[str], str | None]
    line: Callable[[str, Mapping[str, Any] | None], L | None]
    fact: Callable[[Storage, str], L]


def whole_page(storage: Storage, prefix: str, most: int) -> list[Entry] | None:
    """Return the newest `most` entries below `prefix`, and one more if there is; None where not all facts have theirs.

    Its first name says whether they have: so that costs no request.
    """
    found = list(storage.list(prefix, limit=most + 2))
    return found[1:] if found and found[0].path == paths.index_whole(prefix) else None


def shown(
    storage: Storage,
    kind: Kind[L],
    entries: Sequence[Entry],
    limit: int | None,
    eyes: Eyes | None = None,
    *,
    most: int = LOOKED_AT,
    wanted: Callable[[L], bool] = lambda line: True,
) -> Listing[L]:
    """Return the first `limit` lines that `wanted` and `eyes` let through, of at most `most` entries."""
    looked = _Looked(storage, kind, wanted)
    found = readable(looked.named(entries[:most]), looked.read, None if limit is None else limit + 1, eyes=eyes)
    looked.say()
    given = Listing(found[:limit], found.unreadable)
    given.more = limit is not None and len(found) > limit
    if not given.more and (found.cut or looked.tired or len(entries) > most):
        given.looked = min(most, len(entries))
    return given


def first_of(
    facts: Iterable[str],
    read: Callable[[str], L],
    limit: int | None,
    eyes: Eyes | None = None,
    wanted: Callable[[L], bool] = lambda line: True,
) -> Listing[L]:
    """Return the first `limit` lines by reading facts, where there is no index to go by."""

    def read_wanted(fact: str) -> L:
        line = read(fact)
        if not wanted(line):
            raise NotFound("It is not wanted.")
        return line

    found = readable(facts, read_wanted, None if limit is None else limit + 1, eyes=eyes)
    given = Listing(found[:limit], found.unreadable)
    given.more = limit is not None and len(found) > limit
    return given


class _Looked(Generic[L]):
    """The lines of one list, and what was amiss with them."""

    def __init__(self, storage: Storage, kind: Kind[L], wanted: Callable[[L], bool]) -> None:
        self._storage, self._kind, self._wanted = storage, kind, wanted
        self._lines: dict[str, L | None] = {}
        self._read = 0
        self._amiss: list[str] = []
        self.tired = False

    def named(self, entries: Iterable[Entry]) -> Iterable[str]:
        """Yield the facts behind entries, by their names, each once."""
        for entry in entries:
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
