"""The input as R takes it: checked by the same rules as for the native trainer, and with nothing left to be filled in.

R holds no presets, bounds or defaults of its own. What it gets is a folder with the columns of the model as CSV and a
configuration in which every range, bound, sign and date is spelled out.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from engine.data.dates import step
from engine.errors import BadConfig
from engine.experiment.adstocks import in_robyn, said_of_robyn
from engine.experiment.budget import Budget, bounds, chosen_periods
from engine.experiment.calibration import parts
from engine.experiment.contradictions import calibration_names, setting_problems
from engine.experiment.hyperparameters import search_ranges
from engine.experiment.job_config import Adstock, JobConfig
from engine.model.read.categories import coded
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.read.lift import study_problems
from engine.model.read.prophet import decompose
from engine.robyn.dated import Dated, write_holidays


def prepare(folder_in: Path, folder: Path) -> Inputs:
    """Check a trainer's IN folder and write what R needs of it to `folder`: `input_data.csv` and `job_config.json`.

    A `prophet_holidays.csv` comes along. Where weeks are not dated as Robyn takes them, all of it is moved, and
    `engine.robyn.dated` gives results the person's dates back. Raises BadInput with everything the
    person has to correct.
    """
    given = read_inputs(folder_in)
    inputs = as_robyn_takes_it(given)
    problems = list(dict.fromkeys(_robyns_own_problems(inputs)))
    if problems:
        raise BadConfig(
            "Robyn cannot train on this.", f"Correct these: {'; '.join(problems)}.", problems=problems, field="config"
        )
    folder.mkdir(parents=True, exist_ok=True)
    dated = Dated.of(inputs)
    columns(inputs, dated).to_csv(folder / "input_data.csv", index=False, encoding="utf-8")
    write_holidays(inputs, dated, folder_in, folder)
    config = completed(inputs, folder_in, dated, asked=given.config.adstock)
    (folder / "job_config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False, allow_nan=False))
    return inputs


def as_robyn_takes_it(inputs: Inputs) -> Inputs:
    """Return the inputs with Robyn's rule, with an adstock that it has, and with no factor that it cannot encode."""
    config = inputs.config
    update: dict[str, object] = {"selection": "robyn", "adstock": in_robyn(config.adstock)}
    numbers, factors = inputs.numbers, inputs.factors
    if factors and not config.prophet_vars:
        # Without time effects Robyn encodes no factor, and breaks off at it. It gets the native trainer's column.
        numbers, factors = {**numbers, **decompose(inputs).factors}, {}
        update |= {"context_vars": config.context, "factor_vars": ()}
    adopted = config.model_copy(update=update)
    said = said_of_robyn(config.adstock)
    return replace(
        inputs,
        config=adopted,
        numbers=numbers,
        factors=factors,
        ranges=search_ranges(adopted, inputs.interval),
        notes=(*inputs.notes, said) if said else inputs.notes,
    )


def columns(inputs: Inputs, dated: Dated) -> pd.DataFrame:
    """Return the columns of the model in date order: T rows, no cell missing. Robyn stops at gaps in others, too.

    Categories come under names that every R sorts alike and none reads as numbers; nobody sees them.
    """
    days = {inputs.config.date_var: [dated.row(day).isoformat() for day in inputs.days]}
    factors = {name: coded(values) for name, values in inputs.factors.items()}
    return pd.DataFrame({**days, **inputs.numbers, **factors})


def completed(inputs: Inputs, folder_in: Path, dated: Dated, *, asked: Adstock) -> dict[str, Any]:
    """Return the configuration as JSON holds it, with nothing left to a default. asked: the adstock, as it was."""
    config, signs = inputs.config, inputs.config.signs
    start, end = _window(inputs, dated)
    resolved: dict[str, Any] = {
        "country": config.country.upper(),
        # Robyn knows of first days only, and the rows are dated so for it.
        "week_dated": "first",
        "start_date": start,
        "end_date": end,
        "paid_media_vars": config.modelled_media,
        "context_vars": config.context,
        "prophet_signs": [signs[name] for name in config.prophet_vars],
        "context_signs": [signs[name] for name in config.context],
        "paid_media_signs": [signs[name] for name in config.modelled_media],
        "organic_signs": [signs[name] for name in config.organic_vars],
        "custom_hyperparameters": {name: list(ends) for name, ends in inputs.ranges.items()},
        "calibration_input": [
            # Robyn knows the KPI by its column only.
            {
                **test.model_dump(mode="json"),
                "channel": "+".join(parts(test.channel, calibration_names(config))),
                "metric": config.dep_var,
                "liftStartDate": dated.day(test.liftStartDate).isoformat(),
                "liftEndDate": dated.day(test.liftEndDate).isoformat(),
            }
            for test in config.calibration_input
        ],
        "budget": _budget(inputs, dated),
        # The launcher's words have become `budget`.
        "budget_scenario": None,
        "expected_spend": None,
        "channel_budgets": None,
        "data_findings": [one.model_dump(mode="json") for one in inputs.doubts],
    }
    if config.refresh:
        earlier = str((folder_in / config.refresh.results).resolve())
        resolved["refresh"] = config.refresh.model_dump(mode="json") | {"results": earlier}
    # What Robyn takes in place of what was asked for, for Python to repeat in the summary.
    taken = {"notes": [said]} if (said := said_of_robyn(asked)) else {}
    return config.model_dump(mode="json") | resolved | taken


def _window(inputs: Inputs, dated: Dated) -> tuple[str, str]:
    """Return the window's first and last day as Robyn reads them.

    Robyn takes the row nearest to the last day, so the end is a row's own day, where the next row would else be nearer.
    After the data's last row there is none: the end is that period's last day, as Robyn's own default has it, and lift
    tests may end in it.
    """
    first, last = dated.row(inputs.window[0]), dated.row(inputs.window[-1])
    if inputs.rows.stop == len(inputs.days):
        last = step(last, inputs.interval) - timedelta(days=1)
    return first.isoformat(), last.isoformat()


def _budget(inputs: Inputs, dated: Dated) -> dict[str, Any] | None:
    """Return the budget question, Robyn's own where none was asked; none where there is nothing to move."""
    config = inputs.config
    if len(config.paid_media_spends) < 2:
        return None
    budget = config.budget or Budget()
    lower, upper = bounds(budget, list(zip(config.modelled_media, config.paid_media_spends, strict=True)))
    return budget.model_dump(mode="json") | {
        "date_range": _date_range(inputs, budget, dated),
        "channel_constr_low": list(lower),
        "channel_constr_up": list(upper),
    }


def _date_range(inputs: Inputs, budget: Budget, dated: Dated) -> str | list[str]:
    """Return the periods to spend in: all, the last N, or the first and the last of them."""
    days = inputs.window
    rows = chosen_periods(budget, days)
    if rows.stop < len(days):
        return [dated.row(day).isoformat() for day in (days[rows.start], days[rows.stop - 1])]
    return f"last_{rows.stop - rows.start}" if rows.start else "all"


def _robyns_own_problems(inputs: Inputs) -> Iterator[str]:
    """Say what Robyn stops at although it could be modelled: its quirks hold, whatever the configuration asks for."""
    config = inputs.config.model_copy(update={"robyn_quirks": True})
    if not inputs.config.robyn_quirks:
        yield from setting_problems(config)
        yield from study_problems(config, inputs.begins, inputs.rows, inputs.interval)
    if len(config.drivers) < 2:
        # glmnet takes no matrix of one column.
        yield (
            f"{config.drivers[0]}: Robyn cannot fit one column alone; add time effects (prophet_vars) or another "
            "driver, or choose the native trainer"
        )
    yield from _late_studies(config, inputs)


def _late_studies(config: JobConfig, inputs: Inputs) -> Iterator[str]:
    """Say which lift tests end in the window's last period but after its first day, where rows follow the window."""
    dated = Dated.of(inputs)
    last = date.fromisoformat(_window(inputs, dated)[1])
    for number, test in enumerate(config.calibration_input, 1):
        if dated.day(test.liftEndDate) > last:
            yield (
                f"calibration_input {number} ({test.said}): for Robyn the window ends on {dated.meant(last)}; "
                "end it a period later, or leave the test out"
            )
