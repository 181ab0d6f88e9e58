"""Response curves: what more or less spend would bring, per channel, with today's spend marked."""

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.legend import BAND, HATCH, HATCHED, Key
from engine.charts.page import Drawing, Placed
from engine.charts.panels import Panel, lay
from engine.charts.style import BLUE, GREY, INK, SKY
from engine.charts.subject import Subject, alternative, largest
from engine.labels import opening
from engine.number_words import short, span
from engine.results.effects import shows_effect
from engine.results.headline import ChannelResult

SHOWN = 12
# Inches.
HEIGHT = 1.35


def draw(subject: Subject) -> Drawing:
    """Draw one small curve per channel with its range; what was never observed is hatched."""
    head = subject.head
    channels, left_out = largest(head.channels, SHOWN)
    curves = [subject.results.curve(one.channel) for one in channels]
    title = titles.of_response_curves(head, subject.level, subject.names)
    page = subject.page(title, opening(f"{subject.kpi_in_unit} by {subject.spend_in_unit}, both per {head.interval}"))
    panels = [_panel(subject, one, curve) for one, curve in zip(channels, curves, strict=True)]
    for plot, curve in zip(lay(page, panels, HEIGHT), curves, strict=True):
        _curve(plot, curve)
    page.legend(_keys(curves))
    if left_out:
        page.paragraph(left_out, page.size.small)
        page.skip(0.1)
    each = [f"{subject.names[one.channel]} {next_unit(one)}" for one in head.channels]
    start = f"Response curves per channel with today's spend marked: {title}. {head.measure} of the next unit:"
    return page.finish(name="response_curves", title=title, alt=alternative(start, each), footer=subject.footer)


def next_unit(one: ChannelResult) -> str:
    """ROAS or CPA of the next unit of spend with its range, where there is one."""
    if one.marginal is None or not shows_effect(one):
        return "no effect seen"
    ends = "" if one.marginal_low is None else f" ({span(one.marginal_low, one.marginal_high)})"
    return f"{short(one.marginal)}{ends}"


def _panel(subject: Subject, one: ChannelResult, curve: pd.DataFrame) -> Panel:
    told = ["response", "response_low", "response_high"] if _has_range(curve) else ["response"]
    values = curve[told].to_numpy(dtype=float)
    # A channel may be held to take away, by its sign.
    bottom, top = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=0.0))
    top = top if top > bottom else 1e-9
    seen = f"Next unit: {subject.head.measure} {next_unit(one)}" if shows_effect(one) else "no effect seen"
    most = max(float(curve["spend"].max()), 1e-9) if len(curve) else 1.0
    return Panel(subject.names[one.channel], seen, (0.0, most), (1.08 * bottom, 1.08 * top))


def _curve(plot: Placed, curve: pd.DataFrame) -> None:
    axes, beyond = plot.axes, curve["beyond_observed"].astype(bool)
    if beyond.any():
        axes.axvspan(
            float(curve.loc[beyond, "spend"].min()), float(curve["spend"].max()),
            facecolor="none", edgecolor=HATCHED, hatch=HATCH, linewidth=0, zorder=0.5,
        )  # fmt: skip
    if _has_range(curve):
        low, high = curve["response_low"].astype(float), curve["response_high"].astype(float)
        axes.fill_between(curve["spend"], low, high, color=SKY, alpha=BAND, linewidth=0)
    else:
        axes.fill_between(curve["spend"], curve["carryover_response"], color=GREY, alpha=BAND, linewidth=0)
    axes.plot(curve["spend"], curve["response"], color=BLUE, linewidth=2)
    mean = curve[curve["is_mean"].astype(bool)]
    axes.plot(mean["spend"], mean["response"], "o", color=INK, markersize=7)


def _has_range(curve: pd.DataFrame) -> bool:
    return "response_low" in curve and bool(curve["response_low"].notna().any())


def _keys(curves: list[pd.DataFrame]) -> list[Key]:
    keys = [Key("response", "line", BLUE), Key("today's spend", "dot", INK)]
    if any(_has_range(curve) for curve in curves):
        keys.append(Key("range of the response", "band", SKY))
    if any(not _has_range(curve) and (curve["carryover_response"] > 0).any() for curve in curves):
        keys.append(Key("of which earlier spend brings", "band", GREY))
    if any(curve["beyond_observed"].any() for curve in curves):
        keys.append(Key("never observed: a guess", "hatch", GREY))
    return keys
