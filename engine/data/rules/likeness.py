"""Drivers that say the same as each other, or as the KPI."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.collinearity import correlations, variance_inflation
from engine.data.dataset import Finding
from engine.data.rules.view import View, constant, finding

CORRELATED: Final = (0.999, 0.95)
INFLATED: Final = 10.0
MOST_PAIRS: Final = 100
LEAKAGE: Final = 0.98
PART_OF_IT: Final = "Leave it out if it is part of the KPI or a result of it: it would take all credit from media."
SET_BY_SALES: Final = (
    "If it is set by sales (a commission, a share of revenue), no model can tell what it brings: leave it out."
)


def alike(view: View) -> Iterator[Finding]:
    """Pairs of drivers that move together, and drivers that others together explain."""
    names = [name for name in view.numeric if not constant(view.values(name))]
    if len(names) < 2 or len(view.frame) < 3:
        return
    x = np.column_stack([np.nan_to_num(view.values(name)) for name in names])
    r = correlations(x)
    pairs = [(int(a), int(b)) for a, b in np.argwhere(np.triu(np.abs(r) > CORRELATED[1], 1))]
    # Where hundreds of columns say the same, the closest pairs tell it.
    pairs.sort(key=lambda pair: -abs(r[pair]))
    for first, second in pairs[:MOST_PAIRS]:
        same = abs(r[first, second]) > CORRELATED[0]
        yield finding(
            "drivers.correlated",
            "FAIL" if same else "REVIEW",
            names[first],
            f"{names[first]} and {names[second]}",
            f"“{names[first]}” and “{names[second]}” move {'as one' if same else 'nearly as one'} "
            f"(r = {r[first, second]:.3f}); no model can tell their effects apart.",
            "Keep one of them, or add them up.",
            r[first, second],
            trust=True,
        )
    if len(pairs) > MOST_PAIRS:
        more = len(pairs) - MOST_PAIRS
        yield finding(
            "drivers.correlated",
            "REVIEW",
            "",
            "",
            f"{more:,} more pairs of drivers move nearly as one.",
            "Keep one of each group, or add them up.",
            more,
            trust=True,
        )
    for name, factor in zip(names, variance_inflation(x), strict=True):
        if factor > INFLATED:
            yield finding(
                "drivers.inflated",
                "REVIEW",
                name,
                "",
                f"The other drivers together explain {_most(1 - 1 / factor)} of the ups and downs of “{name}”.",
                "Leave out or merge drivers that say the same; expect a wide range for this one.",
                factor,
                trust=True,
            )


def _most(share: float) -> str:
    """A large share in words; what rounds to all of it need not be."""
    return f"{share:.0%}" if share < 0.995 else "nearly all" if share < 1 else "all"


def leakage(view: View) -> Iterator[Finding]:
    """What is nearly the KPI itself."""
    kpi = view.values(view.mapping.dep_var)
    paid = dict.fromkeys((*view.mapping.paid_media_spends, *view.mapping.paid_media_vars))
    for name in [*paid, *view.mapping.organic_vars, *view.mapping.context_vars]:
        if name in view.texts or np.isnan(kpi).any() or len(kpi) < 3:
            continue
        r = correlations(np.column_stack([kpi, np.nan_to_num(view.values(name))]))[0, 1]
        if abs(r) > LEAKAGE:
            yield finding(
                "driver.leakage",
                "REVIEW",
                name,
                "",
                f"“{name}” is nearly the KPI itself (r = {r:.3f}).",
                SET_BY_SALES if name in paid else PART_OF_IT,
                r,
                trust=True,
            )
