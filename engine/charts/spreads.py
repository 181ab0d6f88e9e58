"""Ranges by what was varied: one group of bars per channel, so that nobody takes one range for all that is unknown."""

import numpy as np

from engine.charts import titles
from engine.charts.legend import FAINT, Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, INK
from engine.charts.subject import Subject, alternative, largest
from engine.number_words import short, span
from engine.results.effects import shows_effect
from engine.results.headline import ChannelResult, Spread
from engine.results.wording import varied

SHOWN = 8
# Inches of one bar, and the widest that is drawn, in times of the model's number.
BAR, WIDEST = 0.2, 4.0


def draw(subject: Subject) -> Drawing | None:
    """Draw a bar per channel and thing varied, in times of the model's number. None where nothing was varied."""
    head = subject.head
    channels, left_out = largest(tuple(one for one in head.channels if one.spreads and shows_effect(one)), SHOWN)
    if not channels:
        return None
    kinds = list(dict.fromkeys(spread.over for one in channels for spread in one.spreads))
    widths = {varied(over): found for over in kinds if (found := _width(channels, over)) is not None}
    title = titles.of_spreads(widths, head.measure, subject.level)
    page = subject.page(
        title, f"Each bar: the range of {head.measure} when only that is varied; no confidence interval"
    )
    rows, spreads = _rows(subject, channels)
    edge = max(1.2, min(WIDEST, max(end for spread in spreads for end in spread[1:] if np.isfinite(end))))
    laid = lay(page, rows, 0.0, 1.03 * edge)
    laid.name_below(page, ticks_across(0.0, edge, laid.plot.width, page.size.small, lambda value: f"{value:.3g} ×"))
    laid.upright(1.0, INK, ":", 1.4)
    for middle, (_, low, high) in zip(laid.middles, spreads, strict=True):
        if np.isfinite(low):
            ends = [low, min(high, 1.03 * edge)]
            laid.plot.axes.plot(ends, [middle] * 2, color=BLUE, linewidth=6, alpha=FAINT, solid_capstyle="butt")
            if high > 1.03 * edge:
                laid.plot.axes.plot(ends[1:], [middle], ">", color=BLUE, markersize=7, clip_on=False)
    page.skip(0.1)
    keys = [Key(f"{head.measure} as times of the model's", "band", BLUE), Key("the model", "line", INK, ":")]
    if any(high > 1.03 * edge for _, _, high in spreads):
        keys.append(Key("goes on beyond the picture", "arrow", BLUE))
    page.legend(keys)
    if left_out:
        page.paragraph(left_out, page.size.small)
        page.skip(0.1)

    counts = {spread.over: spread.n for one in channels for spread in one.spreads}
    what = ", ".join(f"{over} ({counts[over]:,})" for over in kinds)
    each = [f"{subject.names[one.channel]} {_spoken(one, kinds)}" for one in channels]
    start = f"Ranges of {head.measure}, no confidence intervals. {title}. Varied: {what}. In this order:"
    return page.finish(name="spreads", title=title, alt=alternative(start, each), footer=subject.footer)


def _rows(subject: Subject, channels: tuple[ChannelResult, ...]) -> tuple[list[Row], list[tuple[str, float, float]]]:
    """The rows in words, and of each bar what was varied and its ends in times of the model's number."""
    rows: list[Row] = []
    spreads: list[tuple[str, float, float]] = []
    for one in channels:
        own = one.efficiency or 0.0
        rows.append(Row(subject.names[one.channel], value=f"{subject.head.measure} {short(own)}", head=True))
        for spread in one.spreads:
            ends = span(spread.low, spread.high) if spread.low is not None else "no effect"
            rows.append(Row(varied(spread.over), beside=ends, bar=BAR))
            spreads.append((spread.over, *_ends(spread, own)))
    return rows, spreads


def _ends(spread: Spread, own: float) -> tuple[float, float]:
    """Both ends in times of the model's number; infinite where there is no high one, missing without any."""
    if spread.low is None or own <= 0:
        return np.nan, np.nan
    return spread.low / own, np.inf if spread.high is None else spread.high / own


def _width(channels: tuple[ChannelResult, ...], over: str) -> float | None:
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
