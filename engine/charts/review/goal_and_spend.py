"""Goal against spend: the goal as a line, spend as bars below it on the same axis of time, and their ratio."""

from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.review.paper import Paper
from engine.charts.review.timeline import Strip, bars, line, reach, strips
from engine.charts.style import BLUE, INK, MUTED, ORANGE
from engine.data.review.goal import GoalAndSpend
from engine.data.review.periods import BY, NOUNS
from engine.data.review.words import amount
from engine.labels import opening


def draw(look: GoalAndSpend, paper: Paper) -> Drawing:
    """Draw what came in, what went out, and one by the other."""
    page = paper.page(look.headline, f"{opening(look.name)} and all media spend, {BY[look.period]}")
    plots = [
        Strip(_in_unit(opening(look.name), look.goal_unit), 1.7, *reach(look.goals, zero=True)),
        Strip(_in_unit("Media spend", look.spend_unit), 1.1, *reach(look.spends, zero=True)),
    ]
    rated = any(value is not None for value in look.ratios)
    if rated:
        of = "ROAS: goal by spend" if look.kind == "revenue" else _in_unit(opening(look.measure), look.ratio_unit)
        plots.append(Strip(of, 0.8, *reach(look.ratios, zero=True)))
    placed = strips(page, look.buckets, plots)
    line(placed[0], look.buckets, look.goals, BLUE)
    bars(placed[1], look.buckets, look.spends, ORANGE)
    if rated:
        line(placed[2], look.buckets, look.ratios, INK)
    keys = [Key(opening(look.name), "line", BLUE), Key("media spend", "block", ORANGE)]
    if rated:
        keys.append(Key("ROAS" if look.kind == "revenue" else "spend per one of the goal", "line", INK))
    page.legend(keys)
    if any(not bucket.whole for bucket in look.buckets):
        page.paragraph(f"Faint or hollow: not a whole {NOUNS[look.period]}.", page.size.small, MUTED)
        page.skip(0.05)
    each = [
        f"{bucket.name} {amount(goal)} and {amount(spend)}"
        for bucket, goal, spend in zip(look.buckets, look.goals, look.spends, strict=True)
    ]
    return paper.finish(page, "goal_and_spend", look.headline, f"{look.sentence} Goal and spend by period:", each)


def _in_unit(name: str, unit: str) -> str:
    return f"{name} in {unit}" if unit else name
