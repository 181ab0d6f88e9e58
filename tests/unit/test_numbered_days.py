"""Dates written as plain numbers, or over several columns: read where they have one meaning, else said."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from engine.data.dates import step
from engine.data.intake.file import Asked, Facts, inspect, to_parquet
from engine.errors import BadData

MONDAYS = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(120)]
MONTHS = [step(date(2020, 1, 1), "month", n) for n in range(48)]
TODAY = date(2026, 5, 5)


def file(tmp_path: Path, columns: dict[str, Sequence[object]]) -> Path:
    count = len(next(iter(columns.values())))
    columns = {**columns, "revenue": [230_000 + 7 * n % 1000 for n in range(count)], "tv_cost": range(9, 9 + count)}
    path = tmp_path / "dropped.csv"
    lines = [",".join(columns), *(",".join(str(cell) for cell in row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def read(tmp_path: Path, columns: dict[str, Sequence[object]], country: str = "de") -> tuple[list[date], str, Facts]:
    """The days of the column that holds dates, its name, and what was said."""
    path, into = file(tmp_path, columns), tmp_path / "raw.parquet"
    facts = to_parquet(path, into, Asked(country, today=TODAY))
    (name,) = [column.name for column in facts.columns if column.type == "date"]
    return pq.read_table(into)[name].to_pylist(), name, facts


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def unix(day: date, zone: str = "UTC") -> int:
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("name", "days", "write"),
    [
        pytest.param("date", MONDAYS, serial, id="serials, weekly"),
        pytest.param("Datum", MONTHS, serial, id="serials, monthly"),
        pytest.param("day", MONDAYS[:3], lambda day: f"{serial(day)}.0", id="serials with a point"),
        pytest.param("x", MONDAYS, serial, id="serials without a name"),
        pytest.param("month", MONTHS, lambda day: f"{day:%Y%m}", id="202205"),
        pytest.param("period", MONTHS, lambda day: f"{day:%Y%m}", id="202205 as a period"),
        pytest.param("week", MONDAYS, lambda day: "{}{:02}".format(*day.isocalendar()), id="202253"),
        pytest.param("date", MONDAYS, lambda day: f"{day:%Y%m%d}", id="20220103"),
        pytest.param("date", MONDAYS, lambda day: f"{day:%Y%m%d}.0", id="20220103.0"),
        pytest.param("timestamp", MONDAYS, unix, id="seconds"),
        pytest.param("date", MONDAYS, lambda day: unix(day) * 1000, id="milliseconds"),
        pytest.param("date", MONDAYS, lambda day: unix(day, "Europe/Berlin"), id="seconds of Berlin's midnight"),
    ],
)
def test_numbers_that_are_days_are_read_as_days(
    tmp_path: Path, name: str, days: list[date], write: Callable[[date], object]
) -> None:
    found, column, facts = read(tmp_path, {name: [write(day) for day in days]})
    assert (found, column) == (days, name)
    assert all(finding.column == name for finding in facts.findings)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("spend", [26_000 + (n * 7919) % 20_000 for n in range(120)], id="money of that size"),
        pytest.param("views_per_day", [26_000 + (n * 7919) % 20_000 for n in range(120)], id="named with day"),
        pytest.param("time_on_site", [30_000 + (n * 101) % 5_000 for n in range(120)], id="seconds on a site"),
        pytest.param("row_key", range(30_000, 30_120), id="running numbers"),
        pytest.param("budget", [202_201] * 120, id="constant"),
        pytest.param("reach", [200_000 + (n * 977) % 9_000 for n in range(120)], id="six digits"),
        pytest.param("installs", [1_600_000_000 + n * 999_983 for n in range(120)], id="ten digits"),
    ],
)
def test_numbers_that_are_none_stay_numbers(tmp_path: Path, name: str, values: Sequence[int]) -> None:
    facts = inspect(file(tmp_path, {"date": MONDAYS, name: values}), Asked(today=TODAY))
    assert {column.name: column.type for column in facts.columns}[name] == "number"


@pytest.mark.parametrize(
    ("columns", "days"),
    [
        pytest.param(
            {"year": [d.isocalendar().year for d in MONDAYS], "week": [d.isocalendar().week for d in MONDAYS]},
            MONDAYS, id="year, week",
        ),
        pytest.param(
            {"iso_week": [d.isocalendar().week for d in MONDAYS], "iso_year": [d.isocalendar().year for d in MONDAYS]},
            MONDAYS, id="the other way round",
        ),
        pytest.param(
            {"Jahr": [d.isocalendar().year for d in MONDAYS], "KW": [f"KW{d.isocalendar().week:02}" for d in MONDAYS]},
            MONDAYS, id="Jahr, KW",
        ),
        pytest.param({"Year": [d.year for d in MONTHS], "Month": [d.month for d in MONTHS]}, MONTHS, id="year, month"),
        pytest.param({"Year": [d.year for d in MONTHS], "Month": [f"{d:%B}" for d in MONTHS]}, MONTHS, id="names"),
        pytest.param({"AÑO": [d.year for d in MONTHS], "mes": [f"{d:%m}" for d in MONTHS]}, MONTHS, id="año, mes"),
        pytest.param(
            {"Year": [d.year for d in MONDAYS], "Month": [d.month for d in MONDAYS], "Day": [d.day for d in MONDAYS]},
            MONDAYS, id="year, month, day",
        ),
        pytest.param(
            {"year": [f"{d.year}.0" for d in MONTHS[::3]], "quarter": [f"Q{d.month // 3 + 1}" for d in MONTHS[::3]]},
            MONTHS[::3], id="year, quarter",
        ),
    ],
)  # fmt: skip
def test_parts_become_one_date_and_that_is_said(
    tmp_path: Path, columns: dict[str, Sequence[object]], days: list[date]
) -> None:
    found, name, facts = read(tmp_path, columns)
    assert found == days
    (said,) = [finding for finding in facts.findings if finding.code == "date.made"]
    assert said.column == name == "date"
    for part in columns:
        assert f"“{part}”" in said.text


def test_parts_beside_a_date_are_left_alone(tmp_path: Path) -> None:
    columns = {"day": MONDAYS, "year": [d.year for d in MONDAYS], "week": [d.isocalendar().week for d in MONDAYS]}
    facts = inspect(file(tmp_path, columns), Asked(country="de", today=TODAY))
    assert [column.name for column in facts.columns] == ["day", "year", "week", "revenue", "tv_cost"]
    assert facts.findings == ()


def test_weeks_are_doubted_where_they_are_numbered_otherwise(tmp_path: Path) -> None:
    columns = {"year": [d.isocalendar().year for d in MONDAYS], "week": [d.isocalendar().week for d in MONDAYS]}
    (said,) = [one for one in read(tmp_path, columns, "us")[2].findings if one.code == "date.made"]
    assert (said.grade, said.value) == ("REVIEW", "2022-W1")


@pytest.mark.parametrize("week", [0, 53])
def test_a_week_that_iso_8601_does_not_have_is_refused_by_its_row(tmp_path: Path, week: int) -> None:
    columns = {"year": [2022] * 53, "week": [*range(1, 53), week]}
    path = file(tmp_path, columns)
    with pytest.raises(BadData, match=f"Row 54 of column “date” holds “2022-W{week}”.*ISO 8601"):
        to_parquet(path, tmp_path / "raw.parquet", Asked(today=TODAY), needed=["date"])


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        pytest.param("date", [f"{d.day}-{d:%b}" for d in MONDAYS], "a day without its year", id="3-Jan"),
        pytest.param("date", [f"{d:%b}-{d.day:02}" for d in MONDAYS], "a day without its year", id="Jan-03"),
        pytest.param("week", [f"KW {d.isocalendar().week}" for d in MONDAYS], "a week without its year", id="KW 1"),
        pytest.param("Monat", ["Jan", "Feb", "Mär", "Apr"] * 6, "a month without its year", id="Jan"),
        pytest.param("quarter", ["Q1", "Q2", "Q3", "Q4"] * 6, "a quarter without its year", id="Q1"),
        pytest.param("month", [f"{d:%m/%y}" for d in MONTHS], "a month and a year", id="01/20"),
    ],
)
def test_dates_without_a_year_are_refused_with_what_to_write(
    tmp_path: Path, name: str, values: Sequence[str], words: str
) -> None:
    with pytest.raises(BadData) as refusal:
        to_parquet(file(tmp_path, {name: values}), tmp_path / "raw.parquet", Asked(today=TODAY), needed=[name])
    assert words in refusal.value.what and f"Row 2 of column “{name}” holds “{values[0]}”" in refusal.value.what
    assert "2024-01-31" in refusal.value.todo


@pytest.mark.parametrize("value", ["9999-12-31", "0001-01-01", "1970-01-01", "1900-01-00", "10000-01-01", "2028-01-01"])
def test_a_date_that_no_data_are_about_is_refused_by_its_row(tmp_path: Path, value: str) -> None:
    days = [str(day) for day in MONDAYS]
    days[50] = value
    with pytest.raises(BadData, match=f"Row 52 of column “date” holds “{value}”"):
        to_parquet(file(tmp_path, {"date": days}), tmp_path / "raw.parquet", Asked(today=TODAY), needed=["date"])


def test_next_years_plan_is_taken(tmp_path: Path) -> None:
    days = [date(2027, 12, 27) - timedelta(weeks=n) for n in range(60)]
    assert read(tmp_path, {"date": days})[0] == days


def test_a_far_date_in_another_column_harms_nobody(tmp_path: Path) -> None:
    path = file(tmp_path, {"date": MONDAYS, "valid_to": ["9999-12-31"] * len(MONDAYS)})
    to_parquet(path, tmp_path / "raw.parquet", Asked(today=TODAY), needed=["date", "revenue"])
    assert set(pq.read_table(tmp_path / "raw.parquet")["valid_to"].to_pylist()) == {"9999-12-31"}


def test_seconds_know_nothing_of_time_zones() -> None:
    assert datetime.fromtimestamp(unix(date(2022, 1, 3)), UTC).date() == date(2022, 1, 3)
