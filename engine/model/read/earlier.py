"""An earlier result that a refresh goes on from: its chosen model, and whether it fits what is trained now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from engine.data.dates import Interval, grid, step
from engine.errors import BadConfig
from engine.experiment.adstocks import in_robyn
from engine.experiment.job_config import JobConfig
from engine.results.contract import INTERCEPT
from engine.results.summary import Summary

LAMBDA = "lambda"
# What is read of the earlier model's variables.
NEEDED = ("xDecompPerc", "roi_total", "cpa_total", "range_low", "range_high")
# More new periods than this share of the window make another model rather than a refreshed one.
MOSTLY_NEW = 0.5


@dataclass(frozen=True)
class Earlier:
    """An earlier result's chosen model. values: hyperparameters by name, `lambda` as in [0, 1]. variables: by `rn`."""

    summary: Summary
    values: dict[str, float]
    variables: Mapping[str, Mapping[str, Any]]

    @property
    def efficiency(self) -> str:
        return "cpa_total" if self.summary.dep_var_type == "conversion" else "roi_total"


def read_earlier(folder: Path) -> Earlier:
    """Read an earlier result, an OUT folder or its `results/`. Raises BadConfig if there is none to go on from."""
    try:
        if not folder.is_dir():
            raise FileNotFoundError(folder)
        results = folder / "results" if (folder / "results").is_dir() else folder
        summary = Summary.model_validate_json((results / "summary.json").read_bytes())
        candidates = pd.read_parquet(results / "candidates.parquet").set_index("solID")
        coefficients = pd.read_parquet(results / "coefficients.parquet")
        row = candidates.to_dict("index")[summary.chosen]
        values = {name: float(row[name]) for name in summary.hyperparameters} | {LAMBDA: float(row["lambda_hp"])}
        variables = by_variable(coefficients, summary.chosen)
        if missing := [name for name in NEEDED if name not in coefficients]:
            raise KeyError(missing)
    except (OSError, ValidationError, ValueError, KeyError, TypeError) as error:
        raise BadConfig(
            f"there is no folder {folder.name} with an earlier result that can be read.",
            "Name one that a training has written, seen from the input's folder.",
            detail=str(error),
            field="refresh",
        ) from error
    return Earlier(summary, values, variables)


def by_variable(coefficients: pd.DataFrame, sol_id: str) -> dict[str, dict[str, Any]]:
    """Return the rows of one model of the table `coefficients`, by `rn`."""
    rows = coefficients[coefficients["solID"] == sol_id].to_dict("records")
    return {str(row["rn"]): {str(name): value for name, value in row.items()} for row in rows}


def moved_window(config: JobConfig, earlier: Earlier) -> tuple[JobConfig, list[str]]:
    """Return the configuration with the earlier window moved by refresh_steps periods, and a note if it names another.

    This is Robyn's rule, and the only one: both ends move by as many periods, whatever start_date and end_date say, as
    these usually come along from the training that is gone on from.
    """
    assert config.refresh is not None
    window, steps = earlier.summary.window, config.refresh.refresh_steps
    start, end = (step(date.fromisoformat(day), earlier.summary.interval, steps) for day in (window.start, window.end))
    said = []
    if (config.start_date or start, config.end_date or end) != (start, end):
        said.append(
            f"A refresh moves the earlier window by refresh_steps, to {start} … {end}, as in Robyn; "
            "start_date and end_date are passed over."
        )
    return config.model_copy(update={"start_date": start, "end_date": end}), said


def problems_with(config: JobConfig, earlier: Earlier, periods: int, interval: Interval) -> list[str]:
    """Say why an earlier result cannot be gone on from: another model, no old period in the window, or too few rows.

    config: with the moved window. periods: how many the data hold of it.
    """
    assert config.refresh is not None
    before, steps = earlier.summary, config.refresh.refresh_steps
    said = []
    if before.interval != interval:
        said.append(f"refresh: the earlier result is by {before.interval}, the data are by {interval}; resample them")
    # Robyn's results have the adstock that it took for the one that was asked for.
    adstock = in_robyn(config.adstock) if before.trainer == "robyn" else config.adstock
    if (before.dep_var, before.dep_var_type, before.adstock) != (config.dep_var, config.dep_var_type, adstock):
        said.append(
            f"refresh: the earlier result explains {before.dep_var} ({before.dep_var_type}) with {before.adstock} "
            f"adstock, this one {config.dep_var} ({config.dep_var_type}) with {config.adstock}; keep them the same"
        )
    elif unknown := [name for name in config.drivers if name not in earlier.variables]:
        said.append(f"refresh: the earlier model knows no {', '.join(unknown)}; keep its variables, or train anew")
    elif lost := [name for name in earlier.variables if name not in (INTERCEPT, *config.drivers)]:
        said.append(f"refresh: this model leaves out {', '.join(lost)}; keep the earlier variables, or train anew")
    start, end = config.start_date, config.end_date
    assert start is not None and end is not None
    wanted = len(grid(start, end, before.interval))
    if steps >= wanted:
        said.append(f"refresh: refresh_steps {steps} leaves no old period in a window of {wanted}; train anew instead")
    elif wanted > periods:
        said.append(
            f"refresh: refresh_steps {steps} moves the window to {start} … {end}, of which the data hold {periods} "
            f"of {wanted} periods; add the rows that are missing, or lower it"
        )
    return said


def cautions_of(config: JobConfig, periods: int) -> list[str]:
    """Say if a refresh is hardly one, or has a setting that does nothing."""
    assert config.refresh is not None
    said = []
    if config.refresh.refresh_steps > MOSTLY_NEW * periods:
        said.append(
            f"{config.refresh.refresh_steps} of {periods} periods are new, more than half: a new training would say "
            "more than a refresh."
        )
    if config.selection == "evidence" and config.refresh.bounds_freedom is not None:
        said.append(
            "refresh.bounds_freedom does nothing with selection evidence, which draws over the whole ranges: new "
            "periods make nothing surer that all those before them left open."
        )
    return said
