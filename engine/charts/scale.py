"""Scales: which values an axis names, in words that fit beside each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from matplotlib.ticker import MaxNLocator

from engine.charts.lines import Face, width
from engine.charts.page import CLOSE, Page, Placed
from engine.charts.style import GRID, INK
from engine.number_words import short

# Inches between neighbours below an axis.
BETWEEN = 0.12
# Inches between an axis and the names below it: the lowest name beside it reaches a little below it, the topmost above.
BELOW = ABOVE = 0.1
# Inches to the right of every axis that nothing else uses.
SPARE = 0.1
# Inches that no date is narrower than.
NARROWEST = 0.4
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Steps between dates, the finest first: days, then months.
DAYS, MONTHLY = (1, 2, 7, 14), (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True)
class Ticks:
    """The values that an axis names, and how."""

    values: tuple[float, ...]
    labels: tuple[str, ...]


def ticks(low: float, high: float, most: int = 5, text: Callable[[float], str] = short) -> Ticks:
    """Round values from low to high, at most so many, each with a name of its own."""
    slack = 1e-9 * (high - low)
    found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2).tick_values(low, high)
    values = tuple(float(value) + 0.0 for value in found if low - slack <= value <= high + slack)
    labels = tuple(text(value) for value in values)
    if len(set(labels)) < len(labels):
        labels = tuple(f"{value:,.10g}" for value in values)
    return Ticks(values, labels)


def ticks_across(low: float, high: float, room: float, face: Face, text: Callable[[float], str] = short) -> Ticks:
    """As many round values as have room beside each other on an axis `room` inches wide."""
    for most in (7, 6, 5, 4, 3, 2):
        found = _within(ticks(low, high, most, text), low, high, room, face)
        if _fit(found, low, high, room, face):
            return found
    return Ticks(found.values[:1], found.labels[:1])


def date_ticks(days: Sequence[date], room: float, face: Face) -> Ticks:
    """As many round dates as have room beside each other. Values are their ordinals."""
    first, last = min(days), max(days)
    for step in DAYS:
        if (last - first).days / step * NARROWEST > room:
            # Obviously too many: measuring each would take longer than all else.
            continue
        found = [first + timedelta(days=at) for at in range(0, (last - first).days + 1, step)]
        labels = [f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in found]
        chosen = _within(_dated(found, labels), *_ends(first, last), room, face)
        if _fit(chosen, *_ends(first, last), room, face):
            return chosen
    for step in MONTHLY:
        starts = _months(first, last, step)
        labels = [f"{day.year}" if step >= 12 else f"{MONTHS[day.month - 1]} {day.year}" for day in starts]
        chosen = _within(_dated(starts, labels), *_ends(first, last), room, face)
        if _fit(chosen, *_ends(first, last), room, face):
            break
    return chosen if chosen.values else _dated([first], [f"{first.day} {MONTHS[first.month - 1]} {first.year}"])


def name_below(page: Page, plot: Placed, named: Ticks, *, grid: bool = True) -> None:
    """Write the values of the x axis below a plot, and move the page on below them."""
    face, low_high = page.size.small, plot.axes.get_xlim()
    top = plot.top + plot.height + BELOW
    lowest = top
    for value, text in zip(named.values, named.labels, strict=True):
        x = plot.left + _place(value, *low_high) * plot.width
        half = width(text, face) / 2
        x = min(max(x, page.size.margin / 2 + half), page.size.width - page.size.margin / 2 - half)
        lowest = max(lowest, page.lines(x, top, [text], face, INK, "center"))
        if grid:
            plot.axes.axvline(value, color=GRID, linewidth=0.8, zorder=0.4)
    page.y = max(page.y, lowest)


def name_beside(page: Page, plot: Placed, named: Ticks) -> None:
    """Write the values of the y axis to the left of a plot."""
    face, (low, high) = page.size.small, plot.axes.get_ylim()
    for value, text in zip(named.values, named.labels, strict=True):
        y = plot.top + (1 - _place(value, low, high)) * plot.height
        page.write(plot.left - CLOSE, y + 0.36 * face.size / 72, text, face, INK, "right")
        plot.axes.axhline(value, color=GRID, linewidth=0.8, zorder=0.4)


def side_of(named: Ticks, face: Face) -> float:
    """Inches that the names of a y axis take to its left."""
    return max(width(text, face) for text in named.labels) + CLOSE


def _within(found: Ticks, low: float, high: float, room: float, face: Face) -> Ticks:
    """The values without those whose names would reach beyond the right end of the axis by more than there is room."""
    kept = [
        (value, text)
        for value, text in zip(found.values, found.labels, strict=True)
        if _place(value, low, high) * room + width(text, face) / 2 <= room + SPARE
    ]
    return Ticks(tuple(value for value, _ in kept), tuple(text for _, text in kept))


def _fit(found: Ticks, low: float, high: float, room: float, face: Face) -> bool:
    if len(found.values) < 2:
        return False
    places = np.asarray([_place(value, low, high) * room for value in found.values])
    wide = np.asarray([width(text, face) for text in found.labels])
    gaps = np.diff(places) - (wide[1:] + wide[:-1]) / 2
    return bool((gaps >= BETWEEN).all())


def _place(value: float, low: float, high: float) -> float:
    """Where a value lies between the ends of an axis, 0 to 1."""
    return (value - low) / (high - low) if high != low else 0.5


def _ends(first: date, last: date) -> tuple[float, float]:
    return float(first.toordinal()), float(last.toordinal())


def _dated(days: Sequence[date], labels: Sequence[str]) -> Ticks:
    return Ticks(tuple(float(day.toordinal()) for day in days), tuple(labels))


def _months(first: date, last: date, step: int) -> list[date]:
    """First days of months between two days, those whose number from year 0 is a multiple of the step."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(number // 12, number % 12 + 1, 1) for number in numbers if number % step == 0]
    return [day for day in starts if first <= day <= last]
