"""How well one column tells another: Spearman's rank correlation, the straight line, and its error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.data.collinearity import correlations

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """How y follows x. rho: Spearman's, in [-1, 1]; r2: of y = a + b·x, in [0, 1]; error: mean |miss| / range of y."""

    rho: float
    r2: float
    error: float


def spearman(x: Vector, y: Vector) -> float:
    """Return Spearman's rank correlation: Pearson's r of the ranks, equal values sharing the mean of theirs.

    x, y: (T,), no NaN. Returns [-1, 1]; 0 where one of them never changes.
    """
    if len(x) < 2:
        return 0.0
    ranks = pd.DataFrame({"x": x, "y": y}).rank().to_numpy(dtype=np.float64)
    return float(correlations(ranks)[0, 1])


def line(x: Vector, y: Vector) -> Line:
    """Return how well a straight line of x tells y.

    x, y: (T,), no NaN. The line is that of least squares with intercept; where x never changes it is y's mean. An error
    of 0.1 means: off by a tenth of the range of y on average. All 0 where y never changes.
    """
    if len(x) < 2 or float(np.ptp(y)) <= 0:
        return Line(0.0, 0.0, 0.0)
    centred, around = x - x.mean(), y - y.mean()
    spread = float(centred @ centred)
    flat = spread <= (1e-9 * float(np.abs(x).max(initial=0.0))) ** 2 * len(x)
    slope = 0.0 if flat else float(centred @ around) / spread
    miss = around - slope * centred
    r2 = 0.0 if flat else max(0.0, 1.0 - float(miss @ miss) / float(around @ around))
    return Line(spearman(x, y), r2, float(np.abs(miss).mean() / np.ptp(y)))
