"""The same data by week, as a person would drop it into a channel."""

import pandas as pd

from local.sample.daily import SEED, daily

AVERAGED = ("PRICE_INDEX", "TEMPERATURE", "COMPETITOR_INDEX")


def weekly(country: str, seed: int = SEED) -> pd.DataFrame:
    """Return one row a week, dated by its Monday: sums, means of indices, 1 if the week had a promotion."""
    days = daily(country, seed)
    monday = pd.to_datetime(days.pop("DATE")).dt.to_period("W-SUN").dt.start_time.dt.date
    del days["COUNTRY"]
    how = dict.fromkeys(days.columns, "sum") | dict.fromkeys(AVERAGED, "mean") | {"PROMO_FLAG": "max"}
    weeks = days.groupby(monday).agg(how).rename_axis("DATE").reset_index()
    return weeks.round(dict.fromkeys(weeks.columns[1:], 2) | dict.fromkeys(AVERAGED, 4))


def weekly_csv(country: str, seed: int = SEED) -> bytes:
    """Return the weeks as a CSV file."""
    return weekly(country, seed).to_csv(index=False).encode()
