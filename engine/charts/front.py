"""The front: how each channel's ROAS (or CPA) moves from the best fit to the most even shares."""

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.scale import ABOVE, name_below, name_beside, side_of, ticks, ticks_across
from engine.charts.style import INK, MUTED, line
from engine.charts.subject import Subject, alternative, largest
from engine.number_words import short
from engine.results.read import Results

# Fewer models than this are no line; a front of less than a few is continued by the next ones.
FEWEST, FEW = 3, 10
SHOWN = 10
# Inches.
HEIGHT = 2.9


def draw(subject: Subject) -> Drawing | None:
    """Draw one line per channel over the models of the front, the chosen one marked. None without a front."""
    head, size = subject.head, subject.size
    models = along(subject.results)
    if len(models) < FEWEST:
        return None
    channels, left_out = largest(head.channels, SHOWN)
    names = [one.channel for one in head.channels]
    miss = models["nrmse"].to_numpy() * 100
    told = {one: _spoken(models[one]) for one in names}
    moves = {one: _moved(models[one]) for one in names}
    seen = {one: float(np.ptp(models[one].dropna())) if models[one].notna().any() else 0.0 for one in names}
    title = titles.of_front(moves, told, head.measure, subject.level, subject.names, seen)
    page = subject.page(title, "To the right, fit is given up for effect shares that are like spend shares")
    page.paragraph(f"{head.measure}: {subject.per_unit}", size.small, MUTED)
    page.skip(ABOVE)
    own = float(subject.results.candidate(subject.results.chosen)["nrmse"]) * 100
    low, high = min(miss[0], own), max(miss[-1], own, miss[0] + 0.01)
    values = models[[one.channel for one in channels]]
    top = 1.05 * max(
        float(np.nanmax(values.to_numpy(), initial=0.0)), *(one.efficiency or 0.0 for one in channels), 1e-9
    )
    named = ticks(0.0, top, 6)
    left = size.margin + side_of(named, size.small)
    plot = page.plot(left, size.width - size.margin - left, HEIGHT)
    plot.axes.set_ylim(0, top)
    plot.axes.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    name_beside(page, plot, named)
    name_below(page, plot, ticks_across(low, high, plot.width, size.small, lambda share: f"{share:.3g} %"))
    page.paragraph(
        f"Typical miss in % of the range of {subject.kpi} (NRMSE): the best fit is at the left", size.small, MUTED
    )
    page.skip(0.1)
    plot.axes.axvline(own, color=INK, linewidth=1.2, linestyle=":")
    keys: list[Key] = []
    for position, one in enumerate(channels):
        hue, dash = line(position)
        plot.axes.plot(miss, values[one.channel], color=hue, linestyle=dash, linewidth=2.0, marker="o", markersize=2.5)
        if one.efficiency is not None:
            plot.axes.plot([own], [one.efficiency], "o", color=hue, markersize=8, markeredgecolor="white")
        keys.append(Key(subject.names[one.channel], "line", hue, dash))
    page.legend([*keys, Key("the reported model", "line", INK, ":")])
    if left_out:
        page.paragraph(left_out, size.small)
        page.skip(0.1)
    each = [f"{subject.names[one]} {told[one]}" for one in names]
    start = (
        f"Lines of {head.measure} over {len(models)} models of the Pareto front, NRMSE from {miss[0]:.2f} to "
        f"{miss[-1]:.2f} % of the range of {subject.kpi}; chosen: {own:.2f} %. {title}. Lowest to highest:"
    )
    return page.finish(name="front", title=title, alt=alternative(start, each), footer=subject.footer)


def along(results: Results) -> pd.DataFrame:
    """The models of the first Pareto front by rising NRMSE: that and one column of ROAS or CPA per paid channel.

    A short front takes in the next ones. A model made from the evidence of all (trial 0) is on no front.
    """
    found = results.candidates
    found = found[found["trial"] > 0]
    sizes = found.groupby("robynPareto").size().cumsum()
    last = sizes.index[min(int((sizes < FEW).sum()), len(sizes) - 1)] if len(sizes) else 0
    best = found[found["robynPareto"] <= last]
    ratios = results.coefficients.pivot(index="solID", columns="rn", values=results.efficiency)
    rows: pd.DataFrame = best[["solID", "nrmse"]].join(ratios[list(results.channels)], on="solID")
    return rows.sort_values("nrmse").reset_index(drop=True)


def _moved(values: pd.Series) -> float:
    """How far a channel's ratio moves, as a share of its middle."""
    found = values.dropna()
    return float(np.ptp(found) / max(abs(found.median()), 1e-9)) if len(found) else 0.0


def _spoken(values: pd.Series) -> str:
    found = values.dropna()
    return f"{short(found.min())} to {short(found.max())}" if len(found) else "no effect found"
