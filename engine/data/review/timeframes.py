"""Which stretch of the data is looked at: read as people type it, and laid over the days that there are.

A timeframe travels in forms and buttons as a short key: `12m`, `ytd`, `2025`, `2025-q1`, `2025-03`, `all`, or two days.
Lengths count back from the end of the data; what names a place in the calendar means that place.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from engine.data.dates import Interval
from engine.data.month_names import MONTHS as MONTH_NUMBERS
from engine.data.month_names import folded
from engine.data.review.periods import MONTHS, Period, begin, called, end, months_on
from engine.errors import BadInput

USUAL: Final = "12m"
# What a form offers, with its words.
OFFERED: Final[dict[str, str]] = {
    "6m": "The last 6 months",
    "12m": "The last 12 months",
    "ytd": "This year",
    "last_year": "Last year",
    "24m": "The last 2 years",
    "all": "All data",
}
TO_TYPE: Final = "`6m`, `12 months`, `this year`, `last year`, `2025`, `Q1 2025`, `2025-01-01 to 2025-03-31` or `all`"
_WORDS: Final = {
    **dict.fromkeys(("all", "all data", "all time", "everything", "max", "whole"), "all"),
    **dict.fromkeys(("this year", "ytd", "year to date"), "ytd"),
    **dict.fromkeys(("this quarter", "qtd", "quarter to date"), "qtd"),
    **dict.fromkeys(("this month", "mtd", "month to date"), "mtd"),
    **dict.fromkeys(("last year", "previous year", "prior year"), "last_year"),
    **dict.fromkeys(("last quarter", "previous quarter"), "last_quarter"),
    **dict.fromkeys(("last month", "previous month"), "last_month"),
    **dict.fromkeys(("half a year", "half year", "past half year"), "6m"),
    **dict.fromkeys(("past year", "a year", "one year", "last twelve months", "ltm"), "12m"),
    **dict.fromkeys(("two years", "last two years", "past two years"), "24m"),
}
_UNITS: Final = {
    **dict.fromkeys(("d", "day", "days"), ("d", 1)),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), ("w", 1)),
    **dict.fromkeys(("m", "mo", "mon", "mth", "month", "months"), ("m", 1)),
    **dict.fromkeys(("q", "quarter", "quarters"), ("m", 3)),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), ("m", 12)),
}
_LENGTH: Final = re.compile(r"(?:the )?(?:last |past |previous )?(\d{1,4})[ -]?([a-z]+)")
_KEY_LENGTH: Final = re.compile(r"([1-9]\d{0,3})([dwm])")
_YEAR: Final = re.compile(r"(?:19[7-9]\d|20\d\d)")
_QUARTER: Final = re.compile(r"(?:q([1-4])[ /-]?(\d{4})|(\d{4})[ /-]?q([1-4]))")
_MONTH: Final = re.compile(r"(\d{4})[-/](\d{1,2})")
_NAMED_MONTH: Final = re.compile(r"([^\W\d_]{3,})\.? (\d{4})")
_DAY: Final = r"(\d{4}-\d{1,2}-\d{1,2})"
_RANGE: Final = re.compile(rf"(?:from )?{_DAY} ?(?:\.\.|-|–|to|until|till) ?{_DAY}")
_SINCE: Final = re.compile(rf"(?:since|from) {_DAY}")
NOW: Final[dict[str, Period]] = {"ytd": "Y", "qtd": "Q", "mtd": "M"}
BEFORE: Final[dict[str, Period]] = {"last_year": "Y", "last_quarter": "Q", "last_month": "M"}
# Longer than anybody's data.
MOST_DAYS: Final = 365 * 60
LENGTH_DAYS: Final = {"d": 1, "w": 7, "m": 30}
LENGTH_RANK: Final = {"d": 0, "w": 1, "m": 2}
LENGTH_NOUNS: Final = {"d": "day", "w": "week", "m": "month"}


@dataclass(frozen=True)
class Window:
    """The days that are looked at, both included. `words` say which were asked for; `short` why they are fewer."""

    first: date
    last: date
    words: str
    short: str = ""
    all_of_it: bool = False
    """Whether the words are of days that are all there, whatever `short` has to say."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def said(self) -> str:
        """What a sentence calls these days: where the data do not have all that was asked for, which part of it."""
        if not self.short or self.all_of_it:
            return self.words
        if self.words.startswith("the last "):
            return "all data"
        return f"{self.words} (data from {self.first} to {self.last})"


def in_rows(key: str, asked: Window, rows: int, interval: Interval) -> Window:
    """Return a window by what is added up in it: so many days of weekly data are so many whole weeks.

    rows: how many begin in it.
    """
    found = _KEY_LENGTH.fullmatch(key)
    if found is None or LENGTH_RANK[found[2]] >= LENGTH_RANK[interval[0]]:
        return asked
    words = f"the last {rows} {interval}s" if rows > 1 else f"the last {interval}"
    said = f"The data have a row per {interval}: {words} begin{'s' if rows == 1 else ''} in {asked.words}."
    return replace(asked, words=words, short=f"{asked.short} {said}".strip(), all_of_it=not asked.short)


def read_timeframe(text: str) -> str:
    """Return the key of what somebody typed, or "" where it names no timeframe."""
    said = " ".join(text.lower().strip(" .,;").split())
    if key := _WORDS.get(said):
        return key
    if found := _LENGTH.fullmatch(said):
        unit, times = _UNITS.get(found[2], ("", 0))
        count = int(found[1]) * times
        return f"{count}{unit}" if unit and 0 < count * LENGTH_DAYS[unit] <= MOST_DAYS else ""
    if _YEAR.fullmatch(said):
        return said
    if found := _QUARTER.fullmatch(said):
        return _in_calendar(f"{found[2] or found[3]}-q{found[1] or found[4]}")
    if found := _MONTH.fullmatch(said):
        return _in_calendar(f"{found[1]}-{int(found[2]):02d}")
    if (found := _NAMED_MONTH.fullmatch(said)) and (number := MONTH_NUMBERS.get(folded(found[1]), 0)):
        return _in_calendar(f"{found[2]}-{number:02d}")
    if found := _RANGE.fullmatch(said):
        return _range(found[1], found[2])
    if found := _SINCE.fullmatch(said):
        return _range(found[1], "")
    return ""


def window(key: str, begins: date, ends: date, today: date) -> Window:
    """Return the days of a timeframe that there are data of, from `begins` to `ends`. Raises BadInput where none is.

    today: what `this year` goes by.
    """
    try:
        first, last, words = _asked(key, begins, ends, today)
    except (ValueError, OverflowError) as error:
        raise _unknown(key) from error
    if last < begins or first > ends:
        raise BadInput(
            f"{words[:1].upper()}{words[1:]} ({first} to {last}) holds no data: they go from {begins} to {ends}.",
            "Choose another timeframe, such as `all`.",
            field="timeframe",
        )
    missing = []
    if first < begins:
        missing.append(f"begin on {begins}, not on {first}")
    if last > ends:
        missing.append(f"end on {ends}, not on {min(last, max(today, ends))}")
    short = f"Fewer than asked for: the data {' and '.join(missing)}." if missing else ""
    return Window(max(first, begins), min(last, ends), words, short)


def _asked(key: str, begins: date, ends: date, today: date) -> tuple[date, date, str]:
    """First and last day that a key means, and its words. Raises BadInput for none of ours."""
    if key == "all":
        return begins, ends, "all data"
    if found := _KEY_LENGTH.fullmatch(key):
        count, unit = int(found[1]), found[2]
        noun = LENGTH_NOUNS[unit]
        first = _back(ends, count, unit)
        words = f"the last {count} {noun}s" if count > 1 else f"the last {noun}"
        if unit == "m" and count % 12 == 0 and count > 12:
            words = f"the last {count // 12} years"
        return first, ends, words
    if key in NOW:
        start = begin(today, NOW[key])
        return start, today, f"{called(start, NOW[key])} so far"
    if key in BEFORE:
        start = begin(begin(today, BEFORE[key]) - timedelta(days=1), BEFORE[key])
        return start, end(start, BEFORE[key]), called(start, BEFORE[key])
    if _YEAR.fullmatch(key):
        return date(int(key), 1, 1), date(int(key), 12, 31), key
    if found := re.fullmatch(r"(\d{4})-q([1-4])", key):
        start = date(int(found[1]), int(found[2]) * 3 - 2, 1)
        return start, end(start, "Q"), f"Q{found[2]} {found[1]}"
    if found := re.fullmatch(r"(\d{4})-(\d\d)", key):
        start = date(int(found[1]), int(found[2]), 1)
        return start, end(start, "M"), f"{MONTHS[start.month - 1]} {start.year}"
    if found := re.fullmatch(rf"{_DAY}\.\.{_DAY}?", key):
        start = date.fromisoformat(found[1])
        if not found[2]:
            return start, max(ends, start), f"the time since {start}"
        return start, date.fromisoformat(found[2]), f"the time from {start} to {found[2]}"
    raise _unknown(key)


def _unknown(key: str) -> BadInput:
    return BadInput(f"I do not know the timeframe “{key[:60]}”.", f"Say {TO_TYPE}.", field="timeframe")


def _back(ends: date, count: int, unit: str) -> date:
    """The first of so many days, weeks or months that end with a day."""
    if unit != "m":
        return ends + timedelta(days=1 - count * LENGTH_DAYS[unit])
    after = ends + timedelta(days=1)
    return months_on(after, -count) if after.year * 12 + after.month - count > 12 else date(1, 1, 1)


def _in_calendar(key: str) -> str:
    year = int(key[:4])
    month = 1 if "q" in key else int(key[5:])
    return key if 1970 <= year < 2100 and 1 <= month <= 12 else ""


def _range(first: str, last: str) -> str:
    try:
        days = [date(*(int(part) for part in text.split("-"))) for text in (first, last) if text]
    except ValueError:
        return ""
    return ("..".join(day.isoformat() for day in days) + ("" if last else "..")) if days == sorted(days) else ""
