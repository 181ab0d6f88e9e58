"""Parquet files: columns that have a type keep it, those of text are read as in any other file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.columns import Column
from engine.data.column_words import DATE, words
from engine.data.dataset import Finding
from engine.data.intake.bad import LENGTH
from engine.data.intake.cells import hidden, visible
from engine.data.intake.column import MOST_COUNTED, Plan, Tally, as_column, missing_of, plan_columns
from engine.data.intake.days import DayReading, DayTally
from engine.data.intake.facts import Asked, Facts, Opened
from engine.data.intake.layout import INDEX_NAMES, MOST_COLUMNS
from engine.data.intake.unpack import broken, most_unpacked, too_much
from engine.errors import BadData

BATCH: Final = 20_000
# A column of one value takes no room, however many rows it has.
MOST_ROWS: Final = 100_000_000
Kind = Literal["date", "number", "boolean", "text"]


@dataclass
class TypedTally:
    """What was seen of a column that has a type."""

    name: str
    type: Kind
    rows_seen: int = 0
    filled: int = 0
    examples: dict[str, None] = field(default_factory=dict)
    different: set[Any] = field(default_factory=set)

    def see(self, values: pa.Array) -> None:
        """Count a batch. values: (N,) null where empty."""
        self.rows_seen += len(values)
        values = values.drop_null()
        if pa.types.is_floating(values.type):
            values = values.filter(pc.invert(pc.is_nan(values)))
        self.filled += len(values)
        if len(values) and (len(self.examples) < 3 or len(self.different) < MOST_COUNTED):
            some = [_value(one) for one in pc.unique(values)[:MOST_COUNTED]]
            self.different.update(some)
            for value in some[: 3 - len(self.examples)]:
                self.examples[str(value)[:LENGTH]] = None

    @property
    def column(self) -> Column:
        """The column as a dataset knows it."""
        distinct = min(len(self.different), MOST_COUNTED)
        return Column(name=self.name, type=self.type, examples=tuple(self.examples), distinct=distinct)


def _value(value: pa.Scalar) -> Any:
    """A value of a column; as text where Python has none, as for days of the year 300000."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return str(value.value)


@dataclass(frozen=True)
class _Field:
    """A column that is used: its name in the file and for people, and the type it keeps; None for text."""

    source: str
    name: str
    kind: Kind
    keeps: pa.DataType | None


def open_parquet(path: Path, asked: Asked) -> Opened:
    """Read a Parquet file once. Raises BadData if it is damaged, too large, or holds no table."""
    try:
        return _opened(path, asked)
    except (pa.ArrowException, OSError) as error:
        raise broken("Parquet file", error) from error


def _opened(path: Path, asked: Asked) -> Opened:
    with pq.ParquetFile(path) as file:
        _refuse_too_large(file, asked)
        fields, findings = _fields(file.schema_arrow)
        index = _index(file, fields)
    if index:
        fields = [one for one in fields if one.source != index]
        findings.append(
            Finding(code="layout.index", grade="INFO", text=f"Column “{index}” numbers the rows and was left out.")
        )
    today = asked.today or date.today()
    tallies = [
        TypedTally(one.name, one.kind) if one.keeps is not None else Tally(one.name, days=DayTally(today))
        for one in fields
    ]
    rows = 0
    for numbers, columns in _batches(path, fields):
        rows += len(numbers)
        for tally, column in zip(tallies, columns, strict=True):
            if isinstance(tally, Tally):
                tally.see(column, numbers)
            else:
                tally.see(column)
    if not rows:
        raise BadData("The file holds no rows.", "Export it again with a row per day or week.", field="file")
    texts = [tally for tally in tallies if isinstance(tally, Tally)]
    planned = iter(plan_columns(texts, asked.choices, parted_by="", country=asked.country))
    plans, read, missing = [], [], []
    for tally in tallies:
        if isinstance(tally, Tally):
            how = next(planned)
            read.append(as_column(how, tally))
            missing.append(missing_of(how, tally))
            findings += how.findings
        else:
            how = Plan(tally.name, tally.type, DayReading(today=today) if tally.type == "date" else None)
            read.append(tally.column)
            missing.append(tally.rows_seen - tally.filled)
        plans.append(how)
    facts = Facts(rows, tuple(read), tuple(plans), tuple(findings), tuple(missing))
    return Opened(facts, lambda: _batches(path, fields), tuple(one.keeps for one in fields), numbered=False)


def _batches(path: Path, fields: list[_Field]) -> Iterator[tuple[list[int], list[pa.Array]]]:
    """Yield row numbers, from 1, and the columns: typed ones as they are, text trimmed and null where empty."""
    sources = [one.source for one in fields]
    row = 1
    with pq.ParquetFile(path) as file:
        # Row group by row group: asked for all of them, Arrow keeps every buffer until the last (measured, Arrow 26).
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=sources):
                columns = [_column(batch.column(batch.schema.get_field_index(one.source)), one) for one in fields]
                yield list(range(row, row + batch.num_rows)), columns
                row += batch.num_rows


def _column(values: pa.Array, one: _Field) -> pa.Array:
    if one.keeps is not None:
        return values if values.type == one.keeps else pc.cast(values, one.keeps)
    trimmed = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _refuse_too_large(file: pq.ParquetFile, asked: Asked) -> None:
    most = most_unpacked(asked.limit_bytes)
    meta = file.metadata
    if sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups)) > most:
        raise too_much(most)
    if meta.num_rows > MOST_ROWS:
        raise BadData(
            f"The file has {meta.num_rows:,} rows; at most {MOST_ROWS:,} are taken.",
            "Add days up to weeks, or leave out rows that are not needed.",
            field="file",
        )


def _fields(schema: pa.Schema) -> tuple[list[_Field], list[Finding]]:
    """The columns that can be used, and what is said about the others. Raises BadData if names cannot be told apart."""
    if len(schema) > MOST_COLUMNS:
        raise BadData(
            f"The file has {len(schema):,} columns; at most {MOST_COLUMNS:,} are taken.",
            "Keep the date, the KPI, media and other drivers.",
            field="file",
        )
    fields, findings, odd = [], [], []
    for one in schema:
        kind, keeps = _kind(one.type)
        name = visible(one.name)
        if pa.types.is_integer(one.type) and set(words(name)) & DATE:
            keeps = None  # 20240131 may be a day: what whole numbers mean is told by all of them, as in a file of text
        if kind is None or not name:
            findings.append(
                Finding(
                    code="layout.type",
                    grade="INFO",
                    column=name,
                    text=f"Column “{name}” holds {one.type}, which is neither date, number nor text, and was left out.",
                )
            )
            continue
        if hidden(one.name):
            odd.append(name)
        fields.append(_Field(one.name, name, kind, keeps))
    if odd:
        text = f"Characters that nobody sees were taken out of column names, such as “{odd[0]}”."
        findings.append(Finding(code="layout.invisible", grade="INFO", column=odd[0], value=odd[0], text=text))
    for name, count in Counter(one.name for one in fields).items():
        if count > 1:
            raise BadData(
                f"{count} columns are called “{name}”.", "Rename or remove all but one of them.", field="file"
            )
    if len(fields) < 2:
        raise BadData("The file has only one column.", "It must hold dates, a KPI and media.", field="file")
    return fields, findings


def _kind(type_: pa.DataType) -> tuple[Kind | None, pa.DataType | None]:
    """What a column is, and the type it keeps: None for text, which is read by what it says."""
    types = pa.types
    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_date(type_) or types.is_timestamp(type_):
        return "date", type_
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "number", pa.float32() if types.is_float16(type_) else type_
    if types.is_boolean(type_):
        return "boolean", type_
    if types.is_string(type_) or types.is_large_string(type_) or types.is_null(type_) or "string_view" in str(type_):
        return "text", None
    return None, None


def _index(file: pq.ParquetFile, fields: list[_Field]) -> str | None:
    """The column that numbers the rows, as pandas leaves it."""
    for one in fields:
        if one.name.lower() in INDEX_NAMES and one.keeps is not None and pa.types.is_integer(one.keeps):
            head = next(file.iter_batches(1000, columns=[one.source]), None)
            values = head.column(0).to_pylist() if head is not None else []
            if len(values) > 2 and values[0] in (0, 1) and values == list(range(values[0], values[0] + len(values))):
                return one.source
    return None
