"""Ridge regression within limits, by the steps of glmnet: same start, order and stopping rule.

glmnet stops early on purpose, and at the small penalties where searches end its answer is visibly not the
optimum. Robyn's published numbers are those early answers, so equality with Robyn needs the same steps.
A smaller `tolerance` solves the same problem exactly.

Source of the rules: glmnet's covariance updates for a gaussian response with alpha = 0, one lambda and
standardize = TRUE.
"""

import numpy as np
from numpy.typing import NDArray

from engine.model.compiled import Matrix, Vector, compiled

# glmnet's own `thresh`; and what counts as exact here.
ROBYN_TOLERANCE = 1e-7
EXACT_TOLERANCE = 1e-22
MOST_SWEEPS = 1_000_000


@compiled
def fit_ridge(
    x: Matrix, y: Vector, penalty: float, lower: Vector, upper: Vector, intercept: bool, tolerance: float
) -> tuple[float, Vector, int]:
    """Minimise mean(residual²)/2 + (penalty / s_y)·Σβ²/2 on glmnet's scale, lower <= coefficient <= upper.

    x: (N, P), one row per period. y: (N,), not constant. penalty: lambda as glmnet takes it, in units of y.
    lower, upper: (P,) limits of the coefficients in their own units, may be infinite.
    With an intercept, x and y are centred and scaled by their population sd. Without, neither is centred: x is
    still divided by its centred sd, y by its root mean square. A constant column gets coefficient 0.
    Returns intercept, (P,) coefficients, number of sweeps.
    """
    n, p = x.shape
    mean_y = np.mean(y) if intercept else 0.0
    scale_y = np.sqrt(np.mean((y - mean_y) ** 2))
    scaled_y = (y - mean_y) / scale_y
    means, scales = np.zeros(p), np.zeros(p)
    scaled = np.zeros((n, p))
    for j in range(p):
        mean = np.mean(x[:, j])
        scales[j] = np.sqrt(np.mean((x[:, j] - mean) ** 2))
        # A constant column's sd is not exactly 0 after rounding.
        if scales[j] <= 1e-12 * abs(mean):
            scales[j] = 0.0
        if intercept:
            means[j] = mean
        if scales[j] > 0:
            scaled[:, j] = (x[:, j] - means[j]) / scales[j]
    gram, target = _products(scaled, scaled_y)
    beta, sweeps = _descend(
        gram, target, penalty / scale_y, lower * scales / scale_y, upper * scales / scale_y, scales > 0, tolerance
    )
    coefficients = np.zeros(p)
    for j in range(p):
        if scales[j] > 0:
            coefficients[j] = beta[j] * scale_y / scales[j]
    return mean_y - np.sum(coefficients * means), coefficients, sweeps


@compiled
def fit_bounded(
    x: Matrix, y: Vector, penalty: float, lower: Vector, upper: Vector, tolerance: float
) -> tuple[float, Vector, bool]:
    """Fit with an intercept, and again without if it comes out negative, as Robyn does.

    Arguments as in `fit_ridge`. Returns intercept, (P,) coefficients, whether the intercept was dropped.
    """
    constant, coefficients, _ = fit_ridge(x, y, penalty, lower, upper, True, tolerance)
    if constant >= 0:
        return constant, coefficients, False
    _, coefficients, _ = fit_ridge(x, y, penalty, lower, upper, False, tolerance)
    return 0.0, coefficients, True


@compiled
def _products(scaled: Matrix, y: Vector) -> tuple[Matrix, Vector]:
    """Return X'X / n and X'y / n. Summed row by row: a BLAS would round differently by its number of threads."""
    n, p = scaled.shape
    gram, target = np.zeros((p, p)), np.zeros(p)
    for t in range(n):
        for i in range(p):
            value = scaled[t, i]
            target[i] += value * y[t]
            for j in range(p):
                gram[i, j] += value * scaled[t, j]
    return gram / n, target / n


@compiled
def _descend(
    gram: Matrix,
    target: Vector,
    penalty: float,
    lower: Vector,
    upper: Vector,
    usable: NDArray[np.bool_],
    tolerance: float,
) -> tuple[Vector, int]:
    """Cyclic coordinate descent from zero: a sweep over all, then over those that moved until they rest, and again."""
    p = len(target)
    beta, gradient = np.zeros(p), target.copy()
    moved, order, count = np.zeros(p, dtype=np.bool_), np.zeros(p, dtype=np.int64), 0
    sweeps, everything = 0, True
    while sweeps < MOST_SWEEPS:
        sweeps += 1
        largest = 0.0
        for position in range(p if everything else count):
            j = position if everything else order[position]
            if not usable[j]:
                continue
            before, weight = beta[j], gram[j, j]
            after = (gradient[j] + weight * before) / (weight + penalty)
            after = min(max(after, lower[j]), upper[j])
            if after == before:
                continue
            if not moved[j]:
                moved[j], order[count] = True, j
                count += 1
            beta[j] = after
            step = after - before
            gradient -= step * gram[j]
            largest = max(largest, weight * step * step)
        settled = largest < tolerance
        if settled and everything:
            break
        everything = settled
    return beta, sweeps
