"""A CSV file that somebody dropped: its columns, and its rows as Parquet.

The file is read twice, a batch at a time: once to learn what each column holds, once to write it. Every
complaint names the row as a spreadsheet numbers it (the header is row 1), the column and the value.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.columns import Column
from engine.data.csv_dialect import DELIMITER_NAMES, Dialect, sniff
from engine.data.csv_values import MISSING, NUMBERS, Plan, Tally, convert, plan, strip_signs
from engine.data.dataset import Finding
from engine.data.dates import parse_date
from engine.data.guess import DATE, words
from engine.errors import BadData

BATCH: Final = 20_000
MOST_COLUMNS: Final = 1000
EXAMPLE_LENGTH: Final = 40


@dataclass(frozen=True)
class Header:
    """The columns that are used: where they stand in a row, and what they are called. `row` is its own number."""

    row: int
    names: tuple[str, ...]
    places: tuple[int, ...]
    width: int


@dataclass(frozen=True)
class CsvFacts:
    """What a CSV file holds. `findings` are doubts about how to read it; `plans` say how each column is read."""

    rows: int
    columns: tuple[Column, ...]
    plans: tuple[Plan, ...]
    dialect: Dialect
    findings: tuple[Finding, ...] = ()


def read_columns(path: Path, *, limit_bytes: int | None = None) -> tuple[Column, ...]:
    """Return the columns of a CSV file. Raises BadData if it is not one, is empty, or its table is broken."""
    return inspect(path, limit_bytes=limit_bytes).columns


def inspect(path: Path, *, limit_bytes: int | None = None) -> CsvFacts:
    """Read the whole file once and return what its columns hold. Raises BadData."""
    dialect = sniff(path, limit_bytes=limit_bytes)
    header = _header(path, dialect)
    tallies = [Tally(name) for name in header.names]
    count = 0
    for rows, cells in _batches(path, dialect, header):
        count += len(rows)
        for tally, column in zip(tallies, cells, strict=True):
            tally.see(column, rows)
    if not count:
        raise BadData(
            "The file holds a header but no rows.", "Export it again with a row per day or week.", field="file"
        )
    plans = _plans(tallies, dialect)
    columns = tuple(
        Column(name=p.name, type=p.type, examples=tuple(text[:EXAMPLE_LENGTH] for text in tally.examples))
        for p, tally in zip(plans, tallies, strict=True)
    )
    return CsvFacts(count, columns, plans, dialect, _doubts(plans, tallies))


def to_parquet(
    path: Path, into: Path, *, needed: Collection[str] | None = None, limit_bytes: int | None = None
) -> CsvFacts:
    """Write the rows of a CSV file to a Parquet file, in memory that does not grow with the rows.

    `needed` names the columns that a mapping uses: a value in them that is not of the column's kind is an
    error. Another column with such values is kept as text. Without `needed`, every column is.
    Raises BadData naming row, column and value; `into` is not left half written.
    """
    facts = inspect(path, limit_bytes=limit_bytes)
    plans = []
    for how in facts.plans:
        if how.bad and needed is not None and how.name in needed:
            raise _wrong_value(how)
        plans.append(how.as_text() if how.bad else how)
    schema = pa.schema([pa.field(how.name, how.arrow) for how in plans])
    partial = into.with_name(into.name + ".part")
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for _, cells in _batches(path, facts.dialect, _header(path, facts.dialect)):
                writer.write_batch(pa.record_batch([_typed(c, p) for c, p in zip(cells, plans, strict=True)], schema))
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)
    columns = tuple(
        column.model_copy(update={"type": how.type}) for column, how in zip(facts.columns, plans, strict=True)
    )
    doubts = tuple(finding for finding in facts.findings if needed is None or finding.column in needed)
    return CsvFacts(facts.rows, columns, tuple(plans), facts.dialect, doubts)


def _typed(cells: pa.StringArray, how: Plan) -> pa.Array:
    if how.type == "text":
        return cells
    missing = pc.is_in(cells, value_set=pa.array(MISSING))
    return convert(pc.if_else(missing, None, cells), how)


def _rows(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that holds something, with its number in a spreadsheet."""
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        for _ in range(dialect.preamble):
            next(file, None)
        reader = csv.reader(file, delimiter=dialect.delimiter)
        number = dialect.preamble
        try:
            for row in reader:
                number += 1
                if any(row) and not "".join(row).isspace():
                    yield number, row
        except csv.Error as error:
            raise BadData(
                f"Row {number + 1} cannot be read.",
                "Look for a quotation mark that is opened there and never closed.",
                field="file",
                detail=str(error),
            ) from error


def _header(path: Path, dialect: Dialect) -> Header:
    rows = _rows(path, dialect)
    row, cells = next(rows, (0, []))
    cells = [cell.strip() for cell in cells]
    after = next(rows, (0, []))
    used = [place for place, cell in enumerate(cells) if cell]
    if len(used) < 2:
        if sum(bool(cell) for cell in after[1]) > len(used):
            raise BadData(
                f"Row {row} is not a header: it holds only “{cells[used[0]]}”.",
                f"The table must begin with its column names; remove what stands above row {after[0]}.",
                field="file",
            )
        found = ", ".join(DELIMITER_NAMES.values())
        raise BadData("The file has only one column.", f"Separate the columns with one of: {found}.", field="file")
    if sum(_is_value(cells[place]) for place in used) > len(used) / 2:
        raise BadData(
            f"Row {row} holds values such as “{next(c for c in cells if _is_value(c))}”, not column names.",
            "Add a header row that names each column.",
            field="file",
        )
    # A column without a name that begins with a value, such as the row numbers that pandas writes, is named for it.
    for place, cell in enumerate(after[1][: len(cells)]):
        if cell and not cells[place]:
            cells[place] = f"column_{place + 1}"
    used = [place for place, cell in enumerate(cells) if cell]
    if len(used) > MOST_COLUMNS:
        raise BadData(
            f"The file has {len(used):,} columns; at most {MOST_COLUMNS:,} are taken.",
            "Keep the date, the KPI, media and other drivers.",
            field="file",
        )
    names = [cells[place] for place in used]
    for name, count in Counter(names).items():
        if count > 1:
            where = [str(place + 1) for place in used if cells[place] == name]
            raise BadData(
                f"{count} columns are called “{name}”: columns {', '.join(where)}.",
                "Rename or remove all but one of them.",
                field="file",
            )
    return Header(row, tuple(names), tuple(used), len(cells))


def _is_value(cell: str) -> bool:
    return bool(parse_date(cell)) or cell.lstrip("+-").replace(".", "", 1).replace(",", "").isdigit()


def _batches(path: Path, dialect: Dialect, header: Header) -> Iterator[tuple[list[int], list[pa.StringArray]]]:
    """Yield row numbers and, per column, the trimmed cells: null where empty."""
    numbers: list[int] = []
    kept: list[list[str]] = []
    width = header.width
    unnamed = [place for place in range(width) if place not in header.places]
    for number, row in _rows(path, dialect):
        if number <= header.row:
            continue
        if len(row) != width or unnamed:
            for place in (*unnamed, *range(width, len(row))):
                if place < len(row) and row[place].strip():
                    raise _stray_value(number, place, row[place].strip(), header, len(row))
            padded = row + [""] * (width - len(row))
            row = [padded[place] for place in header.places]
        numbers.append(number)
        kept.append(row)
        if len(kept) == BATCH:
            yield numbers, _columns(kept)
            numbers, kept = [], []
    if kept:
        yield numbers, _columns(kept)


def _columns(rows: list[list[str]]) -> list[pa.StringArray]:
    columns = []
    for cells in zip(*rows, strict=True):
        trimmed = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
        columns.append(pc.if_else(pc.equal(trimmed, ""), None, trimmed))
    return columns


def _stray_value(row: int, place: int, cell: str, header: Header, width: int) -> BadData:
    if place >= header.width:
        return BadData(
            f"Row {row} has {width} values, but the header names {len(header.names)} columns.",
            "A value there may contain the delimiter: put it in quotation marks, or remove what is too much.",
            field="file",
        )
    return BadData(
        f"Column {place + 1} has no name but holds “{cell[:EXAMPLE_LENGTH]}” in row {row}.",
        "Name the column in the header, or empty it.",
        field="file",
    )


def _plans(tallies: list[Tally], dialect: Dialect) -> tuple[Plan, ...]:
    numeric = [tally.numbers for tally in tallies if max(tally.numbers.fits) > 0.7 * tally.filled]
    commas = sum(readings.fits[1] > readings.fits[0] for readings in numeric)
    points = sum(readings.fits[0] > readings.fits[1] for readings in numeric)
    sure = bool(commas) != bool(points)
    comma = bool(commas) if sure else dialect.delimiter == ";"
    return tuple(
        plan(tally, dates_named=bool(set(words(tally.name)) & DATE), comma=comma, sure=sure, day_first=comma)
        for tally in tallies
    )


def _doubts(plans: tuple[Plan, ...], tallies: list[Tally]) -> tuple[Finding, ...]:
    findings = []
    for how, tally in zip(plans, tallies, strict=True):
        if not how.guessed:
            continue
        example = (tally.dates if how.type == "date" else tally.numbers).example
        if how.type == "date":
            order = "day/month/year" if how.reading else "month/day/year"
            findings.append(
                Finding(
                    code="date.ambiguous",
                    grade="REVIEW",
                    column=how.name,
                    text=f"Dates such as “{example}” can be read in two ways; they were read as {order}.",
                    remedy="If that is wrong, write dates as 2024-01-31 and upload again.",
                )
            )
        else:
            mark = "comma" if how.reading else "point"
            findings.append(
                Finding(
                    code="number.ambiguous",
                    grade="REVIEW",
                    column=how.name,
                    text=f"Numbers such as “{example}” can be read in two ways; the {mark} was read as decimal mark.",
                    remedy="If that is wrong, write numbers without separators between thousands and upload again.",
                )
            )
    return tuple(findings)


def _wrong_value(how: Plan) -> BadData:
    assert how.bad
    row, value = how.bad
    shown = value[:EXAMPLE_LENGTH]
    if how.type == "date":
        order = " (read as day/month/year)" if how.reading else ""
        return BadData(
            f"Row {row} of column “{how.name}” holds “{shown}”, which is not a date{order}.",
            "Write dates as 2024-01-31, and remove rows such as totals.",
            field="date_var",
        )
    other = NUMBERS[1 - how.reading]
    bare = strip_signs(pa.array([value]))
    if pc.match_substring_regex(bare, other)[0].as_py():
        mark = "comma" if how.reading else "point"
        return BadData(
            f"Row {row} of column “{how.name}” holds “{shown}”, but the column's other values have a decimal {mark}.",
            "Use one decimal mark throughout.",
            field="file",
        )
    return BadData(
        f"Row {row} of column “{how.name}” holds “{shown}”, which is not a number.",
        "Correct it, or empty the cell if the value is not known.",
        field="file",
    )
