"""Whether cells that are no numbers look like amounts of money: for saying so, where they cannot be read."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.intake.bad import LENGTH

# Digits in groups or with decimals, and a few signs or letters on either side: `XYZ 8,615.23`, `1'200 Punkte`.
_AMOUNT: Final = r"^[^0-9]{0,8}[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,4})?[^0-9]{0,8}$"
_MARKED: Final = r"[0-9][.,'][0-9]"
ENOUGH: Final = 0.7


@dataclass
class AmountTally:
    """How many cells look like amounts and how many of these hold a mark; the first that is no number, and its row."""

    alike: int = 0
    marked: int = 0
    first: tuple[int, str] | None = None

    def see(self, values: pa.StringArray, rows: pa.Array, misfits: int) -> None:
        """Count a batch. values, rows: (N,). `misfits`: how many cells so far are no numbers; nothing to do if none."""
        if not misfits:
            self.alike += len(values)
            return
        alike = pc.match_substring_regex(values, _AMOUNT)
        self.alike += pc.sum(alike).as_py()
        dressed = pc.and_(
            pc.and_(alike, pc.match_substring_regex(values, _MARKED)), pc.match_substring_regex(values, r"[^0-9.,' +-]")
        )
        self.marked += pc.sum(dressed).as_py()
        if self.first is None and pc.any(dressed).as_py():
            place = pc.index(dressed, True).as_py()
            self.first = rows[place].as_py(), values[place].as_py()[:LENGTH]

    def looks_like(self, filled: int) -> tuple[int, str] | None:
        """Return row and value of an amount that cannot be read, if most of the column's cells look like amounts."""
        return self.first if self.alike >= ENOUGH * filled and self.marked >= 0.5 * self.alike else None
