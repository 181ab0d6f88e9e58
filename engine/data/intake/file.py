"""A file that somebody dropped: its columns, and its rows as Parquet.

The file is read twice, a batch at a time: once to learn what each column holds, once to write it. Every
complaint names the row as a spreadsheet numbers it, the column and the value.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.data.intake.aside import Aside
from engine.data.intake.column import Tally, as_column, missing_of, plan_columns
from engine.data.intake.date_columns import settle_dates
from engine.data.intake.date_parts import DateParts, find_parts
from engine.data.intake.days import DayTally
from engine.data.intake.facts import Asked as Asked
from engine.data.intake.facts import Facts as Facts
from engine.data.intake.facts import Opened
from engine.data.intake.formats import is_parquet, open_rows, unpacked
from engine.data.intake.layout import Layout, find_table, table_rows
from engine.data.intake.long import may_be_long
from engine.data.intake.parquet_file import open_parquet
from engine.data.intake.reshape import LONG, reshape, wants_columns
from engine.data.intake.rows import Row
from engine.data.row_numbers import RowNumbers
from engine.errors import BadData

BATCH: Final = 20_000


PLAIN: Final = Asked()


def inspect(path: Path, asked: Asked = PLAIN) -> Facts:
    """Read the whole file once and return what its columns hold. Raises BadData.

    A file that may have one row per channel is read once more, to look at it; where a person wants channels as
    columns, those are its columns.
    """
    facts = _opened(path, asked).facts
    if not may_be_long(facts.columns, facts.rows) and not wants_columns(asked.choices):
        return facts
    with TemporaryDirectory() as folder:
        turned = to_parquet(path, Path(folder) / "long.parquet", asked)
    if wants_columns(asked.choices):
        return turned
    return replace(facts, findings=(*facts.findings, *(f for f in turned.findings if f.code == LONG)))


def to_parquet(
    path: Path,
    into: Path,
    asked: Asked = PLAIN,
    *,
    needed: Collection[str] | None = None,
) -> Facts:
    """Write a file's rows to a Parquet file, in memory that does not grow with the rows.

    `needed` names the columns that a mapping uses: a value in them that is not of the column's kind is an
    error. Another column with such values is kept as text. Without `needed`, every column is. Where a person wants
    channels as columns, `needed` names columns of the wide table, and every value must fit.
    Raises BadData naming row, column and value; `into` is not left half written.
    """
    opened = _opened(path, asked)
    facts = opened.facts
    turned = wants_columns(asked.choices)
    plans = []
    for how in facts.plans:
        if how.bad and needed is not None and (turned or how.name in needed):
            raise how.wrong_value()
        plans.append(how.as_text() if how.bad else how)
    called = RowNumbers()
    types = [kept or how.arrow for kept, how in zip(opened.types, plans, strict=True)]
    schema = pa.schema([pa.field(how.name, kind) for how, kind in zip(plans, types, strict=True)])
    partial = into.with_name(into.name + ".part")
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for numbers, cells in opened.batches():
                called.add(numbers)
                typed = [
                    column if kept else how.convert(column)
                    for column, how, kept in zip(cells, plans, opened.types, strict=True)
                ]
                writer.write_batch(pa.record_batch(typed, schema))
            if opened.numbered:
                writer.add_key_value_metadata(called.metadata)
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)
    columns = tuple(
        column.model_copy(update={"type": how.type}) for column, how in zip(facts.columns, plans, strict=True)
    )
    doubts = tuple(
        finding
        for finding in facts.findings
        if not finding.column or needed is None or turned or finding.column in needed
    )
    if turned or may_be_long(columns, facts.rows):
        shaped = reshape(into, asked.choices)
        doubts += shaped.findings
        if shaped.columns is not None:
            return Facts(shaped.rows, shaped.columns, (), doubts, shaped.missing)
    return Facts(facts.rows, columns, tuple(plans), doubts, facts.missing)


def _opened(path: Path, asked: Asked) -> Opened:
    """Read the file once, whatever its kind."""
    path, kept = unpacked(path, limit_bytes=asked.limit_bytes)
    opened = open_parquet(path, asked) if is_parquet(path) else _open_text(path, asked)
    return replace(opened, kept=kept)


def _open_text(path: Path, asked: Asked) -> Opened:
    """Read a file of cells: text, or a spreadsheet's as text."""
    rows = open_rows(path, asked.choices, limit_bytes=asked.limit_bytes)
    aside = Aside(find_table(rows, asked.choices))
    layout = aside.layout
    today = asked.today or date.today()
    parts = find_parts(layout.names)
    tallies = [Tally(name, days=DayTally(today)) for name in (*layout.names, *(part.name for part in parts))]
    count = 0

    def see(these: Iterator[Row]) -> int:
        seen = 0
        for numbers, cells in _batches(these, layout, parts):
            seen += len(numbers)
            for tally, column in zip(tallies, cells, strict=True):
                tally.see(column, numbers)
        return seen

    count = see(aside.ordinary(rows))
    layout, back = aside.settle(rows)
    count += see(iter(back))
    if not count:
        raise BadData(
            "The file holds a header but no rows.", "Export it again with a row per day or week.", field="file"
        )
    plans = plan_columns(tallies, asked.choices, parted_by=rows.parted_by, country=asked.country)
    dates = settle_dates(tallies, plans, parts, asked.country)
    plans, tallies = dates.plans, dates.tallies
    columns = tuple(as_column(how, tally) for how, tally in zip(plans, tallies, strict=True))
    findings = (
        *rows.findings,
        *layout.findings,
        *dates.findings,
        *(finding for how in plans for finding in how.findings),
    )
    missing = tuple(missing_of(how, tally) for how, tally in zip(plans, tallies, strict=True))
    facts = Facts(count, columns, plans, findings, missing)
    return Opened(facts, lambda: _batches(rows.read(), layout, dates.made), (None,) * len(plans))


def _batches(
    rows: Iterator[Row], layout: Layout, made: Sequence[DateParts] = ()
) -> Iterator[tuple[list[int], list[pa.StringArray]]]:
    """Yield row numbers and, per column and date that is made of columns, the trimmed cells: null where empty."""
    numbers: list[int] = []
    kept: list[list[str]] = []
    for number, row in table_rows(rows, layout):
        numbers.append(number)
        kept.append(row)
        if len(kept) == BATCH:
            yield numbers, _columns(kept, made)
            numbers, kept = [], []
    if kept:
        yield numbers, _columns(kept, made)


def _columns(rows: list[list[str]], made: Sequence[DateParts]) -> list[pa.StringArray]:
    columns = []
    for cells in zip(*rows, strict=True):
        trimmed = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
        columns.append(pc.if_else(pc.equal(trimmed, ""), None, trimmed))
    return columns + [parts.together(columns) for parts in made]
