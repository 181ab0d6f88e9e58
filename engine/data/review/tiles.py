"""Tiles: the few numbers that people look at first, each with how it changed."""

from engine.data.review.columns import MEASURES, Measure
from engine.data.review.compared import Against
from engine.data.review.goal import GoalAndSpend, goal_and_spend
from engine.data.review.periods import Period
from engine.data.review.sheet import Sheet, Span, Sum
from engine.data.review.told import Tile
from engine.data.review.words import Change, amount, named
from engine.labels import opening
from engine.number_words import counted

# A message's fields.
MOST = 10


def tiles(sheet: Sheet, span: Span, look: GoalAndSpend) -> tuple[Tile, ...]:
    """The numbers of a window: goal, spend, their ratio, what spend bought, and further goals while there is room."""
    spans = look.against.spans
    found = [
        _tile(opening(look.name), look.goal_unit, look.goal_sum, look.goal_before, spans),
        _tile("Media spend", look.spend_unit, look.spend_sum, look.spend_before, spans),
    ]
    if look.ratio.value is not None:
        told = [Change(look.ratio.value, one.value) for one in look.ratio_before]
        changes = tuple(_said(change, one) for change, one in zip(told, spans, strict=True) if change.told)
        found.append(Tile(name=opening(look.measure), value=amount(look.ratio.value, look.ratio_unit), changes=changes))
    for measure in MEASURES:
        columns = sheet.layout.measured(measure)
        if columns:
            found.append(_counted(sheet, span, columns, f"{opening(measure)}{_of(sheet, measure)}", spans))
    for goal in sheet.layout.goals:
        name = sheet.layout.names.get(goal, goal)
        if goal != look.column and goal in sheet.frame.columns:
            unit = sheet.layout.units.get(goal, "")
            found.append(_counted(sheet, span, (goal,), named(name), spans, unit))
    return tuple(found[:MOST])


def _of(sheet: Sheet, measure: Measure) -> str:
    """How many channels a count is of, where it is not of all; of their parts, where some have it for a part only."""
    layout = sheet.layout
    channels = [[measure in part.bought for part in parts] for parts in layout.channels.values()]
    if all(map(all, channels)):
        return ""
    if all(any(one) == all(one) for one in channels):
        return f" ({sum(map(all, channels))} of {counted(len(channels), 'channel')})"
    return f" ({sum(map(sum, channels))} of {counted(len(layout.parts), 'spend column')})"


def _counted(
    sheet: Sheet, span: Span, columns: tuple[str, ...], name: str, spans: tuple[Against, ...], unit: str = ""
) -> Tile:
    before = tuple(sheet.total(one.span, columns) for one in spans)
    return _tile(name, unit, sheet.total(span, columns), before, spans)


def _tile(name: str, unit: str, now: Sum, before: tuple[Sum, ...], spans: tuple[Against, ...]) -> Tile:
    changes = []
    for then, one in zip(before, spans, strict=True):
        if not now.comparable or not then.comparable:
            changes.append(f"too much is missing to compare with {one.words}")
        elif said := Change(now.value, then.value).told:
            changes.append(f"{said} on {one.words}")
    return Tile(name=name, value=amount(now.value, unit), changes=tuple(changes))


def _said(change: Change, against: Against) -> str:
    return f"{change.told} on {against.words}"


def tiled(sheet: Sheet, span: Span, words: str, period: Period, goal: str) -> tuple[GoalAndSpend, tuple[Tile, ...]]:
    """The first look at a dataset: goal against spend, and its tiles."""
    look = goal_and_spend(sheet, span, words, period, goal)
    return look, tiles(sheet, span, look)
