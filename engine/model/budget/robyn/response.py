"""What spend brings: the saturation of paid channels on top of what earlier periods carry over.

response(x) = coef / (1 + (inflexion / (x + carryover))^alpha), Robyn's `fx_objective`. x and carryover are per period
and in the units of the modelled input (an exposure is scaled to the spend it cost); carryover is the mean over the
window and does not react to x.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.compiled import Vector

# Where alpha < 1 the first unit on no carryover has an infinite slope; numbers stay finite from here on, in inflexions.
_LEAST = 1e-12
_TINY = 1e-300
# Newton's method ends when no logarithm of spend has moved by more than this, or after so many rounds.
_CLOSE = 1e-11
_ROUNDS = 60


@dataclass(frozen=True)
class Responses:
    """The curves of C channels, each field (C,). coef >= 0, alpha > 0, inflexion > 0, carryover >= 0."""

    coef: Vector
    alpha: Vector
    inflexion: Vector
    carryover: Vector

    def pick(self, which: Sequence[int] | NDArray[np.bool_]) -> "Responses":
        """Return the curves of some channels, by index or mask."""
        chosen = np.asarray(which)
        return Responses(self.coef[chosen], self.alpha[chosen], self.inflexion[chosen], self.carryover[chosen])

    def value(self, x: Vector) -> Vector:
        """Response per period to (…, C) spends per period, >= 0."""
        return np.asarray(self.coef * _share(self._felt(x) ** self.alpha))

    def marginal(self, x: Vector) -> Vector:
        """Response to one more unit of spend, response(x + 1) - response(x): Robyn's marginal response and ROAS."""
        return self.value(np.asarray(x) + 1) - self.value(x)

    def slope(self, x: Vector) -> Vector:
        """First derivative of the response by spend: coef·S·(1 - S)·alpha / (x + carryover)."""
        felt = self._felt(x)
        share = _share(felt**self.alpha)
        return np.asarray(self.coef * share * (1 - share) * self.alpha / (felt * self.inflexion))

    def curvature(self, x: Vector) -> Vector:
        """Second derivative of the response by spend; negative where each further unit brings less."""
        felt = self._felt(x)
        share = _share(felt**self.alpha)
        bend = self.alpha * (1 - 2 * share) - 1
        return np.asarray(self.coef * share * (1 - share) * self.alpha * bend / (felt * self.inflexion) ** 2)

    @property
    def steepest(self) -> Vector:
        """(C,) spend where the S-shaped curve is steepest, below 0 where it only ever flattens (alpha <= 1)."""
        alpha = np.maximum(self.alpha, 1.0)
        return np.asarray(self.inflexion * ((alpha - 1) / (alpha + 1)) ** (1 / alpha) - self.carryover)

    def spend_at(self, slope: float, low: Vector, high: Vector) -> Vector:
        """(C,) spend in [low, high] at which the flattening part of each curve has the slope `slope`, > 0.

        The nearer end where it has it nowhere. By Newton's method on log slope over log spend, which is almost a
        straight line, inside a bracket.
        """
        first = np.log(self._felt(np.maximum(low, np.minimum(self.steepest, high))))
        last = np.log(self._felt(high))
        goal = np.log(slope)
        at = np.where(self._tilt(first)[0] <= goal, first, np.where(self._tilt(last)[0] >= goal, last, np.nan))
        ended = ~np.isnan(at)
        at = np.where(ended, at, (first + last) / 2)
        for _ in range(_ROUNDS):
            found, bend = self._tilt(at)
            first, last = np.where(found > goal, at, first), np.where(found > goal, last, at)
            step = at - (found - goal) / np.where(bend < 0, bend, -1.0)
            inside = (bend < 0) & (step >= first) & (step <= last)
            following = np.where(ended, at, np.where(inside, step, (first + last) / 2))
            moved = float(np.abs(following - at).max())
            at = following
            if moved <= _CLOSE:
                break
        return np.asarray(np.clip(np.exp(at) * self.inflexion - self.carryover, low, high))

    def _tilt(self, at: Vector) -> tuple[Vector, Vector]:
        """Log of the slope at `at` (log of spend and carryover, in inflexions), and its derivative by `at`."""
        share = _share(np.exp(self.alpha * at))
        slope = self.coef * share * (1 - share) * self.alpha / self.inflexion
        return np.log(np.maximum(slope, _TINY)) - at, self.alpha * (1 - 2 * share) - 1

    def _felt(self, x: Vector) -> Vector:
        """Spend and carryover together, in inflexions."""
        return np.asarray(np.maximum((np.asarray(x) + self.carryover) / self.inflexion, _LEAST))


def _share(power: Vector) -> Vector:
    return np.asarray(1 / (1 + 1 / power))
