"""Chance: noise with a memory, and parameters inside or outside what is searched."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def wander(rng: np.random.Generator, count: int, echo: float) -> Vector:
    """Noise of variance 1 of which a share `echo` lasts into the next period."""
    values = rng.normal(0, np.sqrt(1 - echo**2), count)
    values[0] /= np.sqrt(1 - echo**2)
    for t in range(1, count):
        values[t] += echo * values[t - 1]
    return np.asarray(values)


def inside_or_out(
    rng: np.random.Generator, searched: tuple[float, float], outside: float, low: float, high: float
) -> float:
    """Draw a parameter from the searched range, or with chance `outside` from beyond it, within low..high."""
    if rng.random() >= outside:
        return float(rng.uniform(*searched))
    return float(np.clip(rng.choice([searched[0] * 0.6, searched[1] * 1.15]), low, high))


def scaled(values: Vector) -> Vector:
    """`values` with mean 0 and standard deviation 1."""
    return np.asarray((values - values.mean()) / values.std())
