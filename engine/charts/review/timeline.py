"""Plots over the periods of a review, one below the other on one axis of time; what is not a whole period is faint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.charts.lines import Face, widest
from engine.charts.page import Page, Placed
from engine.charts.scale import ABOVE, BETWEEN, SPARE, Ticks, name_below, name_beside, side_of, ticks
from engine.charts.style import GRID, INK, MUTED
from engine.data.review.sheet import Bucket

# How strong a bar or a dot of a period that is not whole is.
FAINT = 0.4
# More points than these have no dots on their line.
DOTTED = 40


@dataclass(frozen=True)
class Strip:
    """One plot in words and numbers: what stands above it, how high it is, and where its axis begins and ends."""

    head: str
    height: float
    low: float
    high: float


def reach(values: Sequence[float | None], *, zero: bool) -> tuple[float, float]:
    """Where an axis of these values begins and ends, with a little room; at 0 where bars stand on it."""
    known = [value for value in values if value is not None] or [0.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    wide = max(high - low, 1e-9 * max(abs(low), abs(high)), 1e-12)
    return (low if zero and low == 0 else low - 0.06 * wide), high + 0.06 * wide


def strips(page: Page, buckets: Sequence[Bucket], plots: Sequence[Strip]) -> list[Placed]:
    """Make the axes of each strip, name their values, and the dates below the last."""
    named = [ticks(one.low, one.high, 5 if one.height > 1.2 else 3) for one in plots]
    left = page.size.margin + max(side_of(one, page.size.small) for one in named)
    across = page.size.width - page.size.margin - left
    placed = []
    for one, values in zip(plots, named, strict=True):
        if one.head:
            page.paragraph(one.head, page.size.small, MUTED)
        page.skip(ABOVE)
        plot = page.plot(left, across, one.height)
        plot.axes.set_ylim(one.low, one.high)
        name_beside(page, plot, values)
        if one.low < 0 < one.high:
            plot.axes.axhline(0, color=INK, linewidth=0.8, zorder=0.5)
        placed.append(plot)
        page.skip(0.12)
    days = places(buckets)
    half = 0.5 * width(buckets)
    low, high = days[0] - 1.3 * half, days[-1] + 1.3 * half
    dated = _named(buckets, low, high, across, page.size.small)
    for plot in placed:
        plot.axes.set_xlim(low, high)
        for value in dated.values:
            plot.axes.axvline(value, color=GRID, linewidth=0.8, zorder=0.4)
    page.skip(-0.12)
    name_below(page, placed[-1], dated)
    page.skip(0.1)
    return placed


def _named(buckets: Sequence[Bucket], low: float, high: float, across: float, face: Face) -> Ticks:
    """As many of the periods' names as have room beside each other, each below what it names."""
    inches = (places(buckets) - low) / (high - low) * across
    labels = [bucket.name for bucket in buckets]
    wide = widest(labels, face)
    apart = float(np.diff(inches).min()) if len(inches) > 1 else across
    every = max(1, int(np.ceil((wide + BETWEEN) / apart)))
    kept = [at for at in range(0, len(buckets), every) if not at or inches[at] + wide / 2 <= across + SPARE]
    return Ticks(tuple(float(buckets[at].start.toordinal()) for at in kept), tuple(labels[at] for at in kept))


def places(buckets: Sequence[Bucket]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Where each period stands on the axis of time: at its first day."""
    return np.array([bucket.start.toordinal() for bucket in buckets], dtype=float)


def width(buckets: Sequence[Bucket]) -> float:
    """How many days wide a bar may be."""
    days = places(buckets)
    return float(np.median(np.diff(days))) if len(days) > 1 else 1.0


def line(plot: Placed, buckets: Sequence[Bucket], values: Sequence[float | None], colour: str) -> None:
    """A line through what there is, broken where nothing is; a period that is not whole is a hollow dot beside it."""
    days, known = places(buckets), np.array([np.nan if value is None else value for value in values])
    whole = np.array([bucket.whole for bucket in buckets])
    through = np.where(whole, known, np.nan)
    plot.axes.plot(days, through, color=colour, linewidth=1.7, zorder=2)
    lonely = _alone(through)
    solid = whole & (lonely | (len(days) <= DOTTED))
    plot.axes.plot(days[solid], known[solid], "o", color=colour, markersize=4, zorder=3)
    plot.axes.plot(
        days[~whole], known[~whole], "o", markerfacecolor="white", markeredgecolor=colour, markersize=5, zorder=3
    )


def bars(
    plot: Placed,
    buckets: Sequence[Bucket],
    values: Sequence[float | None],
    colour: str,
    bottoms: Sequence[float] | None = None,
) -> None:
    """A bar for each period, on top of `bottoms` where bars are stacked."""
    days, wide = places(buckets), 0.8 * width(buckets)
    for at, (day, value) in enumerate(zip(days, values, strict=True)):
        if value:
            strength = 1.0 if buckets[at].whole else FAINT
            plot.axes.bar(day, value, wide, bottom=bottoms[at] if bottoms else 0.0, color=colour, alpha=strength)


def _alone(known: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Values without a neighbour: no line would show them."""
    given = ~np.isnan(known)
    before = np.concatenate([[False], given[:-1]])
    after = np.concatenate([given[1:], [False]])
    alone: np.ndarray[tuple[int], np.dtype[np.bool_]] = given & ~before & ~after
    return alone
