"""The cells of a column that do not fit how it is read: the first ten by place, all of them counted."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import BadData

NAMED: Final = 10
LENGTH: Final = 40


@dataclass
class Bad:
    """places: (row as a spreadsheet numbers it, value), the first ten; count: how many there are."""

    count: int = 0
    places: list[tuple[int, str]] = field(default_factory=list)

    def see(self, values: pa.StringArray, rows: pa.Array, misfits: pa.BooleanArray) -> None:
        """Count a batch. values, rows, misfits: (N,); misfits is True where a value does not fit."""
        found = pc.indices_nonzero(misfits)
        self.count += len(found)
        for place in found[: NAMED - len(self.places)].to_pylist():
            self.places.append((rows[place].as_py(), values[place].as_py()[:LENGTH]))

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def first(self) -> tuple[int, str]:
        """The first of them. There must be one."""
        return self.places[0]


def misfits(column: str, bad: Bad, why: str, todo: str, *, at: str = "file") -> BadData:
    """The error for all cells of a column that do not fit: the first in a sentence, the others by place.

    `why` ends the sentence on the first value, such as “which is not a number”; `at` is the form field at fault.
    There must be a misfit.
    """
    row, value = bad.first
    what = f"Row {row} of column “{column}” holds “{value}”, {why}."
    if bad.count > 1:
        what += f" The same holds for {bad.count - 1:,} other rows: " if bad.count > 2 else " The same holds for "
        what += f"{others(bad)}."
    problems = [f"Row {row}: “{value}”" for row, value in bad.places]
    if rest := bad.count - len(bad.places):
        problems.append(f"and {rest:,} more")
    return BadData(what, todo, field=at, problems=problems if bad.count > 1 else (), row=row, column=column)


def others(bad: Bad) -> str:
    """The misfits after the first by place, ten in all, and how many more: `row 7 (“x”), row 9 (“y”) and 12 more`."""
    listed = [f"row {row} (“{value}”)" for row, value in bad.places[1:]]
    if rest := bad.count - len(bad.places):
        return f"{', '.join(listed)} and {rest:,} more"
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
