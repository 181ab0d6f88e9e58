"""Ridge regression within limits, by the steps of glmnet: same start, order and stopping rule.

glmnet stops early on purpose, and at the small penalties where searches end its answer is visibly not the
optimum. Robyn's published numbers are those early answers, so equality with Robyn needs the same steps.
A smaller `tolerance` solves the same problem exactly.

Source of the rules: glmnet's covariance updates for a gaussian response with alpha = 0, one lambda and
standardize = TRUE.
"""

from typing import NamedTuple

import numpy as np

from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector, compiled, vectorised

# glmnet's own `thresh`; and what counts as exact here.
ROBYN_TOLERANCE = 1e-7
EXACT_TOLERANCE = 1e-22
# glmnet's `maxit`.
MOST_SWEEPS = 100_000


class Bench(NamedTuple):
    """Room to work in, so that a fit allocates nothing. P columns, N rows.

    z: (P, N) centred columns in units of their sd. gram: (P, P) their products / N. cross: (P,) their products with
    centred y / N. means, scales: (P,) of the columns. For the descent, pull: (P, P); h, beta, low,
    high, weight, relax, order, moved: (P,).
    """

    z: Matrix
    gram: Matrix
    cross: Vector
    means: Vector
    scales: Vector
    pull: Matrix
    h: Vector
    beta: Vector
    low: Vector
    high: Vector
    weight: Vector
    relax: Vector
    order: Numbers
    moved: Flags


def make_bench(columns: int, rows: int) -> Bench:
    """Return a bench for fits of `columns` variables on up to `rows` rows."""

    def zeros() -> Vector:
        return np.zeros(columns)

    square, order, moved = (
        np.zeros((columns, columns)),
        np.zeros(columns, dtype=np.int64),
        np.zeros(columns, dtype=bool),
    )
    return Bench(
        np.zeros((columns, rows)), square, zeros(), zeros(), zeros(), square.copy(), zeros(), zeros(), zeros(), zeros(),
        zeros(), zeros(), order, moved,
    )  # fmt: skip


@vectorised
def take_moments(x: Matrix, y: Vector, n: int, known: int, bench: Bench) -> tuple[float, float]:
    """Centre and scale the first n rows and take all products of columns `known` on with all columns.

    x: (P, N), a row per column of the design. Columns before `known` are as at the last call with this bench and n.
    Returns mean and variance of y's first n rows.
    """
    mean_y, spread_y = 0.0, 0.0
    for t in range(n):
        mean_y += y[t]
    mean_y /= n
    for t in range(n):
        spread_y += (y[t] - mean_y) ** 2
    z, gram = bench.z, bench.gram
    for j in range(known, len(x)):
        mean, square = 0.0, 0.0
        for t in range(n):
            mean += x[j, t]
        mean /= n
        for t in range(n):
            square += (x[j, t] - mean) ** 2
        scale = np.sqrt(square / n)
        # A constant column's sd is not exactly 0 after rounding.
        if scale <= 1e-12 * abs(mean):
            scale = 0.0
        bench.means[j], bench.scales[j] = mean, scale
        factor = 1.0 / scale if scale > 0.0 else 0.0
        cross = 0.0
        for t in range(n):
            z[j, t] = (x[j, t] - mean) * factor
            cross += z[j, t] * (y[t] - mean_y)
        bench.cross[j] = cross / n
        for i in range(j + 1):
            product = 0.0
            for t in range(n):
                product += z[i, t] * z[j, t]
            gram[i, j] = gram[j, i] = product / n
    return mean_y, spread_y / n


@compiled
def solve(
    bench: Bench,
    mean_y: float,
    variance_y: float,
    penalty: float,
    factors: Vector,
    lower: Vector,
    upper: Vector,
    intercept: bool,
    tolerance: float,
    out: Vector,
) -> tuple[float, int]:
    """Fit on the moments in `bench`; write the (P,) coefficients into `out`, return intercept and number of sweeps.

    Minimises mean(residual²)/2 + (penalty / s_y)·Σ factor·β²/2 on glmnet's scale, lower <= coefficient <= upper. With
    an intercept, columns and y are centred and scaled by their population sd. Without, neither is centred: a column is
    still divided by its centred sd, y by its root mean square. factors: (P,), glmnet's penalty.factor, rescaled here to
    sum to P. A constant column gets coefficient 0.
    """  # fmt: skip
    p = len(out)
    scale_y = np.sqrt(variance_y if intercept else variance_y + mean_y * mean_y)
    total = np.sum(factors)
    strength = penalty / scale_y * (p / total if total > 0.0 else 0.0)
    for j in range(p):
        scale = bench.scales[j]
        if scale == 0.0:
            continue
        shift = 0.0 if intercept else bench.means[j] / scale
        weight = bench.gram[j, j] + shift * shift
        relax = 1.0 / (weight + strength * factors[j])
        bench.weight[j], bench.relax[j] = weight, relax
        bench.h[j] = (bench.cross[j] + shift * mean_y) / scale_y * relax
        bench.low[j], bench.high[j] = lower[j] * scale / scale_y, upper[j] * scale / scale_y
    for j in range(p):
        shift = 0.0 if intercept or bench.scales[j] == 0.0 else bench.means[j] / bench.scales[j]
        for i in range(p):
            if bench.scales[i] == 0.0 or i == j:
                bench.pull[j, i] = 0.0
            else:
                other = 0.0 if intercept else bench.means[i] / bench.scales[i]
                bench.pull[j, i] = (bench.gram[j, i] + shift * other) * bench.relax[i]
    sweeps = _descend(bench, tolerance)
    constant = mean_y if intercept else 0.0
    for j in range(p):
        out[j] = bench.beta[j] * scale_y / bench.scales[j] if bench.scales[j] > 0.0 else 0.0
        if intercept:
            constant -= out[j] * bench.means[j]
    return constant, sweeps


@compiled
def _descend(bench: Bench, tolerance: float) -> int:
    """Cyclic coordinate descent from zero: a sweep over all, then over those that moved until they rest, and again.

    h[j] holds what coordinate j would be without its limits, given all others: a step of one pulls at the others.
    """
    h, beta, pull, low, high, weight = bench.h, bench.beta, bench.pull, bench.low, bench.high, bench.weight
    moved, order = bench.moved, bench.order
    p, count = len(beta), 0
    beta[:] = 0.0
    moved[:] = False
    sweeps, everything = 0, True
    while sweeps < MOST_SWEEPS:
        sweeps += 1
        largest = 0.0
        for position in range(p if everything else count):
            j = position if everything else order[position]
            if bench.scales[j] == 0.0:
                continue
            after = min(max(h[j], low[j]), high[j])
            step = after - beta[j]
            if step == 0.0:
                continue
            if not moved[j]:
                moved[j], order[count] = True, j
                count += 1
            beta[j] = after
            for i in range(p):
                h[i] -= step * pull[j, i]
            largest = max(largest, weight[j] * step * step)
        settled = largest < tolerance
        if settled and everything:
            break
        everything = settled
    return sweeps


@compiled
def solve_bounded(
    bench: Bench,
    mean_y: float,
    variance_y: float,
    penalty: float,
    factors: Vector,
    lower: Vector,
    upper: Vector,
    tolerance: float,
    out: Vector,
) -> tuple[float, bool, int]:
    """Fit with an intercept, and again without if it comes out negative, as Robyn does.

    Arguments as in `solve`. Returns intercept, whether it was dropped, sweeps in all.
    """  # fmt: skip
    constant, sweeps = solve(bench, mean_y, variance_y, penalty, factors, lower, upper, True, tolerance, out)
    if constant >= 0.0:
        return constant, False, sweeps
    _, more = solve(bench, mean_y, variance_y, penalty, factors, lower, upper, False, tolerance, out)
    return 0.0, True, sweeps + more


def fit_ridge(
    x: Matrix, y: Vector, penalty: float, lower: Vector, upper: Vector, intercept: bool, tolerance: float
) -> tuple[float, Vector, int]:
    """Fit one model by itself; arguments and rules as in `solve`, with a penalty factor of 1 for every column.

    x: (N, P), one row per period. y: (N,), not constant. penalty: lambda as glmnet takes it, in units of y.
    lower, upper: (P,) limits of the coefficients in their own units, may be infinite.
    Returns intercept, (P,) coefficients, number of sweeps.
    """
    rows, columns = x.shape
    bench, out = make_bench(columns, rows), np.zeros(columns)
    mean_y, variance_y = take_moments(np.ascontiguousarray(x.T), np.ascontiguousarray(y), rows, 0, bench)
    ones = np.ones(columns)
    constant, sweeps = solve(bench, mean_y, variance_y, penalty, ones, lower, upper, intercept, tolerance, out)
    return constant, out, sweeps
