"""What a plan of inputs brings, draw by draw: the one computation behind curves, next unit, budget and forecast.

response[t] = coef · hill(adstock(history, then plan)[t], alpha, half). The carryover follows the spend: what is spent
more is also felt later, and what is spent less is missed later. Adstock adds up, so a plan that is scaled by a factor
needs no second pass: felt = carried + factor · own.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.compiled import Matrix, Numbers, Vector, compiled
from engine.model.fit.transforms import (
    GEOMETRIC,
    TINY,
    geometric_into,
    saturate_into,
    weights_into,
)
from engine.model.response.draws import MediaDraws

# After a plan its carryover is followed until this share of a spend's effect on later periods is left.
LEFT = 0.005


@dataclass(frozen=True)
class Felt:
    """What is felt of one medium in the L periods from a plan's first on, in D draws: (D, L), units of its input.

    carried: of the history alone; own: of the plan alone. alpha, halves, coefficients: (D,) what the draws make of it.
    """

    carried: Matrix
    own: Matrix
    alpha: Vector
    halves: Vector
    coefficients: Vector

    def response(self, factor: float = 1.0) -> Matrix:
        """Return (D, L) the response per period where the plan is scaled by a factor."""
        out = np.empty_like(self.own)
        _respond_into(self.carried + factor * self.own, self.alpha, self.halves, self.coefficients, out)
        return out

    def scaled(self, factors: Vector, within: int) -> "Scaled":
        """Return the response at each of (F,) factors. within: how many of the L periods are the plan's own."""
        shape = (len(self.own), len(factors))
        total, slope, inside = np.empty(shape), np.empty(shape), np.empty(shape)
        given = np.ascontiguousarray(factors, dtype=np.float64)
        _scale_into(self.carried, self.own, self.alpha, self.halves, self.coefficients, given, within, total, slope,
                    inside)  # fmt: skip
        return Scaled(given, total, slope, inside)


@dataclass(frozen=True)
class Scaled:
    """One medium's response where its plan is scaled by each of F factors, (D, F).

    total: over the plan's periods and those after it; inside: over the plan's periods only; slope: of total by the
    factor.
    """

    factors: Vector
    total: Matrix
    slope: Matrix
    inside: Matrix


def feel(draws: MediaDraws, medium: int, history: Vector, plan: Vector, *, trained: int, after: int = 0) -> Felt:
    """Return what is felt of a medium in the H periods of a plan and `after` more, in which nothing is spent.

    history: (T,) inputs before the plan; plan: (H,), in units of the medium's input. trained: rows of the training,
    of which Robyn's Weibull scale is a share: weights of the longer series would be those of another model.
    """
    shapes = np.ascontiguousarray(draws.shapes[:, medium])
    periods = len(plan) + after
    before = np.concatenate([np.asarray(history, dtype=np.float64), np.zeros(periods)])
    ahead = np.concatenate([np.asarray(plan, dtype=np.float64), np.zeros(after)])
    carried, own = np.zeros((len(draws), periods)), np.zeros((len(draws), periods))
    _feel_into(before, len(history), shapes, np.empty(trained), carried)
    _feel_into(ahead, 0, shapes, np.empty(trained), own)
    return Felt(
        carried,
        own,
        np.ascontiguousarray(shapes[:, 0]),
        np.ascontiguousarray(draws.halves[:, medium]),
        np.ascontiguousarray(draws.coefficients[:, medium]),
    )


def feel_at_once(draws: MediaDraws, medium: int, plan: Vector, *, trained: int) -> Felt:
    """Return what is felt of each period's own input only, without what earlier periods carry over."""
    weights = np.empty((len(draws), 1))
    _first_weights(np.ascontiguousarray(draws.shapes[:, medium]), np.empty(trained), weights)
    felt = feel(draws, medium, plan[:0], plan[:0], trained=trained)
    own = np.ascontiguousarray(weights * plan)
    return replace(felt, carried=np.zeros_like(own), own=own)


def respond(draws: MediaDraws, medium: int, history: Vector, plan: Vector, *, trained: int, after: int = 0) -> Matrix:
    """Return (D, H + after) what a medium brings per period. Arguments as in `feel`."""
    return feel(draws, medium, history, plan, trained=trained, after=after).response()


def periods_after(draws: MediaDraws, *, trained: int) -> int:
    """Return after how many periods no spend has much of its effect left, whatever the medium and the draw."""
    found = np.empty(draws.shapes.shape[:2], dtype=np.int64)
    _last_lags(np.ascontiguousarray(draws.shapes), np.empty(trained), LEFT, found)
    return int(found.max(initial=0))


@compiled
def _weigh_into(shape: Vector, weights: Vector) -> int:
    """Write the weight of each lag into `weights`, (L,). shape: (5,) of a draw. Returns how many of them matter."""
    if int(shape[4]) == GEOMETRIC:
        weights[0] = 1.0
        for lag in range(1, len(weights)):
            weights[lag] = weights[lag - 1] * shape[2]
        return len(weights)
    return weights_into(int(shape[4]), shape[2], shape[3], weights)


@compiled
def _feel_into(x: Vector, first: int, shapes: Matrix, weights: Vector, out: Matrix) -> None:
    """Write what is felt of x, (T + L,), from row `first` on into `out`, (D, L). shapes: (D, 5)."""
    periods = len(x)
    whole = np.empty(periods)
    for d in range(len(out)):
        row = out[d]
        if int(shapes[d, 4]) == GEOMETRIC:
            geometric_into(x, shapes[d, 2], whole)
            row[:] = whole[first:]
            continue
        count = _weigh_into(shapes[d], weights)
        row[:] = 0.0
        for lag in range(min(count, periods)):
            weight = weights[lag]
            for t in range(max(first, lag), periods):
                row[t - first] += weight * x[t - lag]


@compiled
def _respond_into(felt: Matrix, alpha: Vector, halves: Vector, coefficients: Vector, out: Matrix) -> None:
    for d in range(len(out)):
        saturate_into(felt[d], alpha[d], halves[d], out[d])
        out[d] *= coefficients[d]


@compiled
def _scale_into(
    carried: Matrix,
    own: Matrix,
    alpha: Vector,
    halves: Vector,
    coefficients: Vector,
    factors: Vector,
    within: int,
    total: Matrix,
    slope: Matrix,
    inside: Matrix,
) -> None:
    """Write the sums of the response and of its slope, coef·S·(1 - S)·alpha·own / felt, for each draw and factor."""
    periods = own.shape[1]
    felt, share = np.empty(periods), np.empty(periods)
    for d in range(len(own)):
        for f in range(len(factors)):
            for t in range(periods):
                felt[t] = carried[d, t] + factors[f] * own[d, t]
            saturate_into(felt, alpha[d], halves[d], share)
            planned, later, steep = 0.0, 0.0, 0.0
            for t in range(within):
                planned += share[t]
            for t in range(within, periods):
                later += share[t]
            for t in range(periods):
                steep += share[t] * (1.0 - share[t]) * own[d, t] / max(felt[t], TINY)
            inside[d, f] = coefficients[d] * planned
            total[d, f] = coefficients[d] * (planned + later)
            slope[d, f] = coefficients[d] * alpha[d] * steep


@compiled
def _first_weights(shapes: Matrix, weights: Vector, out: Matrix) -> None:
    for d in range(len(out)):
        _weigh_into(shapes[d], weights)
        out[d, 0] = weights[0]


@compiled
def _last_lags(shapes: NDArray[np.float64], weights: Vector, left: float, out: Numbers) -> None:
    """Write for each draw and medium the lag behind which at most a share `left` of all weights lies."""
    for d in range(shapes.shape[0]):
        for m in range(shapes.shape[1]):
            count = _weigh_into(shapes[d, m], weights)
            behind, whole = 0.0, np.sum(weights[:count])
            lag = count - 1
            while lag > 0 and behind + weights[lag] <= left * whole:
                behind += weights[lag]
                lag -= 1
            out[d, m] = lag
