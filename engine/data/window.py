"""The window that is modelled, cut out of a grid: later rows go, earlier ones stay as history as far as they are whole.

What was spent before the window still carries over into it. Behind a gap, or where the rows had another rhythm, it is
not known how much: there the history ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import pandas as pd

from engine.data.calendar import read_calendar
from engine.data.dataset import Finding
from engine.data.dates import Interval, floor, grid, step
from engine.errors import BadData

SATURDAY: Final = 5


def within(
    frame: pd.DataFrame, start: date | None, end: date | None, *, weekends_needed: bool = True
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the rows from `start` to `end` (both included), those before that join on to them, and what went.

    frame: by date, in order. A period belongs to the window by its own date. weekends_needed: as for the calendar.
    Raises BadData where the window holds no row.
    """
    if frame.empty or (start is None and end is None):
        return frame, []
    days = list(frame.index)
    inside = [day for day in days if (start is None or day >= start) and (end is None or day <= end)]
    if not inside:
        raise BadData(
            f"The window {_window(start, end)} holds no rows: the data run from {days[0]} to {days[-1]}.",
            "Choose another window.",
            field="start_date",
        )
    calendar = read_calendar(inside, weekends_needed=weekends_needed)
    earlier = [day for day in days if day < inside[0]]
    history = _joined(earlier, inside[0], calendar.interval, weekends_needed) if calendar.regular else []
    kept = [*history, *inside]
    gone = len(days) - len(kept)
    if not gone:
        return frame, []
    text = f"{gone} {'date takes' if gone == 1 else 'dates take'} no part: the window is {_window(start, end)}"
    text += f", with what was spent from {history[0]} on." if history else "."
    return frame.loc[kept], [Finding(code="date.window", grade="INFO", text=text, number=float(gone))]


def _joined(earlier: Sequence[date], first: date, interval: Interval, weekends_needed: bool) -> list[date]:
    """Those of `earlier` that lie before `first` without a break: one missing period is none, nor is a weekend."""
    found, begin = list[date](), floor(first, "month") if interval == "month" else first
    for day in reversed(earlier):
        begun = floor(day, "month") if interval == "month" else day
        missing = grid(step(begun, interval), step(begin, interval, -1), interval)
        whole = step(begun, interval, len(missing) + 1) == begin
        weekend = not weekends_needed and interval == "day" and all(one.weekday() >= SATURDAY for one in missing)
        if not whole or not (len(missing) <= 1 or weekend):
            break
        found.append(day)
        begin = begun
    return found[::-1]


def _window(start: date | None, end: date | None) -> str:
    if start and end:
        return f"from {start} to {end}"
    return f"from {start} on" if start else f"until {end}"
