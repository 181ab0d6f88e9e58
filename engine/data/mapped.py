"""The versions of a title's mapping: for one country of it, or for all; what later snapshots take by themselves.

A version never changes. Each is the mapping of a snapshot that somebody made by saying what its columns mean; a
snapshot that took an earlier version names it (`Mapping.version`) and makes none of its own. Its entry in the index is
a view: a version without one is found again by the snapshots that name it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.dataset import Dataset, Finding
from engine.data.fitted import fitted, told
from engine.data.index import moment_of
from engine.data.listed import KIND, OF_A_TITLE
from engine.data.mapping import Mapping
from engine.data.records import read_dataset
from engine.data.sums import carried, used_sums
from engine.errors import AlreadyExists, BrokenState, NotFound
from engine.index.entry import Wanted, put
from engine.index.page import shown
from engine.listing import ASK
from engine.names import alike
from engine.sight import Eyes, P, sees

# So many versions of a title are looked at, the newest of them.
LOOKED_AT = 100


class VersionLine(BaseModel):
    """What a list shows of a mapping version. `scope`: a country's code, or `universal`."""

    model_config = ConfigDict(frozen=True)

    title: str
    scope: str
    ts: str
    who: str
    channel: str
    created_at: datetime
    country: str = ""
    made_from: str = ""

    @property
    def id(self) -> str:
        return f"{self.scope}/{self.ts}"

    @property
    def universal(self) -> bool:
        return self.scope == paths.UNIVERSAL


class MappingVersion(VersionLine):
    """One version as it is stored. `columns` are all that the source had, whether they play a role or not."""

    schema_version: int = 1
    mapping: Mapping
    columns: tuple[str, ...] = ()


def version_of(dataset: Dataset, scope: str, made_from: str = "") -> MappingVersion:
    """Return the version that a snapshot's own mapping is."""
    return MappingVersion(
        title=dataset.title,
        scope=scope,
        ts=dataset.ts,
        who=dataset.who,
        channel=dataset.channel,
        created_at=dataset.created_at,
        country=dataset.country,
        made_from=made_from,
        mapping=dataset.mapping,
        columns=tuple(column.name for column in dataset.columns),
    )


def save_version(storage: Storage, version: MappingVersion) -> None:
    """Store a version, once, and then its entry; safe to repeat."""
    body = stored(version)
    with suppress(AlreadyExists):
        storage.create(paths.mapping_version(version.scope, version.ts), body)
    put(storage, entry_of(version))


def stored(version: MappingVersion) -> dict[str, Any]:
    """Return a version as it is stored: the roles themselves, as every snapshot has them, and whose version it is."""
    about = version.model_dump(mode="json", exclude={"mapping"})
    return {**version.mapping.model_dump(mode="json"), "mapping_version": about}


def entry_of(version: VersionLine) -> Wanted:
    line = version.model_dump(mode="json", include=set(VersionLine.model_fields))
    at = moment_of(version.ts)
    return Wanted(paths.mapping_entry(alike(version.title), at, version.scope, version.ts), line)


def mapping_versions(storage: Storage, title: str, country: str = "", eyes: Eyes | None = None) -> list[VersionLine]:
    """Return the versions of a title that apply to a country (to any, without one), the newest first. One request.

    With `eyes`, those that they see.
    """
    found = []
    for entry in storage.list(paths.mapping_entries(alike(title)), limit=LOOKED_AT):
        with suppress(ValidationError):
            line = VersionLine.model_validate(entry.line)
            if paths.mapping_version_of(entry.path) == (line.scope, line.ts):
                found.append(line)
    # Names tell seconds: of one second, the later made is the newer.
    found.sort(key=lambda one: one.created_at, reverse=True)
    applies = [one for one in found if not country or one.scope in (country, paths.UNIVERSAL)]
    return applies if eyes is None else eyes.seen(applies)


def read_version(storage: Storage, version_id: str, eyes: Eyes | None = None) -> MappingVersion:
    """Return the version called `scope/ts`. Raises NotFound, also where `eyes` do not see it, BrokenState."""
    scope, _, ts = version_id.partition("/")
    gone = NotFound("That version of the mapping is not there.", "See the versions with /mmm map NAME.")
    if not paths.is_mapping_version(scope, ts):
        raise gone
    document = storage.read(paths.mapping_version(scope, ts))
    if document is None:
        raise gone
    body = document.body
    try:
        about = body.get("mapping_version")
        version = MappingVersion.model_validate(about | {"mapping": body}) if isinstance(about, dict) else None
    except ValidationError as error:
        raise BrokenState("A stored mapping cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if version is None:  # a snapshot's own roles, as they were stored before there were versions
        version = version_of(read_dataset(storage, version_id), scope)
    if version.id != version_id or not sees(eyes, version):
        raise gone
    return version


def same_roles(one: Mapping, other: Mapping) -> bool:
    """Whether two mappings say the same, whichever versions they came from and in whatever order they say it."""
    return _plain(one) == _plain(other)


def _plain(mapping: Mapping) -> dict[str, Any]:
    """What a mapping says: of what has no order, the order left out; of what is empty or not used, nothing."""
    mapping = used_sums(carried(mapping))
    said = mapping.model_dump(exclude={"version"})
    for field in ("paid_media_spends", "organic_vars", "context_vars", "factor_vars"):
        said[field] = sorted(said[field])
    said["paid_media_mapping"] = {
        spend: sorted(bought)
        for spend in mapping.paid_media_spends
        if (bought := {*mapping.paid_media_mapping.get(spend, ()), mapping.exposures.get(spend, "")} - {"", spend})
    }
    said["goals"] = sorted((goal.column, goal.kind) for goal in mapping.goals)
    said["made"] = sorted((one.name, sorted(one.parts)) for one in mapping.made)
    said["tags"] = {name: sorted(tags) for name, tags in mapping.tags.items() if tags}
    for field in ("channels", "sub_channels", "labels", "aggregation"):
        said[field] = {name: value for name, value in said[field].items() if value}
    return said


def scope_of(dataset: Dataset) -> str:
    """For whom a snapshot's roles are: `universal`, or empty for its country alone."""
    return paths.UNIVERSAL if dataset.mapping.version.startswith(f"{paths.UNIVERSAL}/") else ""


class Beside:
    """The eyes of a snapshot that is made without anybody looking: what its person made, or its channel heard of."""

    def __init__(self, who: str, channel: str) -> None:
        self._who, self._channel = who, channel

    def seen(self, things: Sequence[P]) -> list[P]:
        return [one for one in things if one.who == self._who or (self._channel and one.channel == self._channel)]


def mapping_for(
    storage: Storage, title: str, country: str, columns: Sequence[Column], eyes: Eyes | None = None
) -> tuple[Mapping | None, tuple[Finding, ...]]:
    """Return the mapping that a new snapshot of a title takes by itself, fitted to `columns`, and what is to be told.

    That is the newest version for its country or for all, or what the newest snapshot of the same title and country
    means by its columns; None where there is neither. With `eyes`, among what they see: `Beside` for a snapshot that
    nobody looks at while it is made. At most four requests. The mapping may be invalid where its date or goal is gone.
    """
    for version in _newest(storage, title, country, eyes):
        fit = fitted(version.mapping, columns, version.columns)
        mapping = fit.mapping.model_copy(update={"version": version.id})
        return mapping, told(fit, columns, country)
    return None, ()


def _newest(storage: Storage, title: str, country: str, eyes: Eyes | None) -> Iterator[MappingVersion]:
    for line in mapping_versions(storage, title, country, eyes)[:1]:
        with suppress(NotFound):
            yield read_version(storage, line.id)
    entries = list(storage.list(paths.title_entries(alike(title)), limit=OF_A_TITLE))
    for one in shown(storage, KIND, entries, None, eyes, wanted=lambda one: one.country == country)[:1]:
        with suppress(NotFound):
            yield version_of(read_dataset(storage, one.id), country)
