"""A table of the contract read from CSV, as R writes it, with the contract's types.

A missing value is an unquoted NA or nothing at all; R quotes text, so a text "NA" stays text. Numbers may be written as
1e+05 or Inf, yes and no as TRUE and FALSE, days as 2024-01-31.
"""

import csv
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BrokenState
from engine.results.contract import CANDIDATES, Column, Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

Cells = Sequence[str | None]

_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[Ii]nf)")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_YES_NO = {"TRUE": True, "FALSE": False, "True": True, "False": False, "true": True, "false": False}
# What also stands for no value where the column does not hold text.
_MISSING = ("", "NA", "NaN")


def from_csv(path: Path, table: Table) -> "pa.Table":
    """Read a table. Raises BrokenState that names file, column and value where one is not of the contract's kind.

    Columns beyond the contract's hold numbers where all of their values are some; those of the candidates are
    hyperparameters and must. Columns that are missing are left to the contract's check.
    """
    import pyarrow as pa

    types = {
        "text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "yes/no": pa.bool_(), "day": pa.date32()
    }  # fmt: skip
    known = {column.name: column for column in table.columns}
    made = {}
    for name, cells in _read(path).items():
        column = known.get(name) or _further(name, cells, table)
        try:
            made[name] = pa.array(_typed(cells, column), types[column.kind])
        except ValueError as error:
            raise BrokenState(f"{path.name}: column {name} should hold {column.kind}: {error}.") from error
    return pa.table(made)


def _read(path: Path) -> dict[str, Cells]:
    """Return every column as text; None for an unquoted NA."""
    import pyarrow as pa
    import pyarrow.csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
        if twice := [name for name in names if names.count(name) > 1]:
            raise BrokenState(f"{path.name}: column {twice[0]} is there more than once.")
        found = pyarrow.csv.read_csv(
            path,
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=["NA"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenState(f"{path.name} cannot be read: {error}.") from error
    return {name: found.column(name).to_pylist() for name in names}


def _further(name: str, cells: Cells, table: Table) -> Column:
    numbers = table is CANDIDATES or all(_is_missing(cell) or _NUMBER.fullmatch(str(cell)) for cell in cells)
    return Column(name, "number" if numbers else "text", "", empty=True)


def _typed(cells: Cells, column: Column) -> list[Any]:
    """Return the values of a column, None where one is missing. Raises ValueError at one of another kind."""
    if column.kind == "text":
        return [None if cell == "" and column.empty else cell for cell in cells]
    read = _READ[column.kind]
    return [None if _is_missing(cell) else read(str(cell).strip()) for cell in cells]


def _is_missing(cell: str | None) -> bool:
    return cell is None or cell.strip() in _MISSING


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"“{text}” is none")
    return float(text)


def _whole(text: str) -> int:
    number = _number(text)
    if not number.is_integer():
        raise ValueError(f"“{text}” is none")
    return int(number)


def _yes_no(text: str) -> bool:
    if text not in _YES_NO:
        raise ValueError(f"“{text}” is neither TRUE nor FALSE")
    return _YES_NO[text]


def _day(text: str) -> date:
    if not (found := _DAY.fullmatch(text)):
        raise ValueError(f"“{text}” is none; days are written as 2024-01-31")
    return date.fromisoformat(found[1])


_READ: dict[Kind, Callable[[str], Any]] = {"whole": _whole, "number": _number, "yes/no": _yes_no, "day": _day}
