"""Rows as a CSV that is given out: exact when it is read again, and nothing in it calculates in a spreadsheet.

Numbers are written in full, with no exponent and no mark for thousands, and never with exactly three decimals, which
could be read as thousands; dates as ISO 8601. A text that a spreadsheet would take for a formula has an apostrophe
before it, which both spreadsheets and our own intake take off again.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow.parquet as pq

from engine.data.formulas import defused
from engine.errors import BadData

BATCH: Final = 20_000
# Of every text that is read from a file, so that spreadsheets know the encoding.
BYTE_ORDER_MARK: Final = "\ufeff"


def cell(value: Any) -> str:
    """Return one value as it stands in the file; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return _number(np.format_float_positional(float(value), unique=True, trim="-")) if np.isfinite(value) else ""
    if isinstance(value, Decimal):
        return _number(f"{value:f}") if value.is_finite() else ""
    if isinstance(value, datetime):
        whole_day = value.time() == datetime.min.time() and value.tzinfo is None
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return defused(str(value))


def _number(written: str) -> str:
    whole, point, decimals = written.partition(".")
    return f"{whole}.{decimals}0" if point and len(decimals) == 3 else written


def parquet_as_csv(parquet: Path, into: Path, most_bytes: int) -> int:
    """Write a Parquet file's rows as CSV, a batch at a time; returns its size. Raises BadData where it is too large."""
    with pq.ParquetFile(parquet) as file, into.open("w", encoding="utf-8", newline="") as out:
        names = file.schema_arrow.names
        rows = (
            row
            for group in range(file.num_row_groups)
            for batch in file.iter_batches(BATCH, row_groups=[group])
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        write(out, names, rows, most_bytes)
    return into.stat().st_size


def as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV: for what is small."""
    out = io.StringIO(newline="")
    write(out, names, rows)
    return out.getvalue().encode()


def write(out: IO[str], names: Sequence[str], rows: Iterable[Sequence[Any]], most_bytes: int = 0) -> None:
    """Write a head and rows. Raises BadData once it holds more than `most_bytes`, where that is not 0."""
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([defused(name) for name in names])
    for number, row in enumerate(_cells(rows)):
        writer.writerow(row)
        if most_bytes and number % 1000 == 0 and out.tell() > most_bytes:
            raise too_large("CSV", most_bytes)
    if most_bytes and out.tell() > most_bytes:
        raise too_large("CSV", most_bytes)


def _cells(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    for row in rows:
        yield [cell(value) for value in row]


def too_large(what: str, most_bytes: int) -> BadData:
    """Why a file is not given out."""
    return BadData(f"As {what} the rows are more than {most_bytes // 1_000_000} MB, which is more than I give out.", "")
