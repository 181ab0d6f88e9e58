"""How one column's dates are written, told by all of its values: which order day and month have."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.dates import irregularity, parse_date
from engine.data.intake import choices
from engine.data.intake.bad import Bad
from engine.data.intake.choices import Choices
from engine.errors import BadData

# Cheap test that a column may hold dates at all.
DATE_LIKE: Final = (
    r"^(?:\d{4}[-/.]\d{1,2}|\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{2}|(?:19|20)\d{6}$|\d{4}-?[Ww]\d|\d{1,2}[ -][A-Za-z]{3}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|[A-Za-z]{3,9}[ -]\d{4}$)"
)
# Index 0: month before day; index 1: day before month.
DAY_FIRST: Final = (False, True)


@dataclass
class DayTally:
    """What was seen of a column's dates so far. `dated` is None until the first values decided it."""

    fits: list[int] = field(default_factory=lambda: [0, 0])
    bad: tuple[Bad, Bad] = field(default_factory=lambda: (Bad(), Bad()))
    days: tuple[set[date], set[date]] = field(default_factory=lambda: (set(), set()))
    differ: int = 0
    example: str = ""
    dated: bool | None = None

    def see(self, values: pa.StringArray, rows: pa.Array) -> None:
        """Count a batch. values: (N,) trimmed and filled; rows: (N,) their numbers in the file."""
        if self.dated is None:
            like = pc.match_substring_regex(values[:200], DATE_LIKE)
            self.dated = (pc.sum(like).as_py() or 0) >= 0.5 * len(like)
        if not self.dated:
            return
        encoded = values.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        counts = [0] * len(texts)
        for entry in pc.value_counts(encoded.indices):
            counts[entry["values"].as_py()] = entry["counts"].as_py()
        wrong: list[list[bool]] = [[], []]
        for text, count in zip(texts, counts, strict=True):
            days = [parse_date(text, day_first=first) for first in DAY_FIRST]
            if days[0] and days[1] and days[0] != days[1]:
                self.differ += count
                self.example = self.example or text
            for reading, day in enumerate(days):
                wrong[reading].append(day is None)
                if day:
                    self.fits[reading] += count
                    if len(self.days[reading]) < 1000:
                        self.days[reading].add(day)
        for reading in (0, 1):
            if any(wrong[reading]):
                self.bad[reading].see(values, rows, pa.array(wrong[reading]).take(encoded.indices))

    @property
    def most(self) -> int:
        """How many values the better reading fits."""
        return max(self.fits)

    @property
    def open(self) -> bool:
        """Whether both readings fit equally well and would give different days."""
        return self.differ > 0 and self.fits[0] == self.fits[1]


@dataclass(frozen=True)
class DayReading:
    """How a column of dates is read."""

    day_first: bool = False
    findings: tuple[Finding, ...] = ()
    bad: Bad = field(default_factory=Bad)

    @property
    def arrow(self) -> pa.DataType:
        return pa.date32()

    def convert(self, cells: pa.StringArray) -> pa.Array:
        """Return a batch of cells as days; null where there is none, and where it does not fit."""
        encoded = cells.dictionary_encode()
        days = [parse_date(text, day_first=self.day_first) for text in encoded.dictionary.to_pylist()]
        return pa.array(days, pa.date32()).take(encoded.indices)

    def wrong_value(self, column: str) -> BadData:
        """The error for the first value that does not fit."""
        row, value = self.bad.first
        order = " (read as day/month/year)" if self.day_first else ""
        return BadData(
            f"Row {row} of column “{column}” holds “{value}”, which is not a date{order}.",
            "Write dates as 2024-01-31, and remove rows such as totals.",
            field="date_var",
        )


def read_days(name: str, tally: DayTally, chosen: Choices, *, day_first: bool) -> DayReading:
    """Decide how a column's dates are read. `day_first`: the custom where dates leave the order open."""
    key = choices.order(name)
    if key in chosen:
        reading, guessed = chosen[key] == choices.DAY_FIRST, False
    elif tally.open:
        steps = [irregularity(sorted(days)) for days in tally.days]
        reading = steps[1] < steps[0] if steps[0] != steps[1] else day_first
        guessed = True
    else:
        reading, guessed = tally.fits[1] > tally.fits[0], False
    findings = (_ambiguous(name, tally, reading),) if guessed else ()
    return DayReading(reading, findings, tally.bad[reading])


def _ambiguous(name: str, tally: DayTally, day_first: bool) -> Finding:
    order, other = ("day/month/year", "month/day/year") if day_first else ("month/day/year", "day/month/year")
    return Finding(
        code="date.ambiguous",
        grade="REVIEW",
        column=name,
        value=tally.example,
        text=f"Dates such as “{tally.example}” can be read in two ways; they were read as {order}.",
        remedy="If that is wrong, write dates as 2024-01-31 and upload again.",
        offers=(
            Offer(
                key=choices.order(name),
                value=choices.MONTH_FIRST if day_first else choices.DAY_FIRST,
                label=f"Read as {other}",
            ),
        ),
    )
