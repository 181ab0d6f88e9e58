"""A budget question, answered over draws: how money is best split over the paid channels in the periods to come.

The plan's periods follow on the data. In them each channel's money lies as it did in the date range of the question,
its flights, all of it times one factor; carryover follows. The forecast of the same plan is the same computation, so an
answer cannot be contradicted by it: what is recommended raises the expected response of the plan's own periods as well,
and raises it too where the money is spent evenly.

Bounds are multiples of what was spent. A total that they do not allow, and a target out of reach, are refused.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.errors import BadConfig
from engine.experiment.budget import Budget, bounds
from engine.model.budget.answer import NO_EFFECT, SET_TO_NOTHING, Answer, DepVarType, Limits, Point, Promise, Share
from engine.model.budget.flights import Flights, World
from engine.model.budget.levels import Levels, levels
from engine.model.budget.notes import Told, impossible_target, impossible_total, notes
from engine.model.budget.promise import SURE, WORTHWHILE, Outcome, chance, outcome, promise, telling_test
from engine.model.budget.shift import Range, best_efficiency, most_at_efficiency, most_for_total, nearest_to_proportions
from engine.model.fit.compiled import Vector

# Robyn's default target in terms of the efficiency as it was.
_ROAS, _CPA = 0.8, 1.2
# How many standard deviations of its gain a shift gives up for being surer.
CAUTION = 2.0
# A total may pass the sum of the bounds by this much, relatively: they are sums of rounded products.
_ROUNDING = 1e-9


def split(
    world: World, channels: Sequence[Flights], budget: Budget, *, dep_var_type: DepVarType, interval: str
) -> Answer:
    """Answer `budget`. channels: the paid ones, their money that of the date range.

    Raises BadConfig on unknown channels and bounds, and where no split within the bounds meets the total or the target.
    """
    given = bounds(budget, [(one.name, one.spend_name) for one in channels])
    money = np.array([one.total for one in channels])
    # Where nothing was spent there are no flights to scale.
    low, up = (np.where(money > 0, np.array(side), 1.0) for side in given)
    within, after = Range(low, up, money), world.after()
    today = np.ones(len(channels))
    reachable = Range(np.minimum(low, 1.0), np.maximum(up, 1.0), money)
    found = levels(world, channels, reachable.low, reachable.up, after)
    before = outcome(world, channels, today, after)
    if budget.scenario == "max_response":
        target, start = None, _start(channels, within, budget)
        chosen = most_for_total(
            found, within, _total(within, budget), start, caution=CAUTION if len(world.draws) > 1 else 0.0,
            exact=budget.constr_mode == "eq",
        )  # fmt: skip
    else:
        target, start = budget.target_value or _default_target(before, money, channels, dep_var_type), today
        chosen = _at_target(found, within, channels, target, dep_var_type)
    promised = _promise(world, channels, start, chosen, after)
    if promised is not None and target is not None:
        costs = float(money @ chosen) / len(channels[0].money)
        met = _met(outcome(world, channels, chosen, after), costs, target, dep_var_type)
        promised = replace(promised, recommended=None, gain=promised.claimed, test="", met=met)
    if promised is not None and promised.recommended is False:
        chosen = start
    proposed = outcome(world, channels, chosen, after)
    told = Told(interval=interval, dep_var_type=dep_var_type, started=start, chosen=chosen, draws=len(world.draws))
    answer = Answer(
        scenario=budget.scenario,
        basis="flights",
        periods=len(channels[0].money),
        shares=tuple(_shares(world, channels, given, chosen, before, proposed)),
        feasible=True,
        target=target,
        promise=promised,
        notes=(),
    )
    return replace(answer, notes=notes(answer, channels, told))


def _total(within: Range, budget: Budget) -> float:
    total = budget.total_budget or float(within.money.sum())
    return min(total, float(within.money @ within.up))


def _start(channels: Sequence[Flights], within: Range, budget: Budget) -> Vector:
    """Return today's proportions at the total asked for. Raises BadConfig where the bounds do not allow it."""
    total = budget.total_budget or float(within.money.sum())
    least, most = float(within.money @ within.low), float(within.money @ within.up)
    leeway = _ROUNDING * total
    if total < least - leeway or (total > most + leeway and budget.constr_mode == "eq"):
        raise BadConfig(*impossible_total(channels, within, total), field="budget")
    return nearest_to_proportions(within, min(max(total, least), most))


def _default_target(before: Outcome, money: Vector, channels: Sequence[Flights], dep_var_type: DepVarType) -> float:
    brings, costs = float(before.whole.mean(axis=0).sum()), float(money.sum()) / len(channels[0].money)
    if brings <= 0 or costs <= 0:
        raise BadConfig(
            "There is no target efficiency to start from: the channels had no spend or have no effect.",
            "Give a target_value.",
            field="budget",
        )
    return brings / costs * _ROAS if dep_var_type == "revenue" else costs / brings * _CPA


def _at_target(
    found: Levels, within: Range, channels: Sequence[Flights], target: float, dep_var_type: DepVarType
) -> Vector:
    roas = target if dep_var_type == "revenue" else 1 / target
    chosen = most_at_efficiency(found, within, roas, np.clip(1.0, within.low, within.up))
    if chosen is None:
        best = best_efficiency(found, within)
        raise BadConfig(*impossible_target(channels, target, best, dep_var_type), field="budget")
    return chosen


def _met(found: Outcome, costs: float, target: float, dep_var_type: DepVarType) -> float:
    """Return the share of draws in which a ROAS is at least, or a CPA at most, `target`. costs: money per period."""
    roas = target if dep_var_type == "revenue" else 1 / target
    return float((found.whole.sum(axis=1) >= roas * costs).mean())


def _promise(world: World, channels: Sequence[Flights], start: Vector, chosen: Vector, after: int) -> Promise | None:
    """Return how sure the shift from `start` to `chosen` is; None with one draw.

    Told over the same draws that it was chosen on: with hundreds of them and a handful of factors, what choosing adds
    to the mean is a few hundredths of it.
    """
    if len(world.draws) < 2:
        return None
    old, new = (outcome(world, channels, factors, after) for factors in (start, chosen))
    gains = (new.whole - old.whole).sum(axis=1)
    inside = float((new.inside - old.inside).sum(axis=1).mean())
    today, flat, shifted = (
        outcome(world, channels, factors, after, even=even)
        for factors, even in ((np.ones(len(channels)), True), (start, True), (chosen, True))
    )
    usual = outcome(world, channels, np.ones(len(channels)), after)
    evenly = float((shifted.whole - flat.whole).sum(axis=1).mean())
    worth = float(gains.mean()) > WORTHWHILE * float(np.abs(old.whole.mean(axis=0)).sum())
    sure = chance(gains) >= SURE and worth and inside > 0 and evenly > 0
    return promise(
        gains,
        recommended=sure,
        even=(today.whole - usual.whole).sum(axis=1),
        test=telling_test(channels, usual.slope),
    )


def _shares(
    world: World,
    channels: Sequence[Flights],
    given: tuple[tuple[float, ...], tuple[float, ...]],
    chosen: Vector,
    before: Outcome,
    proposed: Outcome,
) -> list[Share]:
    found = []
    for c, one in enumerate(channels):
        periods, low, up = len(one.money), given[0][c], given[1][c]
        silent = not world.draws.coefficients[:, one.place].any()
        points = [
            Point(
                spend=float(factor) * one.total / periods,
                response=float(at.whole[:, c].mean()),
                marginal=float(at.slope[:, c].mean()),
                beyond_observed=one.beyond(float(factor)),
            )
            for factor, at in ((1.0, before), (chosen[c], proposed))
        ]
        left_out = SET_TO_NOTHING if up == 0 else NO_EFFECT if silent else ""
        found.append(Share(one.name, left_out, Limits(low, up, one.total / periods), *points))
    return found
