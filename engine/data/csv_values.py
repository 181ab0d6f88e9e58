"""What the cells of one CSV column are: numbers, dates, yes/no or text; and their conversion.

Numbers and slashed dates can be read in two ways (`1,234` or `1.234`; month or day first). Which one is
meant is decided by the whole column: the reading that fits more of its values, not the first value.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dates import irregularity, parse_date

# What stands for "no value" in a column of numbers or dates. In a column of text these are values.
MISSING: Final = (
    "NA",
    "N/A",
    "n/a",
    "na",
    "#N/A",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    "-",
    "–",
    "?",
    ".",
    "inf",
    "-inf",
)
TRUE: Final = ("true", "yes", "ja", "wahr", "oui", "si")
FALSE: Final = ("false", "no", "nein", "falsch", "non")

_SPACES = r"'’ \x{00a0}\x{202f}"
_CURRENCY = r"€$£¥"


def _number(decimal: str, thousands: str) -> str:
    grouped = rf"[1-9]\d{{0,2}}(?:[{thousands}{_SPACES}]\d{{3}})+"
    return rf"^[+-]?(?:(?:\d+|{grouped})(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?$"


# Index 0: a decimal point, commas between thousands. Index 1: a decimal comma, points between thousands.
NUMBERS: Final = (_number(r"\.", ","), _number(",", "."))
INTEGER: Final = r"^[+-]?\d{1,15}$"
# Cheap test that a column may hold dates at all.
DATE_LIKE: Final = (
    r"^(?:\d{4}[-/.]\d{1,2}|\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{2}|(?:19|20)\d{6}$|\d{4}-?[Ww]\d|\d{1,2}[ -][A-Za-z]{3}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|[A-Za-z]{3,9}[ -]\d{4}$)"
)
COMPACT: Final = r"^(?:19|20)\d{6}$"

Found = tuple[int, str]
"""A row as a spreadsheet numbers it (the header is row 1), and the value in it."""


@dataclass
class Readings:
    """How many values each of two readings fits, and the first value it does not fit."""

    fits: list[int] = field(default_factory=lambda: [0, 0])
    fails: list[Found | None] = field(default_factory=lambda: [None, None])
    differ: int = 0
    example: str = ""

    @property
    def best(self) -> int:
        """The reading that fits more values; 0 if they are even."""
        return int(self.fits[1] > self.fits[0])

    @property
    def open(self) -> bool:
        """Whether both readings fit equally well and would give different values."""
        return self.differ > 0 and self.fits[0] == self.fits[1]


@dataclass
class Tally:
    """What was seen of one column so far."""

    name: str
    filled: int = 0
    integers: int = 0
    truths: int = 0
    numbers: Readings = field(default_factory=Readings)
    dates: Readings = field(default_factory=Readings)
    dated: bool | None = None
    days: tuple[set[date], set[date]] = field(default_factory=lambda: (set(), set()))
    examples: dict[str, None] = field(default_factory=dict)

    def see(self, cells: pa.StringArray, rows: list[int]) -> None:
        """Count a batch. `cells` are trimmed, null where empty; `rows` are their numbers in the file."""
        filled = pc.invert(pc.or_(pc.is_null(cells), pc.is_in(cells, value_set=pa.array(MISSING))))
        places = pc.indices_nonzero(filled)
        if not len(places):
            return
        values = cells.take(places)
        if len(self.examples) < 3:
            self.examples |= dict.fromkeys(pc.unique(values[:200]).to_pylist()[:3])
        self.filled += len(values)
        self._see_numbers(values, places, rows)
        if self.dated is None:
            like = pc.match_substring_regex(values[:200], DATE_LIKE)
            self.dated = (pc.sum(like).as_py() or 0) >= 0.5 * len(like)
        if self.dated:
            self._see_dates(values, places, rows)
        self.truths += pc.sum(pc.is_in(pc.utf8_lower(values), value_set=pa.array(TRUE + FALSE))).as_py() or 0

    def _see_numbers(self, values: pa.StringArray, places: pa.Array, rows: list[int]) -> None:
        bare = strip_signs(values)
        fits = [pc.match_substring_regex(bare, pattern) for pattern in NUMBERS]
        self.integers += pc.sum(pc.match_substring_regex(bare, INTEGER)).as_py() or 0
        either = pc.and_(pc.and_(*fits), pc.match_substring_regex(bare, r"[.,]"))
        if differ := pc.sum(either).as_py():
            self.numbers.differ += differ
            self.numbers.example = self.numbers.example or values[pc.index(either, True).as_py()].as_py()
        for reading in (0, 1):
            self.numbers.fits[reading] += pc.sum(fits[reading]).as_py() or 0
            if self.numbers.fails[reading] is None:
                bad = pc.index(fits[reading], False).as_py()
                if bad >= 0:
                    self.numbers.fails[reading] = (rows[places[bad].as_py()], values[bad].as_py())

    def _see_dates(self, values: pa.StringArray, places: pa.Array, rows: list[int]) -> None:
        for entry in pc.value_counts(values):
            text, count = entry["values"].as_py(), entry["counts"].as_py()
            days = [parse_date(text), parse_date(text, day_first=True)]
            if days[0] and days[1] and days[0] != days[1]:
                self.dates.differ += count
                self.dates.example = self.dates.example or text
            for reading, day in enumerate(days):
                if day:
                    self.dates.fits[reading] += count
                    if len(self.days[reading]) < 1000:
                        self.days[reading].add(day)
                elif self.dates.fails[reading] is None:
                    self.dates.fails[reading] = (rows[places[pc.index(values, text).as_py()].as_py()], text)


@dataclass(frozen=True)
class Plan:
    """How a column is read: its type, its reading, and the first value that does not fit it."""

    name: str
    type: Literal["date", "number", "text", "boolean"]
    reading: int = 0
    whole: bool = False
    guessed: bool = False
    bad: Found | None = None

    @property
    def arrow(self) -> pa.DataType:
        numbers = pa.int64() if self.whole else pa.float64()
        return {"date": pa.date32(), "number": numbers, "text": pa.string(), "boolean": pa.bool_()}[self.type]

    def as_text(self) -> "Plan":
        """The same column, kept as it was written."""
        return Plan(self.name, "text")


def plan(tally: Tally, *, dates_named: bool, comma: bool, sure: bool, day_first: bool) -> Plan:
    """Decide how to read a column.

    `dates_named`: its name speaks of a date, so 20240131 is a day and not a number. `comma`: the file's
    decimal mark, for a column that leaves it open, and whether that is `sure`. `day_first`: the custom where
    dates leave the order open.
    A column in which seven values of ten are numbers is meant to hold numbers: the others are mistakes.
    """
    enough = 0.7 * tally.filled
    dates, numbers = tally.dates, tally.numbers
    if not tally.filled:
        return Plan(tally.name, "text")
    if tally.truths == tally.filled:
        return Plan(tally.name, "boolean")
    all_numbers = max(numbers.fits) >= enough
    if tally.dated and max(dates.fits) >= enough and (dates_named or not all_numbers):
        reading, guessed = dates.best, False
        if dates.open:
            steps = [irregularity(sorted(days)) for days in tally.days]
            reading = int(steps[1] < steps[0]) if steps[0] != steps[1] else int(day_first)
            guessed = True
        return Plan(tally.name, "date", reading, guessed=guessed, bad=dates.fails[reading])
    if all_numbers:
        reading = int(comma) if numbers.open else numbers.best
        whole = tally.integers == tally.filled
        return Plan(tally.name, "number", reading, whole, numbers.open and not sure, numbers.fails[reading])
    return Plan(tally.name, "text")


def convert(cells: pa.StringArray, how: Plan) -> pa.Array:
    """Return a batch of cells in the column's type. What does not fit becomes null: check `how.bad` first."""
    readers: dict[str, Callable[[Any, Plan], Any]] = {"date": _dates, "number": _numbers, "boolean": _booleans}
    return readers[how.type](cells, how) if how.type in readers else cells


def strip_signs(values: pa.StringArray) -> pa.StringArray:
    """Take currencies, percent signs and accountants' brackets off numbers: `(1,200 €)` is `-1,200`."""
    plain = pc.match_substring_regex(values, r"^[0-9.,+-]*$")
    if pc.all(plain, min_count=0).as_py():
        return values
    values = pc.replace_substring_regex(values, r"^\((.*)\)$", r"-\1")
    values = pc.replace_substring_regex(values, rf"^([+-]?)[\s{_CURRENCY}]+", r"\1")
    return pc.replace_substring_regex(values, rf"[\s\x{{00a0}}{_CURRENCY}%]+$", "")


def _numbers(cells: pa.StringArray, how: Plan) -> pa.Array:
    bare = strip_signs(cells)
    bare = pc.if_else(pc.match_substring_regex(bare, NUMBERS[how.reading]), bare, None)
    thousands, decimal = (",", ".") if how.reading == 0 else (".", ",")
    bare = pc.replace_substring_regex(bare, rf"[{thousands}{_SPACES}]|^\+", "")
    if decimal == ",":
        bare = pc.replace_substring(bare, ",", ".")
    return pc.cast(bare, how.arrow)


def _dates(cells: pa.StringArray, how: Plan) -> pa.Array:
    encoded = cells.dictionary_encode()
    days = [parse_date(text, day_first=bool(how.reading)) for text in encoded.dictionary.to_pylist()]
    return pa.array(days, pa.date32()).take(encoded.indices)


def _booleans(cells: pa.StringArray, how: Plan) -> pa.Array:
    lowered = pc.utf8_lower(cells)
    known = pc.is_in(lowered, value_set=pa.array(TRUE + FALSE))
    return pc.if_else(known, pc.is_in(lowered, value_set=pa.array(TRUE)), None)
