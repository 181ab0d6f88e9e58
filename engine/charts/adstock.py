"""Adstock: when a channel's effect comes, in the period of the spend and in those after it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.decay import ENDS, decay, drawn_decay, drawn_lags, mean_lag
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.scale import ABOVE, name_below, name_beside, side_of, ticks, ticks_across
from engine.charts.style import MUTED, line
from engine.charts.subject import Subject, alternative, largest
from engine.number_words import counted
from engine.results.effects import shows_effect

SHOWN = 10
SHORTEST, LONGEST = 6, 26
# What comes below this share of the strongest period is not worth a longer chart.
FAINT = 0.05
# The least lead of a mean lag, in periods, that one decimal shows.
SEEN = 0.1
# Inches.
HEIGHT = 2.4


def draw(subject: Subject) -> Drawing:
    """Draw what each channel's spend does now and later, as a share of its strongest period."""
    head, size = subject.head, subject.size
    # What shows no effect has none to carry, whatever its curve.
    alive = tuple(one for one in head.channels if shows_effect(one)) or head.channels
    channels, left_out = largest(alive, SHOWN)
    found = {**decay(subject.results), **drawn_decay(subject.results, [one.channel for one in alive])}
    effects = {one.channel: found[one.channel] for one in channels}
    drawn = drawn_lags(subject.results, [one.channel for one in alive])
    lags = {one.channel: mean_lag(found[one.channel]) for one in alive}
    said = {channel: _said(lag, head.interval) for channel, lag in lags.items()}
    title = titles.of_adstock(head, subject.level, subject.names, _longest(drawn), said)
    page = subject.page(title, f"When the effect of a single spend comes, by {head.interval}s since then")
    page.paragraph(f"Effect in each {head.interval}, as a share of the strongest one", size.small, MUTED)
    page.skip(ABOVE)
    seen = max(int(np.flatnonzero(weights > FAINT)[-1]) + 1 for weights in effects.values())
    horizon = max(SHORTEST, min(LONGEST, seen))
    named = ticks(0.0, 1.0, 4, lambda share: f"{share * 100:.0f} %")
    left = size.margin + side_of(named, size.small)
    plot = page.plot(left, size.width - size.margin - left, HEIGHT)
    plot.axes.set_xlim(0, horizon)
    plot.axes.set_ylim(0, 1.03)
    name_beside(page, plot, named)
    name_below(page, plot, ticks_across(0, horizon, plot.width, size.small, lambda value: f"{value:g}"))
    page.paragraph(f"{head.interval.capitalize()}s after the spend", size.small, MUTED)
    page.skip(0.1)
    order = sorted(effects, key=lambda channel: -lags[channel])
    keys: list[Key] = []
    for position, channel in enumerate(order):
        hue, dash = line(position)
        weights = effects[channel][: horizon + 1]
        plot.axes.plot(np.arange(len(weights)), weights, color=hue, linestyle=dash, linewidth=2.2)
        keys.append(Key(f"{subject.names[channel]}: {said[channel]}{_range(drawn, channel)}", "line", hue, dash))
    page.paragraph("On average the effect comes after", size.small, MUTED)
    page.legend(keys)
    if left_out:
        page.paragraph(left_out, size.small)
        page.skip(0.1)
    each = [f"{subject.names[channel]} {said[channel]}{_range(drawn, channel)}" for channel in lags]
    alt = alternative(f"{title}. How long after the spend its effect comes, on average:", each)
    return page.finish(name="adstock", title=title, alt=alt, footer=subject.footer)


def _said(lag: float, interval: str) -> str:
    """A mean lag in words: `1.5 weeks`."""
    return counted(1, interval) if f"{lag:.1f}" == "1.0" else f"{lag:.1f} {interval}s"


def _range(drawn: pd.DataFrame, channel: str) -> str:
    if channel not in drawn or len(drawn) < 2:
        return ""
    low, high = drawn[channel].quantile(list(ENDS))
    return f" ({low:.1f} to {high:.1f})"


def _longest(drawn: pd.DataFrame) -> Mapping[str, float]:
    """The share of draws in which each channel's effect lasts visibly longest; empty where nobody knows."""
    if len(drawn) < 2 or drawn.shape[1] < 2:
        return {}
    ordered = np.sort(drawn.to_numpy(), axis=1)
    # Lags are told with one decimal: what reads alike is a tie, and nobody's.
    ahead = drawn.idxmax(axis=1)[ordered[:, -1] - ordered[:, -2] >= SEEN]
    return {str(channel): float(count) / len(drawn) for channel, count in ahead.value_counts().items()}
