"""A country's holidays on the grid of the data, as Robyn joins them.

Robyn ships a table of holidays; ours are computed by the holidays library, and a `prophet_holidays.csv` beside the
data, which may be Robyn's table, takes their place.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from engine.data.dates import Interval
from engine.errors import BadConfig, BadData, BadInput

# Day, name, and the year that it is a holiday of.
Holiday = tuple[date, str, int]

OWN_TABLE = "prophet_holidays.csv"
# Codes that people write for those of ISO 3166.
MEANT = {"UK": "GB", "EL": "GR"}


def joined_holidays(holidays: Sequence[Holiday], days: Sequence[date], interval: Interval) -> pd.DataFrame:
    """Return the holidays as Prophet takes them: `ds` and `holiday`. days: (T,) first days of all rows, rising.

    In weekly and monthly data each holiday moves to the first day of its period, and all of one period and year
    become one holiday with a joined name: a combination has an effect of its own.
    """
    span = timedelta(days={"day": 1, "week": 7, "month": 31}[interval])
    inside = [holiday for holiday in holidays if days[0] <= holiday[0] < days[-1] + span]
    if interval == "month":
        last = days[-1]
        inside = [one for one in inside if one[0] < last or (one[0].year, one[0].month) == (last.year, last.month)]
    names: dict[tuple[date, int], list[str]] = {}
    rows: list[tuple[date, str]] = []
    for day, name, year in sorted(inside):
        if interval == "day":
            rows.append((day, name))
        else:
            period = days[bisect_right(days, day) - 1]
            names.setdefault((period, year), []).append(name)
    rows += [(period, ", ".join(together)) for (period, _), together in names.items()]
    frame = pd.DataFrame(rows, columns=["ds", "holiday"])
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def read_holidays(folder: Path, country: str, days: Sequence[date]) -> tuple[tuple[Holiday, ...], list[str]]:
    """Return the country's holidays around `days`, (T,) rising, and what is wrong with the country or the own table."""
    own = folder / OWN_TABLE
    try:
        if own.is_file():
            return tuple(_from_file(own, country)), []
        return tuple(_of_country(country, range(days[0].year, days[-1].year + 2))), []
    except BadInput as error:
        return (), [f"country: {error.what.rstrip('.')}; {error.todo[:1].lower()}{error.todo[1:].rstrip('.')}"]


def _of_country(country: str, years: Iterable[int]) -> Iterable[Holiday]:
    import holidays

    code = country.upper()
    if code in MEANT:
        raise _unknown(country)
    try:
        found = holidays.country_holidays(code, years=sorted(years), language="en_US")
    except NotImplementedError:
        raise _unknown(country) from None
    return [(day, name, day.year) for day, names in found.items() for name in names.split("; ")]


def _from_file(path: Path, country: str) -> Iterable[Holiday]:
    """Read ds, holiday, country, year."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise BadData(f"{path.name} cannot be read: {error}.", "Give ds, holiday, country and year.") from error
    if missing := {"ds", "holiday", "country"} - set(table.columns):
        raise BadData(
            f"{path.name} lacks the columns {', '.join(sorted(missing))}.",
            "Give ds, holiday, country and year, or leave the file out.",
        )
    rows = table[table["country"].str.upper() == country.upper()]
    if rows.empty:
        raise _unknown(country)
    try:
        return [
            (day, str(row["holiday"]), int(row.get("year") or day.year))
            for row in rows.to_dict("records")
            for day in (date.fromisoformat(str(row["ds"])[:10]),)
        ]
    except ValueError as error:
        raise BadData(f"{path.name} cannot be read: {error}.", "Write ds as 2024-12-25.") from error


def _unknown(country: str) -> BadConfig:
    said, meant = f"“{country}”" if country else "an empty country", MEANT.get(country.upper())
    return BadConfig(
        f"No holidays are known for {said}.",
        f"Did you mean {meant}?" if meant else
        "Give the country as two letters such as DE, or take holiday out of prophet_vars.",
        field="country",
    )  # fmt: skip
