"""How sure a shift of money is: what it gains in each draw, whether to recommend it, and which test would tell most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.model.budget.answer import Promise
from engine.model.budget.curves import ENDS
from engine.model.budget.flights import Flights, World
from engine.model.fit.compiled import Matrix, Vector

# A shift is recommended where at least this share of draws gain.
SURE = 0.8
# Less than this share of what the plan brings is no reason to move money.
WORTHWHILE = 0.005


@dataclass(frozen=True)
class Outcome:
    """What the channels' plans bring with some factors, exactly: (D, C), per period of the plan.

    whole: beyond what earlier spend still brings, later effects included; inside: in the plan's periods only; slope: of
    `whole` by one more unit of money per period.
    """

    whole: Matrix
    inside: Matrix
    slope: Matrix


def outcome(world: World, channels: Sequence[Flights], factors: Vector, after: int, *, even: bool = False) -> Outcome:
    """Return what (C,) factors bring. even: each channel's money spread evenly over the periods."""
    whole, inside, slope = [], [], []
    for one, factor in zip(channels, factors, strict=True):
        periods = len(one.money)
        found = world.feel(one, after, even=even).scaled(np.array([0.0, factor]), periods)
        whole.append((found.total[:, 1] - found.total[:, 0]) / periods)
        inside.append(found.inside[:, 1] / periods)
        slope.append(found.slope[:, 1] / one.total if one.total else np.zeros(len(found.slope)))
    return Outcome(*(np.array(each).T for each in (whole, inside, slope)))


def chance(gains: Vector) -> float:
    """Return the share of draws that gain."""
    return float((gains > 0).mean())


def promise(gains: Vector, *, recommended: bool, even: Vector, test: str) -> Promise:
    """Return what is said of (D,) gains per period. even: (D,) those of spreading today's money evenly."""
    low, high = np.quantile(gains, ENDS)
    least, most = np.quantile(even, ENDS)
    return Promise(
        gain=float(gains.mean()) if recommended else 0.0,
        low=float(low),
        high=float(high),
        chance=chance(gains),
        recommended=recommended,
        even=float(even.mean()),
        even_ends=(float(least), float(most)),
        test="" if recommended else test,
        claimed=float(gains.mean()),
    )


def telling_test(channels: Sequence[Flights], slopes: Matrix) -> str:
    """Return the channel whose test would tell most: most money times what is open of its next unit, (D, C) slopes."""
    low, high = np.quantile(slopes, ENDS, axis=0)
    open_ends = (high - low) * np.array([one.total for one in channels])
    return channels[int(open_ends.argmax())].name
