"""Ranges by what was varied: one small group per channel, so that nobody takes one range for all that is unknown."""

import math

import numpy as np

from engine.charts.style import BLUE, GREY, INK, MUTED, TEXT, Chart, canvas, finish
from engine.labels import label
from engine.results.headline import ChannelResult, Headline, Spread
from engine.results.read import Results
from engine.results.wording import short, span, varied


def draw(results: Results, head: Headline, footer: str) -> Chart | None:
    """Draw a panel per channel with one bar per thing varied. None where nothing was varied."""
    channels = [one for one in head.channels if one.spreads]
    if not channels:
        return None
    kinds = list(dict.fromkeys(spread.over for one in channels for spread in one.spreads))
    rows = math.ceil(len(channels) / 2)
    title = _finding(channels, kinds, head.measure)
    subtitle = "Bar: range when only that is varied; not a confidence interval. Dots: the model"
    height = 1.35 + rows * (0.62 + 0.33 * len(kinds))
    figure, axes = canvas(title, subtitle, rows=rows, cols=2, height=height)
    for axis in axes[len(channels) :]:
        axis.set_visible(False)
    for position, one in enumerate(channels):
        axis = axes[position]
        found = {spread.over: spread for spread in one.spreads}
        ends = [end for spread in one.spreads for end in (spread.low, spread.high) if end is not None]
        edge = max([*ends, one.efficiency or 0.0, 1e-9])
        if one.efficiency is not None:
            axis.axvline(one.efficiency, color=INK, linewidth=1.4, linestyle=":")
        for at, over in enumerate(kinds):
            low, high = _ends(found.get(over))
            if low is None:
                axis.text(0, at, " no effect", va="center", fontsize=TEXT - 2, color=GREY)
                continue
            text = f"  {span(low, high)}"
            if high is None:
                # A range without an end runs out of the panel.
                high = 1.1 * edge
                axis.plot([high], [at], ">", color=BLUE, markersize=7, alpha=0.55)
            axis.plot([low, high], [at, at], color=BLUE, linewidth=6, alpha=0.55, solid_capstyle="butt")
            axis.text(max(high, one.efficiency or 0.0), at, text, va="center", fontsize=TEXT - 2, color=INK)
        value = "no effect found" if one.efficiency is None else short(one.efficiency)
        axis.set_title(f"{label(one.channel)}: {value}", loc="left", fontsize=TEXT, color=INK, weight="bold")
        axis.set_yticks(range(len(kinds)), [varied(over) for over in kinds] if position % 2 == 0 else [])
        axis.tick_params(axis="both", labelsize=TEXT - 1)
        axis.tick_params(axis="x", labelcolor=MUTED)
        axis.set_ylim(len(kinds) - 0.5, -0.5)
        axis.set_xlim(0, edge * 1.72)
        axis.locator_params(axis="x", nbins=5)
        axis.set_xticks([tick for tick in axis.get_xticks() if tick <= edge * 1.1])
        axis.xaxis.set_major_formatter(lambda value, _: short(value))
        axis.grid(visible=False, axis="y")

    counts = {spread.over: spread.n for one in channels for spread in one.spreads}
    what = ", ".join(f"{over} ({counts[over]:,})" for over in kinds)
    each = "; ".join(f"{label(one.channel)} {_spoken(one, kinds)}" for one in channels)
    alt = f"Ranges of {head.measure}, no confidence intervals. {title}. Varied: {what}. In this order: {each}."
    return finish(figure, name="spreads", title=title, alt=alt[:1900], footer=footer)


def _ends(spread: Spread | None) -> tuple[float | None, float | None]:
    return (None, None) if spread is None else (spread.low, spread.high)


def _finding(channels: list[ChannelResult], kinds: list[str], measure: str) -> str:
    """What moves the typical channel most, and what least."""
    widths = {over: width for over in kinds if (width := _width(channels, over)) is not None}
    most, least = max(widths, key=widths.__getitem__, default=""), min(widths, key=widths.__getitem__, default="")
    if len(widths) < 2:
        return f"How far each {measure} moves"
    return f"{measure} moves most with {varied(most)}, least with {varied(least)}"


def _width(channels: list[ChannelResult], over: str) -> float | None:
    """Width of the ranges over one thing, as a share of the model's number, of the channel in the middle."""
    widths = [
        (spread.high - spread.low) / one.efficiency
        for one in channels
        for spread in one.spreads
        if spread.over == over and spread.low is not None and spread.high is not None and one.efficiency
    ]
    return float(np.median(widths)) if widths else None


def _spoken(one: ChannelResult, kinds: list[str]) -> str:
    ends = {spread.over: span(spread.low, spread.high) for spread in one.spreads}
    return ", ".join(ends.get(over, "no range") for over in kinds)
