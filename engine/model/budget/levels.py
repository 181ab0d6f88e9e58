"""What the channels' plans bring at other factors, draw by draw, at once: for a search that asks thousands of times.

Each channel's response is computed at some factors and their slopes with it; in between a cubic meets both. What a
search ends at is computed again, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.budget.flights import Flights, World
from engine.model.fit.compiled import Matrix, Vector

# Factors at which a channel is computed: evenly over its range, and more closely where it begins.
EVEN, CLOSE = 17, 13
# How far down the closer ones reach, as a share of the highest.
DOWN_TO = 1 / 64


@dataclass(frozen=True)
class Levels:
    """C channels in D draws. factors: (C, F), rising, 0 first; values, slopes: (D, C, F) response to the plan's spends
    over its periods and those after, beyond what earlier spend still brings, and its slope by the factor.
    """

    factors: Matrix
    values: NDArray[np.float64]
    slopes: NDArray[np.float64]

    def at(self, factors: Vector) -> tuple[Matrix, Matrix]:
        """Return (D, C) response and slope with (C,) factors, within the computed ones."""
        count = len(factors)
        place = (self.factors <= factors[:, None]).sum(axis=1).clip(1, self.factors.shape[1] - 1)
        each = np.arange(count)
        left, right = self.factors[each, place - 1], self.factors[each, place]
        width = right - left
        t = (factors - left) / width
        y0, y1 = self.values[:, each, place - 1], self.values[:, each, place]
        m0, m1 = self.slopes[:, each, place - 1] * width, self.slopes[:, each, place] * width
        rise = y1 - y0
        bend, twist = 3 * rise - 2 * m0 - m1, m0 + m1 - 2 * rise
        value = y0 + t * (m0 + t * (bend + t * twist))
        return value, (m0 + t * (2 * bend + 3 * t * twist)) / width


def levels(world: World, channels: Sequence[Flights], low: Vector, up: Vector, after: int) -> Levels:
    """Compute the channels within (C,) bounds of their factors."""
    factors = _factors(low, up)
    values, slopes = [], []
    for one, row in zip(channels, factors, strict=True):
        found = world.feel(one, after).scaled(row, len(one.money))
        values.append(found.total - found.total[:, :1])
        slopes.append(found.slope)
    return Levels(factors, np.stack(values, axis=1), np.stack(slopes, axis=1))


def _factors(low: Vector, up: Vector) -> Matrix:
    rows = []
    for least, most in zip(low, up, strict=True):
        most = max(most, 1.0)
        close = np.geomspace(max(least, most * DOWN_TO), most, CLOSE)
        rows.append(np.unique(np.concatenate([[0.0, 1.0], np.linspace(least, most, EVEN), close])))
    longest = max(map(len, rows))
    # What is missing to a rectangle stands beyond the upper bound, where nobody asks.
    return np.array([np.append(row, row[-1] * (1 + 0.05 * np.arange(1, longest - len(row) + 1))) for row in rows])
