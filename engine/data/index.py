"""The list of datasets and the look-up by title: which entries a manifest has, and what they show.

The newest is the one whose `ts` says so: so an entry's name tells the manifest's, and the other way round.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine import paths
from engine.data.dataset import Country, Dataset
from engine.index.entry import Wanted
from engine.names import alike
from engine.newest_first import newest_first

_ENTRY = re.compile(r"index/(?:datasets|titles/[0-9a-f]{32})/([0-9]{13})-([a-z]{2})-([A-Za-z0-9][A-Za-z0-9._-]*)")
_STAMP = re.compile(r"([0-9]{8})T?([0-9]{0,6})")
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class DatasetLine(BaseModel):
    """What a list shows of a dataset; fields as in `Dataset`, but for the last.

    `sum`: the checksum of its rows. `roles`: a digest of what its columns mean. `mapped`: whether that is a mapping of
    its own making, not what was guessed. `open`: findings that somebody should look at. `query`: whether its source can
    be read again, as a table or a SELECT can. Lines that were written before these were known lack them.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    country: Country
    ts: str
    first_date: date
    last_date: date
    interval: Literal["day", "week", "month"]
    who: str
    channel: str
    created_at: datetime
    rows: int = 0
    sum: str = ""
    roles: str = ""
    mapped: bool = False
    open: int = 0
    query: bool = False
    connection: str = ""

    @property
    def id(self) -> str:
        return f"{self.country}/{self.ts}"


def shown_of(dataset: Dataset) -> DatasetLine:
    """Return what a list shows of a dataset."""
    roles = dataset.mapping.model_dump_json(exclude={"version"}, exclude_defaults=True)
    more = {
        "connection": dataset.source.connection,
        "sum": dataset.crc32c,
        "roles": sha256(roles.encode()).hexdigest()[:12],
        "mapped": bool(dataset.mapping.version),
        "open": sum(finding.grade != "INFO" for finding in dataset.findings),
        "query": dataset.source.kind != "csv",
    }
    return DatasetLine.model_validate(dataset.model_dump(include=set(DatasetLine.model_fields)) | more)


def line_of(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset's line as plain JSON: of its manifest and of its entries."""
    return _plain(shown_of(dataset))


def _plain(line: DatasetLine) -> dict[str, Any]:
    """A line as it is written: without what nobody said, so that it stays as the release wrote it that knew less."""
    return line.model_dump(mode="json", exclude_defaults=True)


def read_line(path: str, line: Mapping[str, Any] | None) -> DatasetLine | None:
    """Return the line that a listing brought with a manifest or an entry; None unless it is that one's own."""
    own = paths.dataset_of(path) or _named(path)
    try:
        read = DatasetLine.model_validate(line)
    except ValidationError:
        return None
    return read if (read.country, read.ts) == own else None


def entries_of(one: Dataset | DatasetLine) -> tuple[Wanted, Wanted]:
    """Return a dataset's entries: in the list of all, and among those of its title."""
    line = line_of(one) if isinstance(one, Dataset) else _plain(one)
    at = moment_of(one.ts)
    return (
        Wanted(paths.dataset_entry(at, one.country, one.ts), line),
        Wanted(paths.title_entry(alike(one.title), at, one.country, one.ts), line),
    )


def entries_of_fact(path: str, line: Mapping[str, Any] | None) -> tuple[Wanted, Wanted] | None:
    """Return a manifest's entries by what a listing says of it; None where only its body could tell."""
    read = read_line(path, line) if paths.dataset_of(path) else None
    return entries_of(read) if read else None


def entry_unread(path: str) -> Wanted | None:
    """Return the entry of a manifest that cannot be read: in the list, where it is counted. None for another name."""
    found = paths.dataset_of(path)
    return Wanted(paths.dataset_entry(moment_of(found[1]), *found)) if found else None


def fact_of(path: str) -> str | None:
    """Return the manifest that an entry is of; None where no entry can be called so."""
    found = _named(path)
    return paths.dataset_manifest(*found) if found else None


def _named(path: str) -> tuple[str, str] | None:
    """Country and ts of an entry, by its name."""
    found = _ENTRY.fullmatch(path)
    if not found or found[1] != newest_first(moment_of(found[3])):
        return None
    return found[2], found[3]


def moment_of(ts: str) -> datetime:
    """Return when a `ts` says that it was made, to the second; the beginning of time where it says nothing."""
    found = _STAMP.match(ts)
    if not found:
        return _BEGIN
    try:
        at = datetime.strptime(found[1] + found[2].ljust(6, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return _BEGIN
    return at if at.year < 2286 and at >= _BEGIN else _BEGIN
