"""How far drivers can be told apart: correlations, variance inflation, fit of exposure to spend."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# Spends rise and fall together from this correlation on, if their ranks agree as well: one common peak is not enough.
TOGETHER, RANKED = 0.7, 0.5
# From here on no model can tell their effects apart.
AS_ONE = 0.95

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
    or where there are too few rows to regress (T <= K). VIF = 1 / (1 - R²).
    """
    rows, columns = x.shape
    factors = np.ones(columns)
    if rows <= columns or columns < 2:
        return factors
    centred = x - x.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    varies = np.diag(correlations(x)) > 0
    unit = centred / np.where(varies, length, 1.0)
    for column in np.flatnonzero(varies):
        others = np.delete(unit, column, axis=1)[:, np.delete(varies, column)]
        if not others.shape[1]:
            continue
        coefficients = np.linalg.lstsq(others, unit[:, column], rcond=None)[0]
        unexplained = float(np.sum((unit[:, column] - others @ coefficients) ** 2))
        factors[column] = 1.0 / unexplained if unexplained > 1e-12 else np.inf
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
