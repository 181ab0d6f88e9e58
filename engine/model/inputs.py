"""What a training reads: `job_config.json` and `input_data.parquet` or `.csv`, checked before anything is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.data.dates import Interval, irregularity, listing, parse_date
from engine.errors import BadConfig, BadData
from engine.experiment.hyperparameters import Range, search_ranges
from engine.experiment.job_config import JobConfig, read_job_config
from engine.model.columns import numeric_problems, read_numbers, variable_problems
from engine.model.compiled import Vector

# Below this many periods per variable effects are hard to tell apart.
FEW_PER_VARIABLE = 10


@dataclass(frozen=True)
class Inputs:
    """A training's data in date order, T rows; the history before the window included.

    numbers: every numeric column by name, (T,) each. factors: the categorical ones as text. rows: the window.
    """

    config: JobConfig
    ranges: dict[str, Range]
    days: tuple[date, ...]
    interval: Interval
    rows: slice
    numbers: dict[str, Vector]
    factors: dict[str, tuple[str, ...]]
    holidays: Path | None
    notes: tuple[str, ...]

    @property
    def context_vars(self) -> tuple[str, ...]:
        """Context in the configuration's order; a factor that is not listed there comes last."""
        return _context(self.config)

    @property
    def window(self) -> tuple[date, ...]:
        """The days of the periods that are modelled."""
        return self.days[self.rows]


def read_inputs(folder: Path) -> Inputs:
    """Read and check a trainer's IN folder.

    Raises BadConfig for settings and BadData for data that cannot be trained on; each lists every problem.
    """
    config = read_job_config(folder / "job_config.json")
    _check_config(config)
    ranges = search_ranges(config)
    frame = _read_frame(folder)
    _check_columns(config, frame)
    days = _read_days(frame[config.date_var], config.date_var)
    order = np.argsort(np.array(days), kind="stable")
    days, frame = [days[i] for i in order], frame.iloc[order]

    problems = _date_problems(days, config.date_var)
    named = [name for name in _drivers(config) if name not in config.factor_vars]
    problems += [text for name in (config.dep_var, *named) for text in numeric_problems(frame[name], days)]
    problems += _factor_problems(config, frame, days)
    if problems:
        raise _bad_data(problems)
    numbers = {name: read_numbers(frame[name]) for name in (config.dep_var, *named)}
    interval = _interval(days)
    rows, notes = _window(config, days)
    if "weekday" in config.prophet_vars and interval != "day":
        raise BadConfig(
            f"Day of the week cannot be modelled: the data are by {interval}.",
            "Take weekday out of prophet_vars.",
            field="prophet_vars",
        )
    problems = variable_problems(config, numbers, rows)
    count = rows.stop - rows.start
    variables = len(config.prophet_vars) + len(_context(config)) + len(config.modelled_media) + len(config.organic_vars)
    if count < variables + 3:
        problems.append(
            f"The window holds {count} {interval}s for {variables} variables: lengthen it or leave variables out"
        )
    if problems:
        raise _bad_data(problems)
    if count < FEW_PER_VARIABLE * variables:
        notes.append(f"The window holds {count / variables:.1f} {interval}s per variable; 10 or more are advised.")
    factors = {name: tuple(str(value) for value in frame[name]) for name in config.factor_vars}
    holidays = folder / "prophet_holidays.csv"
    return Inputs(
        config=config,
        ranges=ranges,
        days=tuple(days),
        interval=interval,
        rows=rows,
        numbers=numbers,
        factors=factors,
        holidays=holidays if holidays.is_file() else None,
        notes=tuple(notes),
    )


def _context(config: JobConfig) -> tuple[str, ...]:
    return (*config.context_vars, *(name for name in config.factor_vars if name not in config.context_vars))


def _drivers(config: JobConfig) -> tuple[str, ...]:
    """Every column that is read beside date and KPI, once each."""
    named = (*config.paid_media_spends, *config.modelled_media, *config.organic_vars, *_context(config))
    return tuple(dict.fromkeys(named))


def _check_config(config: JobConfig) -> None:
    problems = []
    spends, modelled = config.paid_media_spends, config.modelled_media
    if not spends:
        problems.append("paid_media_spends: name at least one column with a channel's spend")
    if len(modelled) != len(spends):
        problems.append(
            f"paid_media_vars: {len(modelled)} names for {len(spends)} spends; give one per spend, or none at all"
        )
    if config.adstock != "geometric":
        problems.append(f"adstock: {config.adstock} is not yet trained here; choose geometric")
    if config.ts_validation:
        problems.append("ts_validation: is not yet trained here; set it to false")
    if config.start_date and config.end_date and config.end_date <= config.start_date:
        problems.append(f"end_date: {config.end_date} is not after start_date {config.start_date}")
    exposures = [name for spend, name in zip(spends, modelled, strict=False) if name != spend]
    roles = [config.date_var, config.dep_var, *spends, *exposures, *config.organic_vars, *_context(config)]
    for name in dict.fromkeys(name for name in roles if roles.count(name) > 1):
        problems.append(f"{name}: plays more than one role; let it play one")
    reserved = {"trend", "season", "monthly", "weekday", "holiday", "(Intercept)", "dep_var", "depVarHat"}
    for name in dict.fromkeys(name for name in roles[2:] if name in reserved):
        problems.append(f"{name}: is the name of a part of the model; rename the column")
    if problems:
        raise BadConfig("job_config.json cannot be used.", f"Correct these keys: {'; '.join(problems)}.")


def _read_frame(folder: Path) -> pd.DataFrame:
    parquet, text = folder / "input_data.parquet", folder / "input_data.csv"
    try:
        if parquet.is_file():
            frame = pd.read_parquet(parquet)
        elif text.is_file():
            with text.open(encoding="utf-8-sig") as file:
                first = file.readline()
            # Everything stays text here: a category may be called "na".
            delimiter = max(",;\t", key=first.count)
            frame = pd.read_csv(text, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        else:
            raise BadData(f"There are no data in {folder}.", "Put input_data.parquet or input_data.csv there.")
    except (ValueError, OSError) as error:
        name = parquet.name if parquet.is_file() else text.name
        raise BadData(f"{name} cannot be read.", f"It breaks at: {str(error).splitlines()[0]}.") from error
    if frame.empty:
        raise BadData("The data have no rows.", "Give one row per period.")
    return frame


def _check_columns(config: JobConfig, frame: pd.DataFrame) -> None:
    named = (config.date_var, config.dep_var, *_drivers(config))
    missing = [name for name in named if name not in frame.columns]
    twice = [name for name in named if list(frame.columns).count(name) > 1]
    problems = [f"column {name} is named in job_config.json but is not in the data" for name in missing]
    problems += [f"column {name} is in the data more than once" for name in twice]
    if problems:
        there = ", ".join(map(str, frame.columns))
        raise BadData(f"Columns do not fit: {'; '.join(problems)}.", f"Name columns that are there once: {there}.")


def _read_days(column: "pd.Series[Any]", name: str) -> list[date]:
    if pd.api.types.is_datetime64_any_dtype(column):
        read: list[date | None] = [None if pd.isna(value) else value.date() for value in column]
    else:
        read = _as_days([value for value in column])
    wrong = [f"row {i + 1}: {column.iloc[i]!r}" for i, day in enumerate(read) if day is None]
    if wrong:
        raise BadData(
            f"Column {name} holds values that are no dates: {', '.join(wrong[:5])}"
            f"{f' and {len(wrong) - 5} more' if len(wrong) > 5 else ''}.",
            "Write dates as 2024-01-31.",
            field="date_var",
        )
    return [day for day in read if day is not None]


def _as_days(values: Sequence[object]) -> list[date | None]:
    """Read text or day objects. Between month/day and day/month the reading with the more regular dates wins."""
    if any(isinstance(value, date) for value in values):
        return [value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
                for value in values]  # fmt: skip
    readings = [[parse_date(str(value), day_first=first) for value in values] for first in (False, True)]
    return min(readings, key=lambda days: (days.count(None), irregularity([day for day in days if day])))


def _interval(days: Sequence[date]) -> Interval:
    step = (days[1] - days[0]).days
    return "day" if step == 1 else "week" if step == 7 else "month"


def _date_problems(days: Sequence[date], name: str) -> list[str]:
    """Check the whole grid, not only its first step."""
    if len(days) < 2:
        return [f"Column {name} holds one date only: give one row per day, week or month"]
    twice = sorted({later for earlier, later in pairwise(days) if later == earlier})
    if twice:
        return [f"Column {name} holds {listing(twice)} more than once: add those rows up"]
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    usual = max(set(steps), key=steps.count)
    if usual not in (1, 7) and not 28 <= usual <= 31:
        return [f"Column {name}: rows are mostly {usual} days apart: give one row per day, week or month"]
    off = [
        later for later, step in zip(days[1:], steps, strict=True)
        if (step != usual if usual in (1, 7) else not 28 <= step <= 31)
    ]  # fmt: skip
    if off:
        return [
            f"Column {name}: dates are not regular, the step before {listing(off)} differs: fill or trim those rows"
        ]
    return []


def _factor_problems(config: JobConfig, frame: pd.DataFrame, days: Sequence[date]) -> list[str]:
    problems = []
    for name in config.factor_vars:
        empty = [
            day for day, value in zip(days, frame[name], strict=True) if pd.isna(value) or str(value).strip() == ""
        ]
        if empty:
            problems.append(f"Column {name} is empty on {listing(empty)}: give those rows a category such as none")
        elif frame[name].astype(str).nunique() < 2:
            problems.append(f"Column {name} has one category only: leave it out")
    return problems


def _window(config: JobConfig, days: Sequence[date]) -> tuple[slice, list[str]]:
    """Return the window as rows. Its ends move to the nearest date there is, as in Robyn, and that is noted."""
    notes, ends = [], []
    for key, wanted, default in (("start", config.start_date, days[0]), ("end", config.end_date, days[-1])):
        day = wanted or default
        nearest = min(range(len(days)), key=lambda i: abs((days[i] - day).days))
        if days[nearest] != day:
            notes.append(f"The window's {key} was moved from {day} to {days[nearest]}, the nearest date in the data.")
        ends.append(nearest)
    return slice(ends[0], ends[1] + 1), notes


def _bad_data(problems: Sequence[str]) -> BadData:
    return BadData("The data cannot be trained on.", f"Correct these: {'; '.join(problems)}.")
