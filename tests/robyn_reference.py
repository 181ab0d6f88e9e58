"""What Robyn computed on its own demo data, read from the reference files where they are at hand."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.experiment.job_config import parse_job_config
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem, limits
from engine.model.fit.space import Space, space_of
from engine.model.read.lift import studies

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "robyn_reference"
needs_reference = pytest.mark.skipif(not FOLDER.is_dir(), reason="Robyn's reference data are not beside this project")

PROPHET = ("trend", "season", "holiday")
BASE = (*PROPHET, "competitor_sales_B", "events")
SPENDS = ("tv_S", "ooh_S", "print_S", "facebook_S", "search_S")
PAID = ("tv_S", "ooh_S", "print_S", "facebook_I", "search_clicks_P")
MEDIA = (*PAID, "newsletter")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / name)


def content(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


CONFIG: dict[str, Any] = {
    "country": "DE",
    "date_var": "DATE",
    "dep_var": "revenue",
    "start_date": "2016-01-01",
    "end_date": "2018-12-31",
    "paid_media_spends": SPENDS,
    "paid_media_vars": PAID,
    "organic_vars": ["newsletter"],
    "context_vars": ["competitor_sales_B", "events"],
    "factor_vars": ["events"],
}
# The file of vectors by what they are about.
VECTORS = ("geometric", "weibull_cdf", "weibull_pdf", "ts_validation", "calibration", "penalty_factor")


def vectors() -> list[tuple[str, dict[str, Any]]]:
    """Robyn's models with all their numbers, each with what it is about; none where the reference is absent."""
    if not FOLDER.is_dir():
        return []
    return [(kind, one) for kind in VECTORS for one in content(f"vectors_{kind}.json")]


def bounds(adstock: str = "geometric", *, ts_validation: bool = False) -> dict[str, tuple[float, float]]:
    given = content("inputs.json")["hyperparameter_bounds"][adstock]
    return {name: tuple(value) for name, value in given.items() if ts_validation or name != "train_size"}


def space() -> Space:
    return space_of(bounds())


def setting(vector: dict[str, Any]) -> tuple[Problem, Space, Vector]:
    """The problem, the space and the values of a vector."""
    validated = vector["train_size"] != 1
    given = {**vector["hyperparameters"], "lambda": vector["lambda_hp"], "train_size": vector["train_size"]}
    penalties = {name: (0.0, 1.0) for name in given if name.endswith("_penalty")}
    where = space_of({**bounds(vector["adstock"], ts_validation=validated), **penalties})
    what = replace(problem(), adstock=vector["adstock"])
    if "lift" in vector:
        config = parse_job_config(CONFIG | {"calibration_input": lift_tests()})
        days = [date.fromisoformat(day) for day in table("dt_mod.csv")["ds"]]
        what = replace(what, studies=studies(config, days, "week"))
    return what, where, np.array([given[name] for name in where.names])


def lift_tests() -> list[dict[str, Any]]:
    return [{**row} for row in content("inputs.json")["calibration_input"]]


def problem() -> Problem:
    """Robyn's modelling table after its feature engineering: nothing here depends on Prophet."""
    features, raw = table("dt_mod.csv"), table("dt_simulated_weekly.csv")
    inside = np.flatnonzero(features["in_window"] == 1)
    rows = slice(int(inside[0]), int(inside[-1]) + 1)
    base = features[list(BASE)].to_numpy(float)
    lower, upper = limits(PROPHET, BASE, len(MEDIA), signs={})
    return Problem(
        base_names=BASE,
        media_names=MEDIA,
        dep_var=features["dep_var"].to_numpy(float),
        base=base,
        media=np.ascontiguousarray(features[list(MEDIA)].to_numpy(float).T),
        spend=raw[list(SPENDS)].to_numpy(float),
        rows=rows,
        lower=lower,
        upper=upper,
        trend=0,
    )


def demo_folder(folder: Path, **changes: Any) -> Path:
    """Make a trainer's IN folder of Robyn's demo, with Robyn's own holidays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "input_data.csv").write_bytes((FOLDER / "dt_simulated_weekly.csv").read_bytes())
    table("dt_prophet_holidays.csv.gz").to_csv(folder / "prophet_holidays.csv", index=False)
    config = CONFIG | {"custom_hyperparameters": bounds()}
    (folder / "job_config.json").write_text(json.dumps(config | changes))
    return folder
