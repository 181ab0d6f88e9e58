"""Countries: one source, read once where one read gives all of them, becomes a draft of each country asked for.

Each of these goes on by itself, as any draft does; how each stands is told by one message (`engine.pipeline.rounds`).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.select_country import asks_country
from engine.columns import Column
from engine.data.countries import country_name
from engine.data.countries_in import split
from engine.data.dataset import Dataset, Draft, Finding, Source
from engine.data.intake.file import to_parquet
from engine.data.intake.reshape import reshape
from engine.data.mapped import MappingVersion, save_version
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import read_dataset, read_draft, read_mapping, save_draft, save_mapping
from engine.data.round import begin_round, failed_line, round_name
from engine.data.wishes import begin, close_draft, open_draft
from engine.errors import AlreadyExists, BadData, BadInput, MmmError, NotFound, Refused
from engine.pipeline.mapping_versions import known_version
from engine.pipeline.read_columns import connected, fetch_file, warehouse_columns
from engine.pipeline.rounds import look_at_round, tell_round
from engine.pipeline.snapshot import refused
from engine.pipeline.staged_rows import Staged, staged_rows
from engine.ports import Files

FROM_FILE = BadData("It came from a file.", "Drop the new one: /mmm dataset refresh with its name and the country.")


DELETED = "The snapshot that was to be followed is deleted."


@dataclass(frozen=True)
class Member:
    """One country of a round: what it is read by, and the snapshot that it is to follow, if any."""

    country: str
    mapping: Mapping
    source: Source
    choices: dict[str, str]
    before: Dataset | None = None


@dataclass(frozen=True)
class Together:
    """What was read at once: each country's rows that has any, the columns, and what was doubtful."""

    parts: dict[str, Path]
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    staged: Staged


def read_countries(cloud: Cloud, clock: Clock, files: Files, draft_id: str) -> None:
    """Make a draft of each country that a draft asks for, and have each read. Safe to call any number of times.

    What stops all of them (a table that is gone) is told once; what stops one, beside it.
    """
    lead = read_draft(cloud.storage, draft_id)
    if not begin(cloud.storage, lead.id, clock.now()):
        return
    roles = _versioned(cloud, lead, _chosen(cloud, lead))
    found = begin_round(cloud.storage, lead, roles, clock.now())
    look_at_round(cloud, clock, found.id)
    groups = list(_groups(_members(cloud, lead, roles or found.mapping)))
    for country in set(lead.countries) - {one.country for group in groups for one in group}:
        tell_round(cloud, clock, lead.model_copy(update={"countries": (country,)}), failed_line(DELETED))
    for group in groups:
        if lead.renews and roles is None and group[0].source.kind == "csv":
            for member in group:
                _refuse(cloud, clock, lead, member, FROM_FILE)
            continue
        with TemporaryDirectory() as folder:
            try:
                read = _read_together(cloud, clock, files, lead, group, Path(folder))
            except (BadInput, Refused) as error:
                if len(groups) == 1:
                    return refused(cloud, clock, lead, error=error)
                for member in group:
                    _refuse(cloud, clock, lead, member, error)
                continue
            for member in group:
                _begin(cloud, clock, lead, member, read)
    close_draft(cloud.storage, lead.id, "countries", ())


def _chosen(cloud: Cloud, lead: Draft) -> Mapping | None:
    try:
        return read_mapping(cloud.storage, lead.id)
    except NotFound:
        return None


def _versioned(cloud: Cloud, lead: Draft, roles: Mapping | None) -> Mapping | None:
    """The roles that were chosen for all countries, as one version of the title's mapping."""
    if roles is None or roles.version:
        return roles
    for_all = lead.model_copy(update={"scope": paths.UNIVERSAL})
    if known := known_version(cloud.storage, for_all, roles):
        return roles.model_copy(update={"version": known})
    version = MappingVersion(
        title=lead.title,
        scope=paths.UNIVERSAL,
        ts=lead.id,
        who=lead.who,
        channel=lead.channel,
        created_at=lead.created_at,
        mapping=roles.model_copy(update={"version": f"{paths.UNIVERSAL}/{lead.id}"}),
        columns=tuple(column.name for column in lead.columns),
    )
    save_version(cloud.storage, version)
    return version.mapping


def _members(cloud: Cloud, lead: Draft, roles: Mapping | None) -> list[Member]:
    """The countries asked for. One that follows an earlier snapshot is read as that was, unless there is a new source.

    One whose earlier snapshot was deleted meanwhile is left out.
    """
    before: dict[str, Dataset] = {}
    for one in lead.renews:
        with suppress(NotFound):
            before[one.partition("/")[0]] = read_dataset(cloud.storage, one)
    members = []
    for country in lead.countries:
        known = before.get(country)
        if known is not None and roles is None:
            members.append(Member(country, known.mapping, known.source, known.choices, known))
        elif roles is not None:
            members.append(Member(country, roles, lead.source, lead.choices, known))
    return members


def _groups(members: Sequence[Member]) -> Iterator[list[Member]]:
    """The members that one read can give: of one source that names the country of each row."""
    groups: dict[tuple[str, ...], list[Member]] = {}
    for one in members:
        alone = [one.country] if _is_asked_alone(one) else []
        read_as = (one.source.model_dump_json(), str(sorted(one.choices.items())), one.mapping.country_var)
        groups.setdefault((*read_as, *alone), []).append(one)
    yield from (group for group in groups.values() if len(group) > 1)
    singles = [one for group in groups.values() if len(group) == 1 for one in group]
    if singles:
        yield singles


def _is_asked_alone(one: Member) -> bool:
    return asks_country(one.source.sql) or not one.mapping.country_var


def _read_together(
    cloud: Cloud, clock: Clock, files: Files, lead: Draft, group: Sequence[Member], folder: Path
) -> Together | None:
    """Read the rows of a group at once; None where each has a source of its own. Raises BadInput, Refused."""
    first = group[0]
    if len(group) == 1 or _is_asked_alone(first) or any(one.source != first.source for one in group):
        return None
    raw, asked_of = folder / "raw.parquet", lead.model_copy(update={"source": first.source, "choices": first.choices})
    needed = {name: None for one in group for name in one.mapping.raw_columns}
    if first.source.kind == "csv":
        path, asked = fetch_file(cloud, files, asked_of, folder)
        facts = to_parquet(path, raw, asked, needed=list(needed))
        columns, findings, staged = facts.columns, facts.findings, Staged()
    else:
        columns = warehouse_columns(connected(cloud, first.source), first.source)
        staged = staged_rows(cloud, clock, lead, first.source, raw, needed=[column.name for column in columns])
        shaped = reshape(raw, first.choices)
        columns, findings = shaped.columns or columns, (*staged.findings(clock.now()), *shaped.findings)
    if problems := validate_mapping(first.mapping, columns):
        raise BadData(problems[0][1], "Change the columns, or the source.", field=problems[0][0])
    parts = split(raw, first.mapping.country_var, [one.country for one in group], folder)
    return Together(parts, columns, findings, staged)


def _begin(cloud: Cloud, clock: Clock, lead: Draft, member: Member, read: Together | None) -> None:
    """Have one country's dataset made of its rows, or say why there is none."""
    draft = _draft(lead, member)
    if cloud.storage.exists(paths.draft_answered(draft.id)):
        return
    if read is not None:
        if member.country not in read.parts:
            what = f"Column “{member.mapping.country_var}” holds no rows of {country_name(member.country)}."
            why = BadData(what, "Look at the source, or leave it out.")
            return _refuse(cloud, clock, lead, member, why)
        path = paths.round_rows(round_name(lead), draft.id)
        with suppress(AlreadyExists):
            cloud.storage.put_file(path, read.parts[member.country], passing=True)
        known: dict[str, Any] = {"columns": read.columns, "findings": read.findings, "rows_in": path}
        by = read.staged
        known |= {"query_id": by.query_id, "read_at": by.read_at, "kept_as": by.kept_as}
        draft = draft.model_copy(update=known)
    _keep(cloud, draft, member)
    open_draft(cloud.storage, draft.id, clock.now())
    step = "snapshot" if draft.columns else "read_columns"
    key = f"{step}|{cloud.settings.workspace}|{draft.id}"
    cloud.tasks.enqueue("stage", step, {"draft": draft.id, "who": draft.who}, key=key)


def _draft(lead: Draft, member: Member) -> Draft:
    """The draft of one country: as the one that asks for it, and by itself from now on."""
    alone = {"several": False, "found": (), "countries": (), "origin": "", "view_id": "", "round": round_name(lead)}
    own = {"id": f"{lead.id}-{member.country}", "country": member.country, "source": member.source}
    more = {"choices": member.choices, "renews": (), "columns": lead.columns}
    if member.before is not None:
        renewed = {"renews": (member.before.id,), "title": member.before.title, "accepted": member.before.accepted}
        # What is new in the source since then is told: so its columns are looked at again.
        more |= {**renewed, "columns": lead.columns if lead.source == member.source else ()}
    return lead.model_copy(update={**alone, **own, **more})


def _keep(cloud: Cloud, draft: Draft, member: Member) -> None:
    with suppress(AlreadyExists):  # kept by an earlier try of this step
        save_draft(cloud.storage, draft)
    with suppress(AlreadyExists):
        save_mapping(cloud.storage, draft.id, member.mapping)


def _refuse(cloud: Cloud, clock: Clock, lead: Draft, member: Member, error: MmmError) -> None:
    draft = _draft(lead, member)
    _keep(cloud, draft, member)
    if begin(cloud.storage, draft.id, clock.now()):
        refused(cloud, clock, draft, error=error)
