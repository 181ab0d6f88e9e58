"""Each column in numbers: how much is known, how much is 0, its quantiles, and its shape as a line of text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]

BLOCKS: Final = "▁▂▃▄▅▆▇█"
NOTHING: Final = "·"
SPARK: Final = 20
# Tukey's fences, in interquartile ranges: beyond the first a value is an outlier, beyond the second it is far out.
FENCE, FAR = 1.5, 3.0


@dataclass(frozen=True)
class ColumnFacts:
    """One column. Shares are of all periods; numbers are None where a column holds text or nothing."""

    name: str
    role: str
    periods: int
    known: float
    zeros: float
    distinct: int
    least: float | None = None
    p10: float | None = None
    median: float | None = None
    mean: float | None = None
    p90: float | None = None
    most: float | None = None
    sd: float | None = None
    outliers: float = 0.0
    spark: str = ""
    level: str = ""


def column_facts(name: str, role: str, column: "pd.Series[Any]") -> ColumnFacts:
    """Return what a column holds.

    column: (T,) by period, missing where the source has no value. Quantiles are interpolated linearly between order
    statistics (Hyndman & Fan's type 7, as numpy and Excel); sd has T - 1 below the line, 0 of a single value.
    """
    periods = len(column)
    known = column.dropna()
    if not pd.api.types.is_numeric_dtype(column):
        levels = known.astype(str)
        commonest = str(levels.mode().iloc[0]) if len(levels) else ""
        return ColumnFacts(
            name, role, periods, _share(len(known), periods), 0.0, int(levels.nunique()), level=commonest
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    there = values[np.isfinite(values)]
    shares = _share(len(there), periods), _share(int((there == 0).sum()), periods)
    if not len(there):
        return ColumnFacts(name, role, periods, *shares, 0, spark=spark_line(values))
    p10, median, p90 = (float(one) for one in np.quantile(there, (0.1, 0.5, 0.9)))
    return ColumnFacts(
        name,
        role,
        periods,
        *shares,
        len(np.unique(there)),
        least=float(there.min()),
        p10=p10,
        median=median,
        mean=float(there.mean()),
        p90=p90,
        most=float(there.max()),
        sd=float(there.std(ddof=1)) if len(there) > 1 else 0.0,
        outliers=_share(int(beyond(there).sum()), len(there)),
        spark=spark_line(values),
    )


def beyond(values: Vector, times: float = FENCE) -> npt.NDArray[np.bool_]:
    """Return which values lie beyond Tukey's fences: `times` interquartile ranges from the nearer quartile.

    values: (T,), no NaN. A flight is no outlier: where some values are 0 and none is negative, the others are compared
    with each other.
    """
    live = values if (values < 0).any() else values[values != 0]
    if len(live) < 4:
        return np.zeros(len(values), dtype=bool)
    low, high = np.quantile(live, (0.25, 0.75))
    out: npt.NDArray[np.bool_] = (values < low - times * (high - low)) | (values > high + times * (high - low))
    return out if len(live) == len(values) else out & (values != 0)


def spark_line(values: Vector, width: int = SPARK) -> str:
    """Return a column's shape as at most `width` signs: the mean of as many stretches, from its least to its most.

    values: (T,), NaN where missing; a stretch without any value is a dot.
    """
    if not len(values):
        return ""
    parts = [part[np.isfinite(part)] for part in np.array_split(values, min(width, len(values)))]
    means = np.array([part.mean() if len(part) else np.nan for part in parts])
    there = means[np.isfinite(means)]
    if not len(there):
        return NOTHING * len(means)
    low, span = there.min(), float(np.ptp(there))
    steps = np.zeros(len(means)) if span <= 0 else np.nan_to_num((means - low) / span)
    marks = (BLOCKS[min(int(step * len(BLOCKS)), len(BLOCKS) - 1)] for step in steps)
    return "".join(mark if np.isfinite(mean) else NOTHING for mark, mean in zip(marks, means, strict=True))


def observations_per_driver(periods: int, drivers: Sequence[str]) -> float:
    """Return how many periods there are for each driver."""
    return periods / max(len(drivers), 1)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
