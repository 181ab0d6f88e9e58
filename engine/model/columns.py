"""Single columns of a training's data: read as numbers, and everything that is wrong with them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from engine.data.dates import listing
from engine.experiment.job_config import JobConfig
from engine.model.compiled import Vector

MISSING = ("", "na", "nan", "null", "none", "n/a")


def read_numbers(column: "pd.Series[Any]") -> Vector:
    """Return a column as floats; missing where it holds no number."""
    if column.dtype == object or pd.api.types.is_string_dtype(column):
        column = column.map(lambda value: value if not isinstance(value, str) else _number(value))
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def numeric_problems(column: "pd.Series[Any]", days: Sequence[date]) -> list[str]:
    """Say where a column that must hold numbers does not: its name, the dates, the remedy."""
    numbers, name = read_numbers(column), column.name
    empty = np.array([pd.isna(value) or str(value).strip().lower() in MISSING for value in column])
    problems = []
    if empty.any():
        dates = listing([day for day, gap in zip(days, empty, strict=True) if gap])
        problems.append(f"Column {name} is empty on {dates}: fill it, or leave those rows or the column out")
    strange = ~empty & ~np.isfinite(numbers)
    if strange.any():
        dates = listing([day for day, odd in zip(days, strange, strict=True) if odd])
        example = column.iloc[int(np.argmax(strange))]
        problems.append(f"Column {name} holds {example!r} where a number is needed, on {dates}: correct these rows")
    return problems


def variable_problems(config: JobConfig, numbers: Mapping[str, Vector], rows: slice) -> list[str]:
    """Say which columns cannot be modelled: without variation, negative media, media that is silent in the window.

    numbers: (T,) by name; columns that could not be read are left out.
    """
    problems = []
    media = dict.fromkeys((*config.paid_media_spends, *config.modelled_media, *config.organic_vars))
    for name, values in numbers.items():
        if name in media and (values < 0).any():
            problems.append(f"Column {name} is negative in {int((values < 0).sum())} rows: media cannot be; correct it")
        elif name in media and not values[rows].any():
            problems.append(f"Column {name} is 0 in the whole window: leave it out or move the window")
        elif np.ptp(values) == 0:
            problems.append(f"Column {name} never changes: leave it out")
    kpi = numbers.get(config.dep_var)
    if kpi is not None and np.ptp(kpi[rows]) == 0 and np.ptp(kpi) != 0:
        problems.append(f"Column {config.dep_var} never changes in the window: move the window")
    return problems


def _number(text: str) -> object:
    """Read a number as CSV files write it; words are left to be reported."""
    text = text.strip()
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    return None if text.lower() in MISSING else text
