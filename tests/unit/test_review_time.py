"""Periods and timeframes of a review: read as people type them, laid over the days that there are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.dates import Interval
from engine.data.review.filters import Filters, read_filters, read_period, splits
from engine.data.review.periods import Period, begin, called, end, following, months_on, offered, usual
from engine.data.review.timeframes import OFFERED, in_rows, read_timeframe, window
from engine.errors import BadInput

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        *(("6m", "6m"), ("6 months", "6m"), ("last 6 months", "6m"), ("Past 6 Months", "6m"), ("half a year", "6m")),
        *(("12m", "12m"), ("1 year", "12m"), ("a year", "12m"), ("past year", "12m"), ("4 quarters", "12m")),
        *(("2y", "24m"), ("last two years", "24m"), ("90 days", "90d"), ("13 weeks", "13w"), ("13-week", "13w")),
        *(("this year", "ytd"), ("YTD", "ytd"), ("last year", "last_year"), ("this month", "mtd")),
        *(("last quarter", "last_quarter"), ("2025", "2025"), ("Q1 2025", "2025-q1"), ("2025-Q4", "2025-q4")),
        *(("2025-03", "2025-03"), ("2025/3", "2025-03"), ("March 2025", "2025-03"), ("März 2025", "2025-03")),
        *(("all", "all"), ("all data", "all"), ("everything", "all")),
        ("2025-01-01 to 2025-03-31", "2025-01-01..2025-03-31"),
        ("from 2025-01-01 until 2025-3-31", "2025-01-01..2025-03-31"),
        ("since 2025-01-01", "2025-01-01.."),
    ],
)
def test_a_timeframe_is_read_as_people_type_it(typed: str, key: str) -> None:
    assert read_timeframe(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        *("", "soon", "0 months", "m", "6", "99999 days", "1000 months", "1850", "2150", "Q5 2025", "2025-13"),
        *("Smarch 2025", "2025-02-30 to 2025-03-31", "2025-04-01 to 2025-03-31", "6 m weekly", "last", "12 moons"),
        "2025-01-01 to 2025-99-99",
    ],
)
def test_what_names_no_timeframe_is_none(typed: str) -> None:
    assert read_timeframe(typed) == ""


@pytest.mark.parametrize(
    ("key", "first", "last", "short"),
    [
        ("6m", "2025-05-01", "2025-10-31", False),
        ("12m", "2024-11-01", "2025-10-31", False),
        ("24m", "2024-01-15", "2025-10-31", True),
        ("30d", "2025-10-02", "2025-10-31", False),
        ("2w", "2025-10-18", "2025-10-31", False),
        ("2024", "2024-01-15", "2024-12-31", True),
        ("2025", "2025-01-01", "2025-10-31", True),
        ("last_year", "2025-01-01", "2025-10-31", True),
        ("2025-q1", "2025-01-01", "2025-03-31", False),
        ("2024-02", "2024-02-01", "2024-02-29", False),
        ("all", "2024-01-15", "2025-10-31", False),
        ("2025-01-05..2025-02-01", "2025-01-05", "2025-02-01", False),
        ("2025-09-01..", "2025-09-01", "2025-10-31", False),
    ],
)
def test_a_timeframe_is_laid_over_the_data(key: str, first: str, last: str, short: bool) -> None:
    found = window(key, date(2024, 1, 15), date(2025, 10, 31), TODAY)
    assert (str(found.first), str(found.last), bool(found.short)) == (first, last, short)


def test_a_window_that_is_shorter_than_asked_says_why() -> None:
    found = window("24m", date(2024, 1, 15), date(2025, 10, 31), TODAY)
    assert found.short == "Fewer than asked for: the data begin on 2024-01-15, not on 2023-11-01."
    assert "end on 2025-10-31, not on 2025-12-31" in window("2025", date(2024, 1, 1), date(2025, 10, 31), TODAY).short


@pytest.mark.parametrize("key", ["ytd", "2023", "2030", "last_month", "2025-11"])
def test_a_timeframe_without_data_is_refused_and_says_where_they_are(key: str) -> None:
    with pytest.raises(BadInput, match=r"holds no data: they go from 2024-01-15 to 2025-10-31"):
        window(key, date(2024, 1, 15), date(2025, 10, 31), TODAY)


def test_a_key_of_nobody_is_refused_in_words() -> None:
    for key in ("<@U1>", "", "0000-13", "2025-02-30.."):
        with pytest.raises(BadInput, match=f"I do not know the timeframe “{key}”"):
            window(key, date(2024, 1, 1), date(2025, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("ytd", "2026 so far"),
        ("qtd", "Q4 2026 so far"),
        ("mtd", "Nov 2026 so far"),
        ("last_year", "2025"),
        ("last_quarter", "Q3 2026"),
        ("last_month", "Oct 2026"),
        ("6m", "the last 6 months"),
        ("1w", "the last week"),
        ("24m", "the last 2 years"),
        ("2026-01-05..2026-02-01", "the time from 2026-01-05 to 2026-02-01"),
        ("2026-01-05..", "the time since 2026-01-05"),
    ],
)
def test_a_window_is_called_so_that_a_sentence_can_say_it(key: str, words: str) -> None:
    assert window(key, date(2020, 1, 1), TODAY, TODAY).words == words


@given(st.sampled_from(list(OFFERED)), st.dates(date(1971, 1, 1), date(2099, 12, 31)), st.integers(0, 20_000))
def test_a_window_lies_within_the_data(key: str, begins: date, days: int) -> None:
    ends = date.fromordinal(min(begins.toordinal() + days, date(2099, 12, 31).toordinal()))
    try:
        found = window(key, begins, ends, TODAY)
    except BadInput:
        assert key in ("ytd", "last_year")
        return
    assert begins <= found.first <= found.last <= ends


@pytest.mark.parametrize(
    ("period", "day", "first", "last", "name"),
    [
        ("D", "2024-02-29", "2024-02-29", "2024-02-29", "29 Feb 2024"),
        ("W", "2024-03-03", "2024-02-26", "2024-03-03", "26 Feb 2024"),
        ("M", "2024-02-29", "2024-02-01", "2024-02-29", "Feb 2024"),
        ("M", "2023-02-28", "2023-02-01", "2023-02-28", "Feb 2023"),
        ("Q", "2025-12-31", "2025-10-01", "2025-12-31", "Q4 2025"),
        ("Y", "2024-06-01", "2024-01-01", "2024-12-31", "2024"),
    ],
)
def test_a_period_has_its_ends_and_its_name(period: Period, day: str, first: str, last: str, name: str) -> None:
    start = begin(date.fromisoformat(day), period)
    assert (str(start), str(end(start, period)), called(start, period)) == (first, last, name)


@given(st.dates(date(1971, 1, 1), date(2090, 1, 1)), st.sampled_from("DWMQY"), st.integers(0, 6))
def test_periods_follow_each_other_without_gap_or_overlap(day: date, period: Period, weekday: int) -> None:
    start = begin(day, period, weekday)
    assert start <= day <= end(start, period)
    assert begin(following(start, period), period, weekday) == following(start, period)
    assert len(called(start, period)) <= 20


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-12-31", -12, "2023-12-31"),
        ("2024-05-31", -3, "2024-02-29"),
    ],
)
def test_months_on_end_with_the_month(day: str, count: int, then: str) -> None:
    assert str(months_on(date.fromisoformat(day), count)) == then


@pytest.mark.parametrize(
    ("days", "interval", "period"),
    [
        *((14, "day", "D"), (90, "day", "W"), (365, "day", "M"), (1095, "day", "M"), (2000, "week", "Q")),
        *((9000, "day", "Y"), (14, "week", "W"), (60, "month", "M")),
    ],
)
def test_the_usual_period_gives_about_twenty_points_and_is_never_finer_than_the_data(
    days: int, interval: Interval, period: Period
) -> None:
    assert usual(days, interval) == period and period in offered(interval)


@pytest.mark.parametrize(
    ("typed", "period"),
    [("weekly", "W"), ("by month", "M"), ("per quarter", "Q"), ("D", "D"), ("yearly", "Y"), ("often", ""), ("", "")],
)
def test_a_period_is_read_as_people_type_it(typed: str, period: str) -> None:
    assert read_period(typed) == period


@pytest.mark.parametrize(
    ("typed", "timeframe", "period"),
    [
        ("12 months weekly", "12m", "W"),
        ("weekly, last 6 months", "6m", "W"),
        ("2025 by quarter", "2025", "Q"),
        ("monthly", "12m", "M"),
        ("2025-01-01 to 2025-03-31 daily", "2025-01-01..2025-03-31", "D"),
        ("all", "all", ""),
    ],
)
def test_time_and_period_are_read_in_either_order(typed: str, timeframe: str, period: str) -> None:
    assert read_filters(typed) == Filters(timeframe=timeframe, period=period)


def test_a_name_that_looks_like_a_time_is_tried_as_a_name_first() -> None:
    assert list(splits("Plan 2025")) == [("Plan 2025", Filters()), ("Plan", Filters(timeframe="2025"))]
    assert list(splits("12 months weekly"))[-1] == ("", Filters(timeframe="12m", period="W"))
    assert [name for name, _ in splits("Spring 12 moons")] == ["Spring 12 moons"]


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_or_not_and_never_breaks(text: str) -> None:
    for name, filters in splits(text):
        assert filters.is_ours() and len(name) <= len(text)


def test_sentences_call_a_window_what_the_data_have_of_it() -> None:
    begins, ends = date(2024, 3, 1), date(2025, 6, 30)
    said = {key: window(key, begins, ends, TODAY).said for key in ("12m", "24m", "2024", "2025", "2024-q2")}
    assert said == {
        "12m": "the last 12 months",
        "24m": "all data",
        "2024": "2024 (data from 2024-03-01 to 2024-12-31)",
        "2025": "2025 (data from 2025-01-01 to 2025-06-30)",
        "2024-q2": "Q2 2024",
    }


def test_a_length_that_is_finer_than_the_rows_is_told_in_rows() -> None:
    asked = window("30d", date(2024, 1, 1), date(2025, 6, 29), TODAY)
    found = in_rows("30d", asked, 4, "week")
    assert found.said == found.words == "the last 4 weeks"
    assert found.short == "The data have a row per week: the last 4 weeks begin in the last 30 days."
    assert in_rows("8w", window("8w", date(2024, 1, 1), date(2025, 6, 30), TODAY), 1, "month").said == "the last month"
    for key, rows, interval in (("30d", 30, "day"), ("8w", 8, "week"), ("12m", 52, "week"), ("2024", 52, "week")):
        same = window(key, date(2024, 1, 1), date(2025, 6, 29), TODAY)
        assert in_rows(key, same, rows, interval) is same  # type: ignore[arg-type]
