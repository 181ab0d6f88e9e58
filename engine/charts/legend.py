"""A legend: what each shape, band and colour of a chart stands for, laid out in lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from engine.charts.lines import Face, widest, wrapped
from engine.charts.style import Dash

# Inches: a swatch, and what stands between it and its text.
SWATCH, GAP = 0.26, 0.07

Kind = Literal["block", "band", "line", "dot", "range", "arrow", "hatch"]


@dataclass(frozen=True)
class Key:
    """One entry: a swatch as it is drawn in the chart, and what it stands for."""

    text: str
    kind: Kind
    colour: str
    dash: Dash = "-"


Entry = tuple[Key, tuple[str, ...]]


def flow(keys: Sequence[Key], room: float, face: Face) -> list[list[Entry]]:
    """Put the entries into lines no wider than `room`, side by side where they fit."""
    rows: list[list[Entry]] = []
    across = 0.0
    for key in keys:
        lines = wrapped(key.text, room - SWATCH - GAP, face)
        wide = SWATCH + GAP + widest(lines, face)
        if rows and across + wide <= room and len(lines) == 1:
            rows[-1].append((key, lines))
        else:
            rows.append([(key, lines)])
            across = 0.0
        # An entry of several lines has its line for itself.
        across += wide + 2.5 * GAP if len(lines) == 1 else room
    return rows


def swatch(key: Key, left: float, middle: float) -> list[Artist]:
    """The swatch of an entry, its left end and its middle line in inches."""
    right, high = left + SWATCH, 0.11
    if key.kind in ("block", "band"):
        strength = 1.0 if key.kind == "block" else BAND
        return [Rectangle((left, middle - high / 2), SWATCH, high, facecolor=key.colour, alpha=strength, linewidth=0)]
    if key.kind == "hatch":
        return [hatched(left, middle - high * 0.7, SWATCH, high * 1.4)]
    ends = [left, right], [middle, middle]
    if key.kind == "dot":
        return [Line2D([left + SWATCH / 2], [middle], color=key.colour, marker="o", markersize=7, linestyle="none")]
    if key.kind == "arrow":
        return [Line2D([right - 0.05], [middle], color=key.colour, marker=">", markersize=7, linestyle="none")]
    if key.kind == "range":
        bar = Line2D(*ends, color=key.colour, linewidth=6, alpha=FAINT, solid_capstyle="butt")
        return [bar, Line2D([left + SWATCH / 2], [middle], color=key.colour, marker="o", markersize=7)]
    return [Line2D(*ends, color=key.colour, linestyle=key.dash, linewidth=2.2)]


# How strong a band behind a line is, and a range behind its dot.
BAND, FAINT = 0.3, 0.45
# What was never observed.
HATCH = "////"
HATCHED = "#c9c9c9"


def hatched(left: float, top: float, across: float, high: float) -> Rectangle:
    """A hatched rectangle."""
    return Rectangle(
        (left, top), across, high, facecolor="none", edgecolor=HATCHED, hatch=HATCH, linewidth=0, zorder=0.5
    )
