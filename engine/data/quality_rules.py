"""The rules on values, in the order they are tried: pure functions from a window's rows to findings.

Each subject has a file of its own in `rules`, with its thresholds. They are deliberately far out: a well-known demo
data set, in which most channels are silent most of the time, must not fail.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.data.dataset import Finding
from engine.data.rules import categories, columns, exposures, kpi, likeness, rhythm, rows, spends
from engine.data.rules.view import View

RULES: Final[Sequence[Callable[[View], Iterator[Finding]]]] = (
    columns.missing,
    columns.negative,
    kpi.negative,
    kpi.zero,
    columns.flat,
    categories.levels,
    rows.enough,
    columns.sparse,
    likeness.alike,
    exposures.exposures,
    kpi.shape,
    rhythm.weekday,
    spends.shares,
    likeness.leakage,
    rows.information,
)
# The names of all rules here: what they find holds for the window they looked at.
OF_VALUES: Final = frozenset(
    {
        "column.constant",
        "driver.leakage",
        "drivers.correlated",
        "drivers.inflated",
        "exposure.fit",
        "exposure.unit_cost",
        "exposure.without_spend",
        "factor.levels",
        "kpi.constant",
        "kpi.incomplete",
        "kpi.missing",
        "kpi.negative",
        "kpi.outlier",
        "kpi.weekday",
        "kpi.zero",
        "media.missing",
        "media.negative",
        "media.single",
        "media.sparse",
        "media.zero",
        "rows.per_hyperparameter",
        "rows.per_variable",
        "rows.span",
        "rows.too_few",
        "spend.small",
        "spend.without_exposure",
    }
)
