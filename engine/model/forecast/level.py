"""The level that a fit has been off by lately, which a forecast goes on with."""

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
    values = residuals if deviation == 0 else np.clip(residuals, -MOST * deviation, MOST * deviation)
    found = [_filtered(values.tolist(), step) for step in STEPS]
    return max(found)[1]


def _filtered(values: list[float], step: float) -> tuple[float, float]:
    """Return the log likelihood of steps of this variance, and the level at the end by the Kalman filter."""
    level, open_, squares, logs = 0.0, min(10 * step, 1.0), 0.0, 0.0
    for value in values:
        open_ += step
        total = open_ + 1.0
        miss = value - level
        squares += miss**2 / total
        logs += float(np.log(total))
        level += open_ / total * miss
        open_ *= 1.0 / total
    count = len(values)
    return -0.5 * logs - 0.5 * count * float(np.log(max(squares / count, 1e-300))), level
