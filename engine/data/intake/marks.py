"""Whether a point or a comma in a column's numbers is its decimal mark or stands between thousands.

A cell such as `4,99`, `0.416` or `1.234,50` can be read in one way only. `7.416` can be read in two; what the
column's other cells look like decides then, and no other column does: those help no further than a guess.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.intake.bad import Bad
from engine.data.intake.units import CURRENCY_UNITS, PERCENT, THREE_DECIMALS

MARKS: Final = (".", ",")
# Which share of proofs among values that leave it open is so thin that they may be slips of the pen.
THIN: Final = 1 / 60
# From here what the column says is enough where the rest of the file agrees.
LEANING: Final = 0.7

Place = tuple[int, str]


@dataclass
class Open:
    """The cells with one mark and three digits behind it, and what their digits before the mark go from and to."""

    cells: Bad = field(default_factory=Bad)
    ends_zero: int = 0
    lowest: int = 1000
    highest: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.cells.count


@dataclass
class MarkTally:
    """What was seen of a column's marks so far.

    fits: how many cells each reading fits (0: decimal point, 1: decimal comma). `totals`: their sums. zeros, tens,
    hundreds, thousands: whole numbers without any mark, by size (0, to 99, to 999, above). grouped: cells with a
    space or an apostrophe between thousands. hard: cells below 1 or from 1000 that one reading alone fits, which are
    no slip of the pen. decimal_first: by reading, the first cell that it alone fits.
    """

    fits: list[int] = field(default_factory=lambda: [0, 0])
    totals: list[float] = field(default_factory=lambda: [0.0, 0.0])
    open: dict[str, Open] = field(default_factory=lambda: {mark: Open() for mark in MARKS})
    zeros: int = 0
    tens: int = 0
    hundreds: int = 0
    thousands: int = 0
    most_below_thousand: float = 0.0
    least_from_thousand: float = float("inf")
    hard: int = 0
    decimal_first: list[Place | None] = field(default_factory=lambda: [None, None])
    grouped: int = 0

    def see_unmarked(self, numbers: pa.DoubleArray) -> None:
        """Count whole numbers without a mark: (N,), none of them null."""
        if not len(numbers):
            return
        sizes = pc.abs(numbers)
        zeros = _count(pc.equal(sizes, 0))
        below_hundred, below_thousand = (_count(pc.less(sizes, limit)) for limit in (100, 1000))
        self.zeros += zeros
        self.tens += below_hundred - zeros
        self.hundreds += below_thousand - below_hundred
        self.thousands += len(sizes) - below_thousand
        if below_thousand < len(sizes):
            large = pc.min(sizes.filter(pc.greater_equal(sizes, 1000))).as_py()
            self.least_from_thousand = min(self.least_from_thousand, large)
        if below_thousand:
            small = pc.max(sizes.filter(pc.less(sizes, 1000))).as_py()
            self.most_below_thousand = max(self.most_below_thousand, small)

    def see_open(self, texts: pa.StringArray, values: pa.StringArray, rows: pa.Array) -> None:
        """Count cells that both readings fit with different values: (N,) bare texts, as written, their rows."""
        parts = pc.extract_regex(texts, pattern=r"^[+-]?(?P<lead>\d{1,3})(?P<mark>[.,])\d\d(?P<last>\d)")
        marks = pc.struct_field(parts, "mark")
        for mark in MARKS:
            here = pc.fill_null(pc.equal(marks, mark), False)
            if not pc.any(here).as_py():
                continue
            seen = self.open[mark]
            seen.cells.see(values, rows, here)
            mine = parts.filter(here)
            seen.ends_zero += _count(pc.equal(pc.struct_field(mine, "last"), "0"))
            leads = pc.min_max(pc.cast(pc.struct_field(mine, "lead"), pa.int64()))
            seen.lowest = min(seen.lowest, leads["min"].as_py())
            seen.highest = max(seen.highest, leads["max"].as_py())

    def see_certain(self, reading: int, numbers: pa.DoubleArray, values: pa.StringArray, rows: pa.Array) -> None:
        """Count what only one reading fits: (N,) numbers, as written, their rows."""
        if len(numbers):
            if self.decimal_first[reading] is None:
                self.decimal_first[reading] = rows[0].as_py(), values[0].as_py()
            sizes = pc.abs(numbers)
            between = pc.and_(pc.greater_equal(sizes, 1), pc.less(sizes, 1000))
            self.hard += len(sizes) - _count(pc.or_(between, pc.equal(sizes, 0)))

    @property
    def differ(self) -> int:
        """How many cells the readings give different values to."""
        return sum(seen.count for seen in self.open.values())

    @property
    def mark(self) -> str:
        """The mark of most cells that can be read in two ways."""
        return max(MARKS, key=lambda mark: self.open[mark].count)

    @property
    def mixed(self) -> bool:
        """Whether both marks stand in cells that can be read in two ways."""
        return all(seen.count for seen in self.open.values())


Weight = Literal["certain", "told", "guess"]


@dataclass(frozen=True)
class Verdict:
    """comma: whether the comma is the decimal mark. weight: `certain` (cells that can be read in one way only, or no
    difference), `told` (by the column's other cells), `guess`."""

    comma: bool
    weight: Weight


def judge(marks: MarkTally, unit: str, prior: float) -> Verdict:
    """Decide a column's decimal mark.

    prior: above 0 where the rest of the file makes thousands likelier, inf where it leaves no doubt.
    """
    point, comma = marks.fits
    mark = marks.mark
    whole = mark == "."  # the reading in which that mark stands between thousands is the decimal comma
    if not marks.differ:
        return Verdict(comma > point, "certain")
    if point != comma:
        decimal = comma > point
        thin = decimal != whole and not marks.mixed and not marks.hard and abs(comma - point) < THIN * marks.differ
        if not thin:
            return Verdict(decimal, "certain")
        told = _told(marks, unit)
        return Verdict(whole if told == 1 else decimal, "guess")
    told = _told(marks, unit)
    if prior == inf and told > -LEANING:
        return Verdict(whole, "told")
    if abs(told) == 1 or (abs(told) >= LEANING and told * prior > 0):
        return Verdict(whole if told > 0 else not whole, "told")
    return Verdict(whole if (told or prior) > 0 else not whole, "guess")


def _told(marks: MarkTally, unit: str) -> float:
    """Return what the column's own cells say of an open mark: 1 that it parts thousands, -1 that it is decimal.

    What lies between is a leaning, 0 is nothing.
    """
    seen = marks.open[marks.mark]
    if marks.grouped or unit == PERCENT:
        return -1
    if marks.thousands:
        return _beside_thousands(marks, seen)
    below = marks.tens + marks.hundreds
    nearest, furthest = seen.lowest * 1000, seen.highest + 1
    steady = nearest <= 20 * max(marks.most_below_thousand, 1)
    # Who writes 12.330 with its zero would not write 845 without three.
    contradicts = seen.ends_zero > 0
    leap = marks.most_below_thousand > 10 * furthest
    if below and (contradicts or marks.hundreds) and (steady or leap):
        many = contradicts or below > 1 or seen.count >= 10
        return 1 if many else LEANING
    money = unit in CURRENCY_UNITS and unit not in THREE_DECIMALS
    if (money and seen.highest >= 10) or (marks.zeros and seen.ends_zero > 1):
        return LEANING
    if below:
        # As decimals they may lie among the unmarked numbers, as thousands far above.
        return 0.5 if contradicts or steady or marks.most_below_thousand > furthest else -0.5
    return 0


def _beside_thousands(marks: MarkTally, seen: Open) -> float:
    """Whole numbers from 1000 without a mark: nothing parts thousands, unless only some cells were written so."""
    if marks.thousands >= seen.count and not seen.ends_zero:
        return -0.7
    # As thousands the marked cells lie among the unmarked ones, as decimals they lie far below all of them.
    return 0.5 if marks.least_from_thousand > 10 * (seen.highest + 1) else -0.5


def _count(mask: Any) -> int:
    return pc.sum(mask).as_py() or 0
