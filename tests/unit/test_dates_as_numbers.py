"""Dates that a typed source keeps as whole numbers are dates, whichever way they come in."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column
from engine.data.dataset import Source
from engine.data.dates_as_numbers import dates_among_numbers
from engine.data.intake.file import Asked
from engine.data.outlook import file_outlook, outlook
from engine.pipeline.sources import opened
from tests.local_snowflake import LocalSnowflake, local_snowflake

pytestmark = pytest.mark.slow

MONDAYS = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(110)]
MONTHS = [date(2018 + n // 12, n % 12 + 1, 1) for n in range(60)]
WAYS: dict[str, tuple[str, list[date], Callable[[date], int]]] = {
    "days": ("DATE_KEY", MONDAYS, lambda day: int(f"{day:%Y%m%d}")),
    "months": ("MONTH", MONTHS, lambda day: int(f"{day:%Y%m}")),
    "weeks": ("WEEK", MONDAYS, lambda day: day.isocalendar().year * 100 + day.isocalendar().week),
}


@pytest.fixture(scope="module")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSnowflake]:
    with local_snowflake(tmp_path_factory.mktemp("snowflake")) as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
def test_days_as_numbers_are_the_same_in_a_file_and_in_the_warehouse(
    snowflake: LocalSnowflake, tmp_path: Path, way: str
) -> None:
    name, days, write = WAYS[way]
    numbers = [write(day) for day in days]
    sales, spend = [1000.5 + n % 13 for n in range(len(days))], [float(50 + n % 7) for n in range(len(days))]
    path = tmp_path / "media.parquet"
    pq.write_table(pa.table({name: numbers, "REVENUE": sales, "TV_SPEND": spend, "RADIO_SPEND": spend[::-1]}), path)
    file = file_outlook(path, Asked(country="de"))
    rows = ", ".join(map(str, zip(numbers, sales, spend, spend[::-1], strict=True)))
    names = (name, "REVENUE", "TV_SPEND", "RADIO_SPEND")
    listed = ", ".join(f"column{place + 1} AS {one}" for place, one in enumerate(names))
    sql = f"SELECT {listed} FROM (VALUES {rows})"
    warehouse = outlook(opened(snowflake.warehouse(), Source(kind="select", sql=sql)), "de")
    for seen in (file, warehouse):
        assert (seen.first_date, seen.last_date) == (days[0].isoformat(), days[-1].isoformat()), seen.refused
        assert {column.name: column.role for column in seen.columns}[name] == "date"


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        pytest.param("ORDERS", ("20220103", "20220110"), id="named otherwise"),
        pytest.param("WEEK", ("1", "2"), id="weeks of no year"),
        pytest.param("DATE_KEY", ("20229931", "20220110"), id="no days"),
        pytest.param("DAY", (), id="empty"),
    ],
)
def test_other_numbers_stay_numbers(name: str, examples: tuple[str, ...]) -> None:
    columns = (Column(name=name, type="number", examples=examples),)
    assert dates_among_numbers(columns) == columns
