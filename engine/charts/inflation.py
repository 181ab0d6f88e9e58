"""How much each driver is told by the others: its variance inflation factor as a bar, with the limit that is asked."""

import numpy as np

from engine.charts.legend import Key
from engine.charts.page import Drawing, Page
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, FULL, INK, VERMILLION, Size
from engine.charts.subject import alternative, called
from engine.data.check.profiles import Profile
from engine.data.check.together import Together, vif_in_short

SHOWN = 24
# Bars end here; what goes on beyond has an arrow.
WIDEST = 30.0


def draw(them: Together, asked: Profile, footer: str, *, size: Size = FULL) -> Drawing | None:
    """Draw a bar per driver, the most inflated first. None where there are fewer than two."""
    if len(them.names) < 2:
        return None
    order = np.argsort(-np.where(np.isfinite(them.inflation), them.inflation, np.inf))[:SHOWN]
    labels = called(them.names)
    over = [them.names[at] for at in order if them.inflation[at] >= asked.inflated]
    worst, most = them.worst
    title = (
        f"{labels[worst]} is told by the others most: VIF {vif_in_short(most)}"
        if over
        else f"Every driver can be told from the others: no VIF reaches {asked.inflated:g}"
    )
    page = Page(size, title, "Variance inflation factor of each driver, from a regression with intercept on all others")
    edge = max(asked.inflated * 1.2, min(WIDEST, max(float(them.inflation[at]) for at in order)))
    rows = [Row(labels[them.names[at]], value=vif_in_short(float(them.inflation[at]))) for at in order]
    laid = lay(page, rows, 0.0, 1.04 * edge)
    laid.name_below(page, ticks_across(0.0, edge, laid.plot.width, page.size.small))
    laid.upright(asked.inflated, INK, ":", 1.4)
    for at, middle, half in zip(order, laid.middles, laid.halves, strict=True):
        factor = float(them.inflation[at])
        colour = VERMILLION if factor >= asked.inflated else BLUE
        laid.plot.axes.barh(middle, min(factor, edge), height=1.3 * half, color=colour)
        if factor > edge:
            laid.plot.axes.plot([1.02 * edge], [middle], ">", color=colour, markersize=7, clip_on=False)
    page.skip(0.1)
    keys = [Key("below what is asked", "block", BLUE), Key(f"{asked.inflated:g} and more", "block", VERMILLION)]
    keys += [Key("goes on beyond the picture", "arrow", VERMILLION)] if most > edge else []
    page.legend(keys)
    if (left := len(them.names) - len(order)) > 0:
        page.paragraph(f"{left} more drivers have smaller ones; all stand in the file of the columns.", size.small)
        page.skip(0.1)
    each = [f"{labels[them.names[at]]} {vif_in_short(float(them.inflation[at]))}" for at in order]
    return page.finish(name="vif", title=title, alt=alternative(f"{title}.", each), footer=footer)
