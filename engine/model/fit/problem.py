"""One training as arrays: what is fitted, on which rows, within which limits, measured against what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.model.fit.compiled import Matrix, Vector

# The smallest penalty, as a share of the largest.
LAMBDA_MIN_RATIO = 1e-4


@dataclass(frozen=True)
class Study:
    """One lift test in terms of the data, as the fit compares it.

    media: which media, by their place among paid and organic media, whose effects add up. first, stop: its rows, of
    all rows. lift: the measured effect in units of the KPI, > 0. immediate: without what earlier spend causes.
    ratio: days of the test / days that its rows stand for. name: how a person finds the test again.
    """

    media: tuple[int, ...]
    first: int
    stop: int
    lift: float
    immediate: bool
    ratio: float
    name: str = ""


@dataclass(frozen=True)
class Previous:
    """An earlier model to stay close to in a refresh, in place of the spend shares.

    shares: (1 + P,) of the fitted total: the intercept's and each column's, as xDecompPerc. kept: share of the window
    that the earlier model had seen, 1 - refresh_steps / window length.
    """

    shares: Vector
    kept: float


@dataclass(frozen=True)
class Problem:
    """The data of one training in the model's order: prophet, context, paid media, organic media.

    dep_var: (T,) over all rows. base: (T, B) prophet and context columns. media: (M, T) what each medium is
    modelled on, exposures scaled to spend. spend: (T, C) of the C paid channels, the first C of the media.
    rows: the window. adstock: a kind of `transforms.ADSTOCKS`, or `auto`: each medium's is searched. lower,
    upper: (B + M,) limits of the coefficients. trend: which base column is prophet's trend. quirks: follow Robyn also
    where it errs.
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
    adstock: str = "geometric"
    trend: int | None = None
    studies: tuple[Study, ...] = ()
    previous: Previous | None = None
    zero_penalty: bool = True
    quirks: bool = True

    def staying_close_to(self, previous: Previous) -> "Problem":
        """Return the problem of a refresh: shares are held against those of an earlier model."""
        return replace(self, previous=previous)

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


def limits(
    prophet_names: Sequence[str], base_names: Sequence[str], media: int, signs: Mapping[int, str]
) -> tuple[Vector, Vector]:
    """Return the lower and upper limits of all coefficients, as Robyn sets them.

    Prophet columns [0, 1], context free, media >= 0; `signs` (column → positive or negative) replaces the default, for
    a prophet column by [0, 1] or [-1, 0]. What Robyn does to a trend that sums to less than 0 depends on the rows that
    are fitted, so the fit does it.
    """
    lower, upper = [], []
    for column in range(len(base_names) + media):
        is_base = column < len(base_names)
        timed = is_base and base_names[column] in prophet_names
        sign = signs.get(column, "positive" if timed or not is_base else "default")
        largest = 1.0 if timed else np.inf
        lower.append(0.0 if sign == "positive" else -largest)
        upper.append(0.0 if sign == "negative" else largest)
    return np.array(lower), np.array(upper)
