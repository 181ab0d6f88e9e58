"""Missing days as a calendar: a square for each day by week and weekday, for each week or month by year."""

from datetime import date

import numpy as np
from matplotlib.colors import ListedColormap

from engine.charts.legend import Key
from engine.charts.lines import widest
from engine.charts.page import Drawing, Page
from engine.charts.review.paper import Paper
from engine.charts.style import GREY, MUTED, ORANGE, SKY, VERMILLION
from engine.data.review.missing import Missing, State
from engine.data.review.periods import MONTHS
from engine.data.review.words import named

PALE = "#d5e6f2"
COLOURS = {State.FULL: PALE, State.SOME: SKY, State.NO_GOAL: ORANGE, State.NO_ROW: VERMILLION}
WORDS = {
    State.FULL: "all values",
    State.SOME: "some values missing",
    State.NO_GOAL: "no goal",
    State.NO_ROW: "no row",
}
WEEKDAYS = ("Mon", "", "", "Thu", "", "", "Sun")
# Inches that the names beside a calendar take, and those of the highest square, and of the lowest.
SIDE, TALLEST = 0.45, 0.28
LEAST = {"day": 0.08, "week": 0.18, "month": 0.18}


def draw(look: Missing, paper: Paper) -> Drawing:
    """Draw a calendar of each year."""
    page = paper.page(look.headline, f"One square a {look.interval}")
    years = sorted({day.year for day in look.days})
    state = dict(zip(look.days, look.states, strict=True))
    for year in years:
        inside = {day: one for day, one in state.items() if day.year == year}
        _year(page, year, inside, look.interval)
    page.skip(0.05)
    seen = [one for one in State if one in look.states]
    page.legend([Key(WORDS[one], "block", COLOURS[one]) for one in seen])
    each = [f"{name} {count:,} values" for name, count in ((named(name), count) for name, count in look.columns)]
    sentence = f"{look.sentence} {' '.join(look.notes)}".strip()
    return paper.finish(page, "missing", look.headline, f"{sentence} Lacking:" if each else sentence, each)


def _year(page: Page, year: int, state: dict[date, State], interval: str) -> None:
    """The squares of one year, with its name and those of its months."""
    across = page.size.room - SIDE
    columns, rows = {"day": (53, 7), "week": (53, 1), "month": (12, 1)}[interval]
    square = min(across / columns, TALLEST)
    high = max(square, LEAST[interval])
    cells = np.full((rows, columns), np.nan)
    for day, one in state.items():
        cells[_place(day, interval)] = one
    page.paragraph(str(year), page.size.strong)
    page.skip(0.16)
    often = 1 if square * columns / len(MONTHS) > 1.3 * widest(MONTHS, page.size.small) else 2
    for number, name in list(enumerate(MONTHS))[::often]:
        week = number + 0.5 if interval == "month" else _week(date(year, number + 1, 1)) + 1.5
        page.write(page.size.margin + SIDE + week * square, page.y - 0.04, name, page.size.small, MUTED, "center")
    plot = page.plot(page.size.margin + SIDE, square * columns, high * rows)
    axes = plot.axes
    axes.spines["bottom"].set_visible(False)
    axes.set_ylim(rows, 0)
    axes.set_xlim(0, columns)
    axes.pcolormesh(
        np.arange(columns + 1), np.arange(rows + 1), np.ma.masked_invalid(cells),
        cmap=ListedColormap([COLOURS[one] for one in State]), vmin=-0.5, vmax=len(State) - 0.5,
        edgecolors="white", linewidth=1.0,
    )  # fmt: skip
    if interval == "day":
        for row, name in enumerate(WEEKDAYS):
            y = plot.top + (row + 0.5) * high + 0.36 * page.size.small.size / 72
            page.write(page.size.margin + SIDE - 0.06, y, name, page.size.small, GREY, "right")
    page.skip(0.14)


def _place(day: date, interval: str) -> tuple[int, int]:
    """Row and column of a day, a week or a month in its year."""
    if interval == "month":
        return 0, day.month - 1
    return (day.weekday() if interval == "day" else 0), _week(day)


def _week(day: date) -> int:
    """How many Mondays of its year lie before a day, or on it: at most 53 rows of weeks, the first may be short."""
    first = date(day.year, 1, 1)
    return min(((day - first).days + first.weekday()) // 7, 52)
