"""What changed in spend: from the total before to the total now, channel by channel, as a waterfall."""

from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREY, MUTED, VERMILLION
from engine.charts.subject import shown
from engine.data.review.changes import SpendChanges
from engine.data.review.words import amount, signed
from engine.labels import opening

# From here on, as a share of the larger total, the axis begins at 0.
FROM_ZERO = 0.4


def draw(look: SpendChanges, paper: Paper) -> Drawing | None:
    """Draw a bar a channel, each from where the last one ended. None where nothing can be compared."""
    steps = look.drawn()
    if not steps or look.mixed or look.lacking or not look.then:
        return None
    page = paper.page(look.headline, f"From {look.then} to {look.now}{f', in {look.unit}' if look.unit else ''}")
    ends, at = [], look.before
    for step in steps:
        ends.append((at, at + step.change))
        at += step.change
    rows = [Row(opening(look.then), value=amount(look.before))]
    rows += [Row(shown(step.name), value=signed(step.change), beside=_from(step.before, step.now)) for step in steps]
    rows.append(Row(opening(look.now), value=amount(look.after)))
    low, high = (pick(look.before, look.after, *(end for pair in ends for end in pair)) for pick in (min, max))
    wide = max(high - low, 1e-9 * max(abs(high), 1.0), 1e-12)
    cut = low > FROM_ZERO * high > 0
    first = low - 0.15 * wide if cut else min(low, 0.0)
    last = high + 0.05 * wide if cut or high > 0 else 0.0
    laid = lay(page, rows, first, last)
    foot = first if cut else 0.0
    for middle, total in ((laid.middles[0], look.before), (laid.middles[-1], look.after)):
        laid.plot.axes.barh(middle, total - foot, left=foot, color=GREY, height=0.2)
    for middle, (start, end), step in zip(laid.middles[1:-1], ends, steps, strict=True):
        laid.plot.axes.barh(middle, end - start, left=start, color=BLUE if step.change > 0 else VERMILLION, height=0.2)
    laid.name_below(page, ticks_across(first, last, laid.plot.width, page.size.small))
    page.skip(0.1)
    keys = [Key("more spend", "block", BLUE)] if any(step.change > 0 for step in steps) else []
    keys += [Key("less spend", "block", VERMILLION)] if any(step.change < 0 for step in steps) else []
    page.legend([*keys, Key("all media spend", "block", GREY)])
    if cut:
        page.paragraph("The axis does not begin at 0, so that the changes can be seen.", page.size.small, MUTED)
        page.skip(0.05)
    each = [f"{step.name[:80]} {signed(step.change)}" for step in look.steps]
    return paper.finish(page, "spend_changes", look.headline, f"{look.sentence} Changes:", each)


def _from(before: float, now: float) -> str:
    return f"{amount(before)} to {amount(now)}"
