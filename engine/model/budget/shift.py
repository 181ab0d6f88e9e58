"""The best factors for the channels' plans: most response for a total, or at a target efficiency, over all draws.

Response curves may be S-shaped, so that the nearest best split need not be the best. A price on spend shows the way:
each channel alone takes what is best for it at that price, looked up on a fine grid (Lagrange), and local searches
(SLSQP) start from there, from today's split and from halfway.

A posterior knows some effects well and others hardly. What is maximised is therefore the mean gain less `caution` times
its standard deviation over draws: money moves as far as the draws agree that it should, and stays where they do not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from engine.model.budget.levels import Levels
from engine.model.fit.compiled import Matrix, Vector

GRID = 201
_HALVINGS = 60
# Spread below this share of the response is none: where nothing moves, a standard deviation has no slope.
_STILL = 1e-6
_MET = 1e-9


@dataclass(frozen=True)
class Range:
    """How far each channel may go: (C,) factors. money: (C,) what its plan costs at a factor of 1."""

    low: Vector
    up: Vector
    money: Vector


def most_for_total(
    levels: Levels, within: Range, total: float, start: Vector, *, caution: float, exact: bool = True
) -> Vector:
    """Return (C,) factors that bring most for `total` money. start: an allowed split that gains are counted from.

    caution: >= 0, in standard deviations of the gain. exact: spend all of it, not at most that much.
    """
    before, _ = levels.at(start)

    def worth(factors: Vector) -> tuple[float, Vector]:
        value, slope = levels.at(factors)
        return _cautious((value - before).sum(axis=1), slope, caution, float(np.abs(before.mean(axis=0)).sum()))

    grid, means = _mean_curves(levels, within)
    priced = _split_by_price(grid, means, within, lambda cost, _: total - cost)
    starts = [start, *(() if priced is None else (priced, (priced + start) / 2))]
    scale = total or 1.0

    def slack(factors: Vector) -> tuple[float, Vector]:
        return (total - float(within.money @ factors)) / scale, -within.money / scale

    found = [start, *_climb(worth, slack, within, starts, exact=exact)]
    return max(found, key=lambda factors: worth(factors)[0])


def most_at_efficiency(levels: Levels, within: Range, roas: float, start: Vector) -> Vector | None:
    """Return (C,) factors that bring most, by the mean, where each unit of money brings `roas` on average; else None.

    Where the target is easier than the bounds, every channel ends at its upper one.
    """

    def worth(factors: Vector) -> tuple[float, Vector]:
        value, slope = levels.at(factors)
        return float(value.mean(axis=0).sum()), slope.mean(axis=0)

    scale = max(float(np.abs(worth(within.up)[0])), 1e-300)

    def slack(factors: Vector) -> tuple[float, Vector]:
        value, slope = worth(factors)
        return (value - roas * float(within.money @ factors)) / scale, (slope - roas * within.money) / scale

    if slack(within.up)[0] >= 0:
        return within.up.copy()
    grid, means = _mean_curves(levels, within)
    priced = _split_by_price(grid, means, within, lambda cost, brings: brings - roas * cost, dearest=roas)
    if priced is None:
        return None
    scaled: Callable[[Vector], tuple[float, Vector]] = lambda x: (worth(x)[0] / scale, worth(x)[1] / scale)  # noqa: E731
    found = [priced, *_climb(scaled, slack, within, [priced, start, (priced + start) / 2], exact=False)]
    return max(found, key=lambda factors: worth(factors)[0])


def best_efficiency(levels: Levels, within: Range) -> float:
    """Return the highest mean response per unit of money within the bounds, by Dinkelbach's iteration on a grid."""
    grid, means = _mean_curves(levels, within)
    best, x = 0.0, within.up
    while True:
        cost = float(within.money @ x)
        brings = float(levels.at(x)[0].mean(axis=0).sum())
        if cost <= 0 or brings / cost <= best:
            return best
        best = brings / cost
        x = _replies(grid, means, within, best)


def nearest_to_proportions(within: Range, total: float) -> Vector:
    """Return (C,) factors of today's proportions at a total: one factor for all, as far as the bounds let each go."""
    low, high = 0.0, max(1.0, float(within.up.max(initial=1.0)))
    for _ in range(200):
        middle = (low + high) / 2
        if float(within.money @ np.clip(middle, within.low, within.up)) < total:
            low = middle
        else:
            high = middle
    return np.asarray(np.clip(high, within.low, within.up))


def _cautious(gains: Vector, slopes: Matrix, caution: float, size: float) -> tuple[float, Vector]:
    """Return mean less caution times sd of (D,) gains, in units of `size`, and its gradient. slopes: (D, C)."""
    size = size or 1.0
    mean, gradient = float(gains.mean()), slopes.mean(axis=0)
    away = gains - mean
    spread = float(np.sqrt((away**2).mean() + (_STILL * size) ** 2))
    bent = (away[:, None] * slopes).mean(axis=0) / spread
    return (mean - caution * spread) / size, (gradient - caution * bent) / size


def _mean_curves(levels: Levels, within: Range) -> tuple[Matrix, Matrix]:
    """Return (GRID, C) factors within the bounds and the mean response at each."""
    grid = np.linspace(within.low, within.up, GRID)
    return grid, np.array([levels.at(row)[0].mean(axis=0) for row in grid])


def _replies(grid: Matrix, means: Matrix, within: Range, price: float) -> Vector:
    """Return (C,) factors that are best for each channel alone after paying `price` per unit of money."""
    best = (means - price * within.money * grid).argmax(axis=0)
    return np.asarray(grid[best, np.arange(grid.shape[1])])


def _split_by_price(
    grid: Matrix,
    means: Matrix,
    within: Range,
    slack: Callable[[float, float], float],
    dearest: float | None = None,
) -> Vector | None:
    """Return a split at the price at which `slack(cost, response)` is just met; None where it never is.

    Between the splits on either side of that price it is met by going part of the way.
    """

    def left(x: Vector) -> float:
        brings = sum(float(np.interp(x[c], grid[:, c], means[:, c])) for c in range(len(x)))
        return slack(float(within.money @ x), brings)

    if left(within.up) >= 0:
        return within.up.copy()
    rises = np.diff(means, axis=0) / np.maximum(np.diff(grid, axis=0) * within.money, 1e-300)
    cheap, dear = 0.0, float(rises.max(initial=0.0)) * 2 + 1e-12 if dearest is None else dearest
    loose, tight = within.up, _replies(grid, means, within, dear)
    if left(tight) < 0:
        tight = within.low
        if left(tight) < 0:
            return None
    for _ in range(_HALVINGS):
        price = (cheap + dear) / 2
        reply = _replies(grid, means, within, price)
        if left(reply) >= 0:
            dear, tight = price, reply
        else:
            cheap, loose = price, reply
    inner, outer = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (inner + outer) / 2
        inner, outer = (share, outer) if left(tight + share * (loose - tight)) >= 0 else (inner, share)
    return np.asarray(tight + inner * (loose - tight))


def _climb(
    worth: Callable[[Vector], tuple[float, Vector]],
    slack: Callable[[Vector], tuple[float, Vector]],
    within: Range,
    starts: list[Vector],
    *,
    exact: bool,
) -> Iterator[Vector]:
    """Yield the allowed splits that local searches from the starts come to. The slack is met, or at least met."""

    def inside(x: Vector) -> Vector:
        return np.clip(x, within.low, within.up)

    for start in starts:
        found = minimize(
            lambda x: -worth(inside(x))[0],
            inside(start),
            jac=lambda x: -worth(inside(x))[1],
            bounds=list(zip(within.low, within.up, strict=True)),
            constraints={
                "type": "eq" if exact else "ineq",
                "fun": lambda x: slack(inside(x))[0],
                "jac": lambda x: slack(inside(x))[1],
            },
            method="SLSQP",
            options={"ftol": 1e-10, "maxiter": 200},
        )
        reached = inside(found.x)
        missed = slack(reached)[0]
        if (abs(missed) if exact else max(0.0, -missed)) <= _MET:
            yield reached
