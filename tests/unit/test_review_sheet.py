"""The rows of a review: added up by hand-made frames to 1e-9; nothing is filled, and what is not whole is told."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from engine.columns import Column
from engine.data.dates import Interval
from engine.data.mapping import Goal, Mapping
from engine.data.review.columns import layout
from engine.data.review.compared import compared
from engine.data.review.sheet import Sheet, Span, sheet_of
from engine.data.review.timeframes import Window
from engine.errors import BadData

MAPPING = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV_COST", "SEARCH_COST"))


def sheet(days: list[Any], interval: Interval = "day", mapping: Mapping = MAPPING, **columns: Any) -> Sheet:
    """A sheet of hand-made rows; columns that are not given count the rows."""
    given = {"REVENUE": np.arange(1.0, len(days) + 1), "TV_COST": 2.0, "SEARCH_COST": 3.0} | columns
    averaged = {name for name in given if "PRICE" in name}
    dated_last = bool(given.pop("dated_last", False))
    frame = pd.DataFrame(given, index=pd.Index(days, dtype=object))
    described = (Column(name="DATE", type="date"), *(Column(name=name, type="number") for name in given))
    return sheet_of(frame, interval, layout(mapping, described, {}), averaged=averaged, dated_last=dated_last)


def days_from(first: str, count: int, apart: int = 1) -> list[date]:
    start = date.fromisoformat(first)
    return [start + timedelta(days=n * apart) for n in range(count)]


def whole(one: Sheet, first: str = "", last: str = "") -> Span:
    start = date.fromisoformat(first) if first else one.begins
    return one.span(Window(start, date.fromisoformat(last) if last else one.ends, "all data"))


def test_sums_are_of_what_is_there_and_missing_rows_are_counted() -> None:
    found = sheet(days_from("2024-01-01", 5), REVENUE=[0.1, 0.2, np.nan, 0.4, np.nan])
    total = found.total(whole(found), ["REVENUE"])
    assert total.value == pytest.approx(0.7, abs=1e-12) and (total.missing, total.rows) == (2, 5)
    assert not total.comparable, "two of five is too much"


def test_an_average_is_of_the_rows_and_a_single_group_of_spends_adds_up() -> None:
    found = sheet(days_from("2024-01-01", 4), PRICE=[1.0, np.nan, 2.0, 6.0], TV_COST=[1.5, np.nan, 2.5, 0.0])
    assert found.total(whole(found), ["PRICE"]).value == pytest.approx(3.0, abs=1e-12)
    both = found.total(whole(found), ["TV_COST", "SEARCH_COST"])
    assert both.value == pytest.approx(4.0 + 12.0, abs=1e-9) and both.missing == 0


def test_infinities_are_no_numbers() -> None:
    found = sheet(days_from("2024-01-01", 3), REVENUE=[1.0, np.inf, 2.0])
    assert found.total(whole(found), ["REVENUE"]).value == 3.0


def test_rows_that_are_not_there_are_gaps_and_not_zeros() -> None:
    days = days_from("2024-02-26", 10)
    found = sheet([day for day in days if day != date(2024, 2, 29)])
    assert found.days == days, "the grid is whole, with the leap day"
    assert found.gone(whole(found)) == [date(2024, 2, 29)]
    assert found.total(whole(found), ["REVENUE"]).missing == 1


def test_stamps_of_a_place_keep_their_day_when_the_clocks_change() -> None:
    paris = ZoneInfo("Europe/Paris")
    stamps = [datetime(2024, 3, 29, tzinfo=paris) + timedelta(days=n) for n in range(4)]
    stamps += [datetime(2024, 10, 26, tzinfo=paris) + timedelta(days=n) for n in range(3)]
    found = sheet(stamps[:4])
    assert found.days == days_from("2024-03-29", 4)
    assert sheet(stamps[4:]).days == days_from("2024-10-26", 3)
    index = pd.date_range("2024-03-30", periods=3, freq="D", tz="Europe/Paris")
    assert sheet(list(index)).days == days_from("2024-03-30", 3)


def test_a_week_that_is_dated_by_its_last_day_stands_by_its_first() -> None:
    found = sheet(days_from("2024-01-07", 3, 7), "week", dated_last=True)
    assert (found.begins, found.ends) == (date(2024, 1, 1), date(2024, 1, 21))


def test_months_are_known_by_their_first_day_however_they_are_dated() -> None:
    found = sheet([date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)], "month")
    assert found.days == [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert found.ends == date(2024, 3, 31)


def test_periods_at_the_edge_are_marked_and_sums_by_period_are_the_whole() -> None:
    found = sheet(days_from("2024-01-10", 60))
    span = whole(found)
    buckets = found.buckets(span, "M")
    assert [(one.name, one.whole, one.rows) for one in buckets] == [
        ("Jan 2024*", False, 22), ("Feb 2024", True, 29), ("Mar 2024*", False, 9)
    ]  # fmt: skip
    sums = [one.value for one in found.over_time(buckets, ["REVENUE"])]
    values = np.arange(1.0, 61)
    assert sums == pytest.approx([values[:22].sum(), values[22:51].sum(), values[51:].sum()], abs=1e-9)


def test_periods_that_are_not_whole_are_left_out_of_a_chart_where_two_whole_ones_remain() -> None:
    long = sheet(days_from("2024-01-10", 100))
    drawn, edges = long.periods(whole(long), "M")
    assert [one.name for one in drawn] == ["Feb 2024", "Mar 2024"] and edges == ("Jan 2024", "Apr 2024")
    assert [one.value for one in long.over_time(drawn, ["TV_COST"])] == pytest.approx([58.0, 62.0], abs=1e-9)
    short = sheet(days_from("2024-01-10", 60))
    drawn, edges = short.periods(whole(short), "M")
    assert [one.name for one in drawn] == ["Jan 2024*", "Feb 2024", "Mar 2024*"] and edges == ()


def test_a_month_that_the_data_begin_and_end_with_is_whole() -> None:
    found = sheet(days_from("2024-02-01", 29))
    assert [one.whole for one in found.buckets(whole(found), "M")] == [True]


@pytest.mark.parametrize(("first", "marks"), [("2024-01-01", [True, True]), ("2024-01-03", [False, True, False])])
def test_weeks_of_days_begin_on_monday_and_partial_ones_are_marked(first: str, marks: list[bool]) -> None:
    found = sheet(days_from(first, 14))
    assert [one.whole for one in found.buckets(whole(found), "W")] == marks


def test_a_week_counts_in_the_month_that_it_begins_in() -> None:
    found = sheet(days_from("2024-01-01", 9, 7), "week", REVENUE=np.ones(9))
    buckets = found.buckets(whole(found), "M")
    assert [(one.label, one.rows, one.whole) for one in buckets] == [("Jan 2024", 5, True), ("Feb 2024", 4, True)]


def test_a_window_takes_the_weeks_that_begin_in_it() -> None:
    found = sheet(days_from("2024-01-01", 10, 7), "week")
    span = whole(found, "2024-01-03", "2024-01-30")
    assert (span.first, span.last, span.rows) == (date(2024, 1, 8), date(2024, 2, 4), 4)
    with pytest.raises(BadData, match="No week begins from 2024-01-02 to 2024-01-06"):
        whole(found, "2024-01-02", "2024-01-06")


def test_the_window_before_has_as_many_rows_and_lies_directly_before() -> None:
    found = sheet(days_from("2024-01-01", 100))
    span = whole(found, "2024-03-01", "2024-03-31")
    before = found.before(span)
    assert before is not None and (before.first, before.last, before.rows) == (date(2024, 1, 30), date(2024, 2, 29), 31)
    assert found.before(whole(found, "2024-01-20", "2024-03-31")) is None, "the data do not go back so far"


@pytest.mark.parametrize(
    ("first", "last", "year_first", "year_last"),
    [
        ("2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"),
        ("2025-02-01", "2025-02-28", "2024-02-01", "2024-02-29"),
        ("2024-02-29", "2024-03-02", "2023-02-28", "2023-03-02"),
        ("2025-05-10", "2025-05-20", "2024-05-10", "2024-05-20"),
    ],
)
def test_the_year_before_goes_by_the_calendar_also_where_a_year_leaps(
    first: str, last: str, year_first: str, year_last: str
) -> None:
    found = sheet(days_from("2023-01-01", 1000))
    year = found.year_before(whole(found, first, last))
    assert year is not None and (str(year.first), str(year.last)) == (year_first, year_last)


def test_the_year_before_of_weeks_is_52_weeks_before() -> None:
    found = sheet(days_from("2023-01-02", 110, 7), "week")
    year = found.year_before(whole(found, "2024-01-01", "2024-01-28"))
    assert year is not None and (year.first, year.rows) == (date(2023, 1, 2), 4)
    assert found.year_before(whole(found, "2023-12-25", "2024-01-28")) is None


def test_a_year_is_held_against_the_year_before_once_and_other_lengths_are_told() -> None:
    found = sheet(days_from("2023-01-01", 731))
    year = compared(found, whole(found, "2024-01-01", "2024-12-31"))
    assert [(one.words, one.span.rows) for one in year.spans] == [("the year before", 365)]
    assert year.notes == ("The year before has 365 days (2023-01-01 to 2023-12-31), this time 366 days.",)
    equal = compared(found, whole(found, "2024-01-02", "2024-12-31"))
    assert [(one.words, one.span.rows) for one in equal.spans] == [("the year before", 365)] and equal.notes == ()
    half = compared(found, whole(found, "2024-07-01", "2024-12-31"))
    assert [one.words for one in half.spans] == ["the 184 days before", "the same time a year before"]
    alone = compared(found, whole(found))
    assert alone.spans == () and alone.notes == ("Nothing to compare with: the data begin on 2023-01-01.",)


def test_halves_are_of_as_many_rows_each() -> None:
    found = sheet(days_from("2024-01-01", 7))
    halves = found.halves(whole(found))
    assert halves is not None
    assert [(one.first.day, one.rows) for one in halves] == [(2, 3), (5, 3)]
    single = sheet([date(2024, 1, 1)])
    assert single.halves(whole(single)) is None


def test_rows_off_the_grid_are_kept_as_they_are() -> None:
    days = [date(2024, 1, 1), date(2024, 1, 4), date(2024, 1, 9), date(2024, 1, 11)]
    found = sheet(days, "week")
    assert found.days == days and found.total(whole(found), ["TV_COST"]).value == 8.0


def test_a_frame_without_rows_is_refused_and_one_without_numbers_has_no_parts() -> None:
    with pytest.raises(BadData, match="no row"):
        sheet_of(pd.DataFrame(), "day", layout(MAPPING, (), {}))
    words = pd.DataFrame({"NOTE": ["a", "b"]}, index=pd.Index(days_from("2024-01-01", 2), dtype=object))
    found = sheet_of(words, "day", layout(MAPPING, (), {}))
    assert found.layout.parts == () and found.total(whole(found), []).value is None


def test_what_a_spend_bought_is_found_by_its_name_unless_the_mapping_says_it() -> None:
    names = (
        *("META_BRAND_COST", "META_BRAND_IMPRESSIONS", "META_BRAND_CLICKS", "META_BRAND_SESSIONS", "META_BRAND_CTR"),
        *("META_PERF_COST", "facebook_S", "facebook_I", "facebook_P", "DIGITAL_RADIO_COST", "ORGANIC_SESSIONS"),
    )
    spends = ("META_BRAND_COST", "META_PERF_COST", "facebook_S", "DIGITAL_RADIO_COST")
    mapping = Mapping(
        date_var="DATE",
        dep_var="REVENUE",
        paid_media_spends=spends,
        organic_vars=("ORGANIC_SESSIONS",),
        paid_media_mapping={"META_PERF_COST": ("ORGANIC_SESSIONS",)},
        channels={"facebook_S": "PAID SOCIAL"},
        goals=(Goal(column="ORDERS", kind="conversion"),),
        currency="EUR",
    )
    found = layout(mapping, [Column(name=name, type="number") for name in (*names, "REVENUE", "ORDERS")], {})
    bought = {part.spend: dict(part.bought) for part in found.parts}
    assert bought["META_BRAND_COST"] == {
        "impressions": "META_BRAND_IMPRESSIONS", "clicks": "META_BRAND_CLICKS", "visits": "META_BRAND_SESSIONS"
    }  # fmt: skip
    assert bought["META_PERF_COST"] == {"visits": "ORGANIC_SESSIONS"}, "what a person said counts"
    assert bought["facebook_S"] == {"impressions": "facebook_I", "clicks": "facebook_P"}
    assert list(found.channels) == ["Meta", "Paid Social", "Digital Radio"]
    assert found.unit(found.spends) == "EUR" and found.units["REVENUE"] == "EUR" and "ORDERS" not in found.units
