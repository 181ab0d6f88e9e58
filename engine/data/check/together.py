"""How far drivers can be told apart, all at once: condition number, variance inflation, copies of each other."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.collinearity import correlations, inflation_of, triangle
from engine.data.dates import Interval

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# From here on one column is a copy of another.
COPY: Final = 0.9999
# So many periods may lie between a column and its copy.
SHIFTS: Final[dict[Interval, int]] = {"day": 7, "week": 4, "month": 2}
# A copy that was shifted has its like at no other place: without a shift it is further off than this.
APART: Final = 0.99
# The least periods of which a likeness tells anything.
LEAST: Final = 8


@dataclass(frozen=True)
class Together:
    """Drivers beside each other. names: those that vary; r: (K, K); inflation: (K,), >= 1; condition: >= 1 or inf.

    upper: R of the unit columns X = QR, from which each choice of them can be told. periods: rows of X.
    """

    names: tuple[str, ...]
    r: Matrix
    inflation: Vector
    condition: float
    upper: Matrix
    periods: int

    def only(self, names: Collection[str]) -> "Together":
        """Return some of these drivers beside each other, as if the others were not there."""
        kept = [place for place, name in enumerate(self.names) if name in names]
        r = self.r[np.ix_(kept, kept)]
        return _of(tuple(self.names[place] for place in kept), r, self.upper[:, kept], self.periods)

    def vif(self, name: str) -> float:
        """Return a driver's variance inflation factor; 1 for one that is not here."""
        return float(self.inflation[self.names.index(name)]) if name in self.names else 1.0

    @property
    def worst(self) -> tuple[str, float]:
        """The driver that is inflated most, and how much."""
        if not self.names:
            return "", 1.0
        place = int(np.argmax(self.inflation))
        return self.names[place], float(self.inflation[place])


@dataclass(frozen=True)
class Copy:
    """`second` is `first` times `factor` plus `shift`, `later` periods after it."""

    first: str
    second: str
    r: float
    factor: float
    shift: float
    later: int = 0
    exact: bool = False
    """Whether every value is the same, but for rounding."""


def together(names: Sequence[str], x: Matrix) -> Together:
    """Return how far the columns of `x` can be told apart. x: (T, K), no NaN. Columns that never vary are left out."""
    x = np.asarray(x, dtype=np.float64).reshape(len(x), len(names))
    r = correlations(x) if len(x) and len(names) else np.zeros((len(names), len(names)))
    live = np.flatnonzero(np.diag(r) > 0)
    centred = x[:, live] - x[:, live].mean(axis=0) if len(live) else np.zeros((len(x), 0))
    upper = triangle(centred / np.linalg.norm(centred, axis=0)) if len(live) else np.zeros((0, 0))
    return _of(tuple(names[int(place)] for place in live), r[np.ix_(live, live)], upper, len(x))


def _of(names: tuple[str, ...], r: Matrix, upper: Matrix, periods: int) -> Together:
    told = len(names) > 1 and periods > len(names)
    factors = inflation_of(upper) if told else np.ones(len(names))
    return Together(names, r, factors, condition_number(r, periods), upper, periods)


def condition_number(r: Matrix, periods: int = 2**31) -> float:
    """Return the ratio of a correlation matrix's largest eigenvalue to its smallest.

    r: (K, K), of `periods` rows. Returns >= 1; 1 for fewer than two columns; inf where it is singular to double
    precision, which it is wherever there are no more rows than columns.
    """
    if len(r) < 2:
        return 1.0
    values = np.linalg.eigvalsh(r)
    least, most = float(values[0]), float(values[-1])
    if periods <= len(r) or least <= len(r) * np.finfo(float).eps * most:
        return float("inf")
    return most / least


def copies(names: Sequence[str], x: Matrix, interval: Interval) -> Iterator[Copy]:
    """Find columns that say the same as another: as it is, in another unit, from another zero, or some periods later.

    x: (T, K), no NaN. |r| >= 0.9999 finds every scaled and shifted copy; the factor is that of the line through both.
    """
    if len(x) < LEAST:
        return
    r = correlations(x)
    for one, other in np.argwhere(np.triu(np.abs(r) >= COPY, 1)):
        yield _copy(names, x, int(one), int(other), 0)
    for later in range(1, min(SHIFTS[interval], len(x) - LEAST) + 1):
        before, after = x[:-later], x[later:]
        crossed = correlations(np.hstack([before, after]))[: len(names), len(names) :]
        for one, other in np.argwhere((np.abs(crossed) >= COPY) & (np.abs(r) < APART)):
            yield _copy(names, np.column_stack([before[:, one], after[:, other]]), 0, 1, later, (int(one), int(other)))


def _copy(
    names: Sequence[str], x: Matrix, one: int, other: int, later: int, called: tuple[int, int] | None = None
) -> Copy:
    first, second = x[:, one], x[:, other]
    centred = first - first.mean()
    factor = float(centred @ (second - second.mean()) / (centred @ centred))
    shift = float(second.mean() - factor * first.mean())
    # What is left of a mean by rounding is no shift.
    shift = 0.0 if abs(shift) <= 1e-6 * float(np.abs(second).max()) else shift
    r = float(np.clip(correlations(np.column_stack([first, second]))[0, 1], -1, 1))
    a, b = called or (one, other)
    exact = bool(np.allclose(first, second, rtol=1e-9, atol=0.0))
    return Copy(names[a], names[b], r, factor, shift, later, exact)


def vif_in_short(factor: float) -> str:
    """A variance inflation factor, or a condition number, as people read it."""
    return "∞" if not np.isfinite(factor) else f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"
