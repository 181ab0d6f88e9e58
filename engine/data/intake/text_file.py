"""Text files of rows: CSV, TSV and their like."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.data.formulas import as_meant
from engine.data.intake.choices import Choices
from engine.data.intake.dialect import Dialect, sniff
from engine.data.intake.rows import Row, Rows
from engine.errors import BadData

DIGITS: Final = frozenset("0123456789+-")


def text_rows(path: Path, chosen: Choices) -> Rows:
    """Open a text file. Raises BadData if it is empty, or not one."""
    dialect = sniff(path, chosen)
    return Rows(lambda: _read(path, dialect), parted_by=dialect.delimiter, findings=dialect.findings)


def _read(path: Path, dialect: Dialect) -> Iterator[Row]:
    """Yield every row that holds something, with its number in a spreadsheet."""
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        for _ in range(dialect.preamble):
            next(file, None)
        reader = csv.reader(file, delimiter=dialect.delimiter)
        number = line = dialect.preamble
        try:
            for row in reader:
                number += 1
                if reader.line_num - line > 1 and _holds_rows(row, dialect.delimiter):
                    raise _never_closed(number)
                line = reader.line_num
                text = "".join(row)
                if not text or text.isspace():
                    continue
                yield number, ([_bare(cell) for cell in row] if '="' in text or "'" in text else row)
        except csv.Error as error:
            raise _never_closed(number + 1, str(error)) from error


def _bare(cell: str) -> str:
    """Take off what keeps a spreadsheet from reading a value as one: `="2022"`, an apostrophe before digits, a formula.

    Files that we give out are made so (`engine.data.given_csv`).
    """
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 3:
        return cell[2:-1]
    return cell[1:] if cell[:1] == "'" and cell[1:2] in DIGITS else as_meant(cell)


def _holds_rows(row: list[str], delimiter: str) -> bool:
    """Whether a cell holds whole lines of a table, all alike: a quotation mark before them was never closed."""
    for cell in row:
        counts = [line.count(delimiter) for line in cell.splitlines()[1:-1]]
        if counts and len(set(counts)) == 1 and (counts[0] > 1 or (counts[0] and len(counts) > 2)):
            return True
    return False


def _never_closed(row: int, detail: str = "") -> BadData:
    return BadData(
        f"Row {row} cannot be read: a quotation mark that is opened there is not closed.",
        "Remove the quotation mark, or close it behind the cell that it opens.",
        field="file",
        detail=detail,
        row=row,
    )
