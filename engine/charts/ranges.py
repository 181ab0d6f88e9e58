"""ROAS (or CPA) per channel with its range over near-tied models."""

from engine.charts.style import BLUE, GREY, INK, TEXT, VERMILLION, Chart, canvas, finish
from engine.results.headline import ChannelResult, Headline
from engine.results.read import Results
from engine.results.wording import label, percent, short


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw a dot with a bar per channel, sorted by spend; grey where a channel cannot be judged."""
    channels = head.channels
    title = _finding(head)
    subtitle = f"{head.measure} per channel; bar: range of {head.near_tied} near-tied models, not a confidence interval"
    figure, [axis] = canvas(title, subtitle, height=2.3 + 0.5 * len(channels))
    positions = range(len(channels))
    for position, one in zip(positions, channels, strict=True):
        if one.efficiency is None or one.effect <= 0:
            axis.text(0.0, position, " no effect found", va="center", color=GREY, fontsize=TEXT)
            continue
        low, high = one.low or 0.0, one.high or one.efficiency
        unclear = high > 3 * max(low, 1e-9)
        colour = GREY if unclear else BLUE
        axis.plot([low, high], [position, position], color=colour, linewidth=6, alpha=0.45, solid_capstyle="round")
        axis.plot([one.efficiency], [position], "o", color=colour, markersize=9)
        text = f"  {short(one.efficiency)} ({short(low)} to {short(high)})"
        axis.text(max(high, one.efficiency), position, text, va="center", fontsize=TEXT - 1, color=INK)
    tops = [max(one.high or 0.0, one.efficiency or 0.0) for one in channels]
    edge = max([*tops, 1e-9])
    if head.measure == "ROAS":
        axis.axvline(1, color=VERMILLION, linewidth=1.2, linestyle="--")
        axis.text(1, -0.62, " spend = response", color=VERMILLION, fontsize=TEXT - 2, va="center")
        edge = max(edge, 1.0)
    axis.set_yticks(positions, [f"{label(one.channel)}\n{percent(one.spend_share)} of spend" for one in channels])
    axis.set_ylim(len(channels) - 0.5, -0.9)
    axis.set_xlim(0, edge * 1.45)
    axis.grid(visible=False, axis="y")
    name = label(head.dep_var).lower()
    unit = f"{name} per unit of spend" if head.measure == "ROAS" else f"spend per unit of {name}"
    axis.set_xlabel(f"{head.measure}: {unit}")

    each = "; ".join(f"{label(one.channel)} {_spoken(one)}" for one in channels)
    alt = f"{head.measure} per channel with ranges over {head.near_tied} near-tied models: {title}. {each}."
    return finish(figure, name="ranges", title=title, alt=alt[:1900], footer=footer)


def _finding(head: Headline) -> str:
    """The one sentence the ranges allow: a leader only where its range stands clear of all others."""
    known = [one for one in head.channels if one.efficiency is not None and one.effect > 0]
    if not known:
        return "No channel shows an effect"
    best = (max if head.measure == "ROAS" else min)(known, key=lambda one: one.efficiency or 0.0)
    others = [one for one in known if one is not best]
    if head.measure == "ROAS":
        clear = all((best.low or 0.0) > (one.high or 0.0) for one in others)
    else:
        clear = all((best.high or 0.0) < (one.low or 0.0) for one in others)
    if clear and others:
        return f"{label(best.channel)} is ahead: {head.measure} {short(best.efficiency or 0.0)}"
    return "The leading channels cannot be told apart" if others else f"{label(best.channel)} shows an effect"


def _spoken(one: ChannelResult) -> str:
    if one.efficiency is None or one.effect <= 0:
        return "no effect found"
    return f"{short(one.efficiency)}, between {short(one.low or 0.0)} and {short(one.high or 0.0)}"
