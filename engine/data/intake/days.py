"""How one column's dates are written, told by all of its values: which order day and month have, and whose days."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.dates import irregularity, out_of_bounds
from engine.data.intake import choices
from engine.data.intake.bad import Bad, misfits
from engine.data.intake.choices import Choices
from engine.data.intake.numbered_days import Numbered, NumberedTally, numbered_day, said_of
from engine.data.intake.stamps import StampTally, read_stamps
from engine.data.month_names import WEEK, folded
from engine.data.week_dates import first_weekday
from engine.data.written_days import Written, read_day
from engine.data.zones import Midnight
from engine.errors import BadData

SAMPLE: Final = 200
_WEEK_NUMBER: Final = re.compile(rf"\d{{4}}\W*(?:{WEEK})\W*\d{{1,2}}|(?:{WEEK})\W*\d{{1,2}}\W*(?:\d{{2}}|\d{{4}})")
_WRITE_WEEKS: Final = "If your weeks are numbered otherwise, write the first day of each as 2024-01-31."
DAYS_KEPT: Final = 1000
# So many days evenly apart are no chance.
EVENLY: Final = 6
# Two readings of a text: month before day, day before month.
Both = tuple[Written | None, Written | None]


def read_both(text: str) -> Both:
    """Return what a text names with the month first, and with the day first."""
    month_first = read_day(text)
    if text[:4].isdigit() or not any(mark in text for mark in "/-"):
        return month_first, month_first
    return month_first, read_day(text, day_first=True)


@dataclass
class OrderTally:
    """What was seen of a column's dates in one order of day and month.

    bad: cells that are no date, or one that no calendar can mean here. short: cells such as Jan-20, which name a month
    and a year of two digits, or a day without its year.
    """

    fits: int = 0
    bad: Bad = field(default_factory=Bad)
    short: Bad = field(default_factory=Bad)
    days: set[date] = field(default_factory=set)
    stamps: StampTally = field(default_factory=StampTally)
    first: date | None = None
    last: date | None = None

    def see(self, written: Written, text: str) -> None:
        """Take a date in that lies within bounds."""
        day = written.day
        self.first, self.last = min(self.first or day, day), max(self.last or day, day)
        if len(self.days) < DAYS_KEPT:
            self.days.add(day)
        if written.minute is not None:
            self.stamps.see((day, written.minute), written.zone, text)

    @property
    def span(self) -> str:
        return f"from {self.first} to {self.last}"


@dataclass
class DayTally:
    """What was seen of a column's dates so far. `dated` is None until the first values decided it.

    today: what is beyond the end of the next year is no date of data.
    """

    today: date = field(default_factory=date.today)
    orders: tuple[OrderTally, OrderTally] = field(default_factory=lambda: (OrderTally(), OrderTally()))
    differ: int = 0
    example: str = ""
    week: str = ""
    range: str = ""
    first: tuple[int, str] = (0, "")
    numbered: NumberedTally = field(default_factory=NumberedTally)
    dated: bool | None = None

    def see(self, values: pa.StringArray, rows: pa.Array) -> None:
        """Count a batch. values: (N,) trimmed and filled; rows: (N,) their numbers in the file."""
        if not self.first[1] and len(values):
            self.first = (rows[0].as_py(), values[0].as_py())
        self.numbered.see(values, rows)
        if self.dated is None:
            sample = pc.unique(values)[:SAMPLE].to_pylist()
            self.dated = sum(any(read_both(text)) for text in sample) >= 0.5 * len(sample)
        if not self.dated:
            return
        encoded = values.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        counts = [0] * len(texts)
        for entry in pc.value_counts(encoded.indices):
            counts[entry["values"].as_py()] = entry["counts"].as_py()
        wrong: list[list[bool]] = [[], []]
        short: list[bool] = []
        for text, count in zip(texts, counts, strict=True):
            both = read_both(text)
            self._forms(text, both, count)
            short.append(bool(both[0] and both[0].form == "short_month"))
            for order, written in enumerate(both):
                tally = self.orders[order]
                tally.fits += count if written else 0
                misfit = written is None or bool(out_of_bounds(written.day, self.today))
                wrong[order].append(misfit)
                if written and not misfit:
                    tally.see(written, text)
        for order, tally in enumerate(self.orders):
            for bad, unfit in ((tally.bad, wrong[order]), (tally.short, short)):
                if any(unfit):
                    bad.see(values, rows, pa.array(unfit).take(encoded.indices))

    def _forms(self, text: str, both: Both, count: int) -> None:
        one, other = both
        if one and other and one.day != other.day:
            self.differ += count
            self.example = self.example or text
        if one and one.form == "week" and not text[:4].isdigit():
            self.week = self.week or text
        if one and one.form == "range":
            self.range = self.range or text

    @property
    def most(self) -> int:
        """How many values the better reading fits."""
        return max(tally.fits for tally in self.orders)

    @property
    def open(self) -> bool:
        """Whether both readings fit equally well and would give different days."""
        return self.differ > 0 and self.orders[0].fits == self.orders[1].fits


@dataclass(frozen=True)
class DayReading:
    """How a column of dates is read. `midnight` says how stamps in UTC become local days, `numbered` what numbers mean.

    yearless: days without a year were found, which cannot be read.
    """

    day_first: bool = False
    midnight: Midnight | None = None
    findings: tuple[Finding, ...] = ()
    bad: Bad = field(default_factory=Bad)
    today: date = date.max
    yearless: bool = False
    numbered: Numbered | None = None

    @property
    def arrow(self) -> pa.DataType:
        return pa.date32()

    def convert(self, cells: pa.StringArray) -> pa.Array:
        """Return a batch of cells as days; null where there is none, and where it does not fit."""
        encoded = cells.dictionary_encode()
        days = [self._day(text) for text in encoded.dictionary.to_pylist()]
        return pa.array(days, pa.date32()).take(encoded.indices)

    def _day(self, text: str) -> date | None:
        written = self._written(text)
        if not written or out_of_bounds(written.day, self.today):
            return None
        return self.midnight.day((written.day, written.minute or 0)) if self.midnight else written.day

    def _written(self, text: str) -> Written | None:
        return numbered_day(text, self.numbered) if self.numbered else read_day(text, day_first=self.day_first)

    def wrong_value(self, column: str) -> BadData:
        """The error for the first value that does not fit."""
        why, todo = self._why(self.bad.first[1])
        return misfits(column, self.bad, why, todo, at="date_var")

    def _why(self, value: str) -> tuple[str, str]:
        """Say what is wrong with a value, and what to do."""
        if self.yearless:
            return "a day without its year", "Write dates as 2024-01-31."
        if written := self._written(value):
            return f"which {out_of_bounds(written.day, self.today)}", "Correct the date, or leave the row out."
        if _WEEK_NUMBER.fullmatch(folded(value)):
            return "which is no week of ISO 8601: years have 52 of them, some 53, from 1", _WRITE_WEEKS
        order = " (read as day/month/year)" if self.day_first else ""
        return f"which is not a date{order}", "Write dates as 2024-01-31, and remove rows such as totals."


def read_days(name: str, tally: DayTally, chosen: Choices, *, day_first: bool, country: str = "") -> DayReading:
    """Decide how a column's dates are read. `day_first`: the custom where dates leave the order open."""
    key, guessed, told = choices.order(name), False, False
    fits = [order.fits for order in tally.orders]
    if key in chosen:
        second = chosen[key] == choices.DAY_FIRST
    elif tally.open:
        steps = [irregularity(sorted(order.days)) for order in tally.orders]
        second = steps[1] < steps[0] if steps[0] != steps[1] else day_first
        guessed, told = True, _told(tally, second)
    else:
        second = fits[1] > fits[0]
    order = tally.orders[second]
    midnight, said = read_stamps(name, order.stamps, country, chosen)
    findings = [
        *([_ambiguous(name, tally, second, told=told)] if guessed else []),
        *said,
        *_periods(name, tally, country),
    ]
    reading = DayReading(second, midnight, tuple(findings), order.bad, tally.today)
    if order.short.count > 0.5 * max(fits) and not _months(order.days):
        return replace(reading, bad=order.short, yearless=True)
    return reading


def read_numbered(
    name: str, tally: DayTally, kind: Numbered, chosen: Choices, country: str, *, named: bool
) -> DayReading:
    """Read a column of numbers as days. `named`: whether it is called like a date."""
    stamps, example = StampTally(), next(iter(tally.numbered.different))
    for text in tally.numbered.different:
        written = numbered_day(text, kind)
        if written and written.minute is not None and not out_of_bounds(written.day, tally.today):
            stamps.see((written.day, written.minute), written.zone, text)
    midnight, said = read_stamps(name, stamps, country, chosen)
    findings = (said_of(name, kind, example, named=named), *said)
    return DayReading(False, midnight, findings, tally.numbered.misfits, tally.today, numbered=kind)


def _months(days: set[date]) -> bool:
    """Whether first days of months follow each other, but for a few."""
    months = sorted(day.year * 12 + day.month for day in days)
    steps = [later - earlier for earlier, later in pairwise(months)]
    return steps.count(1) >= 0.7 * len(steps)


def _told(tally: DayTally, second: bool) -> bool:
    """Whether the days say themselves in which order they are: evenly apart in one, scattered in the other."""
    one, other = (tally.orders[order].days for order in (second, not second))
    return len(one) >= EVENLY and irregularity(sorted(one))[0] == 1 < irregularity(sorted(other))[0]


def _ambiguous(name: str, tally: DayTally, day_first: bool, *, told: bool) -> Finding:
    order, other = ("day/month/year", "month/day/year") if day_first else ("month/day/year", "day/month/year")
    spans = [tally.orders[day_first].span, tally.orders[not day_first].span]
    return Finding(
        code="date.ambiguous",
        grade="INFO" if told else "REVIEW",
        column=name,
        value=tally.example,
        text=f"Dates such as “{tally.example}” can be read in two ways; they were read as {order}, {spans[0]}. "
        f"As {other} they would run {spans[1]}.",
        remedy="If that is wrong, take the other reading, or write dates as 2024-01-31 and upload again.",
        offers=(
            Offer(
                key=choices.order(name),
                value=choices.MONTH_FIRST if day_first else choices.DAY_FIRST,
                label=f"Read as {other}",
            ),
        ),
    )


def _periods(name: str, tally: DayTally, country: str) -> list[Finding]:
    """Say which day stands for a week or a range of days."""
    found = []
    if tally.range:
        days = read_day(tally.range)
        found.append(
            Finding(
                code="date.range",
                grade="INFO",
                column=name,
                value=tally.range,
                text=f"Ranges such as “{tally.range}” are dated by their first day"
                + (f", here {days.day}." if days else "."),
            )
        )
    begins = first_weekday(country)
    if tally.week and begins != 0 and (week := read_day(tally.week)):
        found.append(
            Finding(
                code="date.week_numbers",
                grade="REVIEW" if begins else "INFO",
                column=name,
                value=tally.week,
                text=f"Week numbers were read as those of ISO 8601: “{tally.week}” begins on Monday, {week.day}.",
                remedy="If your weeks are numbered otherwise, write the first day of each as 2024-01-31.",
            )
        )
    return found
