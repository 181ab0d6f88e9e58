"""What a model's baseline will be: each of its parts carried into the future on a stated assumption."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from engine.data.dates import Interval, step
from engine.model.fit.compiled import Vector

Kind = Literal["trend", "season", "monthly", "weekday", "holiday", "context"]
# Prophet's month is 30.5 days long; two of them are whole days.
_TWO_MONTHS = 61


@dataclass(frozen=True)
class Part:
    """One part of the baseline. contribution: (N,) per period of the window; kind: what it is, as prophet names it.

    future: (H,) its contribution in the periods to come where it is known, such as a season from the decomposition
    itself; without it the assumption for its kind is used.
    """

    name: str
    kind: Kind
    contribution: Vector
    future: Vector | None = None


@dataclass(frozen=True)
class Assumptions:
    """How parts go on whose future is not known.

    trend: at its last value, or on the straight line through the last `trend_periods`. context: as in the same period
    of the last year, or at its mean. Season and holidays are always as in the same period of the last year.
    """

    trend: Literal["flat", "linear"] = "flat"
    trend_periods: int = 13
    context: Literal["last_year", "mean"] = "last_year"


@dataclass(frozen=True)
class Continued:
    """A part in the future. contribution: (H,); assumption: in words."""

    name: str
    contribution: Vector
    assumption: str


def continue_part(
    part: Part, days: Sequence[date], ahead: Sequence[date], interval: Interval, assumptions: Assumptions
) -> Continued:
    """Carry one part on. days: (N,) of the window, rising; ahead: (H,) later periods, not always the very next."""
    if part.future is not None:
        return Continued(part.name, np.asarray(part.future, dtype=float), "as given for these periods")
    if part.kind == "trend":
        periods = np.array([float(_between(days[-1], day, interval)) for day in ahead])
        return Continued(part.name, *_trend(part.contribution, periods, assumptions))
    if part.kind == "context" and assumptions.context == "mean":
        return Continued(part.name, *_mean(part.contribution, len(ahead)))
    contribution, assumption = same_periods(part.contribution, days, ahead, interval, part.kind)
    if part.kind == "holiday":
        assumption += "; a holiday that moves, such as Easter, is not moved"
    return Continued(part.name, contribution, assumption)


def same_periods(
    values: Vector, days: Sequence[date], ahead: Sequence[date], interval: Interval, kind: Kind = "season"
) -> tuple[Vector, str]:
    """Return (H,) the values of the same period a cycle earlier, and that in words; the mean where none is that old.

    values: (N,) of `days`. The cycle is a year, for a part of kind weekday a week and monthly two of prophet's months.
    """
    cycle = "week" if kind == "weekday" else "two months" if kind == "monthly" else "year"
    rows = [_row(day, days, interval, _BACK[cycle]) for day in ahead]
    usual = float(np.mean(values))
    found = np.array([usual if row is None else float(values[row]) for row in rows])
    missing = sum(row is None for row in rows)
    words = f"as in the same period of the last {cycle}"
    if missing == len(rows):
        words = f"its mean, because the window holds no full {cycle}"
    elif missing:
        words += f"; its mean in {missing} periods whose like the window does not hold"
    return found, words


def _row(day: date, days: Sequence[date], interval: Interval, back: Callable[[date, int], date]) -> int | None:
    """Return the row nearest to the day as many cycles earlier as it takes to reach the window."""
    cycles = 1
    while (then := back(day, cycles)) >= step(days[-1], interval):
        cycles += 1
    row = min(range(len(days)), key=lambda at: abs((days[at] - then).days))
    length = (step(days[row], interval) - days[row]).days
    return row if abs((days[row] - then).days) <= length / 2 else None


def _years_back(day: date, years: int) -> date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - years, day=28 if leap else day.day)


_BACK: dict[str, Callable[[date, int], date]] = {
    "week": lambda day, cycles: day - timedelta(weeks=cycles),
    "two months": lambda day, cycles: day - timedelta(days=_TWO_MONTHS * cycles),
    "year": _years_back,
}


def _between(first: date, last: date, interval: Interval) -> int:
    """Return how many periods lie between two days."""
    if interval == "month":
        return (last.year - first.year) * 12 + last.month - first.month
    return (last - first).days // (7 if interval == "week" else 1)


def _trend(values: Vector, periods: Vector, assumptions: Assumptions) -> tuple[Vector, str]:
    """Return the trend `periods` (H,) after its last value, and in words."""
    last = float(values[-1])
    recent = values[-assumptions.trend_periods :]
    if assumptions.trend == "flat" or len(recent) < 2:
        return np.full(len(periods), last), "held at its last value"
    slope = float(np.polyfit(np.arange(len(recent)), recent, 1)[0])
    line = last + slope * periods
    return np.asarray(line, dtype=np.float64), f"continued on the straight line through the last {len(recent)} periods"


def _mean(values: Vector, count: int) -> tuple[Vector, str]:
    return np.full(count, float(np.mean(values))), "its mean in the window"
