"""Periods that a review adds up by: days, weeks, months, quarters, years. Of calendars alone: the bot reads it, too."""

from datetime import date, timedelta
from typing import Final, Literal, get_args

from engine.data.dates import Interval

Period = Literal["D", "W", "M", "Q", "Y"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
NOUNS: Final[dict[Period, str]] = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}
BY: Final[dict[Period, str]] = {"D": "daily", "W": "weekly", "M": "monthly", "Q": "quarterly", "Y": "yearly"}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FINEST: Final[dict[Interval, Period]] = {"day": "D", "week": "W", "month": "M"}
# Up to so many days the period is looked at that most people would: about 20 points, or a year or three by month.
DAYS_BY: Final[tuple[tuple[int, Period], ...]] = ((21, "D"), (140, "W"), (1_100, "M"), (3_700, "Q"))
MONTHS_IN: Final[dict[str, int]] = {"M": 1, "Q": 3, "Y": 12}


def begin(day: date, period: Period, weekday: int = 0) -> date:
    """Return the first day of the period that `day` lies in. weekday: the day that weeks begin on, 0 for Monday."""
    match period:
        case "D":
            return day
        case "W":
            return day - timedelta(days=(day.weekday() - weekday) % 7)
        case "M":
            return day.replace(day=1)
        case "Q":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "Y":
            return day.replace(month=1, day=1)


def following(start: date, period: Period) -> date:
    """Return the first day of the period after the one that begins on `start`."""
    if period in MONTHS_IN:
        return months_on(start, MONTHS_IN[period])
    return start + timedelta(days=7 if period == "W" else 1)


def end(start: date, period: Period) -> date:
    """Return the last day of the period that begins on `start`."""
    return following(start, period) - timedelta(days=1)


def months_on(day: date, count: int) -> date:
    """Return the day `count` months after `day`, or before it; the last of that month where it has no such day."""
    number = day.year * 12 + day.month - 1 + count
    first = date(number // 12, number % 12 + 1, 1)
    last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))


def called(start: date, period: Period) -> str:
    """Return how a period is called, in at most 12 characters: `3 Mar 2025`, `Mar 2025`, `Q1 2025`, `2025`."""
    if period == "Y":
        return str(start.year)
    if period == "Q":
        return f"Q{(start.month + 2) // 3} {start.year}"
    month = f"{MONTHS[start.month - 1]} {start.year}"
    return month if period == "M" else f"{start.day} {month}"


def usual(days: int, interval: Interval) -> Period:
    """Return the period that most people would look at so many days by: never finer than the data."""
    wanted: Period = next((period for most, period in DAYS_BY if days <= most), "Y")
    return PERIODS[max(PERIODS.index(wanted), PERIODS.index(FINEST[interval]))]


def offered(interval: Interval) -> tuple[Period, ...]:
    """Return the periods that data of an interval can be added up by."""
    return PERIODS[PERIODS.index(FINEST[interval]) :]
