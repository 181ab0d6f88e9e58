"""The versions of a dataset: the snapshots that carry one title, the newest first, and what changed between them.

A family is a title and a country. Everything here comes from one listing, at any age of the store.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from engine import paths
from engine.cloud.storage import Storage
from engine.data.country_names import country_of
from engine.data.index import DatasetLine, moment_of
from engine.data.listed import KIND, find_dataset
from engine.data.records import dataset_names
from engine.index.page import SEARCHED, first_of, shown
from engine.listing import Listing
from engine.names import alike, readings
from engine.sight import Eyes


@dataclass(frozen=True)
class Version:
    """A snapshot, and the one of the same family before it; None where nobody knows of one."""

    line: DatasetLine
    before: DatasetLine | None = None


@dataclass(frozen=True)
class Versions:
    """What was asked for: a title, one of its countries or all (empty), and its snapshots, the newest first."""

    title: str
    country: str
    lines: Listing[DatasetLine]

    @property
    def countries(self) -> tuple[str, ...]:
        """Those that it has, each once, by whose snapshot is the newest."""
        return tuple(dict.fromkeys(line.country for line in self.lines))

    def page(self, after: str = "", limit: int | None = None) -> tuple[Version, ...]:
        """Its snapshots with what stood before each; those that are older than the one with the id `after`."""
        found = _with_before(self.lines)
        ids = [one.line.id for one in found]
        begin = ids.index(after) + 1 if after in ids else 0
        return tuple(islice(found, begin, None if limit is None else begin + limit))


def versions_of(storage: Storage, text: str, eyes: Eyes | None = None) -> Versions:
    """Return the family that `text` names: a title, a title and a country (`Shop DE`), or one of its snapshots.

    With `eyes`: of the snapshots that they see. Raises NotFound, with the nearest titles.
    """
    whole = _is_whole(storage)
    for name, country in _named(text):
        lines = _lines(storage, alike(name), country, eyes, whole=whole)
        if lines:
            return Versions(lines[0].title, country, lines)
    found = find_dataset(storage, text, eyes)
    country = found.country if found.ts in text else ""
    return Versions(found.title, country, _lines(storage, alike(found.title), country, eyes, whole=whole))


def versions_of_title(storage: Storage, title: str, country: str = "", eyes: Eyes | None = None) -> Versions:
    """Return the snapshots of a title, in one country or in all (empty), as far as `eyes` see them."""
    return Versions(title, country, _lines(storage, alike(title), country, eyes, whole=_is_whole(storage)))


def _is_whole(storage: Storage) -> bool:
    """Whether every dataset has its entries; they stand in both lists from then on."""
    head = next(iter(storage.list(paths.DATASET_INDEX, limit=1)), None)
    return head is not None and head.path == paths.index_whole(paths.DATASET_INDEX)


def _named(text: str) -> Iterator[tuple[str, str]]:
    """What a text may name: a title, and a title with a country behind it."""
    names = list(readings(text))
    yield from ((name, "") for name in names[:2])
    for name in names[:1]:
        title, _, last = name.rpartition(" ")
        if title and (country := country_of(last)):
            yield title, country


def _lines(storage: Storage, title: str, country: str, eyes: Eyes | None, *, whole: bool) -> Listing[DatasetLine]:
    def wanted(line: DatasetLine) -> bool:
        return alike(line.title) == title and country in ("", line.country)

    if not whole:
        return first_of(dataset_names(storage), lambda path: KIND.fact(storage, path), SEARCHED, eyes, wanted)
    entries = list(storage.list(paths.title_entries(title), limit=SEARCHED + 1))
    return shown(storage, KIND, entries, None, eyes, most=SEARCHED, wanted=wanted)


def _with_before(lines: Sequence[DatasetLine]) -> list[Version]:
    found: list[Version] = []
    before: dict[str, DatasetLine] = {}
    for line in sorted(lines, key=lambda one: (moment_of(one.ts), one.ts)):
        found.append(Version(line, before.get(line.country)))
        before[line.country] = line
    return found[::-1]


def changed(version: Version) -> str:
    """Say in a few words what is other than in the one before, as far as lists know; empty for the first one."""
    now, then = version.line, version.before
    if then is None:
        return ""
    said = []
    if now.interval != then.interval:
        said.append(f"by {now.interval}, before by {then.interval}")
    if now.sum and now.sum == then.sum:
        said.append("same rows")
    else:
        said += _rows(now, then)
    if now.roles and then.roles and now.roles != then.roles:
        said.append("roles changed")
    return ", ".join(said) or "same dates"


def _rows(now: DatasetLine, then: DatasetLine) -> list[str]:
    said = []
    if now.rows and then.rows and now.rows != then.rows:
        more = now.rows - then.rows
        said.append(f"{abs(more):,} {'row' if abs(more) == 1 else 'rows'} {'more' if more > 0 else 'fewer'}")
    if now.first_date != then.first_date:
        said.append(f"begins {'later' if now.first_date > then.first_date else 'earlier'}, on {now.first_date}")
    if now.last_date != then.last_date:
        said.append(f"goes {'on' if now.last_date > then.last_date else 'only'} to {now.last_date}")
    if not said and now.sum and then.sum:
        said.append("same dates, other values")
    return said
