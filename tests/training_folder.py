"""Small folders to train on, made from the sample weeks."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from local.sample import weekly_csv

CONFIG: dict[str, Any] = {
    "country": "FR",
    "revision": "TEST_1",
    "date_var": "DATE",
    "dep_var": "REVENUE",
    "start_date": "2023-07-03",
    "paid_media_spends": ["TV_COST", "FACEBOOK_COST", "OOH_COST"],
    "paid_media_vars": ["TV_IMPRESSIONS", "FACEBOOK_COST", "OOH_COST"],
    "organic_vars": ["NEWSLETTER_SENDS"],
    "context_vars": ["PRICE_INDEX"],
    "factor_vars": ["PROMO_FLAG"],
    "iterations": 60,
    "trials": 2,
    "seed": 7,
}


def weeks() -> pd.DataFrame:
    """The sample's French weeks, every cell as text."""
    return pd.read_csv(io.BytesIO(weekly_csv("FR")), dtype=str)


def training_folder(
    folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame, **settings: Any
) -> Path:
    """Make a trainer's IN folder; `change` alters the data, further keywords the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    change(weeks()).to_csv(folder / "input_data.csv", index=False)
    (folder / "job_config.json").write_text(json.dumps(CONFIG | settings))
    return folder
