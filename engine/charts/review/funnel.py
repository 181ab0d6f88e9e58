"""Funnel by channel: a group of bars for each cost and rate, one bar a channel."""

from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.rows import Row, lay
from engine.charts.style import BLUE, MUTED
from engine.charts.subject import shown
from engine.data.review.funnel import MEANS, Funnel
from engine.data.review.words import named

# Channels that are drawn, by spend; the table has all.
SHOWN = 8


def draw(look: Funnel, paper: Paper) -> Drawing | None:
    """Draw each rate by channel, each on a scale of its own. None where no channel has any."""
    if not look.rates:
        return None
    page = paper.page(look.headline, "What each channel's spend bought; each group has a scale of its own")
    rows, lengths = [], []
    for rate in look.rates:
        able = [one for one in look.channels if one.rates[rate] is not None]
        top = max((one.rates[rate] or 0.0 for one in able), default=0.0)
        rows.append(Row(rate, value=MEANS[rate], head=True))
        for one in able[:SHOWN]:
            value = one.rates[rate] or 0.0
            rows.append(Row(shown(one.name), value=look.said(rate, value, one.unit)))
            lengths.append(value / top if top > 0 else 0.0)
    laid = lay(page, rows, 0.0, 1.02)
    for middle, length in zip(laid.middles, lengths, strict=True):
        laid.plot.axes.barh(middle, max(length, 0.0), color=BLUE, height=0.18)
    page.skip(0.1)
    if len(look.channels) > SHOWN:
        page.paragraph(f"Drawn: the {SHOWN} channels with most spend.", page.size.small, MUTED)
        page.skip(0.05)
    each = [
        f"{named(one.name)} {', '.join(f'{rate} {look.said(rate, one.rates[rate], one.unit)}' for rate in look.rates)}"
        for one in look.channels
    ]
    return paper.finish(page, "funnel", look.headline, f"{look.sentence} By channel:", each)
