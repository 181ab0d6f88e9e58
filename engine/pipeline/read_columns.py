"""Read columns: what a source holds, so that a person can say what each column means."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.select import one_select, select_all
from engine.cloud.warehouse import Warehouse
from engine.columns import Column
from engine.data.dataset import Draft, Source
from engine.data.guess import guess
from engine.data.intake.file import Asked, inspect
from engine.data.records import read_draft, update_draft
from engine.errors import BadData, BadInput, MmmError, Refused
from engine.pipeline.outbox import tell
from engine.ports import Files

MEGABYTE = 1_000_000


def read_columns(cloud: Cloud, clock: Clock, files: Files, draft_id: str) -> None:
    """Read a draft's columns and offer a mapping, or say why they cannot be read. Safe to call any number of times."""
    draft = read_draft(cloud.storage, draft_id)
    try:
        columns = draft.columns or _columns(cloud, files, draft)
    except (BadInput, Refused) as error:
        return unreadable(cloud, clock, draft, error)
    draft = update_draft(cloud.storage, draft.id, columns=columns)
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_columns",
        kind="dataset_columns",
        channel=draft.channel,
        user=draft.who,
        data={
            "draft": draft.model_dump(mode="json"),
            "guess": guess(columns, draft.country).model_dump(mode="json"),
        },
    )


def unreadable(cloud: Cloud, clock: Clock, draft: Draft, error: MmmError) -> None:
    """Say why a draft's columns cannot be read: in its form, or beside it."""
    told = {"what": error.what, "todo": error.todo, "field": getattr(error, "field", "")}
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_unreadable",
        kind="dataset_unreadable",
        channel=draft.channel,
        user=draft.who,
        data={"draft": draft.model_dump(mode="json"), "error": told},
    )


def query_of(source: Source) -> str:
    """Return the one SELECT that reads a warehouse source. Raises BadSelect."""
    return select_all(source.table) if source.kind == "table" else one_select(source.sql)


def fetch_file(cloud: Cloud, files: Files, draft: Draft, folder: Path) -> tuple[Path, Asked]:
    """Bring the dropped file here; returns where it is and how it is to be read."""
    path, limit = folder / "upload", cloud.settings.max_upload_mb * MEGABYTE
    name = files.fetch(draft.source.file_id, path, limit)
    return path, Asked(name or draft.source.file_name, draft.country, draft.choices, limit)


def _columns(cloud: Cloud, files: Files, draft: Draft) -> tuple[Column, ...]:
    source = draft.source
    if source.kind == "csv":
        with TemporaryDirectory() as folder:
            return inspect(*fetch_file(cloud, files, draft, Path(folder))).columns
    if cloud.warehouse is None:
        raise BadData("No warehouse is connected.", "Drop a CSV file instead, or ask for one to be connected.")
    return warehouse_columns(cloud.warehouse, source)


def warehouse_columns(warehouse: Warehouse, source: Source) -> tuple[Column, ...]:
    """Return the columns of a table or SELECT with a few of their values. Raises BadInput, Refused, Unavailable."""
    query = query_of(source)
    columns = warehouse.describe(query)
    if not columns:
        raise BadData("That query returns no columns.", "Name the columns to read.", field="source")
    rows = warehouse.preview(query, rows=5)
    return tuple(column.model_copy(update={"examples": _examples(column.name, rows)}) for column in columns)


def _examples(name: str, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """A few of a column's values as text."""
    return tuple(str(row[name])[:40] for row in rows if row.get(name) is not None)[:3]
