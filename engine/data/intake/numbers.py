"""How one column's numbers are written, told by all of its values: the decimal mark, and what stands around them.

Index 0 is a decimal point with commas between thousands, index 1 a decimal comma with points between thousands.
"""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.bad import Bad, misfits
from engine.data.intake.choices import Choices
from engine.errors import BadData

_SPACES = r"'’ \x{00a0}\x{202f}"
_CURRENCY = r"€$£¥"


def _number(decimal: str, thousands: str) -> str:
    grouped = rf"[1-9]\d{{0,2}}(?:[{thousands}{_SPACES}]\d{{3}})+"
    return rf"^[+-]?(?:(?:\d+|{grouped})(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?$"


NUMBERS: Final = (_number(r"\.", ","), _number(",", "."))
INTEGER: Final = r"^[+-]?\d{1,15}$"


@dataclass
class NumberTally:
    """What was seen of a column's numbers so far: how many values each reading fits, and those it does not."""

    fits: list[int] = field(default_factory=lambda: [0, 0])
    bad: tuple[Bad, Bad] = field(default_factory=lambda: (Bad(), Bad()))
    integers: int = 0
    differ: int = 0
    example: str = ""

    def see(self, values: pa.StringArray, rows: pa.Array) -> None:
        """Count a batch. values: (N,) trimmed and filled; rows: (N,) their numbers in the file."""
        bare = strip_signs(values)
        fits = [pc.match_substring_regex(bare, pattern) for pattern in NUMBERS]
        self.integers += pc.sum(pc.match_substring_regex(bare, INTEGER)).as_py() or 0
        either = pc.and_(pc.and_(*fits), pc.match_substring_regex(bare, r"[.,]"))
        if differ := pc.sum(either).as_py():
            self.differ += differ
            self.example = self.example or values[pc.index(either, True).as_py()].as_py()
        for reading in (0, 1):
            self.fits[reading] += pc.sum(fits[reading]).as_py() or 0
            self.bad[reading].see(values, rows, pc.invert(fits[reading]))

    @property
    def most(self) -> int:
        """How many values the better reading fits."""
        return max(self.fits)

    @property
    def open(self) -> bool:
        """Whether both readings fit equally well and would give different values."""
        return self.differ > 0 and self.fits[0] == self.fits[1]


@dataclass(frozen=True)
class NumberReading:
    """How a column of numbers is read."""

    comma: bool = False
    whole: bool = False
    unit: str = ""
    findings: tuple[Finding, ...] = ()
    bad: Bad = field(default_factory=Bad)

    @property
    def arrow(self) -> pa.DataType:
        return pa.int64() if self.whole else pa.float64()

    def convert(self, cells: pa.StringArray) -> pa.Array:
        """Return a batch of cells as numbers; null where there is none, and where it does not fit."""
        bare = strip_signs(cells)
        bare = pc.if_else(pc.match_substring_regex(bare, NUMBERS[self.comma]), bare, None)
        thousands = "." if self.comma else ","
        bare = pc.replace_substring_regex(bare, rf"[{thousands}{_SPACES}]|^\+", "")
        if self.comma:
            bare = pc.replace_substring(bare, ",", ".")
        return pc.cast(bare, self.arrow)

    def wrong_value(self, column: str) -> BadData:
        """The error for the first value that does not fit."""
        _, value = self.bad.first
        other = NUMBERS[not self.comma]
        if pc.match_substring_regex(strip_signs(pa.array([value])), other)[0].as_py():
            mark = "comma" if self.comma else "point"
            why = f"but the column's other values have a decimal {mark}"
            return misfits(column, self.bad, why, "Use one decimal mark throughout.")
        todo = "Correct it, or empty the cell if the value is not known."
        return misfits(column, self.bad, "which is not a number", todo)


def read_numbers(
    name: str, tally: NumberTally, filled: int, chosen: Choices, *, comma: bool, sure: bool
) -> NumberReading:
    """Decide how a column's numbers are read.

    filled: how many of its cells hold something. `comma`: the file's decimal mark, for a column that leaves it
    open, and whether that is `sure`.
    """
    key = choices.decimal(name)
    if key in chosen:
        reading, guessed = chosen[key] == choices.COMMA, False
    else:
        reading = comma if tally.open else tally.fits[1] > tally.fits[0]
        guessed = tally.open and not sure
    findings = (_ambiguous(name, tally, reading),) if guessed else ()
    whole = tally.integers == filled
    return NumberReading(reading, whole, "", findings, tally.bad[reading])


def _ambiguous(name: str, tally: NumberTally, comma: bool) -> Finding:
    mark, other = (choices.COMMA, choices.POINT) if comma else (choices.POINT, choices.COMMA)
    return Finding(
        code="number.ambiguous",
        grade="REVIEW",
        column=name,
        value=tally.example,
        text=f"Numbers such as “{tally.example}” can be read in two ways; the {mark} was read as decimal mark.",
        remedy="If that is wrong, write numbers without separators between thousands and upload again.",
        offers=(Offer(key=choices.decimal(name), value=other, label=f"Read the {other} as decimal mark"),),
    )


def strip_signs(values: pa.StringArray) -> pa.StringArray:
    """Take currencies, percent signs and accountants' brackets off numbers: `(1,200 €)` is `-1,200`."""
    plain = pc.match_substring_regex(values, r"^[0-9.,+-]*$")
    if pc.all(plain, min_count=0).as_py():
        return values
    values = pc.replace_substring_regex(values, r"^\((.*)\)$", r"-\1")
    values = pc.replace_substring_regex(values, rf"^([+-]?)[\s{_CURRENCY}]+", r"\1")
    return pc.replace_substring_regex(values, rf"[\s\x{{00a0}}{_CURRENCY}%]+$", "")
