"""Response curves: what a paid channel would bring at other levels of spend, and each further unit of it.

A curve scales the window's flights by one factor: what is spent more is also carried over more. At a factor of 1 it is
what the model says the channel brought.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.budget.flights import Flights, World
from engine.model.fit.compiled import Vector

# Factors of a curve; 1 is among them.
FACTORS = np.linspace(0.0, 2.0, 21)
FEW_FACTORS = np.linspace(0.0, 2.0, 11)
# The middle of draws that a range holds.
ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class NextUnit:
    """Response to one more unit of spend, later effects included, and the middle 90 % of draws; missing for one."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """One channel: spend, response per period, (G,), by rising spend. low, high: the middle 90 % of draws, or missing.

    marginal_roi: (G,) response to one more unit at each spend. carried: (G,) the part of the response that comes from
    earlier periods' spend. beyond: whether half of the money would lie in periods above the largest seen.
    """

    spend: Vector
    response: Vector
    low: Vector
    high: Vector
    marginal_roi: Vector
    is_mean: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    carried: Vector
    next_unit: NextUnit


def response_curve(world: World, one: Flights, factors: Vector = FACTORS) -> Curve:
    """Return the curve of a channel over the window's flights, scaled by each of (G,) factors, 1 among them."""
    periods, several = len(one.money), len(world.draws) > 1
    found = world.feel(one, world.after()).scaled(factors, periods)
    response = found.inside / periods
    marginal = found.slope / one.total if one.total else np.zeros_like(found.slope)
    today = int(np.argmin(np.abs(factors - 1)))
    fresh = world.feel_at_once(one).scaled(factors, periods).inside / periods
    unknown = np.full(len(factors), np.nan)
    low, high = np.quantile(response, ENDS, axis=0) if several else (unknown, unknown)
    return Curve(
        spend=np.asarray(factors * one.money.mean()),
        response=np.asarray(response.mean(axis=0)),
        low=low,
        high=high,
        marginal_roi=np.asarray(marginal.mean(axis=0)),
        is_mean=np.arange(len(factors)) == today,
        beyond=np.array([one.beyond(factor) > 0 for factor in factors]),
        carried=np.asarray((response - fresh).mean(axis=0)),
        next_unit=next_unit(marginal[:, today]),
    )


def next_unit(marginal: Vector) -> NextUnit:
    """Return the mean of (D,) draws of the next unit's response, and where most of them lie."""
    low, high = np.quantile(marginal, ENDS) if len(marginal) > 1 else (np.nan, np.nan)
    return NextUnit(float(marginal.mean()), float(low), float(high))
