"""What Robyn computed on its own demo data, read from the reference files where they are at hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.model.candidate import Problem, limits
from engine.model.search import Space, space_of

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


def vectors() -> list[dict[str, Any]]:
    """The models with geometric adstock; none where the reference is absent."""
    return content("vectors_geometric.json") if FOLDER.is_dir() else []


def bounds() -> dict[str, tuple[float, float]]:
    given = content("inputs.json")["hyperparameter_bounds"]["geometric"]
    return {name: tuple(value) for name, value in given.items() if name != "train_size"}


def space() -> Space:
    return space_of(bounds())


def problem() -> Problem:
    """Robyn's modelling table after its feature engineering: nothing here depends on Prophet."""
    features, raw = table("dt_mod.csv"), table("dt_simulated_weekly.csv")
    inside = np.flatnonzero(features["in_window"] == 1)
    rows = slice(int(inside[0]), int(inside[-1]) + 1)
    base = features[list(BASE)].to_numpy(float)
    lower, upper = limits(base, PROPHET, BASE, len(MEDIA), rows)
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
    )


def demo_folder(folder: Path, **changes: Any) -> Path:
    """Make a trainer's IN folder of Robyn's demo, with Robyn's own holidays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "input_data.csv").write_bytes((FOLDER / "dt_simulated_weekly.csv").read_bytes())
    table("dt_prophet_holidays.csv.gz").to_csv(folder / "prophet_holidays.csv", index=False)
    config = {
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
        "custom_hyperparameters": bounds(),
    }
    (folder / "job_config.json").write_text(json.dumps(config | changes))
    return folder
