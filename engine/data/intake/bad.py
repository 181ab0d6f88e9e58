"""The cells of a column that do not fit how it is read: the first ten by place, all of them counted."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

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
