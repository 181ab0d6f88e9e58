"""Single columns: what is missing, negative, still or silent."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.dataset import Finding
from engine.data.dates import Interval
from engine.data.rules.view import View, constant, finding

# A channel that is silent more often than this is told; where it is live in fewer periods, little can be learnt of it.
SPARSE: Final = 0.5
LIVE: Final[dict[Interval, int]] = {"day": 60, "week": 20, "month": 10}


def missing(view: View) -> Iterator[Finding]:
    """Where the KPI or media have no value."""
    kpi = view.mapping.dep_var
    holes = np.isnan(view.values(kpi))
    if holes.any():
        yield finding(
            "kpi.missing",
            "FAIL",
            kpi,
            view.where(holes),
            f"The KPI “{kpi}” has no value {view.on(holes.sum())}.",
            "Add the values, or end the data before them; a KPI is never made up.",
            holes.sum(),
        )
    for name in view.paid_and_organic:
        holes = np.isnan(view.values(name))
        if holes.any():
            yield finding(
                "media.missing",
                "REVIEW",
                name,
                view.where(holes),
                f"“{name}” has no value {view.on(holes.sum())}.",
                "Write 0 where nothing was spent.",
                holes.sum(),
            )


def negative(view: View) -> Iterator[Finding]:
    """Media below 0."""
    for name in view.paid_and_organic:
        values = view.values(name)
        if (values < 0).any():
            yield finding(
                "media.negative",
                "FAIL",
                name,
                view.where(values < 0),
                f"“{name}” is negative {view.on((values < 0).sum())}, down to {np.nanmin(values):,.2f}.",
                "If these are refunds or corrections, book them on the days of the spend they correct, or write 0.",
                np.nanmin(values),
            )


def flat(view: View) -> Iterator[Finding]:
    """Columns that never change in the window."""
    kpi = view.mapping.dep_var
    if constant(view.values(kpi)):
        text = f"The KPI “{kpi}” never changes."
        yield finding("kpi.constant", "FAIL", kpi, "", text, "Choose the column to explain.")
    for name in dict.fromkeys([*view.paid_and_organic, *view.mapping.context_vars]):
        if name in view.texts:
            still, zero = view.frame[name].nunique() < 2, False
        else:
            values = view.values(name)
            still, zero = constant(values), not np.nan_to_num(values).any()
        if zero and name in view.paid_and_organic:
            yield finding(
                "media.zero",
                "REVIEW",
                name,
                f"{view.days[0]} to {view.days[-1]}" if view.days else "",
                f"“{name}” is 0 in the whole window.",
                "It is left out of the training; widen the window to keep it.",
            )
        elif still:
            yield finding(
                "column.constant",
                "REVIEW",
                name,
                "",
                f"“{name}” never changes, so it can explain nothing.",
                "It is left out of the training.",
            )


def sparse(view: View) -> Iterator[Finding]:
    """Media that are silent most of the time."""
    for name in view.media:
        values = np.nan_to_num(view.values(name))
        share = float((values == 0).mean()) if len(values) else 0.0
        if share == 1 or share <= SPARSE:
            continue
        yield thin(view, name)


def most(share: float) -> str:
    """A share below one; what rounds to all of it is not all."""
    return f"{share:.0%}" if share < 0.995 else "more than 99%"


def thin(view: View, name: str) -> Finding:
    """How often a channel is silent, and how many periods it can be learnt from: that is what counts, not the share."""
    values = np.nan_to_num(view.values(name))
    share, live = float((values == 0).mean()), int((values != 0).sum())
    few = live < LIVE[view.interval]
    left = f"{view.count(live)} {'is' if live == 1 else 'are'} left to learn from"
    merge = "Add it to a similar channel (a column made of both), or"
    return finding(
        "media.sparse",
        "REVIEW" if few else "INFO",
        name,
        "",
        f"“{name}” is 0 in {most(share)} of the {view.interval}s: {left}{', which is little' if few else ''}.",
        f"{merge} read its result with care." if few else "",
        share,
    )
