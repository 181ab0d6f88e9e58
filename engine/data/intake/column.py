"""What the cells of one text column are: numbers, dates, yes/no or text; and their conversion.

A column is judged by all of its values: a kind that seven values of ten have is what the column is meant to
hold, and the others are mistakes.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Column
from engine.data.column_words import CLICKS, CONVERSION, COUNTED, COUNTS, DATE, is_rate, words
from engine.data.dataset import Finding
from engine.data.intake import choices
from engine.data.intake.bad import LENGTH, Bad
from engine.data.intake.choices import Choices
from engine.data.intake.days import DayReading, DayTally, read_days, read_numbered
from engine.data.intake.file_marks import FileMarks
from engine.data.intake.likeness import AmountTally
from engine.data.intake.missing import DASH_SET, MISSING_SET, MissingTally
from engine.data.intake.number_doubts import unread, why_bad
from engine.data.intake.numbers import NumberReading, NumberTally, read_numbers
from engine.data.intake.side_by_side import NumberColumn, findings_of
from engine.errors import BadData

TRUE: Final = ("true", "yes", "ja", "wahr", "oui", "si")
FALSE: Final = ("false", "no", "nein", "falsch", "non")
DATE_NAMES: Final = frozenset(DATE) | {
    "yearmonth",
    "yyyymm",
    "ym",
    "yearweek",
    "yyyyww",
    "kw",
    "jahrmonat",
    "jour",
    "mes",
}
# The share of values that makes a column one of their kind.
ENOUGH: Final = 0.7
# How many different values of a column are counted, and up to how many are told by name.
MOST_COUNTED: Final = 1000
MOST_LEVELS: Final = 60


@dataclass
class Tally:
    """What was seen of one column so far. `rows_seen` counts all cells, `filled` those that hold something."""

    name: str
    rows_seen: int = 0
    filled: int = 0
    truths: int = 0
    missing: MissingTally = field(default_factory=MissingTally)
    numbers: NumberTally = field(default_factory=NumberTally)
    amounts: AmountTally = field(default_factory=AmountTally)
    days: DayTally = field(default_factory=DayTally)
    examples: dict[str, None] = field(default_factory=dict)
    different: dict[str, None] = field(default_factory=dict)

    def see(self, cells: pa.StringArray, rows: list[int]) -> None:
        """Count a batch. `cells` are trimmed, null where empty; `rows` are their numbers in the file."""
        self.rows_seen += len(cells)
        places = pc.indices_nonzero(pc.invert(self.missing.see(cells, rows)))
        if not len(places):
            return
        values, numbers = cells.take(places), pa.array(rows, pa.int64()).take(places)
        if len(self.examples) < 3:
            self.examples |= dict.fromkeys(pc.unique(values[:200]).to_pylist()[:3])
        if len(self.different) < MOST_COUNTED:
            self.different |= dict.fromkeys(pc.unique(values)[:MOST_COUNTED].to_pylist())
        self.filled += len(values)
        self.numbers.see(values, numbers)
        self.amounts.see(values, numbers, self.numbers.misfits)
        self.days.see(values, numbers)
        self.truths += pc.sum(pc.is_in(pc.utf8_lower(values), value_set=pa.array(TRUE + FALSE))).as_py() or 0


@dataclass(frozen=True)
class Plan:
    """How a column is read: its type, and for numbers and dates how they are written.

    `said` is told of it beside the findings of its reading; with `zeros`, a dash is 0 and not missing.
    """

    name: str
    type: Literal["date", "number", "text", "boolean"]
    reading: NumberReading | DayReading | None = None
    said: tuple[Finding, ...] = ()
    zeros: bool = False

    @property
    def arrow(self) -> pa.DataType:
        if self.reading:
            return self.reading.arrow
        return pa.bool_() if self.type == "boolean" else pa.string()

    @property
    def bad(self) -> Bad:
        """The cells that do not fit."""
        return self.reading.bad if self.reading else Bad()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was assumed."""
        return (*(self.reading.findings if self.reading else ()), *self.said)

    def wrong_value(self) -> BadData:
        """The error for cells that do not fit. There must be one."""
        assert self.reading
        return self.reading.wrong_value(self.name)

    def saying(self, findings: tuple[Finding, ...]) -> "Plan":
        """The same column with more findings."""
        return replace(self, said=(*self.said, *findings))

    def as_text(self) -> "Plan":
        """The same column, kept as it was written."""
        return Plan(self.name, "text")

    def convert(self, cells: pa.StringArray) -> pa.Array:
        """Return a batch of cells in the column's type; what does not fit becomes null: check `bad` first."""
        if self.type == "text":
            return cells
        if self.zeros:
            cells = pc.if_else(pc.is_in(cells, value_set=DASH_SET), "0", cells)
        cells = pc.if_else(pc.is_in(cells, value_set=MISSING_SET), None, cells)
        if self.reading:
            return self.reading.convert(cells)
        lowered = pc.utf8_lower(cells)
        known = pc.is_in(lowered, value_set=pa.array(TRUE + FALSE))
        return pc.if_else(known, pc.is_in(lowered, value_set=pa.array(TRUE)), None)


def plan_columns(tallies: list[Tally], chosen: Choices, *, parted_by: str, country: str = "") -> tuple[Plan, ...]:
    """Decide how every column is read. `parted_by`: the mark between the cells, if there is one."""
    numeric = [tally for tally in tallies if tally.filled and tally.numbers.either >= ENOUGH * tally.filled]
    custom = FileMarks.of([tally.numbers.marks for tally in numeric], parted_by=parted_by)
    plans = tuple(_plan(tally, chosen, country, custom) for tally in tallies)
    columns = [
        NumberColumn(how.name, how.reading, tally.numbers.marks)
        for how, tally in zip(plans, tallies, strict=True)
        if isinstance(how.reading, NumberReading)
    ]
    beside = findings_of(columns, custom)
    return tuple(
        how.saying((*beside.get(how.name, ()), *_missing(how, tally), *_unread(how, tally)))
        for how, tally in zip(plans, tallies, strict=True)
    )


def _missing(how: Plan, tally: Tally) -> tuple[Finding, ...]:
    return tally.missing.findings(tally.name, tally.filled, zeros=how.zeros) if how.type == "number" else ()


def _unread(how: Plan, tally: Tally) -> tuple[Finding, ...]:
    """What is said of a column that looks like numbers and stays text."""
    place = _misread(how, tally)
    return (unread(how.name, place, _doubt(how, tally)),) if place else ()


def _misread(how: Plan, tally: Tally) -> tuple[int, str] | None:
    """The first cell for which a column that looks like numbers cannot be read as such."""
    if isinstance(how.reading, NumberReading):
        return how.bad.first if how.bad else None
    return tally.amounts.looks_like(tally.filled) if how.type == "text" else None


def _plan(tally: Tally, chosen: Choices, country: str, custom: FileMarks) -> Plan:
    """Decide how a column is read. `custom`: how the file's other columns are written."""
    enough = ENOUGH * tally.filled
    if not tally.filled:
        return Plan(tally.name, "text")
    if tally.truths == tally.filled:
        return Plan(tally.name, "boolean")
    dates_named = bool(set(words(tally.name)) & DATE)
    all_numbers = tally.numbers.either >= enough
    if kind := tally.days.numbered.kind(words(tally.name), DATE_NAMES, tally.days.today):
        named = bool(set(words(tally.name)) & DATE_NAMES)
        return Plan(tally.name, "date", read_numbered(tally.name, tally.days, kind, chosen, country, named=named))
    if tally.days.dated and tally.days.most >= enough and (dates_named or not all_numbers):
        return Plan(
            tally.name, "date", read_days(tally.name, tally.days, chosen, day_first=custom.comma, country=country)
        )
    if all_numbers:
        prior = custom.prior(tally.numbers.marks)
        if _counts(tally.name):
            prior = max(prior, 1.0)
        reading = read_numbers(tally.name, tally.numbers, chosen, prior=prior)
        return Plan(tally.name, "number", reading, zeros=chosen.get(choices.dash(tally.name)) == choices.ZERO)
    return Plan(tally.name, "text")


def _counts(name: str) -> bool:
    """Whether a column is named like a count of whole things, whose marks hardly stand before decimals."""
    said = set(words(name))
    return bool(said & (CONVERSION | COUNTED | CLICKS | COUNTS) - {"p", "conversion"}) and not is_rate(name)


def as_column(plan: Plan, tally: Tally) -> Column:
    """The column as a dataset knows it."""
    examples = tuple(text[:LENGTH] for text in tally.examples)
    unit = plan.reading.unit if isinstance(plan.reading, NumberReading) and not plan.bad else ""
    few = plan.type == "text" and len(tally.different) <= MOST_LEVELS
    return Column(
        name=plan.name,
        type=plan.type,
        examples=examples,
        distinct=min(len(tally.different), MOST_COUNTED),
        levels=tuple(text[:LENGTH] for text in tally.different) if few else (),
        unit=unit,
        doubt=_doubt(plan, tally),
    )


def missing_of(plan: Plan, tally: Tally) -> int:
    """How many cells of a column hold no value; marks such as `n/a` are values in a column of text."""
    marked = 0 if plan.type == "text" else tally.missing.marked - (tally.missing.dashes if plan.zeros else 0)
    return tally.missing.empty + marked


def _doubt(plan: Plan, tally: Tally) -> str:
    """Why a column that looks like numbers cannot be read as such, in a few words; empty where all is well."""
    place = _misread(plan, tally)
    if not place:
        return ""
    row, value = place
    if not isinstance(plan.reading, NumberReading):
        return f"looks like amounts, but row {row} holds “{value}”, which is not read as one"
    clash = plan.reading.clash
    why = f"while {clash}" if clash else why_bad(value, comma=plan.reading.comma)
    what = "amounts" if tally.numbers.units.unit != "" else "numbers"
    return f"looks like {what}, but row {row} holds “{value}”, {why}"
