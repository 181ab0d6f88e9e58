"""The KPI: below 0, 0 for long, strangers among its values, an end that may not be whole."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from engine.data.chosen import KPI_NEGATIVE, WINDOW_END, WINDOW_START, ZERO
from engine.data.dataset import Finding, Offer
from engine.data.dates import Interval
from engine.data.rules.view import Vector, View, finding

LAST_LOW: Final = 0.5
# So many periods of 0 on end are no accident.
SILENT: Final[dict[Interval, int]] = {"day": 14, "week": 4, "month": 3}
# A KPI that is 0 as often as this elsewhere is rare, not silent.
OFTEN_ZERO: Final = 0.5


def negative(view: View) -> Iterator[Finding]:
    """A KPI below 0: refunds, corrections, or another column."""
    kpi = view.mapping.dep_var
    values = view.values(kpi)
    below = values < 0
    if below.any():
        first = int(np.argmax(below))
        yield finding(
            "kpi.negative",
            "REVIEW",
            kpi,
            view.where(below),
            f"The KPI “{kpi}” is negative {view.on(below.sum())}, down to {np.nanmin(values):,.2f}.",
            "Book refunds and corrections in the period of the sale they belong to, or take these values as 0.",
            below.sum(),
            value=f"{values[first]:,.2f}",
            trust=True,
            offers=(Offer(key=KPI_NEGATIVE, value=ZERO, label="Take negative values as 0"),),
        )


def zero(view: View) -> Iterator[Finding]:
    """A KPI that is 0 over a long stretch: the shop was not open, or nothing was recorded."""
    kpi = view.mapping.dep_var
    values = view.values(kpi)
    if not np.nan_to_num(values).any():
        return
    runs = [(start, end) for start, end in _runs(values == 0) if end - start >= SILENT[view.interval]]
    covered = sum(end - start for start, end in runs)
    elsewhere = (values == 0).sum() - covered
    if not runs or elsewhere > OFTEN_ZERO * (len(values) - covered):
        return
    if np.median([end - start for start, end in _between(runs, len(values))]) < SILENT[view.interval]:
        return  # sales are rare: they are what stands out
    spans = [f"{view.days[start]} to {view.days[end - 1]} ({view.count(end - start)})" for start, end in runs]
    more = f" and {len(spans) - 5} more" if len(spans) > 5 else ""
    yield finding(
        "kpi.zero",
        "REVIEW",
        kpi,
        ", ".join(spans[:5]) + more,
        f"The KPI “{kpi}” is 0 for {view.count(max(end - start for start, end in runs))} on end"
        f"{_again(len(runs) - 1)}.",
        "If nothing was sold or recorded then, use the data before it or after it only; a model cannot know why.",
        covered,
        trust=True,
        offers=_beside(view.days, runs),
    )


def _again(times: int) -> str:
    return "" if times == 0 else ", and once more for long" if times == 1 else f", and {times} more times for long"


def _beside(days: list[date], runs: list[tuple[int, int]]) -> tuple[Offer, ...]:
    """The longest part without such a stretch, as a window to use."""
    start, end = max(_between(runs, len(days)), key=lambda part: part[1] - part[0])
    offers = []
    if start > 0:
        offers.append(Offer(key=WINDOW_START, value=f"{days[start]}", label=f"Use the data from {days[start]}"))
    if end < len(days):
        offers.append(Offer(key=WINDOW_END, value=f"{days[end - 1]}", label=f"Use the data until {days[end - 1]}"))
    return tuple(offers)


def _between(runs: list[tuple[int, int]], rows: int) -> list[tuple[int, int]]:
    """What lies before, between and after stretches, where there is anything."""
    ends = [0, *(edge for run in runs for edge in run), rows]
    return [(start, end) for start, end in zip(ends[::2], ends[1::2], strict=True) if end > start]


def _runs(mask: "np.typing.NDArray[np.bool_]") -> list[tuple[int, int]]:
    """The stretches in which `mask` holds, as (first, behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def shape(view: View) -> Iterator[Finding]:
    """Values far from their neighbours, and an end far below everything."""
    kpi = view.mapping.dep_var
    values = view.values(kpi)
    if len(values) < 12 or np.isnan(values).any():
        return
    usual = pd.Series(values).rolling(13, center=True, min_periods=5).median().to_numpy()
    apart = values - usual
    low, high = np.quantile(apart, [0.25, 0.75])
    far = (apart < low - 3 * (high - low)) | (apart > high + 3 * (high - low))
    if far.any() and high > low:
        yield finding(
            "kpi.outlier",
            "INFO",
            kpi,
            view.where(far),
            f"“{kpi}” is far from its neighbours {view.on(far.sum())}. An event?",
            "If so, add a column that marks it.",
            far.sum(),
        )
    yield from _incomplete(view, kpi, values)


def _incomplete(view: View, kpi: str, values: Vector) -> Iterator[Finding]:
    before = values[:-2][-52:]
    recent = np.median(before[-8:])
    low_end = np.array([False] * (len(values) - 2) + [v < LAST_LOW * recent and v < before.min() for v in values[-2:]])
    if not low_end.any():
        return
    first = int(np.argmax(low_end))
    until = view.days[first - 1]
    yield finding(
        "kpi.incomplete",
        "REVIEW",
        kpi,
        view.where(low_end),
        f"“{kpi}” ends far below everything before it; the last {view.interval} may not be complete.",
        f"End the window before it if the {view.interval} was still running.",
        values[-1] / recent if recent else None,
        value=f"{values[first]:,.2f}",
        trust=True,
        offers=(Offer(key=WINDOW_END, value=f"{until}", label=f"Use the data until {until}"),),
    )
