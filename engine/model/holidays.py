"""A country's holidays on the grid of the data, as Robyn joins them."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from engine.errors import BadConfig, BadData
from engine.model.inputs import Inputs

Holiday = tuple[date, str, int]


def joined_holidays(inputs: Inputs) -> pd.DataFrame:
    """Return the holidays as Prophet takes them: `ds` and `holiday`.

    In weekly and monthly data each holiday moves to the first day of its period, and all of one period and year
    become one holiday with a joined name: a combination has an effect of its own.
    """
    days = list(inputs.days)
    span = timedelta(days={"day": 1, "week": 7, "month": 31}[inputs.interval])
    inside = [holiday for holiday in _listed(inputs) if days[0] <= holiday[0] < days[-1] + span]
    if inputs.interval == "month":
        last = days[-1]
        inside = [one for one in inside if one[0] < last or (one[0].year, one[0].month) == (last.year, last.month)]
    names: dict[tuple[date, int], list[str]] = {}
    rows: list[tuple[date, str]] = []
    for day, name, year in sorted(inside):
        if inputs.interval == "day":
            rows.append((day, name))
        else:
            period = days[bisect_right(days, day) - 1]
            names.setdefault((period, year), []).append(name)
    rows += [(period, ", ".join(together)) for (period, _), together in names.items()]
    frame = pd.DataFrame(rows, columns=["ds", "holiday"])
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def _listed(inputs: Inputs) -> Iterable[Holiday]:
    if inputs.holidays is not None:
        return _from_file(inputs)
    return _of_country(inputs.config.country, {day.year for day in inputs.days} | {inputs.days[-1].year + 1})


def _of_country(country: str, years: Iterable[int]) -> Iterable[Holiday]:
    import holidays

    try:
        found = holidays.country_holidays(country.upper(), years=sorted(years), language="en_US")
    except NotImplementedError:
        raise _unknown(country) from None
    for day, names in found.items():
        for name in names.split("; "):
            yield day, name, day.year


def _from_file(inputs: Inputs) -> Iterable[Holiday]:
    """Read `prophet_holidays.csv`: ds, holiday, country, year."""
    assert inputs.holidays is not None
    table = pd.read_csv(inputs.holidays, dtype=str, keep_default_na=False)
    if missing := {"ds", "holiday", "country"} - set(table.columns):
        raise BadData(
            f"prophet_holidays.csv lacks the columns {', '.join(sorted(missing))}.",
            "Give ds, holiday, country and year, or leave the file out.",
        )
    country = inputs.config.country.upper()
    rows = table[table["country"].str.upper() == country]
    if rows.empty:
        raise _unknown(country)
    try:
        return [
            (day, str(row["holiday"]), int(row.get("year") or day.year))
            for row in rows.to_dict("records")
            for day in (date.fromisoformat(str(row["ds"])[:10]),)
        ]
    except ValueError as error:
        raise BadData(f"prophet_holidays.csv cannot be read: {error}.", "Write ds as 2024-12-25.") from error


def _unknown(country: str) -> BadConfig:
    said = f"“{country}”" if country else "an empty country"
    return BadConfig(
        f"No holidays are known for {said}.",
        "Give the country as two letters such as DE, or take holiday out of prophet_vars.",
        field="country",
    )
