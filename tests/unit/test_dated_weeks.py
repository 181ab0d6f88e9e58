"""What is said about the day that weeks are dated by."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.dated_weeks import week_dated_findings
from engine.data.mapping import Mapping
from engine.data.prepare import prepare

SATURDAY, SUNDAY, MONDAY = date(2021, 1, 9), date(2021, 1, 10), date(2021, 1, 11)


@pytest.mark.parametrize(
    ("name", "day", "country", "dated", "grade", "span"),
    [
        pytest.param("date", SATURDAY, "us", "first", "REVIEW", "2021-01-09 to 2021-01-15", id="Saturdays as first"),
        pytest.param("date", SATURDAY, "us", "last", "INFO", "2021-01-03 to 2021-01-09", id="Saturdays as last"),
        pytest.param(
            "week_ending", MONDAY, "de", "first", "REVIEW", "2021-01-05 to 2021-01-11", id="a name that says it"
        ),
        pytest.param("date", MONDAY, "de", "last", "REVIEW", "2021-01-11 to 2021-01-17", id="Mondays as last"),
        pytest.param("date", SUNDAY, "us", "first", "", "", id="Sundays, US"),
        pytest.param("date", MONDAY, "de", "first", "", "", id="Mondays"),
    ],
)
def test_doubt_about_the_day_of_a_week_is_said_with_both_readings(
    name: str, day: date, country: str, dated: str, grade: str, span: str
) -> None:
    mapping = Mapping(date_var=name, dep_var="y", paid_media_spends=("x",), week_dated=dated)
    found = week_dated_findings(mapping, day, country, {})
    assert [one.grade for one in found] == ([grade] if grade else [])
    for one in found:
        assert span in one.text
        (offer,) = one.offers
        (taken,) = week_dated_findings(mapping, day, country, {offer.key: offer.value}) or (None,)
        assert taken is None or taken.grade == "INFO"


def test_a_week_belongs_to_the_month_that_it_begins_in(tmp_path: Path) -> None:
    sums = []
    for shift, dated in ((0, "first"), (6, "last")):
        days = [date(2021, 1, 4) + timedelta(weeks=n, days=shift) for n in range(60)]
        raw = tmp_path / f"{dated}.parquet"
        pq.write_table(
            pa.table({"d": days, "y": [1.5 + n for n in range(60)], "x": [float(n) for n in range(60)]}), raw
        )
        mapping = Mapping(date_var="d", dep_var="y", paid_media_spends=("x",), week_dated=dated)
        monthly = prepare(raw, mapping, "de", resample="M")
        sums.append((monthly.first, monthly.frame["y"].tolist()))
    assert sums[0] == sums[1]


def test_weeks_that_stay_weeks_keep_the_dates_that_a_person_wrote(tmp_path: Path) -> None:
    days = [SATURDAY + timedelta(weeks=n) for n in range(60)]
    raw = tmp_path / "raw.parquet"
    pq.write_table(pa.table({"d": days, "y": [1.5 + n for n in range(60)], "x": [float(n) for n in range(60)]}), raw)
    mapping = Mapping(date_var="d", dep_var="y", paid_media_spends=("x",), week_dated="last")
    assert [prepare(raw, mapping, "us", resample=to).first for to in ("none", "W")] == [SATURDAY] * 2
