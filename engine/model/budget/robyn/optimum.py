"""The best split of spend over channels: at a given total, or at a given efficiency.

Both problems add up over channels and are tied together by one constraint. That gives a bound: put a price on spend,
let each channel take what is best for it at that price, and no split can bring more than the best price allows
(Lagrange). Local searches (SLSQP, analytic gradients) start from what the price suggests; where S-shaped curves leave
a gap between the best split found and the bound, the channel to blame is split in two ranges and each is searched
(branch and bound). So the answer is the best there is, not just the nearest, and `gap` says how far that is proved.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from engine.model.budget.robyn.response import Responses
from engine.model.fit.compiled import Vector

# The search ends when the bound is this close, relative to the response, or after so many ranges.
PROVED = 1e-10
MOST_RANGES = 100
_HALVINGS = 70
_ROUNDS = 30
# Two prices this close, relatively, are one.
_SAME = 1e-14
# A spend this near to a bound, relative to the range, stands on it; a constraint is met when it is off by no more.
_AT_BOUND = 1e-9
_MET = 1e-12


@dataclass(frozen=True)
class Split:
    """A split of spend. spend: (C,) per period; response: their sum; bound: no split brings more than this."""

    spend: Vector
    response: float
    bound: float

    @property
    def gap(self) -> float:
        """What a better split could at most add, relative to the response."""
        return max(0.0, self.bound - self.response) / self.response if self.response else 0.0


class Constraint(Protocol):
    """What ties the channels together: spend x is allowed where `slack(x)` >= 0."""

    @property
    def dearest(self) -> float:
        """The price of spend at which the slack is largest."""

    def slack(self, x: Vector) -> float: ...

    def gradient(self, x: Vector) -> Vector: ...

    def bound(self, price: float, x: Vector) -> float:
        """The most response of any allowed split, from the best spends `x` at this price."""


@dataclass(frozen=True)
class AtTotal:
    """Spend `total` per period altogether, no more."""

    responses: Responses
    total: float
    dearest: float = np.inf

    def slack(self, x: Vector) -> float:
        return self.total - float(x.sum())

    def gradient(self, x: Vector) -> Vector:
        return -np.ones_like(x)

    def bound(self, price: float, x: Vector) -> float:
        return float(self.responses.value(x).sum()) + price * self.slack(x)


@dataclass(frozen=True)
class AtEfficiency:
    """Bring back at least `roas` per unit spent (for a CPA: 1 / CPA).

    The gradient is that of this constraint; the one that Robyn hands to its solver is not.
    """

    responses: Responses
    roas: float

    @property
    def dearest(self) -> float:
        return self.roas

    def slack(self, x: Vector) -> float:
        return float(self.responses.value(x).sum()) - self.roas * float(x.sum())

    def gradient(self, x: Vector) -> Vector:
        return np.asarray(self.responses.slope(x) - self.roas)

    def bound(self, price: float, x: Vector) -> float:
        weight = price / (self.roas - price) if price < self.roas else np.inf
        return float(self.responses.value(x).sum()) + weight * self.slack(x) if weight < np.inf else np.inf


def best_reply(responses: Responses, price: float, low: Vector, high: Vector) -> Vector:
    """Return the (C,) spends in [low, high] that bring most after paying `price` per unit of spend."""
    if price <= 0:
        return high.copy()
    choices = np.array([low, responses.spend_at(price, low, high), high])
    kept = responses.value(choices) - price * choices
    return np.asarray(choices[kept.argmax(axis=0), np.arange(len(low))])


def best_split(
    responses: Responses, constraint: Constraint, low: Vector, high: Vector, starts: Sequence[Vector] = ()
) -> Split | None:
    """Return the split that brings most within the (C,) bounds and the constraint; None where nothing is allowed.

    Curves must have coef > 0, so that spending up to the constraint is best. `starts` are further splits from which
    a local search begins.
    """
    whole = _relax(responses, constraint, low, high)
    if whole is None:
        return None
    best, most = whole.spend, float(responses.value(whole.spend).sum())
    if constraint.slack(high) >= 0:
        return Split(best, most, most)

    def climb(start: Vector) -> None:
        nonlocal best, most
        for found in _climb(responses, constraint, low, high, start):
            if (response := float(responses.value(found).sum())) > most:
                best, most = found, response

    for start in (whole.spend, *(np.clip(start, low, high) for start in starts)):
        climb(start)
    # The range that promises most comes first; the number keeps equal promises in order.
    ranges, number, narrowest = [(-whole.bound, 0, whole)], 0, most
    while ranges and -ranges[0][0] > most * (1 + PROVED) and number < 2 * MOST_RANGES:
        _, _, widest = heapq.heappop(ranges)
        halves = list(widest.halves())
        if not halves:
            narrowest = max(narrowest, widest.bound)
        for inner in halves:
            part = _relax(responses, constraint, *inner)
            if part is not None and part.bound > most:
                climb(part.spend)
                number += 1
                heapq.heappush(ranges, (-part.bound, number, part))
    return Split(best, most, max(most, narrowest, *(-promised for promised, _, _ in ranges)))


def best_efficiency(responses: Responses, low: Vector, high: Vector) -> float:
    """Return the highest response per unit spent within the bounds; infinite where no spend still has a response.

    Found by Dinkelbach's iteration.
    """
    x, best = high, 0.0
    while True:
        cost = float(x.sum())
        reached = float(responses.value(x).sum()) / cost if cost > 0 else np.inf
        if not best < reached < np.inf:
            return max(best, reached)
        best, x = reached, best_reply(responses, reached, low, high)


@dataclass(frozen=True)
class _Range:
    """Part of the bounds, its bound on the response, an allowed split in it, and how far the price leaves it open."""

    low: Vector
    high: Vector
    bound: float
    spend: Vector
    open: Vector

    def halves(self) -> Iterator[tuple[Vector, Vector]]:
        """Yield the range cut in two where the channel that the price leaves most open stands."""
        which = int(self.open.argmax())
        low, at, high = self.low[which], self.spend[which], self.high[which]
        if not low < at < high:
            at = (low + high) / 2
        if not low < at < high:
            return
        below, above = self.high.copy(), self.low.copy()
        below[which] = above[which] = at
        yield self.low, below
        yield above, self.high


def _relax(responses: Responses, constraint: Constraint, low: Vector, high: Vector) -> _Range | None:
    """Find the price at which the constraint is just met; None where no split in [low, high] meets it."""
    if constraint.slack(high) >= 0:
        return _Range(low, high, float(responses.value(high).sum()), high, np.zeros_like(high))
    steepest = responses.slope(np.clip(responses.steepest, low, high)).max()
    cheap, dear = 0.0, min(constraint.dearest, float(steepest))
    loose, tight = high, best_reply(responses, dear, low, high)
    if constraint.slack(tight) < 0:
        return None
    bound = constraint.bound(dear, tight)
    for _ in range(_HALVINGS):
        price = (cheap + dear) / 2
        if not cheap < price < dear or dear - cheap <= _SAME * dear:
            break
        reply = best_reply(responses, price, low, high)
        bound = min(bound, constraint.bound(price, reply))
        if constraint.slack(reply) >= 0:
            dear, tight = price, reply
        else:
            cheap, loose = price, reply
    inner, outer = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (inner + outer) / 2
        if not inner < share < outer:
            break
        inside = constraint.slack(tight + share * (loose - tight)) >= 0
        inner, outer = (share, outer) if inside else (inner, share)
    return _Range(low, high, bound, tight + inner * (loose - tight), loose - tight)


def _climb(responses: Responses, constraint: Constraint, low: Vector, high: Vector, start: Vector) -> Iterator[Vector]:
    """Yield allowed splits that a local search from `start` comes to: as the solver leaves it, and polished."""
    width = np.where(high > low, high - low, 1.0)
    scale = float(responses.value(high).sum())
    room = max(float(np.abs(constraint.slack(low))), float(np.abs(constraint.slack(high))))

    def spend(at: Vector) -> Vector:
        return np.asarray(np.clip(low + at * width, low, high))

    found = minimize(
        lambda at: -float(responses.value(spend(at)).sum()) / scale,
        (start - low) / width,
        jac=lambda at: -responses.slope(spend(at)) * width / scale,
        bounds=[(0.0, 1.0 if there else 0.0) for there in high > low],
        constraints={
            "type": "eq",
            "fun": lambda at: constraint.slack(spend(at)) / room,
            "jac": lambda at: constraint.gradient(spend(at)) * width / room,
        },
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 300},
    )
    for candidate in (start, spend(found.x)):
        polished = _polish(responses, constraint, low, high, candidate)
        if abs(constraint.slack(polished)) <= _MET * room:
            yield polished


def _polish(responses: Responses, constraint: Constraint, low: Vector, high: Vector, x: Vector) -> Vector:
    """Bring the channels between their bounds to one slope, and the slack to nothing, by Newton's method."""
    margin = _AT_BOUND * (high - low)
    free = (x > low + margin) & (x < high - margin)
    x = np.where(x <= low + margin, low, np.where(x >= high - margin, high, x))
    if not free.any():
        return np.asarray(x)
    some = responses.pick(free)
    for _ in range(_ROUNDS):
        slope, bend, pull = some.slope(x[free]), some.curvature(x[free]), constraint.gradient(x)[free]
        if not (np.all(bend != 0) and (weight := float((pull / bend).sum())) != 0):
            break
        price = (float((pull * slope / bend).sum()) - constraint.slack(x)) / weight
        step = (price - slope) / bend
        moved = x.copy()
        moved[free] = np.clip(x[free] + step, low[free], high[free])
        done = bool(np.all(np.abs(moved - x) <= 1e-15 * np.maximum(1.0, np.abs(x))))
        x = moved
        if done:
            break
    return np.asarray(x)
