"""What a training reads: `job_config.json` and `input_data.parquet` or `.csv`, checked before anything is fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd

from engine.data.dataset import Finding
from engine.data.dates import PERIODS_A_YEAR, Interval
from engine.data.enough import PER_VARIABLE, least_periods
from engine.errors import BadConfig, BadData
from engine.experiment.budget import bounds, chosen_periods, launcher_budget
from engine.experiment.contradictions import ends_before_it_starts, setting_cautions, setting_problems
from engine.experiment.hyperparameters import Range, search_ranges
from engine.experiment.job_config import JobConfig, load_job_config, misspelt_keys, understand
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Study
from engine.model.read.categories import put_together_notes
from engine.model.read.columns import (
    factor_problems,
    numeric_problems,
    read_numbers,
    still_factors,
    variable_problems,
)
from engine.model.read.days import date_problems, interval_of, outside_problems, read_days, window
from engine.model.read.doubts import find_doubts
from engine.model.read.earlier import Earlier, cautions_of, moved_window, problems_with, read_earlier
from engine.model.read.frame import column_problems, read_frame
from engine.model.read.holidays import Holiday, read_holidays
from engine.model.read.lift import spend_cautions, studies, study_problems
from engine.model.read.weeks import first_days, with_week_dated
from engine.number_words import counted

# Rows that each of the held back parts must have.
LEAST_HELD_BACK = 2


@dataclass(frozen=True)
class Inputs:
    """A training's data in date order, T rows; the history before the window included.

    days: the dates of the rows as they are written; begins: the first day of each row's period, another one where weeks
    are dated by their last. numbers: every numeric column by name, (T,) each. factors: the categorical ones as text.
    rows: the window.
    """

    config: JobConfig
    ranges: dict[str, Range]
    days: tuple[date, ...]
    begins: tuple[date, ...]
    interval: Interval
    rows: slice
    numbers: dict[str, Vector]
    factors: dict[str, tuple[str, ...]]
    holidays: tuple[Holiday, ...]
    studies: tuple[Study, ...]
    notes: tuple[str, ...]
    earlier: Earlier | None = None
    doubts: tuple[Finding, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What a person should know before the training begins, in sentences."""
        doubtful = (" ".join(part for part in (one.text, one.remedy) if part) for one in self.doubts)
        return (*self.notes, *doubtful)

    @property
    def context_vars(self) -> tuple[str, ...]:
        """Context in the configuration's order; a factor that is not listed there comes last."""
        return self.config.context

    @property
    def window(self) -> tuple[date, ...]:
        """The days of the periods that are modelled."""
        return self.days[self.rows]


def read_inputs(folder: Path) -> Inputs:
    """Read and check a trainer's IN folder.

    Raises BadConfig if settings are among what is wrong, else BadData. Either way the one message lists every
    problem that can be seen, so that nobody corrects one only to be told the next.
    """
    given = load_job_config(folder / "job_config.json")
    config, settings = understand(given)
    if not config.paid_media_spends and not any(said.startswith("paid_media_spends") for said in settings):
        settings.append("paid_media_spends: name at least one column with a channel's spend")
    earlier, wrong = _earlier(config, folder)
    moved: list[str] = []
    if earlier:
        config, moved = moved_window(config, earlier)
    settings += [*setting_problems(config), *wrong]
    try:
        frame = read_frame(folder)
    except BadData as error:
        _refuse(settings, [f"{error.what.rstrip('.')}: {error.todo.rstrip('.')}"])
        raise
    there = [name for name in frame.columns if list(frame.columns).count(name) == 1]
    problems = column_problems(frame, _named(config))
    days: list[date] = []
    if config.date_var in there:
        days, wrong = read_days(frame[config.date_var], config.date_var)
        problems += wrong
    if not days:
        _refuse(settings, problems)
    order = np.argsort(np.array(days), kind="stable")
    days, frame = [days[i] for i in order], frame.iloc[order]
    numbers, wrong = _numbers(config, frame[there], days)
    off_grid = date_problems(days, config.date_var)
    interval: Interval = "day" if off_grid else interval_of(days)
    config, dated = with_week_dated(config, days, interval)
    begins = first_days(config, days, interval)
    problems += off_grid + wrong
    holidays: tuple[Holiday, ...] = ()
    if "holiday" in config.prophet_vars:
        holidays, wrong = read_holidays(folder, config.country, begins)
        settings += wrong
    if off_grid or ends_before_it_starts(config):
        _refuse(settings, problems)

    if "weekday" in config.prophet_vars and interval != "day":
        settings.append(f"prophet_vars: the data are by {interval} and know no weekday; take it out")
    rows, notes = window(config, days)
    outside = outside_problems(config, days, interval)
    if outside and config.refresh and earlier:
        # Nobody wrote the moved window's dates.
        steps, moved_to = config.refresh.refresh_steps, f"{config.start_date} … {config.end_date}"
        outside = [f"refresh: refresh_steps {steps} moves the window to {moved_to}, of which the data hold nothing"]
    problems += outside
    if not outside:
        size = _size_problems(config, rows.stop - rows.start, interval)
        # In a window of a few rows hardly anything changes: that is no news then.
        problems += size + variable_problems(config, numbers, rows if not size else slice(0, len(days)))
        problems += [] if size else still_factors(config, frame, days, rows)
        settings += study_problems(config, begins, rows, interval)
        if earlier:
            settings += problems_with(config, earlier, rows.stop - rows.start, interval)
        config, wrong = _with_budget(config, days[rows], interval, numbers)
        settings += wrong
    _refuse(settings, problems)
    per_variable = (rows.stop - rows.start) / len(config.drivers)
    if per_variable < PER_VARIABLE[1]:
        notes.append(
            f"The window holds {per_variable:.1f} {interval}s per variable; {PER_VARIABLE[1]} or more are advised."
        )
    if earlier:
        notes += moved
        notes += cautions_of(config, rows.stop - rows.start)
    factors = {name: tuple(str(value) for value in frame[name]) for name in config.factor_vars}
    notes += put_together_notes(factors) if config.robyn_quirks else []
    notes += [*dated, *misspelt_keys(given), *setting_cautions(config), *spend_cautions(config, begins, numbers)]
    return Inputs(
        config=config,
        ranges=search_ranges(config, interval),
        days=tuple(days),
        begins=begins,
        interval=interval,
        rows=rows,
        numbers=numbers,
        factors=factors,
        holidays=holidays,
        studies=studies(config, begins, interval),
        notes=tuple(notes),
        earlier=earlier,
        doubts=find_doubts(config, days, interval, rows, numbers, factors),
    )


def _refuse(settings: Sequence[str], data: Sequence[str]) -> None:
    """Raise one error for all problems; do nothing if there are none."""
    problems = list(dict.fromkeys([*settings, *data]))
    todo = f"Correct these: {'; '.join(problems)}."
    if settings:
        what = "job_config.json cannot be used." if not data else "This cannot be trained on."
        raise BadConfig(what, todo, problems=problems)
    if data:
        raise BadData("The data cannot be trained on.", todo, problems=problems)


def _named(config: JobConfig) -> tuple[str, ...]:
    """Every column that the configuration names, once each."""
    media = (*config.paid_media_spends, *config.modelled_media, *config.organic_vars)
    return tuple(dict.fromkeys(name for name in (config.date_var, config.dep_var, *media, *config.context) if name))


def _numbers(config: JobConfig, frame: pd.DataFrame, days: Sequence[date]) -> tuple[dict[str, Vector], list[str]]:
    """Return the named columns that hold numbers, and what is wrong with the others and with the factors."""
    numbers: dict[str, Vector] = {}
    problems: list[str] = []
    for name in _named(config):
        if name not in frame.columns or name == config.date_var:
            continue
        if name in config.factor_vars:
            problems += factor_problems(frame[name], days)
        elif wrong := numeric_problems(frame[name], days):
            problems += wrong
        else:
            numbers[name] = read_numbers(frame[name])
    return numbers, problems


def _size_problems(config: JobConfig, count: int, interval: Interval) -> list[str]:
    """Say if the window, or what of it is fitted, holds too few periods to tell the variables apart at all."""
    variables = len(config.drivers)
    least = least_periods(variables)
    if count < least:
        periods, drivers = counted(count, interval), counted(variables, "variable")
        return [f"The window holds {periods} for {drivers}: lengthen it or leave variables out"]
    if not config.ts_validation:
        return []
    low, high = config.train_size
    problems = []
    if (fitted := floor(1 + (count - 1) * low)) < least:
        problems.append(
            f"train_size: {low:g} of {counted(count, interval)} leaves {fitted} to fit "
            f"{counted(variables, 'variable')} on: raise it"
        )
    if (held := floor(count * (1 - high) / 2)) < LEAST_HELD_BACK:
        problems.append(
            f"train_size: {high:g} of {counted(count, interval)} leaves {held} to validate on; "
            f"{LEAST_HELD_BACK} are needed: lower it"
        )
    return problems


def _with_budget(
    config: JobConfig, days: Sequence[date], interval: Interval, numbers: Mapping[str, Vector]
) -> tuple[JobConfig, list[str]]:
    """Return the configuration with the budget that is asked for, also in the launcher's words, and what is wrong."""
    try:
        if config.budget is not None:
            chosen_periods(config.budget, days)
        elif config.budget_scenario and all(spend in numbers for spend in config.paid_media_spends):
            year = PERIODS_A_YEAR[interval]
            history = {spend: float(numbers[spend][-year:].sum()) for spend in config.paid_media_spends}
            if len(history) > 1 and any(history.values()):
                budget = launcher_budget(dict(config), history, interval)
                bounds(budget, [(spend, spend) for spend in history])
                return config.model_copy(update={"budget": budget}), []
    except BadConfig as error:
        return config, [f"budget: {error.what.rstrip('.')}: {error.todo.removeprefix('Correct: ').rstrip('.')}"]
    return config, []


def _earlier(config: JobConfig, folder: Path) -> tuple[Earlier | None, list[str]]:
    """Return the result that a refresh goes on from, if it is one, and what is wrong with it."""
    if config.refresh is None:
        return None, []
    try:
        return read_earlier(folder / config.refresh.results), []
    except BadConfig as error:
        return None, [f"refresh.results: {error.what.rstrip('.')}: {error.todo.rstrip('.')}"]
