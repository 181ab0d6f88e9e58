"""The goal before and after a recipe, one above the other: what was left of it."""

import numpy as np
import pandas as pd

from engine.charts.page import Drawing, Page
from engine.charts.scale import ABOVE, Ticks, date_ticks, name_below, name_beside, side_of, ticks
from engine.charts.style import BLUE, GRID, INK, MUTED, PHONE, Size
from engine.labels import in_sentence, opening
from engine.number_words import counted

# Inches.
HEIGHT = 1.05


def draw(
    before: "pd.Series[float]",
    after: "pd.Series[float]",
    *,
    goal: str,
    units: tuple[str, str],
    footer: str,
    size: Size = PHONE,
) -> Drawing | None:
    """Draw the goal by period, as the data have it and as a training reads it. None where it has no value at all.

    before, after: by date, NaN where there is none. units: what a period is called, before and after.
    """
    if not before.notna().any() or not after.notna().any():
        return None
    title = f"{counted(len(before), units[0])} become {counted(len(after), units[1])}"
    if units[0] == units[1]:
        gone = len(before) - len(after)
        title = f"All {counted(len(after), units[1])} stay" if not gone else f"{title}: {gone} fewer"
    page = Page(size, title, opening(f"{in_sentence(goal)}, before and after"))
    scales = [_scale(one) for one in (before, after)]
    left = size.margin + max(side_of(scale, size.small) for scale in scales)
    across = size.width - size.margin - left
    days = [*before.index, *after.index]
    ends = (min(days).toordinal() - 1, max(days).toordinal() + 1)
    dated = date_ticks(sorted(set(days)), across, size.small)
    parts = (("As the data have it", before, units[0], INK), ("As a training reads it", after, units[1], BLUE))
    for (words, values, unit, colour), scale in zip(parts, scales, strict=True):
        page.paragraph(f"{words}, by {unit}", size.small, MUTED)
        page.skip(ABOVE)
        plot = page.plot(left, across, HEIGHT)
        plot.axes.set_xlim(*ends)
        plot.axes.set_ylim(*_reach(values))
        at = np.array([day.toordinal() for day in values.index], dtype=float)
        plot.axes.plot(at, values.to_numpy(), color=colour, linewidth=1.3)
        for value in dated.values:
            plot.axes.axvline(value, color=GRID, linewidth=0.8, zorder=0.4)
        name_beside(page, plot, scale)
        last = plot
        page.skip(0.12)
    page.y -= 0.12
    name_below(page, last, dated)
    alt = f"Two line charts of {in_sentence(goal)}: {title}. After, it runs from {after.index[0]} to {after.index[-1]}"
    alt += f" and adds up to {after.sum():,.0f}; before, to {before.sum():,.0f}."
    return page.finish(name="prepared", title=title, alt=alt, footer=footer)


def _reach(values: "pd.Series[float]") -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    reach = max(high - low, 1e-9 * max(abs(high), 1.0))
    return low - 0.05 * reach, high + 0.05 * reach


def _scale(values: "pd.Series[float]") -> Ticks:
    return ticks(*_reach(values), 3)
