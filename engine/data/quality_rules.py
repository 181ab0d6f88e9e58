"""The rules on values, in the order they are tried: pure functions from a window's rows to findings.

Each subject has a file of its own in `rules`, with its thresholds. They are deliberately far out: a well-known demo
data set, in which most channels are silent most of the time, must not fail.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.data.dataset import Finding
from engine.data.rules import columns, exposures, kpi, likeness, rows, spends
from engine.data.rules.view import View

RULES: Final[Sequence[Callable[[View], Iterator[Finding]]]] = (
    columns.missing,
    columns.negative,
    columns.flat,
    rows.enough,
    columns.sparse,
    likeness.alike,
    exposures.exposures,
    kpi.shape,
    spends.shares,
    likeness.leakage,
    rows.information,
)
