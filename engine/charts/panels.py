"""Panels: small charts of one kind, side by side where the page is wide enough, else one below the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.charts.lines import wrapped
from engine.charts.page import Page, Placed
from engine.charts.scale import ABOVE, Ticks, name_below, name_beside, side_of, ticks, ticks_across
from engine.charts.style import INK, MUTED
from engine.number_words import short

# Inches: between two panels side by side, and below each row of them.
GUTTER, BELOW = 0.3, 0.16


@dataclass(frozen=True)
class Panel:
    """One small chart in words and scales: its head, a note under it, and where its axes begin and end."""

    head: str
    note: str
    x: tuple[float, float]
    y: tuple[float, float]
    name_x: Callable[[float], str] = short


def lay(page: Page, panels: Sequence[Panel], height: float) -> list[Placed]:
    """Write heads, notes and the values of both axes of every panel, and make the axes, `height` inches high."""
    size = page.size
    count = min(size.columns, len(panels))
    across = (size.room - GUTTER * (count - 1)) / count
    placed: list[Placed] = []
    for first in range(0, len(panels), count):
        row = panels[first : first + count]
        heads = [
            [
                *((line, size.strong, INK) for line in wrapped(one.head, across, size.strong, size.lines)),
                *((line, size.small, MUTED) for line in (wrapped(one.note, across, size.small) if one.note else ())),
            ]
            for one in row
        ]
        top, lefts = page.y, [size.margin + at * (across + GUTTER) for at in range(len(row))]
        lowest = top
        for left, words in zip(lefts, heads, strict=True):
            y = top
            for line, face, colour in words:
                y = page.lines(left, y, [line], face, colour)
            lowest = max(lowest, y)
        # The topmost value of an axis reaches a little above it.
        top = lowest + ABOVE
        for left, one in zip(lefts, row, strict=True):
            placed.append(_axes(page, one, left, across, top, height))
        page.skip(BELOW)
    return placed


def _axes(page: Page, one: Panel, left: float, across: float, top: float, height: float) -> Placed:
    face = page.size.small
    named: Ticks = ticks(*one.y, 4)
    side = side_of(named, face)
    plot = page.plot(left + side, across - side, height, top=top)
    plot.axes.set_xlim(*one.x)
    plot.axes.set_ylim(*one.y)
    name_beside(page, plot, named)
    name_below(page, plot, ticks_across(*one.x, plot.width, face, one.name_x))
    return plot
