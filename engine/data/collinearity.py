"""How far drivers can be told apart: correlations, variance inflation, fit of exposure to spend."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# Spends rise and fall together from this correlation on, if their ranks agree as well: one common peak is not enough.
TOGETHER, RANKED = 0.7, 0.5
# From here on no model can tell their effects apart.
AS_ONE = 0.95

# The diagonal of R below which a column is a sum of others, as far as doubles can tell.
SINGULAR = 1e-7
# A part in what vanishes that is larger than rounding leaves, squared.
ROUNDING = 1e-16

Pairs = tuple[tuple[str, str], ...]


def correlations(x: Matrix) -> Matrix:
    """Return Pearson's r between the columns of `x`.

    x: (T, K), no NaN. Returns (K, K) in [-1, 1]; 0 where a column is constant.
    """
    centred = x - x.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    # A constant column keeps rounding errors of its mean; they are not variance.
    flat = length <= 1e-9 * np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300) * np.sqrt(len(x))
    unit = centred / np.where(flat, 1.0, length)
    unit[:, flat] = 0.0
    r: Matrix = np.clip(unit.T @ unit, -1.0, 1.0)
    return r


def moving_together(names: Sequence[str], spends: Matrix) -> tuple[Pairs, Pairs]:
    """Return the pairs of channels whose spends rise and fall together, and those of them that move as one.

    spends: (T, C) by period, no NaN; names: of the C channels. Pairs keep their order; a constant spend is in none.
    """
    if len(names) < 2 or len(spends) < 3:
        return (), ()
    r, ranked = correlations(spends), correlations(pd.DataFrame(spends).rank().to_numpy(dtype=np.float64))
    found = [(i, j) for i, j in combinations(range(len(names)), 2) if r[i, j] >= TOGETHER and ranked[i, j] >= RANKED]
    return tuple((names[i], names[j]) for i, j in found), tuple(
        (names[i], names[j]) for i, j in found if r[i, j] >= AS_ONE
    )


def variance_inflation(x: Matrix) -> Vector:
    """Return the variance inflation factor of each column, from a regression with intercept on all others.

    x: (T, K), no NaN. Returns (K,), >= 1; inf where a column is a sum of others; 1 where it is constant
    or where there are too few rows to regress (T <= K). VIF = 1 / (1 - R²), which is a diagonal element of the inverse
    correlation matrix.
    """
    rows, columns = x.shape
    factors = np.ones(columns)
    if rows <= columns or columns < 2:
        return factors
    centred = x - x.mean(axis=0)
    varies = np.flatnonzero(np.diag(correlations(x)) > 0)
    if len(varies) > 1:
        unit = centred[:, varies] / np.linalg.norm(centred[:, varies], axis=0)
        factors[varies] = inflation_of(triangle(unit))
    return factors


def triangle(x: Matrix) -> Matrix:
    """Return R of x = QR. x: (N, K). Returns (min(N, K), K): its columns have the same products as those of x."""
    upper: Any = np.linalg.qr(x, mode="r")
    found: Matrix = upper
    return found


def inflation_of(upper: Matrix) -> Vector:
    """Return the variance inflation factors of unit columns X, of which only R of X = QR is needed.

    upper: (K, K) or any (N, K) whose columns have the same products with each other. With X'X = R'R the diagonal of its
    inverse is the squared length of the rows of R⁻¹, which loses half as many digits as inverting X'X would. Where R is
    singular to double precision, columns that take part in what vanishes are sums of others; for all else the
    pseudo-inverse has the same diagonal as a regression on the others.
    """
    if np.any(np.tril(upper, -1)) or upper.shape[0] != upper.shape[1]:
        upper = triangle(upper)
    columns = upper.shape[1]
    if np.abs(np.diag(upper)).min() >= SINGULAR:
        inverse = np.linalg.solve(upper, np.eye(columns))
        factors: Vector = np.maximum(np.sum(inverse**2, axis=1), 1.0)
        return factors
    _, lengths, directions = np.linalg.svd(upper)
    gone = lengths < SINGULAR
    factors = np.maximum(np.sum((directions[~gone] / lengths[~gone, None]) ** 2, axis=0), 1.0)
    factors[np.sum(directions[gone] ** 2, axis=0) > ROUNDING] = np.inf
    return factors


def exposure_fit(spend: Vector, exposure: Vector) -> float:
    """Return how well exposure, scaled to money, tells spend: R² of spend on spend-per-exposure times exposure.

    spend, exposure: (T,), >= 0. Returns R², at most 1, as Robyn reports it for its exposures; NaN if spend
    never changes or nothing was exposed.
    """
    if not exposure.sum() or len(spend) < 3:
        return float("nan")
    scaled = exposure * spend.sum() / exposure.sum()
    total = float(np.sum((spend - spend.mean()) ** 2))
    if total <= 0:
        return float("nan")
    return 1.0 - float(np.sum((spend - scaled) ** 2)) / total
