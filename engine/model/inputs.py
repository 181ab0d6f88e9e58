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
from engine.experiment.hyperparameters import Range, range_problems, search_ranges
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

    Raises BadConfig if settings are among what is wrong, else BadData. Either way the one message lists every
    problem that can be seen, so that nobody corrects one only to be told the next.
    """
    config = read_job_config(folder / "job_config.json")
    settings = [*_setting_problems(config), *range_problems(config)]
    try:
        frame = _read_frame(folder)
    except BadData:
        _refuse(settings, [])
        raise
    there = [name for name in frame.columns if list(frame.columns).count(name) == 1]
    problems = _column_problems(config, frame)
    days: list[date] = []
    if config.date_var in there:
        days, wrong = _read_days(frame[config.date_var], config.date_var)
        problems += wrong
    if not days:
        _refuse(settings, problems)
    order = np.argsort(np.array(days), kind="stable")
    days, frame = [days[i] for i in order], frame.iloc[order]

    off_grid = _date_problems(days, config.date_var)
    problems += off_grid + _factor_problems([name for name in config.factor_vars if name in there], frame, days)
    numbers = {}
    for name in (config.dep_var, *(name for name in _drivers(config) if name not in config.factor_vars)):
        if name in there:
            wrong = numeric_problems(frame[name], days)
            problems += wrong
            if not wrong:
                numbers[name] = read_numbers(frame[name])
    if off_grid or _ends_before_it_starts(config):
        _refuse(settings, problems)
    interval = _interval(days)
    if "weekday" in config.prophet_vars and interval != "day":
        settings.append(f"prophet_vars: the data are by {interval} and know no weekday; take it out")
    rows, notes = _window(config, days)
    size = _window_problems(config, days, rows, interval)
    problems += size or variable_problems(config, numbers, rows)
    _refuse(settings, problems)
    per_variable = (rows.stop - rows.start) / _variables(config)
    if per_variable < FEW_PER_VARIABLE:
        notes.append(f"The window holds {per_variable:.1f} {interval}s per variable; 10 or more are advised.")
    factors = {name: tuple(str(value) for value in frame[name]) for name in config.factor_vars}
    holidays = folder / "prophet_holidays.csv"
    return Inputs(
        config=config,
        ranges=search_ranges(config),
        days=tuple(days),
        interval=interval,
        rows=rows,
        numbers=numbers,
        factors=factors,
        holidays=holidays if holidays.is_file() else None,
        notes=tuple(notes),
    )


def _refuse(settings: Sequence[str], data: Sequence[str]) -> None:
    """Raise one error for all problems; do nothing if there are none."""
    todo = f"Correct these: {'; '.join([*settings, *data])}."
    if settings:
        raise BadConfig("job_config.json cannot be used." if not data else "This cannot be trained on.", todo)
    if data:
        raise BadData("The data cannot be trained on.", todo)


def _context(config: JobConfig) -> tuple[str, ...]:
    return (*config.context_vars, *(name for name in config.factor_vars if name not in config.context_vars))


def _drivers(config: JobConfig) -> tuple[str, ...]:
    """Every column that is read beside date and KPI, once each."""
    named = (*config.paid_media_spends, *config.modelled_media, *config.organic_vars, *_context(config))
    return tuple(dict.fromkeys(named))


def _variables(config: JobConfig) -> int:
    return len(config.prophet_vars) + len(_context(config)) + len(config.modelled_media) + len(config.organic_vars)


def _ends_before_it_starts(config: JobConfig) -> bool:
    return bool(config.start_date and config.end_date and config.end_date <= config.start_date)


def _setting_problems(config: JobConfig) -> list[str]:
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
    if _ends_before_it_starts(config):
        problems.append(f"end_date: {config.end_date} is not after start_date {config.start_date}")
    exposures = [name for spend, name in zip(spends, modelled, strict=False) if name != spend]
    roles = [config.date_var, config.dep_var, *spends, *exposures, *config.organic_vars, *_context(config)]
    for name in dict.fromkeys(name for name in roles if roles.count(name) > 1):
        problems.append(f"{name}: plays more than one role; let it play one")
    reserved = {"trend", "season", "monthly", "weekday", "holiday", "(Intercept)", "dep_var", "depVarHat"}
    for name in dict.fromkeys(name for name in roles[2:] if name in reserved):
        problems.append(f"{name}: is the name of a part of the model; rename the column")
    return problems


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


def _column_problems(config: JobConfig, frame: pd.DataFrame) -> list[str]:
    there = list(frame.columns)
    named = (config.date_var, config.dep_var, *_drivers(config))
    missing = [name for name in named if name not in there]
    twice = [name for name in named if there.count(name) > 1]
    problems = [f"column {name} is in the data more than once: keep one" for name in twice]
    if missing:
        one = len(missing) == 1
        problems.append(
            f"column{'' if one else 's'} {', '.join(missing)} {'is' if one else 'are'} named in job_config.json but "
            f"not in the data: name columns that are there ({', '.join(map(str, there))})"
        )
    return problems


def _read_days(column: "pd.Series[Any]", name: str) -> tuple[list[date], list[str]]:
    """Return the days of a column, and what is wrong with it; no days if anything is."""
    if pd.api.types.is_datetime64_any_dtype(column):
        read: list[date | None] = [None if pd.isna(value) else value.date() for value in column]
    else:
        read = _as_days([value for value in column])
    wrong = [f"row {i + 1}: {column.iloc[i]!r}" for i, day in enumerate(read) if day is None]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return [], [f"Column {name} holds values that are no dates, {', '.join(wrong[:5])}{more}: write 2024-01-31"]
    return [day for day in read if day is not None], []


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


def _factor_problems(names: Sequence[str], frame: pd.DataFrame, days: Sequence[date]) -> list[str]:
    problems = []
    for name in names:
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


def _window_problems(config: JobConfig, days: Sequence[date], rows: slice, interval: Interval) -> list[str]:
    """Say if the window misses the data, or holds too few periods to tell the variables apart at all."""
    outside = []
    if config.start_date and config.start_date > days[-1]:
        outside.append(f"start_date {config.start_date} lies after the last row, {days[-1]}: set an earlier one")
    if config.end_date and config.end_date < days[0]:
        outside.append(f"end_date {config.end_date} lies before the first row, {days[0]}: set a later one")
    if outside:
        return outside
    count, variables = rows.stop - rows.start, _variables(config)
    if count < variables + 3:
        return [f"The window holds {count} {interval}s for {variables} variables: lengthen it or leave variables out"]
    return []
