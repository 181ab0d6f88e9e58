"""The house style: one look for every chart, legible on a phone and for the colour-blind.

Drawn without pyplot, so that charts can be drawn in several threads at once. Colours are those of Okabe
and Ito (jfly.uni-koeln.de/color): told apart under every common colour-blindness.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from engine.results.wording import short

INK = "#1d1c1d"
MUTED = "#616061"
GRID = "#e3e3e3"
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILLION = "#D55E00"
SKY = "#56B4E9"
GREY = "#9a9a9a"

# Lines that stand together: by hue first, then by dash.
HUES = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)
DASHES = ("-", "--", "-.", ":")

# 7.4 in at 200 dpi is 1480 pixels: wide enough to zoom, and 12 pt text stays readable at a phone's width.
WIDTH = 7.4
DPI = 200
TEXT = 12.0


# Where a chart is shown: in the run's thread, or when somebody asks for more.
Place = Literal["post", "more"]


@dataclass(frozen=True)
class Chart:
    """A finished picture. `title` and `alt` say the finding in words; `name` is its file name."""

    name: str
    title: str
    alt: str
    png: bytes
    place: Place = "post"


def canvas(
    title: str, subtitle: str, *, height: float = 4.9, rows: int = 1, cols: int = 1
) -> tuple[Figure, list[Axes]]:
    """Start a chart: the finding as its title, what is shown below it, and `rows` × `cols` axes."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    # Title, subtitle and footer take the same inches on every chart; the axes get what is left.
    top, bottom = 0.78 / height, 0.27 / height
    figure.set_layout_engine(ConstrainedLayoutEngine(rect=(0.01, bottom, 0.98, 1 - top - bottom)))
    figure.text(0.02, 1 - 0.03 * 4.9 / height, title, fontsize=14.5, weight="bold", color=INK, va="top")
    figure.text(0.02, 1 - 0.098 * 4.9 / height, subtitle, fontsize=TEXT - 0.5, color=MUTED, va="top")
    grid = figure.subplots(rows, cols, squeeze=False)
    axes = [axis for row in grid for axis in row]
    for axis in axes:
        plain(axis)
    return figure, axes


def plain(axis: Axes) -> None:
    """Give axes the house look: no box, quiet ticks, a faint grid behind the data."""
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.spines["bottom"].set_color(GRID)
    axis.tick_params(colors=MUTED, labelcolor=INK, labelsize=TEXT, length=0)
    axis.grid(True, color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.xaxis.label.set(fontsize=TEXT, color=MUTED)
    axis.yaxis.label.set(fontsize=TEXT, color=MUTED)


def finish(figure: Figure, *, name: str, title: str, alt: str, footer: str) -> Chart:
    """Put the footer (source and window) under a chart and turn it into PNG bytes."""
    figure.text(0.02, 0.012, footer, fontsize=9.5, color=MUTED, va="bottom")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Title": title, "Description": alt})
    return Chart(name=name, title=title, alt=alt, png=buffer.getvalue())


def short_ticks(axis: Axes, which: str) -> None:
    """Abbreviate the tick labels of the `x` or `y` axis."""
    chosen = axis.xaxis if which == "x" else axis.yaxis
    chosen.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def line(position: int) -> tuple[str, str]:
    """Hue and dash of the line at `position`: 24 different ones."""
    return HUES[position % len(HUES)], DASHES[position // len(HUES) % len(DASHES)]


def spaced(heights: Sequence[float], gap: float) -> list[float]:
    """Move labels beside their lines just far enough that they are `gap` apart, in order and not below 0.

    Crowded ones move as a group around their middle: least squares by pooling neighbours.
    """
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    groups: list[list[float]] = []
    for rank, at in enumerate(order):
        groups.append([heights[at] - rank * gap])
        while len(groups) > 1 and fmean(groups[-2]) > fmean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    level = [max(0.0, fmean(group)) for group in groups for _ in group]
    moved = dict(zip(order, (base + rank * gap for rank, base in enumerate(level)), strict=True))
    return [moved[at] for at in range(len(heights))]


def wrapped(text: str, limit: int = 62) -> str:
    """Shorten a title that would run out of the picture."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
