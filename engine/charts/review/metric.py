"""One column over time, as a line."""

from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.review.timeline import Strip, line, reach, strips
from engine.charts.style import BLUE, MUTED
from engine.data.review.metric import Metric
from engine.data.review.periods import BY, NOUNS
from engine.data.review.words import amount


def draw(look: Metric, paper: Paper) -> Drawing | None:
    """Draw the column by period. None where it holds nothing."""
    values = [one.value for one in look.values]
    if all(value is None for value in values):
        return None
    how = "averaged" if look.averaged else "added up"
    page = paper.page(look.headline, f"{how.capitalize()} {BY[look.period]}{f', in {look.unit}' if look.unit else ''}")
    [plot] = strips(page, look.buckets, [Strip("", 2.6, *reach(values, zero=not look.averaged))])
    line(plot, look.buckets, values, BLUE)
    if any(not bucket.whole for bucket in look.buckets):
        page.paragraph(f"Hollow: not a whole {NOUNS[look.period]}.", page.size.small, MUTED)
        page.skip(0.05)
    each = [f"{bucket.name} {amount(value)}" for bucket, value in zip(look.buckets, values, strict=True)]
    return paper.finish(page, "metric", look.headline, f"{look.sentence} By {NOUNS[look.period]}:", each)
