"""Facts and their views side by side, by what listings bring of both. Nothing here asks anybody.

Where both are known whole, the views that are amiss are named. Where they are too many for one look, sums of both are
kept from portion to portion: where the sums of all that is older than the round are equal, nothing is missing, added or
changed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel, ConfigDict

from engine.cloud.storage import Entry
from engine.index.entry import Wanted
from engine.newest_first import newest_first

DIGITS = 13
MODULUS = 2**64


class How(StrEnum):
    """What is wrong with a view; the words follow its name."""

    MISSING = "was missing"
    OTHER = "said something else"
    STRAY = "belonged to nothing"


@dataclass(frozen=True)
class Amiss:
    """A view that is not what its fact says. `wanted`: None where none should be; `entry`: None where none is."""

    path: str
    wanted: Wanted | None
    entry: Entry | None

    @property
    def how(self) -> How:
        if self.wanted is None:
            return How.STRAY
        return How.MISSING if self.entry is None else How.OTHER


class Sum(BaseModel):
    """How many views were seen, and what they add up to, in whichever order."""

    model_config = ConfigDict(frozen=True)

    count: int = 0
    total: int = 0

    def plus(self, marks: Iterable[str]) -> "Sum":
        """The sum with more views, by their marks."""
        added = [int(mark, 16) for mark in marks]
        return Sum(count=self.count + len(added), total=(self.total + sum(added)) % MODULUS)


def mark_of(view: Wanted | Entry) -> str:
    """Sixteen hexadecimal digits of a view's name and line: equal where it says the same, whoever wrote it."""
    text = json.dumps([view.path, view.line], sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def amiss(wanted: Mapping[str, Wanted], found: Mapping[str, Entry]) -> list[Amiss]:
    """Return the views that are missing, say something else or belong to nothing, by name."""
    names = sorted(wanted.keys() | found.keys())
    pairs = [(name, wanted.get(name), found.get(name)) for name in names]
    return [Amiss(*pair) for pair in pairs if not same(pair[1], pair[2])]


def same(wanted: Wanted | None, entry: Entry | None) -> bool:
    """Whether a view is there as it should be, and not where it should not."""
    if wanted is None or entry is None:
        return wanted is None and entry is None
    return mark_of(wanted) == mark_of(entry)


def older(name: str, since: datetime) -> bool:
    """Whether a view's name, that sorts by time, is of a moment before `since`."""
    digits = name.rpartition("/")[2][:DIGITS]
    return digits.isdecimal() and digits > newest_first(since)
