"""One column over time: where it begins and ends, where it is silent, and whether its level changes for good."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.data.dates import YEAR, Interval

Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Periods that a level must hold, on either side of a change; and those beside it that must show the change at once.
HOLDS: Final[dict[Interval, int]] = {"day": 28, "week": 8, "month": 6}
BESIDE: Final[dict[Interval, int]] = {"day": 14, "week": 6, "month": 4}
# Years that a column must span before a season is told from a change.
SEASONS: Final = 1.5
# A step leaves at most this share of what is left without it, is so many times the noise, and is there at once.
LEFT, NOISE, AT_ONCE = 0.7, 2.5, 0.6
# Below this share of the lowest tenth logarithms would make much of little.
NEAR_ZERO: Final = 0.1


@dataclass(frozen=True)
class Break:
    """From period `place` on a column's level is `ratio` times what it was. before, after: medians."""

    place: int
    before: float
    after: float
    ratio: float


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Return the stretches in which `mask` holds, as (first, behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def longest_run(mask: Mask) -> tuple[int, int]:
    """Return the longest stretch in which `mask` holds, (0, 0) where it never does."""
    return max(runs(mask), key=lambda run: run[1] - run[0], default=(0, 0))


def first_live(values: Vector) -> int:
    """Return the first period with a value that is not 0; their number where there is none. values: (T,), NaN is 0."""
    live = np.flatnonzero(np.nan_to_num(values))
    return int(live[0]) if len(live) else len(values)


def last_live(values: Vector) -> int:
    """Return the last period with a value that is not 0; -1 where there is none."""
    live = np.flatnonzero(np.nan_to_num(values))
    return int(live[-1]) if len(live) else -1


def level_break(values: Vector, interval: Interval) -> Break | None:
    """Return where the level of a column changes for good and at once, by its clearest step; None where it does not.

    values: (T,), no NaN, none negative. Fitted by least squares, to logarithms where nothing is near 0: a season (one
    sine a year, if the column spans one and a half) with one step at each place that leaves enough on both sides. The
    best step must leave at most 0.7 of what the season with a straight trend leaves, be 2.5 times the noise, and show
    at once beside its place. Days are smoothed over a week before.
    """
    smooth = np.convolve(values, np.full(7, 1 / 7), mode="valid") if interval == "day" and len(values) >= 7 else values
    periods, hold, beside = len(smooth), HOLDS[interval], BESIDE[interval]
    if periods < 2 * hold or (values < 0).any() or float(np.ptp(smooth)) <= 0:
        return None
    logs = bool(smooth.min() > NEAR_ZERO * float(np.quantile(smooth, 0.1)))
    series = np.log(smooth) if logs else smooth
    base = _season(periods, interval)
    q = np.linalg.qr(base)[0]
    left = series - q @ (q.T @ series)
    # For the step that begins at k: its product with what is left, and its own length beside the season.
    product, shared = _from_the_end(left), _from_the_end(q)
    lengths = np.arange(periods, 0, -1.0) - np.sum(shared**2, axis=1)
    places = np.arange(hold, periods - hold + 1)
    gain = product[places] ** 2 / np.maximum(lengths[places], 1e-12)
    place = int(places[int(np.argmax(gain))])
    step = float(product[place] / lengths[place])
    remains = float(left @ left) - float(gain.max())
    trend = np.column_stack([base, np.arange(periods) / periods])
    without = series - trend @ np.linalg.lstsq(trend, series, rcond=None)[0]
    noise = float(np.sqrt(max(remains, 0.0) / periods))
    if remains > LEFT * float(without @ without) or abs(step) < NOISE * noise:
        return None
    before, after = float(np.median(smooth[:place])), float(np.median(smooth[place:]))
    at_once = float(np.median(series[place : place + beside]) - np.median(series[max(place - beside, 0) : place]))
    if before <= 0 or after <= 0 or at_once * np.sign(step) < AT_ONCE * abs(step):
        return None
    ratio = float(np.exp(step)) if logs else (before + step) / before if before + step > 0 else after / before
    return Break(place + (len(values) - periods) // 2, before, after, ratio)


def _season(periods: int, interval: Interval) -> npt.NDArray[np.float64]:
    year = YEAR[interval]
    angle = 2 * np.pi * np.arange(periods) / year
    one = np.ones(periods)
    return np.column_stack([one, np.sin(angle), np.cos(angle)] if periods >= SEASONS * year else [one])


def _from_the_end(x: Any) -> Any:
    """Sums of each row and all behind it."""
    return np.cumsum(x[::-1], axis=0)[::-1]
