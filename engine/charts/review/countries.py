"""Countries side by side: the ratio of those that can be compared, then spend and goal, each currency by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.rows import Row, lay
from engine.charts.style import BLUE, GREY, MUTED, ORANGE
from engine.data.review.countries import Beside, Countries
from engine.data.review.words import amount
from engine.labels import opening

# Countries that are drawn in a group; the table has all.
SHOWN = 12


@dataclass(frozen=True)
class Group:
    """Bars that share a scale: a country's value in words, its length, and how it changed."""

    head: str
    colour: str
    bars: tuple[tuple[str, str, str, float], ...]


def draw(look: Countries, paper: Paper) -> Drawing | None:
    """Draw groups of bars, each with a scale of its own. None where no country can be shown."""
    groups = [group for group in _groups(look) if group.bars]
    if not groups:
        return None
    page = paper.page(look.headline, "Each group has a scale of its own; no currencies are added up")
    rows: list[Row] = []
    for group in groups:
        rows.append(Row(group.head, head=True))
        rows += [Row(name, value=said, beside=change) for name, said, change, _ in group.bars]
    bars = [(length, group.colour) for group in groups for _, _, _, length in group.bars]
    laid = lay(page, rows, 0.0, 1.02)
    for middle, (length, colour) in zip(laid.middles, bars, strict=True):
        laid.plot.axes.barh(middle, length, color=colour, height=0.18)
    page.skip(0.1)
    if len(look.shown) > SHOWN:
        page.paragraph(f"Drawn: the first {SHOWN} of each group.", page.size.small, MUTED)
        page.skip(0.05)
    each = [
        f"{one.name} goal {amount(found.goal_sum.value, found.goal_unit)}, spend "
        f"{amount(found.spend_sum.value, found.spend_unit)}, ratio {amount(found.ratio.value, found.ratio_unit)}"
        for one, found in look.shown
    ]
    return paper.finish(page, "countries", look.headline, f"{look.sentence} By country:", each)


def _groups(look: Countries) -> Iterator[Group]:
    """The ratio of those that can be compared; spend by currency; and each goal in each currency."""
    ratios = [(one, found.ratio.value, found.ratio_unit, "") for one, found in look.alike]
    yield _group(look.ratio_name, BLUE, ratios)
    for unit in sorted({found.spend_unit for _, found in look.shown}):
        inside = [(one, found) for one, found in look.shown if found.spend_unit == unit]
        spends = [(one, found.spend_sum.value, "", found.spend_change.told) for one, found in inside]
        yield _group(f"Media spend{f' in {unit}' if unit else ''}", ORANGE, spends)
    for goal, unit in sorted({(found.name, found.goal_unit) for _, found in look.shown}):
        inside = [(one, found) for one, found in look.shown if (found.name, found.goal_unit) == (goal, unit)]
        goals = [(one, found.goal_sum.value, "", found.goal_change.told) for one, found in inside]
        yield _group(f"{opening(goal)}{f' in {unit}' if unit else ''}", GREY, goals)


def _group(head: str, colour: str, values: Sequence[tuple[Beside, float | None, str, str]]) -> Group:
    """The largest first, at most so many as are drawn."""
    able = [(one, value, unit, change) for one, value, unit, change in values if value is not None]
    able.sort(key=lambda one: (-one[1], one[0].name))
    top = max((value for _, value, _, _ in able), default=0.0)
    bars = [
        (one.name, amount(value, unit), change, max(value / top, 0.0) if top > 0 else 0.0)
        for one, value, unit, change in able[:SHOWN]
    ]
    return Group(head, colour, tuple(bars))
