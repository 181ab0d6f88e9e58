"""Dates as people write them, and the grid of days, weeks or months they stand on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from engine.data.written_days import read_day

Interval = Literal["day", "week", "month"]

FIRST_DAY: Final = date(1971, 1, 1)
"""Before it nobody's media were counted; 1970 is what a program writes where it knows no date."""


def parse_date(text: str, *, day_first: bool = False) -> date | None:
    """Return the day that `text` names, or None; of a week, month or quarter its first. A time of day is cut off.

    Slashes and dashes with the year last mean month/day/year, or day/month/year with `day_first`; every other form
    means one day only.
    """
    written = read_day(text, day_first=day_first)
    return written.day if written else None


def last_day(today: date) -> date:
    """Return the last day that data can be about: plans are made to the end of next year."""
    return date(today.year + 1, 12, 31)


def out_of_bounds(day: date, today: date) -> str:
    """Say, in words that follow “which”, why no calendar can mean a day here; empty if one can."""
    if day < FIRST_DAY:
        return "lies before 1971"
    last = last_day(today)
    return f"lies after {last}, the end of next year" if day > last else ""


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
