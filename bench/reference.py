"""What the benchmarks of the model train on: Robyn's demo data where its numbers are at hand, else the sample."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from local.sample import weekly_csv

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "robyn_reference"
SAMPLE: dict[str, Any] = {
    "country": "FR",
    "date_var": "DATE",
    "dep_var": "REVENUE",
    "paid_media_spends": ["TV_COST", "FACEBOOK_COST", "SEARCH_COST", "YOUTUBE_COST", "OOH_COST", "PRINT_COST"],
    "organic_vars": ["NEWSLETTER_SENDS"],
    "context_vars": ["PROMO_FLAG", "PRICE_INDEX", "TEMPERATURE", "COMPETITOR_INDEX"],
}


def make_input(folder: Path, *, decomposed: bool = False, **settings: Any) -> str:
    """Make a trainer's IN folder; `settings` go into its configuration. Returns which data it holds.

    decomposed: start from Robyn's own time decomposition instead of fitting one, where Robyn's data are at hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not REFERENCE.is_dir():
        (folder / "input_data.csv").write_bytes(weekly_csv("FR"))
        (folder / "job_config.json").write_text(json.dumps(SAMPLE | settings))
        return "sample"
    (folder / "input_data.csv").write_bytes((REFERENCE / "dt_simulated_weekly.csv").read_bytes())
    with (
        gzip.open(REFERENCE / "dt_prophet_holidays.csv.gz") as packed,
        (folder / "prophet_holidays.csv").open("wb") as out,
    ):
        shutil.copyfileobj(packed, out)
    if decomposed:
        (folder / "dt_mod.csv").write_bytes((REFERENCE / "dt_mod.csv").read_bytes())
    (folder / "job_config.json").write_text(json.dumps(robyn_config() | settings))
    return "robyn_reference"


def robyn_config() -> dict[str, Any]:
    """The configuration of Robyn's demo, from its resolved settings."""
    given = json.loads((REFERENCE / "inputs.json").read_text())
    bounds = {name: one for name, one in given["hyperparameter_bounds"]["geometric"].items() if name != "train_size"}
    organic = given["organic_vars"]
    return {
        "country": given["prophet_country"],
        "date_var": given["date_var"],
        "dep_var": given["dep_var"],
        "start_date": given["window_start"],
        "end_date": given["window_end"],
        "paid_media_spends": given["paid_media_spends"],
        "paid_media_vars": given["paid_media_vars"],
        "organic_vars": [organic] if isinstance(organic, str) else organic,
        "context_vars": given["context_vars"],
        "factor_vars": given["factor_vars"],
        "prophet_vars": given["prophet_vars"],
        "custom_hyperparameters": bounds,
    }
