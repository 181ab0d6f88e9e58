"""Dates as people write them, and the grid of days, weeks or months they stand on."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

Interval = Literal["day", "week", "month"]

_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}.*)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_DOTTED = re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}|\d{{2}}){_TIME}")
_SLASHED = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}|\d{{2}}){_TIME}")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_ISO_WEEK = re.compile(r"(\d{4})-?[Ww](\d{1,2})")
_DAY_NAMED = re.compile(rf"(\d{{1,2}})[ -]([A-Za-z]{{3,9}})[ ,-]+(\d{{4}}|\d{{2}}){_TIME}")
_NAMED_DAY = re.compile(rf"([A-Za-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}){_TIME}")
_NAMED_MONTH = re.compile(r"([A-Za-z]{3,9})[ -](\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(text: str, *, day_first: bool = False) -> date | None:
    """Return the day that `text` names, or None. A time of day is cut off.

    Year first, dots (day.month.year), names of months, ISO weeks (their Monday) and `2024-05` (its first)
    mean one day only. Slashes and dashes with the year last mean month/day/year, or day/month/year with
    `day_first`.
    """
    text = text.strip()
    try:
        if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            year, month, day = map(int, found.groups())
            return date(year, month, day)
        if found := _DOTTED.fullmatch(text):
            return date(_year(found[3]), int(found[2]), int(found[1]))
        if found := _SLASHED.fullmatch(text):
            month, day = (int(found[2]), int(found[1])) if day_first else (int(found[1]), int(found[2]))
            return date(_year(found[3]), month, day)
        if found := _MONTH.fullmatch(text):
            return date(int(found[1]), int(found[2]), 1)
        if found := _ISO_WEEK.fullmatch(text):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        if found := _DAY_NAMED.fullmatch(text):
            return date(_year(found[3]), _named(found[2]), int(found[1]))
        if found := _NAMED_DAY.fullmatch(text):
            return date(int(found[3]), _named(found[1]), int(found[2]))
        if found := _NAMED_MONTH.fullmatch(text):
            return date(int(found[2]), _named(found[1]), 1)
    except ValueError:  # such as the 31st of February
        return None
    return None


def irregularity(days: Sequence[date]) -> tuple[int, int]:
    """Return how far days are from a grid: how many different steps lie between them, and the longest of them.

    The smaller, the more regular; months count as steps of one length.
    """
    ordered = sorted(set(days))
    steps = {(later - earlier).days for earlier, later in pairwise(ordered)}
    monthly = all(28 <= step <= 31 for step in steps)
    return (1 if monthly and steps else len(steps), max(steps, default=0))


def floor(day: date, interval: Interval) -> date:
    """Return the first day of the period that `day` lies in; weeks begin on Monday."""
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


# How many periods a year has: whole ones, and exactly. How many days a period has.
PERIODS_A_YEAR: dict[Interval, int] = {"day": 365, "week": 52, "month": 12}
YEAR: dict[Interval, float] = {"day": 365.25, "week": 365.25 / 7, "month": 12.0}
DAYS_A_PERIOD: dict[Interval, int] = {"day": 1, "week": 7, "month": 30}


def step(day: date, interval: Interval, count: int = 1) -> date:
    """Return the day `count` periods after `day`; for months the first of that month."""
    if interval == "month":
        months = day.year * 12 + day.month - 1 + count
        return date(months // 12, months % 12 + 1, 1)
    return day + timedelta(days=count * (7 if interval == "week" else 1))


def grid(first: date, last: date, interval: Interval) -> list[date]:
    """Return every period from `first` to `last`, both included."""
    days = []
    while first <= last:
        days.append(first)
        first = step(first, interval)
    return days


def listing(days: Sequence[date | datetime], most: int = 5) -> str:
    """Return days as text for people, cut after a few: `2024-01-01, 2024-01-08 and 7 more`."""
    shown = [f"{day:%Y-%m-%d}" for day in days[:most]]
    if len(days) > most:
        return f"{', '.join(shown)} and {len(days) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _named(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
