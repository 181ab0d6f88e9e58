"""Days and weeks made coarser: to weeks from any day, to months, each column by its own rule, whole periods only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import pandas as pd

from engine.data.aggregate import coarser
from engine.data.column_rules import Rule
from engine.data.dataset import Finding
from engine.data.dates import Interval, floor, listing, step
from engine.data.recipe import WEEKDAYS, Resample, Weekday
from engine.errors import BadData

RANK: Final[dict[Interval, int]] = {"day": 0, "week": 1, "month": 2}
TO: Final[dict[str, Interval]] = {"D": "day", "W": "week", "M": "month"}
DAY_NAMES: Final[dict[Weekday, str]] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def period_of(day: date, to: Interval, week_starts: Weekday = "mon") -> date:
    """Return the first day of the period that `day` lies in; weeks begin on `week_starts`."""
    if to != "week":
        return floor(day, to)
    return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_starts)) % 7)


def resampled(
    frame: pd.DataFrame,
    interval: Interval,
    resample: Resample,
    by: Mapping[str, Rule],
    kpi: str,
    *,
    week_starts: Weekday = "mon",
    weeks_dated_last: bool = False,
) -> tuple[pd.DataFrame, Interval, list[Finding]]:
    """Return `frame` in the rhythm that is asked for, the rhythm, and what was left out.

    frame: (T, columns) by date, regular, a row a period of `interval`. Each column goes by its rule; a period in which
    the KPI is missing once has no KPI. A first and a last period that are not whole are left out. A week belongs to the
    month in which it begins; weeks_dated_last: they carry the date of their last day. Raises BadData where the data are
    coarser already, or fewer than two periods are whole.
    """
    if resample == "none":
        return frame, interval, []
    to = TO[resample]
    if RANK[to] < RANK[interval]:
        raise BadData(f"The data are by {interval} and cannot be made finer.", field="resample_freq")
    if to == interval:
        return frame, interval, _other_weeks(frame, to, week_starts)
    if weeks_dated_last and interval == "week":
        frame = frame.set_axis(pd.Index([day - timedelta(days=6) for day in frame.index]), axis=0)
    first, last = frame.index[0], frame.index[-1]
    starts = pd.Index([period_of(day, to, week_starts) for day in frame.index])
    cut = []
    # Complete means: the period before the first row, and the one after the last, belong to a neighbour.
    if period_of(step(first, interval, -1), to, week_starts) == starts[0]:
        cut.append(starts[0])
    if period_of(step(last, interval), to, week_starts) == starts[-1]:
        cut.append(starts[-1])
    cut = list(dict.fromkeys(cut))
    coarse = coarser(frame, starts, by, kpi).drop(index=cut)
    if len(coarse) < 2:
        raise BadData(
            f"From {first} to {last} there are fewer than two whole {to}s.",
            "Take more data, or do not resample.",
            field="resample_freq",
        )
    return coarse, to, [_partial(cut, to)] if cut else []


def _partial(cut: list[date], to: Interval) -> Finding:
    return Finding(
        code="date.partial",
        grade="INFO",
        where=listing(cut),
        text=f"{len(cut)} incomplete {to}{'s' if len(cut) > 1 else ''} at the edge left out.",
        number=float(len(cut)),
    )


def _other_weeks(frame: pd.DataFrame, to: Interval, week_starts: Weekday) -> list[Finding]:
    """Say that rows which are weeks stay as they are, where other weeks were asked for."""
    if to != "week" or frame.index[0].weekday() == WEEKDAYS.index(week_starts):
        return []
    found, asked = DAY_NAMES[WEEKDAYS[frame.index[0].weekday()]], DAY_NAMES[week_starts]
    text = f"The rows are weeks already, dated by a {found}: they stay as they are, and do not begin on {asked}."
    return [Finding(code="date.other_weeks", grade="REVIEW", text=text, number=1.0)]
