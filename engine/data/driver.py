"""One driver against the goal: how they move together, at which lag, and how much hangs on a few far values.

Nothing here is an effect: everything else that moved at the same time is in these numbers, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from engine.data.check.columns import FAR, beyond
from engine.data.check.ranks import Line, line
from engine.data.collinearity import correlations
from engine.data.dates import Interval

Vector = npt.NDArray[np.float64]
Shape = Literal["none", "line", "quadratic", "saturating"]

# At which quantiles of its live values a driver's marginal return is told.
QUANTILES: Final = (0.10, 0.25, 0.50, 0.75, 0.90)
# At which upper quantiles it is tried how much hangs on the highest values.
WINSOR: Final = (0.95, 0.98, 0.99)
# How many periods later the goal may answer.
LAGS: Final[dict[Interval, int]] = {"day": 28, "week": 12, "month": 6}
# Fewer pairs of values tell nothing.
LEAST: Final = 8
# Half-way points that are tried for the saturating curve, and how closely the best one is looked for.
TRIED, ROUNDS = 80, 60
# A curve must be this much better than a line by Akaike's criterion.
BETTER: Final = 2.0
POINTS: Final = 120


@dataclass(frozen=True)
class Marginal:
    """At the `quantile` of a driver's live values, `at`, one more goes with `slope` more of the goal."""

    quantile: float
    at: float
    slope: float


@dataclass(frozen=True)
class Curve:
    """The curve that tells the goal best. coefficients: (a, b) of a + b·x; (a, b, c) of a + b·x + c·x²; or (a, b, h) of
    a + b·x / (x + h). r2: in [0, 1], of the goal's variance.
    """

    shape: Shape
    coefficients: tuple[float, ...]
    r2: float
    marginals: tuple[Marginal, ...]

    def at(self, x: Vector) -> Vector:
        """Return the curve's heights. x: (N,)."""
        a, b, *rest = (*self.coefficients, 0.0, 0.0)[:3]
        if self.shape == "saturating":
            return np.asarray(a + b * x / (x + rest[0]))
        return np.asarray(a + b * x + (rest[0] * x**2 if self.shape == "quadratic" else 0.0))

    def slope(self, x: float) -> float:
        """Return how much more of the goal goes with one more of the driver at `x`."""
        _, b, *rest = (*self.coefficients, 0.0, 0.0)[:3]
        if self.shape == "saturating":
            return b * rest[0] / (x + rest[0]) ** 2
        return b + 2 * rest[0] * x if self.shape == "quadratic" else b


@dataclass(frozen=True)
class Lag:
    """r between the goal and the driver `periods` before."""

    periods: int
    r: float


@dataclass(frozen=True)
class Winsorised:
    """What is left of the relation where the driver's values above a quantile become that quantile."""

    quantile: float
    cut: int
    most: float
    line: Line
    slope: float


@dataclass(frozen=True)
class Driver:
    """A driver against the goal. x, y: (T,), y NaN where the goal is missing; far: (T,) which values lie far out."""

    name: str
    goal: str
    interval: Interval
    x: Vector
    y: Vector
    line: Line
    curve: Curve
    lags: tuple[Lag, ...]
    winsorised: tuple[Winsorised, ...]
    far: npt.NDArray[np.bool_]

    @property
    def best_lag(self) -> Lag:
        """The lag at which both move together most; no lag where none is clearly better."""
        now = self.lags[0]
        best = max(self.lags, key=lambda lag: abs(lag.r))
        return best if abs(best.r) > abs(now.r) + 0.05 else now


def driver(name: str, goal: str, x: Vector, y: Vector, interval: Interval) -> Driver:
    """Return how a driver and the goal move together.

    x: (T,) by period in order, missing as 0. y: (T,), NaN where the goal is missing.
    """
    there = np.isfinite(y)
    return Driver(
        name,
        goal,
        interval,
        x,
        y,
        line(x[there], y[there]),
        fit_curve(x[there], y[there]),
        tuple(lagged(x, y, interval)),
        tuple(winsorised(x[there], y[there])),
        beyond(x, FAR) if len(x) else np.zeros(0, dtype=bool),
    )


def fit_curve(x: Vector, y: Vector) -> Curve:
    """Fit a line, a parabola and a saturating curve by least squares; return the one that Akaike's criterion prefers.

    x, y: (N,), no NaN. The curve of three numbers must be better by 2 than the line, which has two. The half-way point
    of the saturating one is searched on a logarithmic scale from a hundredth of the largest x to ten times of it; for
    each the rest is linear. Fewer than 8 values, or a driver or goal that never changes: no curve.
    """
    total = float(np.sum((y - y.mean()) ** 2)) if len(y) else 0.0
    if len(x) < LEAST or total <= 0 or float(np.ptp(x)) <= 1e-12 * max(float(np.abs(x).max()), 1e-300):
        return Curve("none", (float(y.mean()) if len(y) else 0.0, 0.0), 0.0, ())
    one = np.ones(len(x))
    fits: list[tuple[Shape, tuple[float, ...], float]] = []
    scale = float(np.abs(x).max())
    (a, b), left = _least_squares(np.column_stack([one, x / scale]), y)
    fits.append(("line", (a, b / scale), left))
    if len(np.unique(x)) > 2:
        (a, b, c), left = _least_squares(np.column_stack([one, x / scale, (x / scale) ** 2]), y)
        fits.append(("quadratic", (a, b / scale, c / scale**2), left))
        if (x >= 0).all():
            fits.append(_saturating(x, y))
    best = min(
        fits, key=lambda fit: _akaike(fit[2], total, len(x), len(fit[1])) - (BETTER if fit[0] == "line" else 0.0)
    )
    shape, coefficients, left = best
    curve = Curve(shape, coefficients, max(0.0, 1.0 - left / total), ())
    live = x[x != 0] if (x >= 0).all() else x
    marginals = tuple(
        Marginal(share, float(at), float(curve.slope(float(at))))
        for share, at in zip(QUANTILES, np.quantile(live, QUANTILES), strict=True)
    )
    return Curve(shape, coefficients, curve.r2, marginals)


def lagged(x: Vector, y: Vector, interval: Interval) -> list[Lag]:
    """Return Pearson's r between the goal and the driver some periods before, from 0 on.

    x, y: (T,), y NaN where missing. Lags that leave fewer than 8 pairs are left out; the first one never is.
    """
    found = []
    for periods in range(LAGS[interval] + 1):
        before, after = x[: len(x) - periods], y[periods:]
        there = np.isfinite(after)
        if there.sum() < LEAST and periods:
            break
        r = correlations(np.column_stack([before[there], after[there]]))[0, 1] if there.sum() > 1 else 0.0
        found.append(Lag(periods, float(r)))
    return found


def winsorised(x: Vector, y: Vector, quantiles: Sequence[float] = WINSOR) -> list[Winsorised]:
    """Return the relation with the driver's highest values drawn in to quantiles of its live ones.

    x, y: (N,), no NaN.
    """
    live = x[x != 0] if len(x) and (x >= 0).all() else x
    if len(live) < LEAST:
        return []
    found = []
    for quantile in quantiles:
        most = float(np.quantile(live, quantile))
        drawn = np.minimum(x, most)
        centred = drawn - drawn.mean()
        spread = float(centred @ centred)
        slope = float(centred @ (y - y.mean())) / spread if spread > 0 else 0.0
        found.append(Winsorised(quantile, int((x > most).sum()), most, line(drawn, y), slope))
    return found


def _saturating(x: Vector, y: Vector) -> tuple[Shape, tuple[float, ...], float]:
    most = float(x.max())

    def tried(half: float) -> tuple[tuple[float, ...], float]:
        (a, b), left = _least_squares(np.column_stack([np.ones(len(x)), x / (x + half)]), y)
        return (a, b, half), left

    logs = np.linspace(np.log(most / 100), np.log(most * 10), TRIED)
    lefts = [tried(float(np.exp(at)))[1] for at in logs]
    place = int(np.argmin(lefts))
    low, high = logs[max(place - 1, 0)], logs[min(place + 1, TRIED - 1)]
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(ROUNDS):
        first, second = high - golden * (high - low), low + golden * (high - low)
        if tried(float(np.exp(first)))[1] <= tried(float(np.exp(second)))[1]:
            high = second
        else:
            low = first
    coefficients, left = tried(float(np.exp((low + high) / 2)))
    return "saturating", coefficients, left


def _least_squares(design: npt.NDArray[np.float64], y: Vector) -> tuple[tuple[float, ...], float]:
    found = np.linalg.lstsq(design, y, rcond=None)[0]
    miss = y - design @ found
    return tuple(float(one) for one in found), float(miss @ miss)


def _akaike(left: float, total: float, periods: int, numbers: int) -> float:
    return periods * float(np.log(max(left, 1e-15 * total) / periods)) + 2 * numbers
