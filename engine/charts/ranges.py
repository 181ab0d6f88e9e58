"""ROAS (or CPA) per channel with its range."""

from matplotlib.axes import Axes

from engine.charts import titles
from engine.charts.legend import FAINT, Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREY, INK, ORANGE, VERMILLION
from engine.charts.subject import Subject, alternative, largest
from engine.number_words import percent, short, span
from engine.results.calls import Call
from engine.results.effects import decided_by_prior, shows_effect
from engine.results.headline import ChannelResult
from engine.results.reasons.reason import Level
from engine.results.wording import varied

SHOWN = 16
# A range that ends beyond so many times the largest estimate runs out of the picture.
FAR = 4
# What each colour advises; a run that is not to be used advises nothing.
COLOURS = {Call.ACT: BLUE, Call.TEST: ORANGE, Call.SILENT: GREY}
ADVICE = {
    Call.ACT: "known well enough to act on",
    Call.TEST: "test before you act on it",
    Call.SILENT: "the data are silent on it",
}


def draw(subject: Subject) -> Drawing:
    """Draw a dot with a bar per channel, sorted by spend, in the colour of what to do about it."""
    head = subject.head
    channels, left_out = largest(head.channels, SHOWN)
    title = titles.of_ranges(head, subject.level, subject.names)
    page = subject.page(title, f"{head.measure}: {subject.per_unit}")
    tops = [max(one.high or 0.0, one.low or 0.0, one.efficiency or 0.0) for one in channels]
    edge = 1.06 * max([_far(tops, channels), 1.0 if head.measure == "ROAS" else 1e-9])
    rows = lay(page, [_row(subject, one) for one in channels], 0.0, edge)
    named = ticks_across(0.0, edge, rows.plot.width, page.size.small)
    rows.name_below(page, named)
    if head.measure == "ROAS":
        rows.upright(1.0, VERMILLION, "--")
    for middle, one in zip(rows.middles, channels, strict=True):
        colour = GREY if subject.level is Level.NOT else COLOURS[subject.call[one.channel]]
        _range(rows.plot.axes, middle, one, colour, edge)
    page.skip(0.1)
    page.legend(_keys(subject, channels, edge))
    if left_out:
        page.paragraph(left_out, page.size.small)
        page.skip(0.1)
    each = [f"{subject.names[one.channel]} {_spoken(one)}" for one in head.channels]
    over = f"{head.near_tied:,} {varied(head.range_over)}"
    alt = alternative(f"{head.measure} per channel with ranges over {over}: {title}.", each)
    return page.finish(name="ranges", title=title, alt=alt, footer=subject.footer)


def _far(tops: list[float], channels: tuple[ChannelResult, ...]) -> float:
    """Where the picture ends: with the ranges, unless one runs so far that no other can be seen."""
    furthest, estimate = max(tops, default=0.0), max((one.efficiency or 0.0 for one in channels), default=0.0)
    return 2 * estimate if furthest > FAR * estimate > 0 else furthest


def _row(subject: Subject, one: ChannelResult) -> Row:
    note = f"{percent(one.spend_share)} of spend" if len(subject.head.channels) > 1 else ""
    if one.efficiency is None or not shows_effect(one):
        return Row(subject.names[one.channel], note, "–", "no effect seen")
    return Row(subject.names[one.channel], note, short(one.efficiency), span(one.low, one.high))


def _range(axes: Axes, middle: float, one: ChannelResult, colour: str, edge: float) -> None:
    if one.efficiency is None or not shows_effect(one):
        return
    if one.low is not None:
        # A range without an end runs out of the picture.
        high = edge if one.high is None else min(one.high, edge)
        axes.plot([one.low, high], [middle] * 2, color=colour, linewidth=7, alpha=FAINT, solid_capstyle="butt")
        if one.high is None or one.high > edge:
            axes.plot([high], [middle], ">", color=colour, markersize=8, clip_on=False)
    axes.plot([one.efficiency], [middle], "o", color=colour, markersize=8, clip_on=False)


def _keys(subject: Subject, channels: tuple[ChannelResult, ...], edge: float) -> list[Key]:
    head = subject.head
    over = f"{head.near_tied:,} {varied(head.range_over)}"
    keys = [Key(f"estimate and its range over {over}; no confidence interval", "range", INK)]
    calls = {subject.call[one.channel] for one in channels if shows_effect(one)}
    if subject.level is Level.NOT:
        keys.append(Key("not to be acted on: see the verdict", "dot", GREY))
    else:
        keys += [Key(ADVICE[call], "dot", COLOURS[call]) for call in Call if call in calls]
    if any(one.high is None and one.low is not None for one in channels):
        keys.append(Key("no upper end: it may have no effect", "arrow", INK))
    elif any(one.high is not None and one.high > edge for one in channels):
        keys.append(Key("goes on beyond the picture", "arrow", INK))
    if head.measure == "ROAS":
        keys.append(Key("ROAS 1: as much comes in as is spent", "line", VERMILLION, "--"))
    return keys


def _spoken(one: ChannelResult) -> str:
    if one.efficiency is None or not shows_effect(one):
        return "no effect seen"
    doubt = f", {percent(one.prior_share)} of it not from the data" if one.prior_share and decided_by_prior(one) else ""
    return f"{short(one.efficiency)} ({span(one.low, one.high)}){doubt}"
