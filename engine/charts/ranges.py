"""ROAS (or CPA) per channel with its range, over near-tied models as a rule."""

from engine.charts.style import BLUE, GREY, INK, TEXT, VERMILLION, Chart, canvas, finish
from engine.labels import in_sentence, label
from engine.results.headline import ChannelResult, Headline
from engine.results.leader import Standing, decided_by_prior, leader, shows_effect
from engine.results.read import Results
from engine.results.wording import percent, short, span, varied


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw a dot with a bar per channel, sorted by spend; grey where a channel cannot be judged."""
    channels = head.channels
    title = _finding(head)
    over = f"{head.near_tied:,} {varied(head.range_over)}"
    subtitle = f"{head.measure} per channel; bar: range of {over}, not a confidence interval"
    figure, [axis] = canvas(title, subtitle, height=2.3 + 0.5 * len(channels))
    positions = range(len(channels))
    tops = [max(one.high or 0.0, one.low or 0.0, one.efficiency or 0.0) for one in channels]
    edge = max([*tops, 1.0 if head.measure == "ROAS" else 1e-9])
    for position, one in zip(positions, channels, strict=True):
        if one.efficiency is None or not shows_effect(one):
            axis.text(0.0, position, " no effect found", va="center", color=GREY, fontsize=TEXT)
            continue
        low = one.efficiency if one.low is None else one.low
        # A range without an end runs out of the picture.
        open_end = one.low is not None and one.high is None
        high = 1.12 * edge if open_end else one.high or one.efficiency
        unclear = open_end or high > 3 * max(low, 1e-9) or decided_by_prior(one)
        colour = GREY if unclear else BLUE
        if open_end:
            axis.plot([high], [position], ">", color=colour, markersize=9)
        axis.plot([low, high], [position, position], color=colour, linewidth=6, alpha=0.45, solid_capstyle="round")
        axis.plot([one.efficiency], [position], "o", color=colour, markersize=9)
        text = f"  {short(one.efficiency)} ({span(one.low, one.high)})"
        axis.text(max(high, one.efficiency), position, text, va="center", fontsize=TEXT - 1, color=INK)
    if head.measure == "ROAS":
        axis.axvline(1, color=VERMILLION, linewidth=1.2, linestyle="--")
        axis.text(1, -0.62, " spend = response", color=VERMILLION, fontsize=TEXT - 2, va="center")
    axis.set_yticks(positions, [f"{label(one.channel)}\n{percent(one.spend_share)} of spend" for one in channels])
    axis.set_ylim(len(channels) - 0.5, -0.9)
    axis.set_xlim(0, edge * 1.6)
    axis.grid(visible=False, axis="y")
    name = in_sentence(head.dep_var)
    unit = f"{name} per unit of spend" if head.measure == "ROAS" else f"spend per unit of {name}"
    axis.set_xlabel(f"{head.measure}: {unit} (grey: the data say little)")

    each = "; ".join(f"{label(one.channel)} {_spoken(one)}" for one in channels)
    alt = f"{head.measure} per channel with ranges over {over}: {title}. {each}."
    return finish(figure, name="ranges", title=title, alt=alt[:1900], footer=footer)


def _finding(head: Headline) -> str:
    """The one sentence the ranges allow: a leader only where its range stands clear of all others."""
    standing, best = leader(head)
    if best is None:
        return "No channel shows an effect"
    return {
        Standing.CLEAR: f"{label(best.channel)} is ahead: {head.measure} {short(best.efficiency or 0.0)}",
        Standing.OVERLAP: "The leading channels cannot be told apart",
        Standing.PRIOR: "The data do not say which channel is ahead",
        Standing.ALONE: f"{label(best.channel)} shows an effect",
    }[standing]


def _spoken(one: ChannelResult) -> str:
    if one.efficiency is None or not shows_effect(one):
        return "no effect found"
    doubt = f", {percent(one.prior_share)} of it not from the data" if one.prior_share and decided_by_prior(one) else ""
    return f"{short(one.efficiency)} ({span(one.low, one.high)}){doubt}"
