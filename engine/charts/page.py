"""A page: what a chart is put together on, from the top down. Every text is measured before it is placed.

Positions are inches, x from the left and y from the top. The page grows with what is put on it, and is as high as all
of that in the end. Drawn without pyplot, so that charts can be drawn in several threads at once.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from engine.charts.legend import GAP, SWATCH, Key, flow, swatch
from engine.charts.lines import Face, balanced, extent, width, wrapped
from engine.charts.style import GRID, INK, MUTED, Chart, Dash, Place, Size

# Between what belongs together, and between blocks.
CLOSE, APART = 0.05, 0.14


@dataclass(frozen=True)
class Placed:
    """Axes on the page: where they are, in inches."""

    axes: Axes
    left: float
    top: float
    width: float
    height: float


class Page:
    """A figure that is filled from the top. `y` is where the next block begins."""

    def __init__(self, size: Size, title: str, subtitle: str) -> None:
        self.size = size
        self.figure = Figure(figsize=(size.width, size.width), dpi=size.dpi, facecolor="white")
        FigureCanvasAgg(self.figure)
        # Texts and swatches stand on these axes, which cover the page and count inches.
        self.sheet = self.figure.add_axes((0, 0, 1, 1), zorder=2)
        _without_ticks(self.sheet)
        self.sheet.set_axis_off()
        self.sheet.patch.set_visible(False)
        self.sheet.set_xlim(0, size.width)
        self.plots: list[Placed] = []
        self.y = size.margin * 0.8
        self.y = self.lines(size.margin, self.y, balanced(title, size.room, size.title), size.title)
        self.skip(CLOSE)
        self.paragraph(subtitle, size.text, MUTED)
        self.skip(APART)

    def skip(self, height: float) -> None:
        """Leave a gap."""
        self.y += height

    def write(self, x: float, y: float, text: str, face: Face, colour: str = INK, ha: str = "left") -> None:
        """Write one line. y: its baseline; ha: which side of it x is."""
        self.sheet.text(
            x, y, text, fontproperties=face.properties(text), color=colour, ha=ha, va="baseline", parse_math=False
        )

    def lines(self, x: float, y: float, lines: Sequence[str], face: Face, colour: str = INK, ha: str = "left") -> float:
        """Write lines one below the other from y, their upper edge, on. Returns their lower edge."""
        for line in lines:
            _, above, below = extent(line, face)
            self.write(x, y + above, line, face, colour, ha)
            y += above + below
        return y

    def paragraph(self, text: str, face: Face, colour: str = INK) -> None:
        """Write a text over the whole width, in as many lines as it takes."""
        self.y = self.lines(self.size.margin, self.y, wrapped(text, self.size.room, face), face, colour)

    def plot(self, left: float, width: float, height: float, *, top: float | None = None) -> Placed:
        """Make axes without any text of their own. The page is moved on below them unless `top` says where they are."""
        axes = self.figure.add_axes((0, 0, 1, 1), zorder=1)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(GRID)
        _without_ticks(axes)
        axes.set_axisbelow(True)
        placed = Placed(axes, left, self.y if top is None else top, width, height)
        self.plots.append(placed)
        if top is None:
            self.y += height
        return placed

    def add(self, artist: Artist) -> None:
        """Put a line or a rectangle in inches on the page."""
        self.sheet.add_artist(artist)

    def legend(self, keys: Sequence[Key]) -> None:
        """Explain shapes, bands and colours beneath the axes, in as many lines as that takes."""
        face = self.size.small
        for row in flow(keys, self.size.room, face):
            x, lowest = self.size.margin, self.y
            for key, lines in row:
                _, above, _ = extent(lines[0], face)
                for artist in swatch(key, x, self.y + above - 0.36 * face.size / 72):
                    self.add(artist)
                text = x + SWATCH + GAP
                lowest = max(lowest, self.lines(text, self.y, lines, face))
                x = text + max(width(line, face) for line in lines) + 2.5 * GAP
            self.y = lowest + 0.02
        self.skip(APART)

    def finish(self, *, name: str, title: str, alt: str, footer: str) -> "Drawing":
        """Put the footer (source and window) at the end, and give the page its height and all on it its place."""
        self.paragraph(footer, self.size.small, MUTED)
        across, height = self.size.width, self.y + 0.6 * self.size.margin
        self.figure.set_size_inches(across, height)
        self.sheet.set_ylim(height, 0)
        for one in self.plots:
            bottom = height - one.top - one.height
            one.axes.set_position((one.left / across, bottom / height, one.width / across, one.height / height))
        return Drawing(name, title, alt, self.figure)


@dataclass(frozen=True)
class Drawing:
    """A page that is full, before it becomes a picture."""

    name: str
    title: str
    alt: str
    figure: Figure

    def chart(self, place: Place) -> Chart:
        """Turn it into PNG bytes."""
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer, format="png", dpi=self.figure.dpi, metadata={"Title": self.title, "Description": self.alt}
        )
        return Chart(self.name, self.title, self.alt, buffer.getvalue(), place)


def _without_ticks(axes: Axes) -> None:
    """Axes name nothing themselves: what is written on a page is measured before."""
    axes.set_xticks([])
    axes.set_yticks([])


def rule(x: float, top: float, bottom: float, colour: str = GRID, dash: Dash = "-", thick: float = 0.8) -> Line2D:
    """A vertical line on the page."""
    return Line2D([x, x], [top, bottom], color=colour, linestyle=dash, linewidth=thick)


def box(left: float, top: float, width: float, height: float, colour: str) -> Rectangle:
    """A filled rectangle on the page."""
    return Rectangle((left, top), width, height, facecolor=colour, linewidth=0)
