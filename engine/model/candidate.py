"""One model: from hyperparameters to coefficients, contributions and the errors the search minimises."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.model.compiled import Matrix, Vector, compiled
from engine.model.ridge import ROBYN_TOLERANCE, fit_bounded
from engine.model.transforms import design

# The smallest penalty, as a share of the largest.
LAMBDA_MIN_RATIO = 1e-4


@dataclass(frozen=True)
class Problem:
    """The data of one training in the model's order: prophet, context, paid media, organic media.

    dep_var: (T,) over all rows. base: (T, B) prophet and context columns. media: (M, T) what each medium is
    modelled on, exposures scaled to spend. spend: (T, C) of the C paid channels, the first C of the media.
    rows: the window. lower, upper: (B + M,) limits of the coefficients.
    """

    base_names: tuple[str, ...]
    media_names: tuple[str, ...]
    dep_var: Vector
    base: Matrix
    media: Matrix
    spend: Matrix
    rows: slice
    lower: Vector
    upper: Vector

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the design matrix, without the intercept."""
        return self.base_names + self.media_names

    @property
    def paid_names(self) -> tuple[str, ...]:
        return self.media_names[: self.spend.shape[1]]

    @cached_property
    def y(self) -> Vector:
        """(N,) the dependent variable in the window."""
        return np.ascontiguousarray(self.dep_var[self.rows])

    @cached_property
    def window_base(self) -> Matrix:
        """(N, B) prophet and context columns in the window."""
        return np.ascontiguousarray(self.base[self.rows])

    @cached_property
    def total_spend(self) -> Vector:
        """(C,) spend per paid channel in the window."""
        return np.asarray(self.spend[self.rows].sum(axis=0))

    @cached_property
    def spend_share(self) -> Vector:
        """(C,) shares of all paid spend in the window."""
        return np.asarray(self.total_spend / self.total_spend.sum())

    @cached_property
    def lambda_max(self) -> float:
        """The largest penalty: from raw columns and all rows, as Robyn's lambda_seq does with a factor of 0.1."""
        columns = np.column_stack([self.base, self.media.T])
        spread = columns.std(axis=0)
        flat = spread <= 1e-12 * np.abs(columns.mean(axis=0))
        scaled = np.where(flat, 0.0, (columns - columns.mean(axis=0)) / np.where(flat, 1.0, spread))
        return float(0.1 * np.max(np.abs(scaled.T @ self.dep_var)) / (0.001 * len(self.dep_var)))

    def penalty(self, lambda_hp: float) -> float:
        """Return lambda for its hyperparameter in [0, 1]. Linear, not logarithmic."""
        lowest = LAMBDA_MIN_RATIO * self.lambda_max
        return lowest + (self.lambda_max - lowest) * lambda_hp


@dataclass(frozen=True)
class Shape:
    """How the media are transformed. Each (M,), in the order of the media: alphas, gammas, thetas."""

    alphas: Vector
    gammas: Vector
    thetas: Vector


@dataclass(frozen=True)
class Model:
    """One fitted candidate. x: (N, P) design matrix of the window; coefficients: (P,)."""

    x: Matrix
    intercept: float
    coefficients: Vector
    dropped: bool
    nrmse: float
    rssd: float
    rsq: float
    effects: Vector

    @property
    def parts(self) -> Matrix:
        """(N, P) contribution of each column per period, without the intercept's."""
        return np.asarray(self.x * self.coefficients)

    @property
    def fitted(self) -> Vector:
        """(N,) what the model says."""
        return np.asarray(self.intercept + self.parts.sum(axis=1))


def evaluate(problem: Problem, shape: Shape, penalty: float, tolerance: float = ROBYN_TOLERANCE) -> Model:
    """Fit one candidate with the ridge penalty `penalty` (lambda) and measure it."""
    x = design(
        problem.window_base,
        problem.media,
        problem.rows.start,
        problem.rows.stop,
        shape.alphas,
        shape.gammas,
        shape.thetas,
    )
    intercept, coefficients, dropped = fit_bounded(x, problem.y, penalty, problem.lower, problem.upper, tolerance)
    nrmse, rssd, rsq, effects = _measure(
        x, problem.y, intercept, coefficients, dropped, len(problem.base_names), problem.spend_share
    )
    return Model(x, intercept, coefficients, dropped, nrmse, rssd, rsq, effects)


@compiled
def _measure(
    x: Matrix, y: Vector, intercept: float, coefficients: Vector, dropped: bool, first: int, spend_share: Vector
) -> tuple[float, float, float, Vector]:
    """Return NRMSE, DECOMP.RSSD, adjusted R² and the (C,) total effects of the paid channels.

    The paid channels are the columns from `first` on. NRMSE = RMSE / (max - min) of y. DECOMP.RSSD is the
    distance between shares of effect and of spend, times 1 + the share of channels without effect; infinite if
    none has any. R² counts P coefficients, and the intercept if there is one.
    """
    n, p = x.shape
    residual = np.zeros(n)
    for t in range(n):
        fitted = intercept
        for j in range(p):
            fitted += x[t, j] * coefficients[j]
        residual[t] = y[t] - fitted
    squared = np.sum(residual**2)
    nrmse = np.sqrt(squared / n) / (np.max(y) - np.min(y))
    rsq = 1 - squared / np.sum((y - np.mean(y)) ** 2)
    freedom = 0 if dropped else 1
    rsq = 1 - (1 - rsq) * (n - freedom) / (n - p - 1)

    paid = len(spend_share)
    effects = np.zeros(paid)
    for c in range(paid):
        effects[c] = np.sum(x[:, first + c]) * coefficients[first + c]
    total = np.sum(effects)
    if total == 0:
        return nrmse, np.inf, rsq, effects
    shares = effects / total
    silent = 0
    for c in range(paid):
        # R's round(share, 4) == 0: half to even.
        if abs(shares[c]) <= 0.00005:
            silent += 1
    distance = np.sqrt(np.sum((shares - spend_share) ** 2))
    return nrmse, distance * (1 + silent / paid), rsq, effects


def limits(
    problem_base: Matrix, prophet_names: tuple[str, ...], base_names: tuple[str, ...], media: int, rows: slice
) -> tuple[Vector, Vector]:
    """Return the lower and upper limits of all coefficients, as Robyn sets them.

    Prophet columns [0, 1], but a trend that sums to less than 0 in the window [-1, 0]; context free; media >= 0.
    """
    lower = [0.0 if name in prophet_names else -np.inf for name in base_names] + [0.0] * media
    upper = [1.0 if name in prophet_names else np.inf for name in base_names] + [np.inf] * media
    if "trend" in prophet_names:
        column = base_names.index("trend")
        if problem_base[rows, column].sum() < 0:
            lower[column], upper[column] = -1.0, 0.0
    return np.array(lower), np.array(upper)
