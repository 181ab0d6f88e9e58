"""Single columns of a training's data: read as numbers, and everything that is wrong with them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from engine.data.dates import listing
from engine.experiment.job_config import JobConfig
from engine.model.fit.compiled import Vector
from engine.model.read.categories import tells_nothing

MISSING = ("", "na", "nan", "null", "none", "n/a")
# Beyond this, squares and sums of a column are no longer exact, and nobody sells as much.
LARGEST = 1e15


def read_numbers(column: "pd.Series[Any]") -> Vector:
    """Return a column as floats; missing where it holds no number."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce")
        return np.ascontiguousarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    # Dates and nested values are not numbers, even where pandas could make some of them.
    return np.array([_number(value) for value in column], dtype=np.float64)


def numeric_problems(column: "pd.Series[Any]", days: Sequence[date]) -> list[str]:
    """Say where a column that must hold numbers does not: its name, the dates, the remedy."""
    numbers, name = read_numbers(column), column.name
    empty = np.array([is_empty(value) for value in column], dtype=bool)
    problems = []
    if empty.any():
        dates = listing([day for day, gap in zip(days, empty, strict=True) if gap])
        problems.append(f"Column {name} is empty on {dates}: fill it, or leave those rows or the column out")
    strange = ~empty & ~np.isfinite(numbers)
    if strange.any():
        dates = listing([day for day, odd in zip(days, strange, strict=True) if odd])
        example = column.iloc[int(np.argmax(strange))]
        problems.append(f"Column {name} holds {example!r} where a number is needed, on {dates}: correct these rows")
    if (np.abs(np.where(np.isfinite(numbers), numbers, 0)) > LARGEST).any():
        problems.append(f"Column {name} holds numbers beyond {LARGEST:g}: check them, or count in thousands")
    return problems


def factor_problems(column: "pd.Series[Any]", days: Sequence[date]) -> list[str]:
    """Say what is wrong with a column of categories."""
    empty = [day for day, value in zip(days, column, strict=True) if is_empty(value, words=("",))]
    if empty:
        return [f"Column {column.name} is empty on {listing(empty)}: give those rows a category such as none"]
    values = column.astype(str).tolist()
    if len(set(values)) < 2:
        return [f"Column {column.name} has one category only: leave it out"]
    if tells_nothing(values):
        return [f"Column {column.name} has a category of its own in nearly every row: leave it out, or give it fewer"]
    return []


def variable_problems(config: JobConfig, numbers: Mapping[str, Vector], rows: slice) -> list[str]:
    """Say which columns cannot be modelled: without variation, negative media, media that is silent in the window.

    numbers: (T,) by name; columns that could not be read are left out.
    """
    problems = []
    media = {*config.paid_media_spends, *config.modelled_media, *config.organic_vars}
    for name, values in numbers.items():
        inside = values[rows]
        if name in media and (values < 0).any():
            problems.append(f"Column {name} is negative in {int((values < 0).sum())} rows: media cannot be; correct it")
        elif name in media and not inside.any():
            problems.append(f"Column {name} is 0 in the whole window: leave it out or move the window")
        elif np.ptp(values) == 0:
            remedy = "there is nothing to explain; choose another KPI" if name == config.dep_var else "leave it out"
            problems.append(f"Column {name} never changes: {remedy}")
        elif np.ptp(inside) == 0:
            remedy = "move the window" if name == config.dep_var else "leave it out or move the window"
            problems.append(f"Column {name} never changes in the window: {remedy}")
    return problems


def still_factors(config: JobConfig, frame: pd.DataFrame, days: Sequence[date], rows: slice) -> list[str]:
    """Say which categories change outside of the window only, and when: nothing can be learnt about them in it.

    frame: (T,) rows in the order of `days`; columns with faults of their own are passed over.
    """
    problems = []
    for name in config.factor_vars:
        if name not in frame.columns or factor_problems(frame[name], days):
            continue
        values = frame[name].astype(str)
        if (inside := values.iloc[rows]).nunique() < 2:
            others = listing([day for day, value in zip(days, values, strict=True) if value != inside.iloc[0]], 3)
            problems.append(
                f"Column {name} never changes in the window, {days[rows.start]} to {days[rows.stop - 1]}; "
                f"it does on {others}: leave it out or move the window"
            )
    return problems


def is_empty(value: Any, words: Sequence[str] = MISSING) -> bool:
    """Whether a cell holds nothing. A nested value is not nothing."""
    if isinstance(value, str):
        return value.strip().lower() in words
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _number(value: Any) -> float:
    """Read a number as CSV files write it; anything else is missing, or infinite where it says so."""
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("true", "false"):
            return float(text == "true")
        # Python also reads 1_000, which no data file means.
        value = "" if "_" in text or not text.isascii() else text
    elif isinstance(value, date | np.datetime64 | np.timedelta64 | pd.Timedelta) or not pd.api.types.is_scalar(value):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan
