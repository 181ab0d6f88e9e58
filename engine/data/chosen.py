"""What a person chose about the values of a dataset: which dates are used, and what a negative KPI counts as."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import pandas as pd

from engine.data.dataset import Finding
from engine.errors import BadData

# Keys of `Draft.choices`, and a value.
WINDOW_START: Final = "window:start"
WINDOW_END: Final = "window:end"
KPI_NEGATIVE: Final = "kpi:negative"
ZERO: Final = "zero"


def use_chosen(frame: pd.DataFrame, kpi: str, choices: Mapping[str, str]) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the rows a person wants used, and what was done to them. frame: by day, in order.

    Raises BadData where no two dates would be left.
    """
    start, end = _day(choices, WINDOW_START), _day(choices, WINDOW_END)
    keep = [(start is None or day >= start) and (end is None or day <= end) for day in frame.index]
    cut = frame[keep]
    if len(cut) < min(2, len(frame)):
        raise BadData("The dates that were chosen leave no data.", "Make the dataset anew.", field="date_var")
    findings = list(_cut(frame, cut))
    below = cut[kpi] < 0
    if choices.get(KPI_NEGATIVE) == ZERO and below.any():
        cut = cut.assign(**{kpi: cut[kpi].mask(below, 0.0)})
        text = f"The KPI “{kpi}” is negative in {int(below.sum())} rows; 0 was taken, as chosen."
        findings.append(
            Finding(code="kpi.taken_as_zero", grade="REVIEW", column=kpi, text=text, trust=True, number=below.sum())
        )
    return cut, findings


def _cut(frame: pd.DataFrame, cut: pd.DataFrame) -> Iterator[Finding]:
    left_out = len(frame) - len(cut)
    if left_out:
        text = f"{left_out} {'date is' if left_out == 1 else 'dates are'} left out, as chosen: "
        text += f"the data are used from {cut.index[0]} to {cut.index[-1]}."
        yield Finding(code="date.window", grade="INFO", text=text, number=float(left_out))


def _day(choices: Mapping[str, str], key: str) -> date | None:
    try:
        return date.fromisoformat(choices[key]) if key in choices else None
    except ValueError:
        return None
