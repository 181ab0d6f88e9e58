"""How far drivers can be told apart, all at once: condition number, variance inflation, copies of each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.collinearity import correlations, variance_inflation
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
# The diagonal of R below which a column is a sum of others, as far as doubles can tell.
SINGULAR: Final = 1e-7


@dataclass(frozen=True)
class Together:
    """Drivers beside each other. names: those that vary; r: (K, K); inflation: (K,), >= 1; condition: >= 1 or inf."""

    names: tuple[str, ...]
    r: Matrix
    inflation: Vector
    condition: float

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


def together(names: Sequence[str], x: Matrix) -> Together:
    """Return how far the columns of `x` can be told apart. x: (T, K), no NaN. Columns that never vary are left out."""
    x = np.asarray(x, dtype=np.float64).reshape(len(x), len(names))
    r = correlations(x) if len(x) and len(names) else np.zeros((len(names), len(names)))
    live = np.flatnonzero(np.diag(r) > 0)
    kept = x[:, live]
    r = r[np.ix_(live, live)]
    return Together(tuple(names[int(place)] for place in live), r, inflation(kept), condition_number(r, len(x)))


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


def inflation(x: Matrix) -> Vector:
    """Return what `variance_inflation` does, of all columns at once.

    x: (T, K), no NaN, no constant column. VIF_j is the j-th diagonal of the inverse correlation matrix; with unit
    columns and X = QR that is the squared length of row j of R⁻¹, which loses half as many digits as inverting X'X.
    """
    rows, columns = x.shape
    if rows <= columns or columns < 2:
        return np.ones(columns)
    centred = x - x.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    upper = np.linalg.qr(unit, mode="r")
    if np.abs(np.diag(upper)).min() < SINGULAR:
        return variance_inflation(x)
    inverse = np.linalg.solve(upper, np.eye(columns))
    factors: Vector = np.maximum(np.sum(inverse**2, axis=1), 1.0)
    return factors


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
    return Copy(names[a], names[b], r, factor, shift, later)


def vif_in_short(factor: float) -> str:
    """A variance inflation factor, or a condition number, as people read it."""
    return "∞" if not np.isfinite(factor) else f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"
