"""The front: how each channel's ROAS (or CPA) moves from the best fit to the most even shares."""

import numpy as np
import pandas as pd

from engine.charts.style import INK, MUTED, TEXT, Chart, canvas, finish, line, short_ticks, spaced, wrapped
from engine.labels import in_sentence, label
from engine.results.headline import Headline
from engine.results.read import Results
from engine.results.wording import short

# Fewer models than this are no line; a front of less than a few is continued by the next ones.
FEWEST, FEW = 3, 10
# Inches: a label with room, and what the axes leave above and below them.
LABEL, AROUND = 0.25, 1.75
# Along the front a ratio that changes by less than this share of its middle stands still.
STILL = 0.25


def draw(results: Results, head: Headline, footer: str) -> Chart | None:
    """Draw one line per channel over the models of the front, the chosen one marked. None without a front."""
    models = along(results)
    if len(models) < FEWEST:
        return None
    channels = [one.channel for one in head.channels]
    miss = models["nrmse"].to_numpy() * 100
    name = in_sentence(head.dep_var)
    title = _finding(models, channels, head.measure)
    subtitle = "To the right, fit is given up for effect shares that are like spend shares"
    height = max(5.2, 2.4 + LABEL * len(channels))
    figure, [axis] = canvas(title, subtitle, height=height)
    own = results.candidate(results.chosen)["nrmse"] * 100
    axis.axvline(own, color=INK, linewidth=1.2, linestyle=":")
    first = min(miss[0], own)
    last = max(miss[-1], own, first + 0.01)
    values = models[channels]
    top = max(float(np.nanmax(values.to_numpy(), initial=0.0)), *(one.efficiency or 0.0 for one in head.channels), 1e-9)
    # A CPA ends where the effect does.
    ends = [int(np.flatnonzero(values[channel].notna()).max(initial=0)) for channel in channels]
    lasts = [float(values[one].fillna(0.0).iloc[at]) for one, at in zip(channels, ends, strict=True)]
    heights = spaced(lasts, 1.1 * top * LABEL / (height - AROUND))
    axis.set_ylim(0, max(top * 1.1, max(heights) + 0.05 * top))
    for position, one in enumerate(head.channels):
        hue, dash = line(position)
        axis.plot(miss, values[one.channel], color=hue, linestyle=dash, linewidth=2.2, marker="o", markersize=2.5)
        if one.efficiency is not None:
            axis.plot([own], [one.efficiency], "o", color=hue, markersize=9, markeredgecolor="white")
        beside = last + 0.035 * (last - first)
        axis.plot(
            [miss[ends[position]], beside], [lasts[position], heights[position]], color=hue, linewidth=1, linestyle=":"
        )
        axis.text(beside, heights[position], f" {label(one.channel)}", va="center", fontsize=TEXT, color=INK)
    right = own > (first + last) / 2
    top = axis.get_ylim()[1]
    axis.text(own, top * 0.985, "chosen " if right else " chosen", ha="right" if right else "left", va="top",
              fontsize=TEXT - 1, color=MUTED)  # fmt: skip
    longest = max(len(label(channel)) for channel in channels)
    axis.set_xlim(first - 0.02 * (last - first), last + (0.08 + 0.021 * longest) * (last - first))
    axis.locator_params(axis="x", nbins=7)
    axis.set_xticks([tick for tick in axis.get_xticks() if first - 1e-9 <= tick <= last + 1e-9])
    axis.xaxis.set_major_formatter(lambda percent, _: f"{percent:.3g}%")
    axis.set_xlabel(f"Typical miss in % of the range of {name} (NRMSE): the best fit is at the left")
    axis.set_ylabel(head.measure)
    short_ticks(axis, "y")

    each = "; ".join(f"{label(channel)} {_spoken(values[channel])}" for channel in channels)
    alt = (
        f"Lines of {head.measure} over {len(models)} models of the Pareto front, NRMSE from {miss[0]:.2f} to "
        f"{miss[-1]:.2f} % of the range of {name}; chosen: {own:.2f} %. {title}. Lowest to highest: {each}."
    )
    return finish(figure, name="front", title=title, alt=alt[:1900], footer=footer)


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


def _finding(models: pd.DataFrame, channels: list[str], measure: str) -> str:
    """The channel that moves most for its size and what that costs in fit, or that none moves."""
    moves = {channel: _moved(models[channel]) for channel in channels}
    channel = max(moves, key=lambda one: moves[one])
    if moves[channel] < STILL:
        return f"No {measure} moves much along the front"
    low, high = models[channel].min(), models[channel].max()
    first, last = models["nrmse"].iloc[0] * 100, models["nrmse"].iloc[-1] * 100
    cost = f"miss {first:.1f} to {last:.1f} %"
    return wrapped(f"{label(channel)} moves most: {measure} {short(low)} to {short(high)}, {cost}")


def _moved(values: pd.Series) -> float:
    """How far a channel's ratio moves, as a share of its middle."""
    found = values.dropna()
    return float(np.ptp(found) / max(abs(found.median()), 1e-9)) if len(found) else 0.0


def _spoken(values: pd.Series) -> str:
    found = values.dropna()
    return f"{short(found.min())} to {short(found.max())}" if len(found) else "no effect found"
