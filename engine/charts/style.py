"""The house style: one look for every chart, legible on a phone and for the colour-blind.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color): told apart under every common colour-blindness.
"""

from dataclasses import dataclass
from typing import Literal

from engine.charts.lines import Face

INK = "#1d1c1d"
MUTED = "#616061"
GRID = "#e3e3e3"
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILLION = "#D55E00"
SKY = "#56B4E9"
GREY = "#9a9a9a"

Dash = Literal["-", "--", "-.", ":"]

# Lines that stand together: by hue first, then by dash.
HUES = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)
DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":")

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


@dataclass(frozen=True)
class Size:
    """A width to draw for. width, margin: inches; dpi: pixels of an inch; faces by what they are for.

    columns: how many small charts stand side by side. lines: how many a name may take before it loses its middle.
    """

    width: float
    dpi: int
    title: Face
    text: Face
    strong: Face
    small: Face
    columns: int
    lines: int
    margin: float = 0.14

    @property
    def room(self) -> float:
        """Between the margins."""
        return self.width - 2 * self.margin


# 1440 pixels: enough to zoom in; where 360 pixels show all of it, its text is as large as a footnote.
FULL = Size(
    width=6.0,
    dpi=240,
    title=Face(15, bold=True),
    text=Face(11.5),
    strong=Face(11.5, bold=True),
    small=Face(10.5),
    columns=2,
    lines=6,
)
# For 360 to 400 pixels: text as large as that of a message, and everything one below the other.
PHONE = Size(
    width=3.75,
    dpi=288,
    title=Face(12.5, bold=True),
    text=Face(10.5),
    strong=Face(10.5, bold=True),
    small=Face(9.5),
    columns=1,
    lines=8,
)


def line(position: int) -> tuple[str, Dash]:
    """Hue and dash of the line at `position`: 24 different ones."""
    return HUES[position % len(HUES)], DASHES[position // len(HUES) % len(DASHES)]
