"""Stamps with a time of day: the days that a country means by them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from engine.data.dataset import Finding
from engine.data.intake.file import Asked, to_parquet

MONDAYS = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(60)]
TODAY = date(2026, 5, 5)


def as_utc(zone: str) -> Callable[[date], str]:
    """How a program in `zone` writes the beginnings of days in UTC."""
    return lambda day: f"{datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read(
    tmp_path: Path, stamps: Sequence[str], country: str, choices: dict[str, str] | None = None
) -> tuple[list[date], list[Finding]]:
    path, into = tmp_path / "dropped.csv", tmp_path / "raw.parquet"
    path.write_text("date,cost\n" + "".join(f'"{stamp}",1.5\n' for stamp in stamps))
    facts = to_parquet(path, into, Asked(country, choices or {}, today=TODAY))
    return pq.read_table(into)["date"].to_pylist(), [one for one in facts.findings if one.code == "date.utc"]


@pytest.mark.parametrize(
    ("zone", "country", "said"),
    [
        pytest.param("Europe/Berlin", "de", True, id="Berlin"),
        pytest.param("Asia/Tokyo", "jp", True, id="Tokyo"),
        pytest.param("America/New_York", "us", False, id="New York: the same days in UTC"),
        pytest.param("America/Los_Angeles", "us", False, id="Los Angeles"),
        pytest.param("Europe/London", "uk", True, id="London, a summer's hour off"),
        pytest.param("Australia/Perth", "au", True, id="Perth, one of many zones"),
        pytest.param("Pacific/Auckland", "nz", True, id="Auckland, thirteen hours off"),
        pytest.param("Asia/Kolkata", "in", True, id="half an hour"),
        pytest.param("Asia/Kathmandu", "np", True, id="a quarter of an hour"),
        pytest.param("America/Sao_Paulo", "br", False, id="Sao Paulo"),
        pytest.param("UTC", "de", False, id="midnight in UTC stays"),
    ],
)
def test_midnight_in_the_country_is_its_day(tmp_path: Path, zone: str, country: str, said: bool) -> None:
    stamps = [as_utc(zone)(day) for day in MONDAYS]
    days, findings = read(tmp_path, stamps, country)
    assert days == MONDAYS
    assert len(findings) == said
    if said:
        assert "2022-01-03" in findings[0].text and "2023-02-" in findings[0].text


def test_one_hour_all_year_is_the_midnight_of_summer_or_winter(tmp_path: Path) -> None:
    for hour in (22, 23):
        stamps = [f"{day - timedelta(days=1)}T{hour}:00:00+00:00" for day in MONDAYS]
        assert read(tmp_path, stamps, "de")[0] == MONDAYS


@pytest.mark.parametrize(
    "ending",
    ["T00:00:00+01:00", " 00:00:00+0900", "T00:00-05:00", " 00:00:00 CET", "T23:30:00+02:00", "T00:00:00+00:00", ""],
)
def test_a_stamp_with_an_offset_keeps_the_day_of_its_source(tmp_path: Path, ending: str) -> None:
    assert read(tmp_path, [f"{day}{ending}" for day in MONDAYS], "de") == (MONDAYS, [])


def test_summer_and_winter_offsets_keep_the_day_of_their_source(tmp_path: Path) -> None:
    stamps = [datetime.combine(day, time(), ZoneInfo("Europe/London")).isoformat() for day in MONDAYS]
    assert read(tmp_path, stamps, "gb") == (MONDAYS, [])


def test_moments_at_many_hours_are_the_days_as_written(tmp_path: Path) -> None:
    stamps = [f"{day}T{(n * 5) % 24:02}:17:00Z" for n, day in enumerate(MONDAYS)]
    assert read(tmp_path, stamps, "de") == (MONDAYS, [])


def test_without_a_country_the_days_stay_and_the_doubt_is_said(tmp_path: Path) -> None:
    stamps = [as_utc("Europe/Berlin")(day) for day in MONDAYS]
    days, (finding,) = read(tmp_path, stamps, "")
    assert days == [day - timedelta(days=1) for day in MONDAYS]
    assert finding.grade == "REVIEW"
    (offer,) = finding.offers
    assert read(tmp_path, stamps, "", {offer.key: offer.value}) == (MONDAYS, [])


def test_a_person_can_keep_the_days_of_utc(tmp_path: Path) -> None:
    stamps = [as_utc("Asia/Tokyo")(day) for day in MONDAYS]
    _, (finding,) = read(tmp_path, stamps, "jp")
    (offer,) = finding.offers
    assert read(tmp_path, stamps, "jp", {offer.key: offer.value})[0] == [day - timedelta(days=1) for day in MONDAYS]


def test_stamps_without_a_zone_that_follow_the_countrys_summer_are_utc_and_doubted(tmp_path: Path) -> None:
    stamps = [as_utc("Europe/Berlin")(day).rstrip("Z").replace("T", " ") for day in MONDAYS]
    days, (finding,) = read(tmp_path, stamps, "de")
    assert days == MONDAYS
    assert finding.grade == "REVIEW"


def test_the_end_of_a_day_is_no_midnight(tmp_path: Path) -> None:
    assert read(tmp_path, [f"{day}T23:59:59Z" for day in MONDAYS], "de") == (MONDAYS, [])
    assert read(tmp_path, [f"{day} 18:00:00" for day in MONDAYS], "de") == (MONDAYS, [])
