"""The rows' days: read as people write them, checked as a whole, and the window among them.

Robyn looks at the first two dates only, so gaps and duplicates further down go unnoticed there. Nothing can be
modelled on such rows, so here they are refused, whatever `robyn_quirks` says.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from engine.data.dates import Interval, irregularity, listing, out_of_bounds, parse_date, step
from engine.experiment.job_config import JobConfig


def read_days(column: "pd.Series[Any]", name: str) -> tuple[list[date], list[str]]:
    """Return the days of a column, and what is wrong with it; no days if anything is."""
    if pd.api.types.is_datetime64_any_dtype(column):
        read: list[date | None] = [None if pd.isna(value) else value.date() for value in column]
    else:
        read = _as_days([value for value in column])
    today = date.today()
    far = [
        f"row {i + 1}: {day}, which {why}" for i, day in enumerate(read) if day and (why := out_of_bounds(day, today))
    ]
    if far:
        more = f" and {len(far) - 5} more" if len(far) > 5 else ""
        return [], [f"Column {name} holds dates that no data are about, {', '.join(far[:5])}{more}: correct them"]
    wrong = [f"row {i + 1}: {column.iloc[i]!r}" for i, day in enumerate(read) if day is None]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return [], [f"Column {name} holds values that are no dates, {', '.join(wrong[:5])}{more}: write 2024-01-31"]
    return [day for day in read if day is not None], []


def interval_of(days: Sequence[date]) -> Interval:
    """Return how far apart the rows are. days: (T,) rising, without a problem."""
    apart = (days[1] - days[0]).days
    return "day" if apart == 1 else "week" if apart == 7 else "month"


def date_problems(days: Sequence[date], name: str) -> list[str]:
    """Check the whole grid, not only its first step. days: (T,) rising."""
    if len(days) < 2:
        return [f"Column {name} holds one date only: give one row per day, week or month"]
    twice = sorted({later for earlier, later in pairwise(days) if later == earlier})
    if twice:
        return [f"Column {name} holds {listing(twice)} more than once: add those rows up"]
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    usual = max(set(steps), key=steps.count)
    if usual not in (1, 7) and not 28 <= usual <= 31:
        return [f"Column {name}: rows are mostly {usual} days apart: give one row per day, week or month"]
    monthly = 28 <= usual <= 31
    off = [
        later for later, apart in zip(days[1:], steps, strict=True)
        if (not 28 <= apart <= 31 if monthly else apart != usual)
    ]  # fmt: skip
    if off:
        return [
            f"Column {name}: dates are not regular, the step before {listing(off)} differs: fill or trim those rows"
        ]
    if monthly and any(day.day != 1 for day in days):
        return [f"Column {name}: months must be dated by their first day; write {days[0]:%Y-%m}-01 and so on"]
    return []


def window(config: JobConfig, days: Sequence[date]) -> tuple[slice, list[str]]:
    """Return the window as rows. Its ends move to the nearest date there is, as in Robyn, and that is noted."""
    notes, ends = [], []
    for key, wanted, default in (("start", config.start_date, days[0]), ("end", config.end_date, days[-1])):
        day = wanted or default
        nearest = min(range(len(days)), key=lambda i: abs((days[i] - day).days))
        if days[nearest] != day:
            notes.append(f"The window's {key} was moved from {day} to {days[nearest]}, the nearest date in the data.")
        ends.append(nearest)
    return slice(ends[0], ends[1] + 1), notes


def outside_problems(config: JobConfig, days: Sequence[date], interval: Interval) -> list[str]:
    """Say if the window misses the data. The last row stands for days up to the next period."""
    last = step(days[-1], interval) - timedelta(days=1)
    outside = []
    if config.start_date and config.start_date > last:
        outside.append(f"start_date {config.start_date} lies after the last row, {days[-1]}: set an earlier one")
    if config.end_date and config.end_date < days[0]:
        outside.append(f"end_date {config.end_date} lies before the first row, {days[0]}: set a later one")
    return outside


def _as_days(values: Sequence[object]) -> list[date | None]:
    """Read text or day objects. Between month/day and day/month the reading with the more regular dates wins."""
    if any(isinstance(value, date) for value in values):
        return [value.date() if isinstance(value, datetime) and not pd.isna(value) else
                value if isinstance(value, date) and not isinstance(value, datetime) else None
                for value in values]  # fmt: skip
    readings = [[parse_date(str(value), day_first=first) for value in values] for first in (False, True)]
    return min(readings, key=lambda days: (days.count(None), irregularity([day for day in days if day])))
