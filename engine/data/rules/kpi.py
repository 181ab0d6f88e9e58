"""The shape of the KPI: strangers among its values, and an end that may not be whole."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from engine.data.dataset import Finding
from engine.data.rules.view import View, finding

LAST_LOW: Final = 0.5


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
    before = values[:-2][-52:]
    recent = np.median(before[-8:])
    low_end = np.array([False] * (len(values) - 2) + [v < LAST_LOW * recent and v < before.min() for v in values[-2:]])
    if low_end.any():
        yield finding(
            "kpi.incomplete",
            "REVIEW",
            kpi,
            view.where(low_end),
            f"“{kpi}” ends far below everything before it; the last {view.interval} may not be complete.",
            f"End the window before it if the {view.interval} was still running.",
            values[-1] / recent if recent else None,
        )
