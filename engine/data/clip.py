"""Outliers brought back to a quantile (winsorising), where a recipe says so."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from engine.data.dataset import Finding
from engine.data.recipe import Clip


def clipped(frame: pd.DataFrame, said: Mapping[str, Clip]) -> tuple[pd.DataFrame, list[Finding]]:
    """Return `frame` with the columns of `said` clipped at their quantiles, and what was clipped.

    frame: (T, columns) of numbers. A quantile is of the values that are there (missing ones stay missing), between two
    of them by their distance: numpy's `linear`, R's type 7.
    """
    columns, findings = {}, []
    for name, how in said.items():
        if name not in frame or not frame[name].notna().any():
            continue
        values = frame[name].astype("float64")
        low, high = float(values.quantile(how.low)), float(values.quantile(how.high))
        below, above = int((values < low).sum()), int((values > high).sum())
        columns[name] = values.clip(low, high)
        findings.append(
            Finding(
                code="column.clipped",
                grade="INFO",
                column=name,
                text=f"“{name}” is kept between {_shown(low)} and {_shown(high)}, its {_percent(how.low)} and "
                f"{_percent(how.high)} quantiles: {below} below and {above} above were set to these.",
                number=float(below + above),
            )
        )
    return frame.assign(**columns), findings


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.4g}"


def _percent(share: float) -> str:
    return f"{share * 100:g} %"
