"""The rhythm of dates: which it is, that it changes, and that it is too coarse to train on."""

from datetime import date, timedelta

import pytest

from engine.data.calendar import read_calendar
from engine.data.dates import step


def days(first: date, count: int, apart: int = 1) -> list[date]:
    return [first + timedelta(days=n * apart) for n in range(count)]


def months(first: date, count: int, apart: int = 1) -> list[date]:
    return [step(first, "month", n * apart) for n in range(count)]


MONDAY = date(2022, 1, 3)


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        pytest.param(
            [*days(MONDAY, 60), *days(date(2022, 3, 7), 60, 7)],
            ["daily until 2022-03-03", "weekly from 2022-03-07"],
            id="days, a gap, weeks",
        ),
        pytest.param(
            [*days(MONDAY, 63), *days(date(2022, 3, 7), 60, 7)],
            ["daily until 2022-03-06", "weekly from 2022-03-07"],
            id="days, then weeks",
        ),
        pytest.param(
            [*days(MONDAY, 60, 7), *days(date(2023, 2, 27), 60)],
            ["weekly until 2023-02-20", "daily from 2023-02-27"],
            id="weeks, then days",
        ),
        pytest.param(
            [*days(MONDAY, 60, 7), *months(date(2023, 4, 1), 37)],
            ["weekly until 2023-02-20", "monthly from 2023-04-01"],
            id="weeks, then months",
        ),
        pytest.param(
            [*months(date(2020, 1, 1), 24), *days(MONDAY, 50, 7), *days(date(2022, 12, 19), 20)],
            ["monthly until 2021-12-01", "weekly from 2022-01-03 until", "daily from 2022-12-19"],
            id="three",
        ),
    ],
)
def test_a_change_of_rhythm_is_told_with_its_dates(dates: list[date], said: list[str]) -> None:
    (finding,) = read_calendar(dates).findings
    assert (finding.code, finding.grade) == ("date.mixed", "FAIL")
    for words in said:
        assert words in finding.text


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        pytest.param(months(date(2014, 1, 1), 40, 3), "quarter", id="quarters"),
        pytest.param([date(year, month, day) for year in range(2014, 2020)
                      for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))], "quarter", id="ends of quarters"),
        pytest.param(months(date(2000, 1, 1), 20, 12), "year", id="years"),
        pytest.param(days(MONDAY, 60, 14), "two weeks", id="fortnights"),
    ],
)  # fmt: skip
def test_a_rhythm_that_is_too_coarse_is_refused_by_its_name(dates: list[date], word: str) -> None:
    calendar = read_calendar(dates)
    assert not calendar.regular
    (finding,) = calendar.findings
    assert (finding.grade, calendar.missing) == ("FAIL", ())
    assert word in finding.text
    assert "month" in finding.remedy


@pytest.mark.parametrize(
    ("dates", "interval"),
    [
        pytest.param(days(MONDAY, 30), "day", id="days"),
        pytest.param(days(MONDAY, 30, 7), "week", id="weeks"),
        pytest.param(months(date(2020, 1, 1), 40), "month", id="months"),
        pytest.param([day for day in days(MONDAY, 40, 7) if day != date(2022, 2, 7)], "week", id="a week is missing"),
        pytest.param([date(2020 + n // 12, n % 12 + 1, 28) for n in range(30)], "month", id="28ths"),
    ],
)
def test_one_rhythm_is_no_change(dates: list[date], interval: str) -> None:
    calendar = read_calendar(dates)
    assert (calendar.interval, calendar.regular) == (interval, True)


def test_office_days_are_still_told_as_such() -> None:
    office = [day for day in days(MONDAY, 60) if day.weekday() < 5]
    assert [one.code for one in read_calendar(office).findings] == ["date.weekends"]
