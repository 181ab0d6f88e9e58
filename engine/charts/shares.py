"""Share of spend against share of effect, with ROAS or CPA per channel."""

from engine.charts import titles
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREY, INK
from engine.charts.subject import Subject, alternative, largest
from engine.number_words import percent, short
from engine.results.headline import ChannelResult

SHOWN = 16
# Inches: one of the two bars, and both.
BAR, BARS = 0.14, 0.4


def draw(subject: Subject) -> Drawing | None:
    """Draw two bars per channel, spend above effect, and the channel's ratio at the right. None of one channel."""
    head = subject.head
    if len(head.channels) < 2:
        return None
    channels, left_out = largest(head.channels, SHOWN)
    title = titles.of_shares(head, subject.level, subject.names)
    page = subject.page(title, f"Each channel's part of all paid media; at the right its {head.measure}")
    ends = {one.channel: titles.share_ends(one, head) for one in channels}
    edge = max(max(one.spend_share, one.effect_share, *(ends[one.channel] or (0.0,))) for one in channels)
    rows = lay(page, [_row(subject, one) for one in channels], 0.0, 1.04 * max(edge, 1e-9))
    rows.name_below(
        page, ticks_across(0.0, edge, rows.plot.width, page.size.small, lambda share: f"{share * 100:.3g} %")
    )
    axes = rows.plot.axes
    for middle, one in zip(rows.middles, channels, strict=True):
        axes.barh(middle - BAR * 0.55, one.spend_share, BAR, color=GREY)
        axes.barh(middle + BAR * 0.55, one.effect_share, BAR, color=BLUE)
        if (found := ends[one.channel]) is not None:
            axes.plot(found, [middle + BAR * 0.55] * 2, color=INK, linewidth=1.2)
    page.skip(0.1)
    keys = [Key("share of spend", "block", GREY), Key("share of effect", "block", BLUE)]
    if any(found is not None for found in ends.values()):
        keys.append(Key("how far that may go, all channels at the ends of their ranges", "line", INK))
    page.legend(keys)
    if left_out:
        page.paragraph(left_out, page.size.small)
        page.skip(0.1)
    each = [
        f"{subject.names[one.channel]} {percent(one.spend_share)} of spend, {percent(one.effect_share)} of effect, "
        f"{head.measure} {_ratio(one)}"
        for one in head.channels
    ]
    alt = alternative(f"Bars: {title}.", each)
    return page.finish(name="shares", title=title, alt=alt, footer=subject.footer)


def _row(subject: Subject, one: ChannelResult) -> Row:
    spend, effect = f"{percent(one.spend_share)} of spend", f"{percent(one.effect_share)} of effect"
    return Row(subject.names[one.channel], spend, _ratio(one), effect, bar=BARS)


def _ratio(one: ChannelResult) -> str:
    return "–" if one.efficiency is None else short(one.efficiency)
