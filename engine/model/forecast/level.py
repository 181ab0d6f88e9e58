"""The level that a fit has been off by lately, which a forecast goes on with."""

import math

import numpy as np

from engine.model.fit.compiled import Vector

# Variance of a period's step of the level, over that of a period's noise: those that are tried.
STEPS = (0.0, 0.0005, 0.002, 0.006, 0.015, 0.04, 0.1, 0.25)
# A single odd period says nothing of the level: misses count up to so many robust standard deviations.
MOST = 3.0
# Of a normal distribution: its standard deviation over its median absolute deviation.
TO_SD = 1.4826


def level_left(residuals: Vector) -> float:
    """Return the level that is left in (N,) residuals at their end, in their unit.

    A level that wanders in steps, seen through noise (a local level model, Harvey 1989, chapter 4). How much it wanders
    is what makes the residuals likeliest; where they are noise around 0 the answer is 0.
    """
    if len(residuals) < 2:
        return 0.0
    deviation = TO_SD * float(np.median(np.abs(residuals)))
    most = MOST * deviation if deviation > 0 else float(np.inf)
    found = [_filtered(residuals.tolist(), step, most) for step in STEPS]
    return max(found)[1]


def _filtered(values: list[float], step: float, most: float) -> tuple[float, float]:
    """Return the log likelihood of steps of this variance, and the level at the end by the Kalman filter.

    most: how far off a value may be to count in full; a level that stays away from there on is found step by step.
    """
    level, unsure, squares, logs = 0.0, min(10 * step, 1.0), 0.0, 0.0
    for value in values:
        unsure += step
        total = unsure + 1.0
        miss = min(max(value - level, -most), most)
        squares += miss**2 / total
        logs += math.log(total)
        level += unsure / total * miss
        unsure /= total
    count = len(values)
    return -0.5 * logs - 0.5 * count * math.log(max(squares / count, 1e-300)), level
