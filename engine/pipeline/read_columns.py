"""Read columns: what a source holds, so that a person can say what each column means."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.connections import connection_of
from engine.cloud.select_country import asks_country, of_country
from engine.cloud.warehouse import Warehouse
from engine.columns import Column
from engine.data.dataset import Draft, Finding, Source
from engine.data.dates_as_numbers import dates_among_numbers
from engine.data.guess import guess
from engine.data.intake.file import Asked, Facts, inspect
from engine.data.intake.reshape import reshape, wants_columns
from engine.data.mapping import validate_mapping
from engine.data.records import read_dataset, read_draft, read_mapping, update_draft
from engine.data.spacing import spacing, written
from engine.data.week_dates import week_dated_guess
from engine.data.wishes import begin, close_draft
from engine.errors import BadData, BadInput, MmmError, NotFound, Refused
from engine.pipeline.counted import NONE_COUNTED, Counted, in_file, in_warehouse
from engine.pipeline.mapping_file import go_on, read_mapping_file
from engine.pipeline.outbox import tell
from engine.pipeline.query_rows import query_of
from engine.pipeline.staged_rows import staged_rows
from engine.pipeline.suggest import suggested
from engine.pipeline.text_numbers import doubt_texts, told_of_texts
from engine.ports import Files

MEGABYTE = 1_000_000


def read_columns(cloud: Cloud, clock: Clock, files: Files, draft_id: str) -> None:
    """Read a draft's columns and offer a mapping, or say why they cannot be read. Safe to call any number of times.

    A draft that has its roles already, because a source was to be read again, goes on to its rows if they still fit.
    """
    draft = read_draft(cloud.storage, draft_id)
    if not begin(cloud.storage, draft.id, clock.now()):
        return
    try:
        draft = draft if draft.columns else _read(cloud, clock, files, draft)
    except (BadInput, Refused) as error:
        return unreadable(cloud, clock, draft, error)
    if _goes_on(cloud, draft):
        return go_on(cloud, draft)
    if draft.mapping_file:
        return read_mapping_file(cloud, clock, files, draft)
    draft, roles = suggested(cloud.storage, draft)
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_columns",
        kind="dataset_columns",
        channel=draft.channel,
        user=draft.who,
        data={"draft": draft.model_dump(mode="json"), "guess": roles.model_dump(mode="json")},
    )
    close_draft(cloud.storage, draft.id, "columns", draft.findings)


def unreadable(cloud: Cloud, clock: Clock, draft: Draft, error: MmmError) -> None:
    """Say why a draft's columns cannot be read: in its form, or beside it."""
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_unreadable",
        kind="dataset_unreadable",
        channel=draft.channel,
        user=draft.who,
        data={"draft": draft.model_dump(mode="json"), "error": in_words(error)},
    )
    close_draft(cloud.storage, draft.id, "unreadable", ())


def in_words(error: MmmError) -> dict[str, Any]:
    """What a message says of an error. `again`: the very same may work later."""
    field, again = getattr(error, "field", ""), not isinstance(error, BadInput)
    return {"what": error.what, "todo": error.todo, "field": field, "again": again}


def _goes_on(cloud: Cloud, draft: Draft) -> bool:
    """Whether the draft's roles are known, and its columns can still play them.

    Where a snapshot is to follow an earlier one, that is told together with its rows.
    """
    try:
        mapping = read_mapping(cloud.storage, draft.id)
    except NotFound:
        return False
    return bool(draft.renews) or not validate_mapping(mapping, draft.columns)


def at_country(source: Source, country: str) -> Source:
    """Return the source as it is read for one country: `{country}` in a SELECT is that. Raises BadSelect."""
    if source.kind != "select":
        return source
    return source.model_copy(update={"sql": of_country(source.sql, country)})


def fetch_file(cloud: Cloud, files: Files, draft: Draft, folder: Path) -> tuple[Path, Asked]:
    """Bring the dropped file here; returns where it is and how it is to be read."""
    path, limit = folder / "upload", cloud.settings.max_upload_mb * MEGABYTE
    files.fetch(draft.source.file_id, path, limit)
    return path, Asked(draft.country, draft.choices, limit)


def _read(cloud: Cloud, clock: Clock, files: Files, draft: Draft) -> Draft:
    """Return the draft, as stored, with its source's columns and what was assumed about them."""
    source = draft.source
    if draft.rows_of:
        return update_draft(cloud.storage, draft.id, columns=read_dataset(cloud.storage, draft.rows_of).columns)
    known: dict[str, Any] = {}
    if source.kind == "csv":
        with TemporaryDirectory() as folder:
            path, asked = fetch_file(cloud, files, draft, Path(folder))
            facts = inspect(path, asked)
            found = in_file(path, asked, facts.columns) if draft.several else NONE_COUNTED
        columns, findings, days = facts.columns, (*facts.findings, *found.findings), _first_days(facts, draft.country)
    else:
        warehouse, found = connected(cloud, source), NONE_COUNTED
        if draft.several:
            columns, found = _counted(cloud, warehouse, source)
        else:
            columns = warehouse_columns(warehouse, at_country(source, draft.country))
        findings = (*told_of_texts(columns), *found.findings)
        if wants_columns(draft.choices):
            some = draft.country or next((one.country for one in found.countries), "us")
            columns, findings = _turned(cloud, clock, draft, some)
        days = written(next((c.examples for c in columns if c.name == guess(columns, draft.country).date_var), ()))
    interval, weekday = spacing(days)
    date_var = guess(columns, draft.country).date_var
    week_dated = week_dated_guess(date_var, weekday, draft.country)[0] if interval in ("week", "") and date_var else ""
    known |= {"found": found.countries} if draft.several else {}
    known |= {"columns": columns, "findings": findings, "interval": interval, "week_dated": week_dated}
    return update_draft(cloud.storage, draft.id, **known)


def _first_days(facts: Facts, country: str) -> list[date]:
    """The first dates of a file, as they are read."""
    date_var = guess(facts.columns, country).date_var
    if not facts.plans:  # channels were turned into columns: the dates are read already
        return written(next((column.examples for column in facts.columns if column.name == date_var), ()))
    for column, plan in zip(facts.columns, facts.plans, strict=True):
        if column.name == date_var and plan.type == "date":
            read = plan.convert(pa.array(column.examples, pa.string())).to_pylist()
            return [day for day in read if isinstance(day, date)]
    return []


def connected(cloud: Cloud, source: Source) -> Warehouse:
    """Return the warehouse that a source lies in. Raises BadData where there is none, NotFound where it was removed."""
    return cloud.warehouse_of(source.connection)


def warehouse_columns(warehouse: Warehouse, source: Source) -> tuple[Column, ...]:
    """Return the columns of a table or SELECT with a few of their values. Raises BadInput, Refused, Unavailable."""
    query = query_of(warehouse, source)
    columns = warehouse.describe(query)
    if not columns:
        raise BadData("That query returns no columns.", "Name the columns to read.", field="source")
    rows = warehouse.preview(query, rows=5)
    known = tuple(column.model_copy(update={"examples": _examples(column.name, rows)}) for column in columns)
    return doubt_texts(dates_among_numbers(known))


def _counted(cloud: Cloud, warehouse: Warehouse, source: Source) -> tuple[tuple[Column, ...], Counted]:
    """The columns of a source of several countries, and which of these have rows."""
    query = "" if asks_country(source.sql) else query_of(warehouse, source)
    kind = connection_of(cloud.storage, cloud.settings, source.connection).kind
    return in_warehouse(warehouse, source, lambda one: warehouse_columns(warehouse, one), query, kind)


def _turned(cloud: Cloud, clock: Clock, draft: Draft, country: str) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
    """The columns that a warehouse's channels become. What they are is known only from the rows, which are kept."""
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.parquet"
        staged_rows(cloud, clock, draft, at_country(draft.source, country), raw)
        shaped = reshape(raw, draft.choices)
    return shaped.columns or (), shaped.findings


def _examples(name: str, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """A few of a column's values as text."""
    return tuple(str(row[name])[:40] for row in rows if row.get(name) is not None)[:3]
