"""Robyn's budget allocator: which split of spend over the paid channels one model would choose.

Both scenarios are Robyn's (`robyn_allocator`): most response for a total, and most response at a target efficiency.
So are its peculiarities, for the comparison with its numbers; `budget/split.py` has none of them.

- A channel without effect (coefficient 0 or below) is taken out, gets nothing whatever its lower bound, and its money
  goes to the others.
- Bounds of a channel that spent nothing in the date range are multiples of nothing, unless another channel is left out,
  when they are multiples of the window's mean.
- A total that the bounds do not allow: the split ends at the bounds. Here it says so (`feasible`).
- The initial response is the mean of the window's responses when every channel is modelled on its spend, else the
  response to the mean spend.
- The widened bounds reach further from 1, so that a lower bound above 1 rises.
- The second solution of target_efficiency is at a ROAS of 1, or 1.5 times the CPA, with no channel below 0.9 times its
  spend although the bounds reported are wider.

Corrected all the same: the Jacobian of the efficiency constraint. Robyn's is wrong, so that its answer meets the target
but brings less than another split would (4 % less in the reference); NLopt's path to it cannot be followed elsewhere.
And a target that is easier than the bounds leaves every channel at its upper bound: no spend is wasted to meet it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadConfig
from engine.experiment.budget import Budget, bounds, chosen_periods
from engine.model.budget.answer import NO_EFFECT, SET_TO_NOTHING, DepVarType, Limits, Point
from engine.model.budget.robyn.allocation import Allocation, Channel, Row, Solution
from engine.model.budget.robyn.notes import impossible, notes
from engine.model.budget.robyn.optimum import AtEfficiency, AtTotal, Constraint, best_reply, best_split
from engine.model.budget.robyn.response import Responses
from engine.model.fit.compiled import Vector

# Robyn's default target in terms of the initial efficiency, and what its second solution aims at.
_ROAS, _CPA, _SECOND_ROAS, _SECOND_CPA, _SECOND_LOW = 0.8, 1.2, 1.0, 1.5, 0.9
# A total may pass the sum of the bounds by this much, relatively: they are sums of rounded products.
_ROUNDING = 1e-9


def allocate(
    channels: Sequence[Channel],
    budget: Budget,
    days: Sequence[date],
    *,
    dep_var_type: DepVarType,
) -> Allocation:
    """Answer `budget` for one model. days: (N,) first days of the window's periods, rising.

    Raises BadConfig on unknown channels, and on bounds or dates that cannot be.
    """
    case = _case(channels, budget, days)
    target = None
    if budget.scenario == "target_efficiency":
        target = budget.target_value or _default_target(case, dep_var_type)
    first = _Question(case, budget, dep_var_type, target)
    second = first
    bounded = first.answer(case.base * case.low, case.base * case.up)
    lowest = case.base * case.loose_low
    if target is not None:
        second = replace(first, target=_SECOND_ROAS if dep_var_type == "revenue" else target * _SECOND_CPA)
        lowest = case.base * np.minimum(_SECOND_LOW, case.loose_up)
    unbound = second.answer(lowest, case.base * case.loose_up)
    result = Allocation(
        scenario=budget.scenario,
        dep_var_type=dep_var_type,
        days=(days[case.rows.start], days[case.rows.stop - 1]),
        periods=case.rows.stop - case.rows.start,
        window_periods=len(days),
        own_total=budget.total_budget is not None,
        total=case.total,
        multiplier=budget.channel_constr_multiplier,
        rows=_rows(case, bounded.spend, unbound.spend),
        optimum=bounded.solution(first),
        unbound=unbound.solution(second),
        notes=(),
    )
    refused = None if bounded.feasible else impossible(result, case.responses)
    return replace(result, notes=notes(result, channels, case.rows, refused))


@dataclass(frozen=True)
class _Case:
    """A budget question in numbers, each vector (C,). out: takes no part; silent: has no effect.

    start: mean spend in the date range; base: what the bounds are multiples of; initial: the response as it was.
    """

    channels: tuple[Channel, ...]
    responses: Responses
    rows: slice
    total: float
    low: Vector
    up: Vector
    loose_low: Vector
    loose_up: Vector
    start: Vector
    base: Vector
    initial: Vector
    silent: NDArray[np.bool_]
    out: NDArray[np.bool_]


def _case(channels: Sequence[Channel], budget: Budget, days: Sequence[date]) -> _Case:
    given = bounds(budget, [(c.name, c.spend_name) for c in channels])
    low, up = np.array(given[0]), np.array(given[1])
    wide = budget.channel_constr_multiplier
    loose_low, loose_up = np.maximum(0, 1 - (1 - low) * wide), 1 + (up - 1) * wide
    loose_up = np.where(loose_up < 0, up * wide, loose_up)
    rows = chosen_periods(budget, days)
    start = np.array([c.modelled[rows].mean() for c in channels])
    responses = Responses(
        coef=np.array([c.coef for c in channels]),
        alpha=np.array([c.alpha for c in channels]),
        inflexion=np.array([c.inflexion for c in channels]),
        carryover=np.array([c.carryover for c in channels]),
    )
    silent, stopped = responses.coef <= 0, (low == 0) & (up == 0)
    out = stopped | silent
    usual = np.array([c.modelled.mean() for c in channels])
    by_mean = all(c.name == c.spend_name for c in channels)
    return _Case(
        channels=tuple(channels),
        responses=responses,
        rows=rows,
        total=budget.total_budget / (rows.stop - rows.start) if budget.total_budget else float(start.sum()),
        low=low,
        up=up,
        loose_low=loose_low,
        loose_up=loose_up,
        start=start,
        base=np.where(start > 0, start, usual) if out.any() else start,
        initial=np.array([c.mean_response for c in channels]) if by_mean else responses.value(start),
        silent=silent,
        out=out,
    )


def _default_target(case: _Case, dep_var_type: DepVarType) -> float:
    spend, response = float(case.start.sum()), float(case.initial.sum())
    if response <= 0 or spend <= 0:
        raise BadConfig(
            "There is no target efficiency to start from: the channels had no spend or have no effect.",
            "Give a target_value.",
            field="budget",
        )
    return response / spend * _ROAS if dep_var_type == "revenue" else spend / response * _CPA


@dataclass(frozen=True)
class _Answer:
    """spend: (C,) per period; gap as in Solution."""

    spend: Vector
    feasible: bool
    gap: float

    def solution(self, question: "_Question") -> Solution:
        response = float(question.case.responses.value(self.spend)[~question.case.out].sum())
        return Solution(self.feasible, float(self.spend.sum()), response, self.gap, question.target)


@dataclass(frozen=True)
class _Question:
    """What is to be optimised. target: a ROAS at least, or a CPA at most; None for a total."""

    case: _Case
    budget: Budget
    dep_var_type: DepVarType
    target: float | None

    def answer(self, low: Vector, high: Vector) -> _Answer:
        """Optimise within (C,) bounds in spend. Where they do not allow it, return the nearest that they do."""
        case, split = self.case, ~self.case.out
        spend = np.where(case.out, 0.0, low)
        some = case.responses.pick(split)
        if self.target is None:
            feasible, total = self._possible_total(low[split], high[split])
            constraint: Constraint = AtTotal(some, total)
        else:
            roas = self.target if self.dep_var_type == "revenue" else 1 / self.target
            constraint, feasible = AtEfficiency(some, roas), True
        if not split.any():
            return _Answer(spend, feasible and constraint.slack(np.zeros(0)) >= 0, 0.0)
        found = best_split(some, constraint, low[split], high[split], [case.start[split]])
        if found is None:
            spend[split] = best_reply(some, constraint.dearest, low[split], high[split])
            return _Answer(spend, False, 0.0)
        spend[split] = found.spend
        return _Answer(spend, feasible, found.gap)

    def _possible_total(self, low: Vector, high: Vector) -> tuple[bool, float]:
        """Return whether the bounds of the channels that take part allow the total, and the nearest that they do."""
        total, exact = self.case.total, self.budget.constr_mode == "eq"
        least, most = float(low.sum()), float(high.sum())
        leeway = _ROUNDING * total
        feasible = least <= total + leeway and (most >= total - leeway or not exact)
        return feasible, min(max(total, least), most)


def _rows(case: _Case, best: Vector, loose: Vector) -> tuple[Row, ...]:
    seen = np.array([c.spent.max() for c in case.channels])
    lasting = np.where(case.out, 0.0, 1.0)

    def points(spend: Vector, response: Vector, marginal: Vector) -> list[Point]:
        beyond = np.maximum(0.0, spend / np.where(seen > 0, seen, np.inf) - 1) + ((seen <= 0) & (spend > 0))
        return [Point(*map(float, of)) for of in zip(spend, response, marginal, beyond, strict=True)]

    def at(spend: Vector, weight: Vector | float) -> list[Point]:
        return points(spend, case.responses.value(spend) * weight, case.responses.marginal(spend) * weight)

    initial = points(case.start, case.initial, case.responses.marginal(case.start))
    found = zip(case.channels, initial, at(case.start, 1.0), at(best, lasting), at(loose, lasting), strict=True)
    return tuple(
        Row(
            channel=c.name,
            spend_name=c.spend_name,
            left_out=SET_TO_NOTHING if case.up[i] == 0 else NO_EFFECT if case.silent[i] else "",
            takes_part=not case.out[i],
            limits=Limits(float(case.low[i]), float(case.up[i]), float(case.base[i])),
            loose=Limits(float(case.loose_low[i]), float(case.loose_up[i]), float(case.base[i])),
            window_spend=float(c.modelled.mean()),
            initial=first,
            simulated=simulated,
            optimum=optimum,
            unbound=unbound,
        )
        for i, (c, first, simulated, optimum, unbound) in enumerate(found)
    )
