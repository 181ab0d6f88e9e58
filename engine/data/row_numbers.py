"""The rows of a Parquet file as the spreadsheet that they came from numbers them, kept in the file's own metadata.

A table in a spreadsheet is nearly without gaps, so what is kept is runs: from which row of the Parquet file on
which row of the spreadsheet stands there.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

KEY: Final = b"mmm.spreadsheet_rows"
# Where rows jump more often than this, their numbers are not kept: complaints then name no row of the spreadsheet.
MOST_RUNS: Final = 100_000


@dataclass
class RowNumbers:
    """The runs: `starts[i]` is the first row (from 0) of run i in the Parquet file, `numbers[i]` what it is called."""

    starts: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rows: int = 0

    def add(self, numbers: Sequence[int]) -> None:
        """Append the next rows' numbers in the spreadsheet."""
        for number in numbers:
            if len(self.starts) <= MOST_RUNS and (
                not self.starts or number != self.numbers[-1] + self.rows - self.starts[-1]
            ):
                self.starts.append(self.rows)
                self.numbers.append(number)
            self.rows += 1

    def number(self, row: int) -> int:
        """What the spreadsheet calls the row that is `row`th, from 0, in the Parquet file."""
        run = bisect_right(self.starts, row) - 1
        return self.numbers[run] + row - self.starts[run]

    @property
    def metadata(self) -> dict[bytes, bytes]:
        """As a Parquet file keeps it; empty where there are too many runs."""
        if len(self.starts) > MOST_RUNS:
            return {}
        return {KEY: json.dumps([self.starts, self.numbers], separators=(",", ":")).encode()}


def row_numbers(metadata: Mapping[bytes, bytes] | None) -> RowNumbers | None:
    """Read what a Parquet file keeps; None where its rows come from no spreadsheet."""
    if not metadata or KEY not in metadata:
        return None
    starts, numbers = json.loads(metadata[KEY])
    return RowNumbers(starts, numbers) if starts else None


def place(rows: RowNumbers | None, row: int, column: str) -> str:
    """Where a value stands, to begin a sentence with: `Row 124 of column “tv”`.

    row: from 0, in the Parquet file. Rows that come from no spreadsheet are not called as if they did.
    """
    if rows:
        return f"Row {rows.number(row)} of column “{column}”"
    return f"Column “{column}”, in row {row + 1:,} of what was read,"
