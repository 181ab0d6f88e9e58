"""The sample warehouse."""

import duckdb

DATABASE = "MMM"
SCHEMA = "MARKETING"


def write_warehouse(duck: duckdb.DuckDBPyConnection, database: str) -> None:
    """Write the tables."""
    duck.execute(f"create schema {database}.{SCHEMA}")
    duck.execute(
        f"create table {database}.{SCHEMA}.DAILY as select (date '2023-01-01' + cast(i as integer)) as DATE, 'FR' as COUNTRY, "
        "cast(i * 1.25 as decimal(12,2)) as TV_COST, i as TV_IMPRESSIONS, cast(i as double) / 3 as PRICE_INDEX, "
        "i % 2 = 0 as PROMO_FLAG, timestamp '2024-01-01 10:00:00.123456' as LOADED_AT from range(3000) t(i)"
    )
