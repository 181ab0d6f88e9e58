"""How one column's numbers are written, told by all of its values: the decimal mark, and what stands around them."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding
from engine.data.intake import choices, number_doubts
from engine.data.intake.bad import Bad
from engine.data.intake.choices import Choices
from engine.data.intake.marks import MarkTally, Verdict, judge
from engine.data.intake.numerals import LARGEST, as_floats, fits, undress
from engine.data.intake.unit_tally import UnitTally
from engine.data.intake.units import PERCENT
from engine.errors import BadData

INTEGER: Final = r"^[+-]?\d{1,15}$"
_OPEN_POINT: Final = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"


@dataclass
class NumberTally:
    """What was seen of a column's numbers so far. `whole`: all of them were integers without anything around them.

    either: how many values are numbers with a decimal point or with a decimal comma.
    """

    marks: MarkTally = field(default_factory=MarkTally)
    units: UnitTally = field(default_factory=UnitTally)
    bad: tuple[Bad, Bad] = field(default_factory=lambda: (Bad(), Bad()))
    whole: bool = True
    either: int = 0

    def see(self, values: pa.StringArray, rows: pa.Array) -> None:
        """Count a batch. values: (N,) trimmed and filled; rows: (N,) their numbers in the file."""
        self.whole = self.whole and bool(pc.all(pc.match_substring_regex(values, INTEGER), min_count=0).as_py())
        numbers = _as_programs_write(values)
        if numbers is None:
            self._see_dressed(values, rows)
        else:
            self._see_plain(values, rows, numbers)

    def _see_plain(self, values: pa.StringArray, rows: pa.Array, numbers: pa.DoubleArray) -> None:
        """Count a batch in which all values are numbers with at most a decimal point."""
        marks, total = self.marks, pc.sum(numbers).as_py()
        self.either += len(values)
        marks.fits[0] += len(values)
        marks.totals[0] += total
        pointed = None if self.whole else pc.match_substring(values, ".")
        if pointed is None or not pc.any(pointed).as_py():
            marks.fits[1] += len(values)
            marks.totals[1] += total
            marks.see_unmarked(numbers)
        else:
            unmarked = pc.invert(pointed)
            bare = numbers.filter(unmarked)
            marks.see_unmarked(bare)
            open_ = pc.match_substring_regex(values, _OPEN_POINT)
            both = numbers.filter(open_)
            marks.fits[1] += len(bare) + len(both)
            marks.totals[1] += (pc.sum(bare).as_py() or 0.0) + 1000 * (pc.sum(both).as_py() or 0.0)
            if len(both):
                marks.see_open(values.filter(open_), values.filter(open_), rows.filter(open_))
            only = pc.and_(pointed, pc.invert(open_))
            marks.see_certain(0, numbers.filter(only), values.filter(only), rows.filter(only))
            self.bad[1].see(values, rows, only)
        self.units.see(None, values, rows, (numbers, numbers))

    def _see_dressed(self, values: pa.StringArray, rows: pa.Array) -> None:
        marks, bare = self.marks, undress(values)
        numbers = tuple(as_floats(bare.texts, fits(bare.texts, reading), reading) for reading in (0, 1))
        valid = tuple(pc.is_valid(found) for found in numbers)
        for reading in (0, 1):
            marks.fits[reading] += pc.sum(valid[reading]).as_py()
            marks.totals[reading] += pc.sum(numbers[reading]).as_py() or 0.0
            self.bad[reading].see(values, rows, pc.invert(valid[reading]))
        either = pc.or_(*valid)
        if not pc.any(either, min_count=0).as_py():
            return
        self.either += pc.sum(either).as_py()
        marked = pc.fill_null(_holds(bare.texts, ".", ","), False)
        both = pc.and_(*valid)
        open_ = pc.and_(both, marked)
        if pc.any(open_).as_py():
            marks.see_open(bare.texts.filter(open_), values.filter(open_), rows.filter(open_))
        for reading in (0, 1):
            only = pc.and_not(valid[reading], valid[not reading])
            if pc.any(only).as_py():
                marks.see_certain(reading, numbers[reading].filter(only), values.filter(only), rows.filter(only))
        marks.grouped += pc.sum(pc.and_(either, _holds(bare.texts, "'", " "))).as_py() or 0
        unmarked = pc.and_not(both, marked)
        if pc.any(unmarked).as_py():
            whole = pc.match_substring_regex(bare.texts.filter(unmarked), INTEGER)
            marks.see_unmarked(numbers[0].filter(unmarked).filter(whole))
        self.units.see(bare, values, rows, numbers)

    @property
    def misfits(self) -> int:
        """How many values the better reading does not fit."""
        return min(bad.count for bad in self.bad)


def _holds(texts: pa.StringArray, *signs: str) -> pa.BooleanArray:
    return pc.or_(*(pc.match_substring(texts, sign) for sign in signs))


def _as_programs_write(values: pa.StringArray) -> pa.DoubleArray | None:
    """Return (N,) the numbers if all values are plain ones such as `-1234.5`, else None."""
    try:
        numbers = pc.cast(values, pa.float64())
    except pa.ArrowInvalid:
        return None
    least = pc.min_max(numbers)
    # NaN is neither; an infinity is beyond.
    sound = pc.all(pc.less_equal(pc.abs(numbers), LARGEST), min_count=0).as_py() and least["min"].is_valid
    return numbers if sound else None


@dataclass(frozen=True)
class NumberReading:
    """How a column of numbers is read.

    fractions: cells without a percent sign are parts of one, and become percent like the others. clash: why cells
    that are numbers by themselves cannot stand in one column.
    """

    comma: bool = False
    whole: bool = False
    unit: str = ""
    fractions: bool = False
    findings: tuple[Finding, ...] = ()
    bad: Bad = field(default_factory=Bad)
    clash: str = ""
    weight: Literal["certain", "told", "guess"] = "certain"

    @property
    def arrow(self) -> pa.DataType:
        return pa.int64() if self.whole else pa.float64()

    def convert(self, cells: pa.StringArray) -> pa.Array:
        """Return a batch of cells as numbers; null where there is none, and where it does not fit."""
        if self.whole:
            return pc.cast(pc.replace_substring_regex(cells, r"^\+", ""), pa.int64())
        if not self.comma and not self.fractions and (numbers := _as_programs_write_or_null(cells)) is not None:
            return numbers
        bare = undress(cells)
        numbers = as_floats(bare.texts, fits(bare.texts, self.comma), self.comma)
        if not self.fractions:
            return numbers
        percent = False if bare.units is None else pc.equal(bare.units, PERCENT)
        return pc.if_else(percent, numbers, pc.multiply(numbers, 100))

    def wrong_value(self, column: str) -> BadData:
        """The error for the first value that does not fit."""
        return number_doubts.wrong_value(column, self.bad, comma=self.comma, clash=self.clash)


def _as_programs_write_or_null(cells: pa.StringArray) -> Any:
    try:
        numbers = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None
    return numbers if pc.all(pc.less_equal(pc.abs(numbers), LARGEST), min_count=0).as_py() in (True, None) else None


def read_numbers(name: str, tally: NumberTally, chosen: Choices, *, prior: float) -> NumberReading:
    """Decide how a column's numbers are read. `prior`: above 0 where the file makes an open mark one of thousands."""
    marks = tally.marks
    if (key := choices.decimal(name)) in chosen:
        verdict = Verdict(chosen[key] == choices.COMMA, "certain")
    else:
        verdict = judge(marks, tally.units.unit or "", prior)
    comma = verdict.comma
    units = tally.units.settle(name, chosen, comma=comma)
    bad, clash = tally.bad[comma], ""
    if units.clash:
        bad, clash = units.bad, units.clash
    elif marks.mixed and verdict.weight != "certain":
        bad, clash = number_doubts.two_marks(marks)
    findings = list(units.findings)
    if verdict.weight == "guess" and not clash:
        findings.insert(0, number_doubts.ambiguous(name, marks, comma=comma))
    if tally.units.scaled:
        findings.append(number_doubts.scaled(name, tally.units.scaled, comma=comma))
    return NumberReading(comma, tally.whole, units.unit, units.fractions, tuple(findings), bad, clash, verdict.weight)
