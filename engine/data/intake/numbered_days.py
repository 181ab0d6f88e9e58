"""Days that are written as plain numbers: Excel's count of days, 202205, seconds or milliseconds since 1970."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding
from engine.data.dates import out_of_bounds
from engine.data.intake.bad import Bad
from engine.data.written_days import Written

Numbered = Literal["serial", "month", "week", "seconds", "milliseconds"]

_NUMBER: Final = re.compile(r"(\d{5,6}|\d{10}|\d{13})(?:\.\d*)?")
_WHOLE: Final = rf"^(?:{_NUMBER.pattern})$"
EXCELS_DAY_0: Final = date(1899, 12, 30)
# Steps between rows that are a rhythm of days; of random numbers hardly any are.
STEPS: Final = frozenset({1, 7, 14, *range(28, 32), *range(89, 93)})
MOST_DIFFERENT: Final = 20_000
# The share of steps that must be of a rhythm, where the column is named like a date and where it is not.
NAMED, UNNAMED = 0.7, 1.0
LEAST_UNNAMED: Final = 12
WORDS: Final[dict[Numbered, str]] = {
    "serial": "days as Excel counts them",
    "month": "a year and a month",
    "week": "a year and a week of ISO 8601",
    "seconds": "seconds since 1970, in UTC",
    "milliseconds": "milliseconds since 1970, in UTC",
}


def numbered_day(text: str, kind: Numbered) -> Written | None:
    """Return the day that a number means, None if it means none."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    number = int(found[1])
    try:
        if kind == "serial":
            return Written(EXCELS_DAY_0 + timedelta(days=number)) if number < 10**5 else None
        if kind in ("month", "week"):
            year, part = divmod(number, 100)
            return Written(date(year, part, 1) if kind == "month" else date.fromisocalendar(year, part, 1))
        moment = datetime.fromtimestamp(number / (1 if kind == "seconds" else 1000), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Written(moment.date(), moment.hour * 60 + moment.minute, "utc")


@dataclass
class NumberedTally:
    """The different values of a column of whole numbers that may be days. `dead` once it cannot be one."""

    different: dict[str, None] = field(default_factory=dict)
    misfits: Bad = field(default_factory=Bad)
    fits: int = 0
    dead: bool = False

    def see(self, values: pa.StringArray, rows: pa.Array) -> None:
        """Count a batch. values: (N,) trimmed and filled; rows: (N,) their numbers in the file."""
        if self.dead:
            return
        texts = pc.unique(values)
        fits = pc.match_substring_regex(texts, _WHOLE)
        fitting = pc.sum(fits, min_count=0).as_py()
        if fitting < NAMED * len(texts) or len(self.different) > MOST_DIFFERENT:
            self.dead = True
            self.different.clear()
            return
        self.different |= dict.fromkeys(texts.filter(fits).to_pylist())
        self.fits += len(values)
        if fitting < len(texts):
            before = self.misfits.count
            self.misfits.see(values, rows, pc.invert(pc.match_substring_regex(values, _WHOLE)))
            self.fits -= self.misfits.count - before

    def kind(self, words: Sequence[str], dates: frozenset[str], today: date) -> Numbered | None:
        """Return which days the numbers are, None if they are just numbers. `words` of the column's name."""
        if self.dead or not self.different:
            return None
        named = bool(set(words) & dates)
        short = set(words) <= dates
        for kind in ("serial", "month", "week", "seconds", "milliseconds"):
            found = [numbered_day(text, kind) for text in self.different]
            days = sorted({one.day for one in found if one and not out_of_bounds(one.day, today)})
            if len(days) < NAMED * len(found) or (kind == "week" and not named):
                continue
            if kind == "month" and len({text[4:6] for text in self.different} - _MONTHS):
                continue
            if kind == "month" and set(words) & _WEEK and not _whole_months(days):
                continue
            steps = [(later - earlier).days in STEPS for earlier, later in pairwise(days)]
            enough = (named and sum(steps) >= NAMED * len(steps) and (short or len(steps) > 1)) or (
                len(days) >= LEAST_UNNAMED and all(steps) and len(set(_apart(days))) == 1 and _apart(days)[0] != 1
            )
            if enough:
                return kind
        return None


_MONTHS: Final = frozenset(f"{month:02}" for month in range(1, 13))
_WEEK: Final = frozenset({"week", "yearweek", "kw", "woche", "calendarweek", "isoweek", "yyyyww"})


def _whole_months(days: Sequence[date]) -> bool:
    """Whether years of twelve follow each other: weeks would go on to 52."""
    return len({day.year for day in days}) > 1


def _apart(days: Sequence[date]) -> list[int]:
    """Return the steps between days in days, those of a month as 30."""
    return [30 if 28 <= step <= 31 else step for step in ((later - earlier).days for earlier, later in pairwise(days))]


def said_of(column: str, kind: Numbered, example: str, *, named: bool) -> Finding:
    """Say how numbers were read."""
    day = numbered_day(example, kind)
    return Finding(
        code="date.numbered",
        grade="INFO" if named else "REVIEW",
        column=column,
        value=example,
        text=f"Numbers such as {example} were read as {WORDS[kind]}" + (f": that is {day.day}." if day else "."),
        remedy="If that is wrong, write dates as 2024-01-31.",
    )
