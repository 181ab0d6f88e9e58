"""What is said about the day that weeks are dated by."""

from datetime import date

import pytest

from engine.data.dated_weeks import week_dated_findings
from engine.data.mapping import Mapping

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
