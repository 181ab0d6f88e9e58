"""Datasets as people list and name them: by their index in one request or two, however many there are.

Where the index is not whole (a store of the release before, or a lost one) the manifests themselves are read: slow, and
right. The sweep makes it whole.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import TypeVar

from engine import paths
from engine.cloud.storage import Storage
from engine.data.countries import country_name
from engine.data.country_names import country_of
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine, fact_of, moment_of, read_line, shown_of
from engine.data.records import dataset_at, dataset_names, read_dataset
from engine.errors import NotFound
from engine.index.page import LOOKED_AT, SEARCHED, Entries, Kind, first_of, first_page, shown, whole
from engine.labels import listed
from engine.listing import Listing
from engine.names import alike, bare, quoted, readings
from engine.newest_first import newest_first
from engine.sight import Eyes

# Among so many of one title the newest that somebody sees is looked for.
OF_A_TITLE = 100
# So many countries of a title are named where the one that was asked for is not there.
COUNTRIES_TOLD = 8
# The words of a country's name, at most.
LONGEST_COUNTRY = 6
Line = TypeVar("Line", Dataset, DatasetLine, Dataset | DatasetLine)
_TS = re.compile(r"[0-9]{8}T[A-Za-z0-9._-]*")

KIND = Kind(fact_of, read_line, lambda storage, path: shown_of(dataset_at(storage, path)))


def _all(one: DatasetLine) -> bool:
    return True


def list_datasets(storage: Storage, limit: int | None = None, eyes: Eyes | None = None) -> Listing[DatasetLine]:
    """Return the datasets, newest first, at most `limit`, among the newest. What cannot be read is left out.

    With `eyes`: the datasets that they see, and as many of them.
    """
    entries = whole(storage, paths.DATASET_INDEX, LOOKED_AT, first_page(limit, LOOKED_AT))
    if entries is None:
        return _by_manifests(storage, limit, eyes, _all)
    return shown(storage, KIND, entries, limit, eyes)


def search_datasets(storage: Storage, text: str, limit: int, eyes: Eyes | None = None) -> Listing[DatasetLine]:
    """Return the newest datasets with `text` in their title or country, in any case; it says how far it looked."""
    part = text.strip().lower()

    def wanted(one: DatasetLine) -> bool:
        return part in f"{one.title} {one.country}".lower()

    entries = whole(storage, paths.DATASET_INDEX, SEARCHED, SEARCHED)
    if entries is None:
        return _by_manifests(storage, limit, eyes, wanted)
    return shown(storage, KIND, entries, limit, eyes, most=SEARCHED, wanted=wanted)


def find_dataset(storage: Storage, text: str, eyes: Eyes | None = None) -> Dataset:
    """Return the newest dataset that `text` names: its id, its ts, its title, however that is quoted and written; a
    title with a country after it where no dataset is called so.

    A title that only begins so is looked for among the newest. With `eyes`, among those that they see. Raises NotFound,
    with the nearest titles; BrokenState where its id or ts is given and it cannot be read.
    """
    names = list(readings(text))
    for name in names:
        with suppress(NotFound):
            return read_dataset(storage, name, eyes)
    entries = whole(storage, paths.DATASET_INDEX, SEARCHED, SEARCHED)
    for line in _named(storage, entries, names, eyes):
        with suppress(NotFound):
            return read_dataset(storage, line.id, eyes)
    for title, country in of_countries(names):
        for line in _named(storage, entries, [title], eyes):
            if line.country == country:
                return read_dataset(storage, line.id, eyes)
    known = _known(storage, entries, eyes, _all)
    raise _of_another_country(names, known) or _no_dataset(bare(text) or text.strip(), known)


def countries_called(storage: Storage, title: str, eyes: Eyes | None = None) -> list[DatasetLine]:
    """Return the newest dataset of each country that is called `title`, by country. One listing.

    With `eyes`, among those that they see. So many of a title are looked at as one page holds.
    """
    entries = list(storage.list(paths.title_entries(alike(title)), limit=LOOKED_AT))
    newest: dict[str, DatasetLine] = {}
    for one in shown(storage, KIND, entries, None, eyes):
        if alike(one.title) == alike(title):
            newest.setdefault(one.country, one)
    return [newest[country] for country in sorted(newest)]


def by_family(datasets: Sequence[Line]) -> list[list[Line]]:
    """Return datasets with those that are alike in title and country beside each other, in the order they came."""
    families: dict[tuple[str, str], list[Line]] = {}
    for one in datasets:
        families.setdefault((alike(one.title), one.country), []).append(one)
    return list(families.values())


def of_countries(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what `names` may mean as a title with its country: `Shop DE`, `Shop Germany`, `Shop in Germany`."""
    for name in names:
        words = name.split()
        for number in range(1, min(len(words), LONGEST_COUNTRY + 1)):
            country = country_of(" ".join(words[-number:]))
            title = words[:-number][:-1] if words[:-number][-1:] == ["in"] else words[:-number]
            if country and title:
                yield " ".join(title), country


def _named(storage: Storage, entries: Entries | None, names: Sequence[str], eyes: Eyes | None) -> Iterator[DatasetLine]:
    """Yield the datasets that are called by one of `names`, the likeliest first, then the newest."""
    titles = [alike(name) for name in names]
    near = _known(storage, entries, eyes, lambda one: one.ts in names or alike(one.title).startswith(tuple(titles)))
    for path in near.unreadable:
        if (found := paths.dataset_of(path)) and found[1] in names:
            dataset_at(storage, path)  # says what is wrong with it
    for name, title in zip(names, titles, strict=True):
        yield from (one for one in near if one.ts == name)
        yield from _called(near, name, title)
    if entries is not None and len(list(entries)) > SEARCHED:
        for name, title in zip(names, titles, strict=True):
            older = list(storage.list(paths.title_entries(title), limit=OF_A_TITLE))
            yield from _called(shown(storage, KIND, older, None, eyes), name, title)
            yield from _of_ts(storage, name, eyes)
    for title in titles:
        yield from (one for one in near if alike(one.title).startswith(title))


def _called(known: Sequence[DatasetLine], name: str, title: str) -> list[DatasetLine]:
    exact = [one for one in known if one.title == name]
    return exact or [one for one in known if alike(one.title) == title]


def _of_ts(storage: Storage, name: str, eyes: Eyes | None) -> list[DatasetLine]:
    """Datasets by their ts alone, however old: it says where they stand."""
    if not _TS.fullmatch(name):
        return []
    at = f"{paths.DATASET_INDEX}{newest_first(moment_of(name))}-"
    return shown(storage, KIND, list(storage.list(at)), None, eyes, wanted=lambda one: one.ts == name)


def _known(
    storage: Storage, entries: Entries | None, eyes: Eyes | None, wanted: Callable[[DatasetLine], bool]
) -> Listing[DatasetLine]:
    if entries is None:
        return _by_manifests(storage, None, eyes, wanted)
    return shown(storage, KIND, entries, None, eyes, most=SEARCHED, wanted=wanted)


def _by_manifests(
    storage: Storage, limit: int | None, eyes: Eyes | None, wanted: Callable[[DatasetLine], bool]
) -> Listing[DatasetLine]:
    return first_of(dataset_names(storage), lambda path: KIND.fact(storage, path), limit, eyes, wanted)


def _of_another_country(names: Sequence[str], known: Sequence[DatasetLine]) -> NotFound | None:
    """What to say where the title is known, and not for the country that was named."""
    for title, country in of_countries(names):
        if there := sorted({line.country for line in known if alike(line.title) == alike(title)}):
            said = [country_name(one) for one in there[:COUNTRIES_TOLD]]
            if len(there) > COUNTRIES_TOLD:
                said.append(f"{len(there) - COUNTRIES_TOLD} more countries")
            what = f"There is no dataset {quoted(title)} of {country_name(country)}."
            return NotFound(what, f"It is there for {listed(said)}.", field="dataset_id")
    return None


def _no_dataset(wanted: str, known: Listing[DatasetLine]) -> NotFound:
    if not known and not known.unreadable and not known.looked:
        return NotFound("There is no dataset yet.", "Make one with /mmm dataset new.", field="dataset_id")
    titles = {alike(line.title): line.title for line in known}
    near = [titles[name] for name in get_close_matches(alike(wanted), titles, n=3)]
    todo = f"Did you mean {' or '.join(f'“{title}”' for title in near)}?" if near else "See /mmm dataset list."
    if known.looked:
        todo += f" Of titles that begin so, only the newest {known.looked} were looked at."
    if known.unreadable:
        todo += f" {len(known.unreadable)} cannot be read: /mmm doctor names them."
    called = "" if "/" in wanted else "called "
    return NotFound(f"There is no dataset {called}{quoted(wanted)}.", todo, field="dataset_id")
