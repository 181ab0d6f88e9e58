"""Rows: one name after another with a bar or a range beside or below it, and its value at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.charts.lines import Face, extent, widest, wrapped
from engine.charts.page import CLOSE, Page, Placed
from engine.charts.scale import Ticks, name_below
from engine.charts.style import GRID, INK, MUTED

# Of the width: what names may take beside the bars, in so many lines.
SIDE, SIDE_LINES = 0.34, 2
# Inches: between rows, between columns, and a bar with room around it.
BETWEEN, COLUMN, BAR = 0.1, 0.14, 0.26


@dataclass(frozen=True)
class Row:
    """One row in words: its name with a note, and a value with what belongs to that, such as its range.

    bar: inches that what is drawn takes. head: whether the row only names those that follow.
    """

    name: str
    note: str = ""
    value: str = ""
    beside: str = ""
    bar: float = BAR
    head: bool = False


@dataclass(frozen=True)
class Rows:
    """Axes over all rows, y in inches from their top; and the middle of each row's bar."""

    plot: Placed
    middles: tuple[float, ...]
    halves: tuple[float, ...]
    beside: bool

    def name_below(self, page: Page, named: Ticks) -> None:
        """Name the values of the x axis, with faint lines that no text meets."""
        for value in named.values:
            self.upright(value, GRID, thick=0.8)
        name_below(page, self.plot, named, grid=False)

    def upright(self, value: float, colour: str, dash: str = "-", thick: float = 1.2) -> None:
        """Draw a vertical line at a value: through, or where names stand above the bars, at each bar only."""
        axes = self.plot.axes
        if self.beside:
            axes.axvline(value, color=colour, linestyle=dash, linewidth=thick, zorder=0.4)
            return
        for middle, half in zip(self.middles, self.halves, strict=True):
            ends = [middle - half, middle + half]
            axes.plot([value, value], ends, color=colour, linestyle=dash, linewidth=thick, zorder=0.4)


def lay(page: Page, rows: Sequence[Row], low: float, high: float) -> Rows:
    """Write every row's words and make the axes for what is drawn, which go from low to high.

    Names stand beside the bars where each fits there in two lines, else above them.
    """
    size = page.size
    side, room = SIDE * size.room, size.room
    right = widest([row.value for row in rows], size.strong)
    right = max(right, widest([row.beside for row in rows], size.small))
    names = [row.name for row in rows if not row.head]
    fit = all(len(wrapped(name, side, size.text)) <= SIDE_LINES and not _split(name, side, size.text) for name in names)
    beside = size.columns > 1 and fit and right <= 0.3 * room
    page.skip(CLOSE)
    top = page.y
    if beside:
        left = max(
            widest((line for name in names for line in wrapped(name, side, size.text)), size.text),
            widest((line for row in rows for line in wrapped(row.note, side, size.small)), size.small),
        )
        middles = [_beside(page, row, left) for row in rows]
        plot = page.plot(size.margin + left + COLUMN, room - left - right - 2 * COLUMN, page.y - top, top=top)
    else:
        middles = [_above(page, row) for row in rows]
        plot = page.plot(size.margin, room, page.y - top, top=top)
    plot.axes.set_ylim(plot.height, 0)
    plot.axes.set_xlim(low, high)
    drawn = [(middle, row.bar / 2) for middle, row in zip(middles, rows, strict=True) if not row.head]
    return Rows(plot, tuple(at - top for at, _ in drawn), tuple(half for _, half in drawn), beside)


def _beside(page: Page, row: Row, left: float) -> float:
    """Write a row's words left and right of its bar; returns the bar's middle."""
    size, top = page.size, page.y
    if row.head:
        return _head(page, row)
    named = _words(page, row, SIDE * size.room)
    told = _told(page, row)
    height = max(_height(named), _height(told), row.bar)
    _stack(page, size.margin, top + (height - _height(named)) / 2, named, "left")
    _stack(page, size.width - size.margin, top + (height - _height(told)) / 2, told, "right")
    page.y = top + height + BETWEEN
    return top + height / 2


def _above(page: Page, row: Row) -> float:
    """Write a row's words above its bar; returns the bar's middle."""
    size, top = page.size, page.y
    if row.head:
        return _head(page, row)
    told = _told(page, row)
    named = _words(page, row, size.room - max((widest([line], face) for line, face, _ in told), default=0.0) - COLUMN)
    _stack(page, size.margin, top, named, "left")
    _stack(page, size.width - size.margin, top, told, "right")
    page.y = top + max(_height(named), _height(told)) + row.bar + BETWEEN
    return page.y - BETWEEN - row.bar / 2


def _head(page: Page, row: Row) -> float:
    size = page.size
    told = [(row.value, size.strong, INK)] if row.value else []
    room = size.room - widest([row.value], size.strong) - COLUMN
    named = [(line, size.strong, INK) for line in wrapped(row.name, room, size.strong, size.lines)]
    _stack(page, size.margin, page.y, named, "left")
    _stack(page, size.width - size.margin, page.y, told, "right")
    page.y += max(_height(named), _height(told)) + CLOSE
    return page.y


Words = list[tuple[str, Face, str]]


def _words(page: Page, row: Row, room: float) -> Words:
    size = page.size
    named = [(line, size.text, INK) for line in wrapped(row.name, room, size.text, size.lines)]
    return [*named, *((line, size.small, MUTED) for line in (wrapped(row.note, room, size.small) if row.note else ()))]


def _told(page: Page, row: Row) -> Words:
    size = page.size
    told = [(row.value, size.strong, INK), (row.beside, size.small, MUTED)]
    return [one for one in told if one[0]]


def _height(words: Words) -> float:
    return sum(sum(extent(line, face)[1:]) for line, face, _ in words)


def _stack(page: Page, x: float, y: float, words: Words, ha: str) -> None:
    for line, face, colour in words:
        y = page.lines(x, y, [line], face, colour, ha)


def _split(name: str, room: float, face: Face) -> bool:
    """Whether a name has a word that must be broken to be no wider than `room`."""
    return any(widest([word], face) > room for word in name.split())
