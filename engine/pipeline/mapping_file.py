"""A file that says what columns mean: read, checked whole, and applied only where nothing is wrong with it."""

from collections.abc import Mapping as Dict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.columns import Column
from engine.data.dataset import Draft, Finding
from engine.data.details import described
from engine.data.formulas import as_meant
from engine.data.guess import guess
from engine.data.intake.formats import open_rows, unpacked
from engine.data.mapped import same_roles, scope_of
from engine.data.mapping import Mapping
from engine.data.original import read_original
from engine.data.original_file import in_json, in_table
from engine.data.records import read_dataset, save_mapping, update_draft
from engine.data.sheet_read import Problem, Read, is_sheet, read_sheet
from engine.data.wishes import close_draft
from engine.errors import BadData, BadInput, Refused
from engine.pipeline.mapping_versions import OF_FILE
from engine.pipeline.outbox import tell
from engine.ports import Files

# A mapping of thousands of columns is smaller.
MOST_BYTES: Final = 20_000_000
MOST_JSON_BYTES: Final = 5_000_000
MOST_ROWS: Final = 20_000
WHAT_IT_MAY_BE: Final = (
    "Give the file of Download CSV, edited; or mapping.json, selected_columns.json or saved settings of the original."
)


def read_mapping_file(cloud: Cloud, clock: Clock, files: Files, draft: Draft) -> None:
    """Read the file of a draft: go on to its rows, or tell all that is wrong. Safe to call any number of times."""
    dataset = None
    try:
        dataset = read_dataset(cloud.storage, draft.rows_of) if draft.rows_of else None
        before = dataset.mapping if dataset else described(guess(draft.columns, draft.country), draft.columns)
        read = _fetched(files, draft, before)
    except (BadInput, Refused) as error:
        read = Read(None, (Problem(0, "", f"{error.what} {error.todo}".strip()),))
    if read.mapping is None:
        problems = [{"row": one.row, "column": one.column, "text": one.text} for one in read.problems]
        return _tell(cloud, clock, draft, "mapping_refused", {"problems": problems})
    if dataset and same_roles(read.mapping, dataset.mapping) and draft.scope == scope_of(dataset):
        return _tell(cloud, clock, draft, "mapping_same", {"notes": list(read.notes)})
    save_mapping(cloud.storage, draft.id, read.mapping)
    told = tuple(Finding(code=OF_FILE, grade="INFO", text=note) for note in read.notes)
    kept = tuple(one for one in draft.findings if one.code != OF_FILE)
    go_on(cloud, update_draft(cloud.storage, draft.id, roles=read.mapping, findings=(*kept, *told)))


def go_on(cloud: Cloud, draft: Draft) -> None:
    """Have the rows of a draft read whose roles are chosen."""
    key = f"snapshot|{cloud.settings.workspace}|{draft.id}"
    cloud.tasks.enqueue("stage", "snapshot", {"draft": draft.id, "who": draft.who}, key=key)


def read_any(path: Path, columns: tuple[Column, ...], before: Mapping, country: str) -> Read:
    """Read whatever kind of file says what columns mean, by what is in it. Raises BadData for one that does not."""
    if (text := _json(path)) is not None:
        if path.stat().st_size > MOST_JSON_BYTES:
            raise BadData(f"This JSON file has more than {MOST_JSON_BYTES / 1e6:.0f} MB.", WHAT_IT_MAY_BE, field="file")
        if (found := in_json(text)) is None:
            raise BadData("This JSON file says nothing of what columns mean.", WHAT_IT_MAY_BE, field="file")
        return read_original(found, columns, before, country)
    path, kept = unpacked(path, limit_bytes=MOST_BYTES)
    opened = open_rows(path, {}, limit_bytes=MOST_BYTES)
    rows = list(islice(opened.read(), MOST_ROWS + 1))
    del kept
    if opened.exact:  # a workbook keeps the apostrophes that a file of text is read without
        rows = [(number, [as_meant(cell) for cell in cells]) for number, cells in rows]
    if len(rows) > MOST_ROWS:
        raise BadData(f"The file has more than {MOST_ROWS:,} rows, one a column.", WHAT_IT_MAY_BE, field="file")
    if rows and is_sheet(rows[0][1]):
        return read_sheet(rows, columns, before)
    if (settings := in_table(rows)) is not None:
        return read_original(settings, columns, before, country)
    raise BadData("The first row of the file names no columns “column” and “role”.", WHAT_IT_MAY_BE, field="file")


def _fetched(files: Files, draft: Draft, before: Mapping) -> Read:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mapping"
        files.fetch(draft.mapping_file, path, MOST_BYTES)
        return read_any(path, draft.columns, before, draft.country)


def _json(path: Path) -> str | None:
    """A file's text where it is JSON, whatever its encoding; None for any other kind."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding).lstrip()
    except UnicodeDecodeError:
        return None
    return text if text.startswith(("{", "[")) else None


def _tell(cloud: Cloud, clock: Clock, draft: Draft, kind: str, data: Dict[str, Any]) -> None:
    """Tell whoever gave the file, and nobody else. Nothing was changed."""
    tell(
        cloud,
        clock,
        key=f"{draft.id}-{kind}",
        kind=kind,
        channel=draft.channel,
        user=draft.who,
        data={"draft": draft.model_dump(mode="json"), **data},
    )
    close_draft(cloud.storage, draft.id, kind, ())
