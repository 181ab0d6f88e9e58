"""The sample warehouse: MMM.MARKETING.DAILY with every country's days, and MMM.MARKETING.WEEKLY as a view on it."""

import json
from pathlib import Path

import duckdb
import pandas as pd

from local.sample.daily import SEED, daily, truth
from local.sample.markets import MARKETS
from local.sample.weekly import AVERAGED

DATABASE = "MMM"
SCHEMA = "MARKETING"

# As somebody would have declared them in Snowflake: spends are money, whole numbers are counts.
_TEXT, _FLOAT, _MONEY, _COUNT = "VARCHAR", "DOUBLE", "DECIMAL(14,2)", "BIGINT"
_TYPES = {"DATE": "DATE", "COUNTRY": _TEXT} | dict.fromkeys(AVERAGED, _FLOAT)


def write_warehouse(duck: duckdb.DuckDBPyConnection, database: str = DATABASE, seed: int = SEED) -> None:
    """Create the schema, the table and the view in an attached, empty database."""
    frame = pd.concat([daily(country, seed) for country in MARKETS], ignore_index=True)
    types = {
        str(name): _TYPES.get(str(name)) or (_COUNT if kind.kind == "i" else _MONEY)
        for name, kind in frame.dtypes.items()
    }
    duck.execute(f"CREATE SCHEMA {database}.{SCHEMA}")
    table = f"{database}.{SCHEMA}.DAILY"
    duck.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    duck.register("frame", frame)
    duck.execute(f"INSERT INTO {table} SELECT * FROM frame")
    duck.unregister("frame")
    sums = [
        f"{'avg' if name in AVERAGED else 'max' if name == 'PROMO_FLAG' else 'sum'}({name}) AS {name}"
        for name in types
        if name not in ("DATE", "COUNTRY")
    ]
    duck.execute(
        f"CREATE VIEW {database}.{SCHEMA}.WEEKLY AS SELECT CAST(date_trunc('week', DATE) AS DATE) AS DATE, COUNTRY, "
        f"{', '.join(sums)} FROM {table} GROUP BY ALL ORDER BY COUNTRY, DATE"
    )


def write_truth(file: Path, seed: int = SEED) -> None:
    """Write what made the sample data, every country's true ROAS first of all, as JSON."""
    file.write_text(json.dumps({country: truth(country, seed) for country in MARKETS}, indent=2) + "\n")
