"""Text files of rows: CSV, TSV and their like."""

import csv
from collections.abc import Iterator
from pathlib import Path

from engine.data.intake.choices import Choices
from engine.data.intake.dialect import Dialect, sniff
from engine.data.intake.rows import Row, Rows
from engine.errors import BadData


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
