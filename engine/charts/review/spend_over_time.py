"""Spend by channel over time: bars that are stacked, the largest channel at the bottom."""

from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.review.timeline import Strip, bars, line, reach, strips
from engine.charts.style import HUES, MUTED
from engine.charts.subject import shown
from engine.data.review.periods import BY, NOUNS
from engine.data.review.spend import DRAWN, Band, SpendOverTime
from engine.data.review.words import amount, named
from engine.number_words import percent


def draw(look: SpendOverTime, paper: Paper) -> Drawing | None:
    """Draw a stacked bar a period; lines where currencies differ, or money came back. None where nothing was spent."""
    bands = look.drawn(DRAWN)
    if not bands:
        return None
    page = paper.page(look.headline, f"Media spend by {look.noun}, {BY[look.period]}{_unit(look)}")
    stacked = not look.mixed and all((value or 0.0) >= 0 for band in bands for value in band.values)
    heights = [sum(band.values[at] or 0.0 for band in bands) for at in range(len(look.buckets))]
    values = heights if stacked else [value for band in bands for value in band.values]
    [plot] = strips(page, look.buckets, [Strip("", 2.7, *reach(values, zero=True))])
    floor = [0.0] * len(look.buckets)
    for band, colour in zip(bands, HUES, strict=False):
        if stacked:
            bars(plot, look.buckets, band.values, colour, floor)
            floor = [below + (value or 0.0) for below, value in zip(floor, band.values, strict=True)]
        else:
            line(plot, look.buckets, band.values, colour)
    kind = "block" if stacked else "line"
    page.legend([Key(_named(band, look), kind, colour) for band, colour in zip(bands, HUES, strict=False)])  # type: ignore[arg-type]
    if any(not bucket.whole for bucket in look.buckets):
        page.paragraph(f"Faint: not a whole {NOUNS[look.period]}.", page.size.small, MUTED)
        page.skip(0.05)
    each = [f"{named(band.name)} {amount(band.total)}" for band in look.bands]
    return paper.finish(page, "spend_by_channel", look.headline, f"{look.sentence} In all:", each)


def _unit(look: SpendOverTime) -> str:
    return f", in {look.unit}" if look.unit else ""


def _named(band: Band, look: SpendOverTime) -> str:
    share = f" {percent(band.total / look.total)}" if look.total > 0 and not look.mixed else ""
    return f"{shown(named(band.name))}{share}"
