"""Days and weeks made coarser, against frames made by hand and pandas' own groups, to 1e-9."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.aggregate import coarser
from engine.data.column_rules import Rule
from engine.data.recipe import WEEKDAYS, Weekday
from engine.data.resample import period_of, resampled
from engine.errors import BadData

# What pandas calls the weeks that begin on each day: by the day they end on.
ENDS: dict[Weekday, str] = dict(zip(WEEKDAYS, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], strict=True))
BY: dict[str, Rule] = {
    "kpi": "sum",
    "spend": "sum",
    "price": "mean",
    "peak": "max",
    "low": "min",
    "state": "mode",
    "flag": "max",
    "event": "event",
    "sky": "commonest",
}


def made(days: Sequence[date], seed: int = 7) -> pd.DataFrame:
    rng, count = np.random.default_rng(seed), len(days)
    columns: dict[str, Any] = {
        "kpi": rng.gamma(2.0, 500.0, count),
        "spend": rng.gamma(1.0, 50.0, count),
        "price": rng.normal(10.0, 3.0, count),
        "peak": rng.normal(size=count),
        "low": rng.normal(size=count),
        "state": rng.integers(0, 3, count).astype(float),
        "flag": (rng.random(count) < 0.1).astype(float),
        "event": rng.choice(["none", "none", "none", "fair", "strike"], count),
        "sky": rng.choice(["sun", "rain"], count),
    }
    return pd.DataFrame(columns, index=pd.Index(list(days)))


def daily(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def reference(frame: pd.DataFrame, freq: str) -> pd.DataFrame:
    """The same by pandas' resampling, whole periods only."""
    dated = frame.set_axis(pd.DatetimeIndex(frame.index), axis=0)
    groups = dated.resample(freq, closed="left", label="left")
    found = pd.DataFrame(
        {
            "kpi": groups["kpi"].sum(),
            "spend": groups["spend"].sum(),
            "price": groups["price"].mean(),
            "peak": groups["peak"].max(),
            "low": groups["low"].min(),
            "state": groups["state"].agg(lambda values: values.mode().iloc[0]),
            "flag": groups["flag"].max(),
            "sky": groups["sky"].agg(lambda values: values.mode().iloc[0]),
        }
    )
    return found


@pytest.mark.parametrize("starts", WEEKDAYS)
@pytest.mark.parametrize("first", [date(2023, 12, 25), date(2024, 1, 3), date(2020, 12, 30)], ids=str)
def test_weeks_from_any_day_are_those_of_pandas(starts: Weekday, first: date) -> None:
    frame = made(daily(first, 100))
    found, interval, told = resampled(frame, "day", "W", BY, "kpi", week_starts=starts)
    # A period of pandas that ends on SUN holds Monday to Sunday, over the turn of the year, too.
    periods = pd.PeriodIndex(frame.index, freq=f"W-{ENDS[starts]}")
    groups = frame.groupby(periods)
    whole = groups.size()[groups.size() == 7].index
    assert interval == "week"
    assert [day.weekday() for day in found.index] == [WEEKDAYS.index(starts)] * len(whole)
    assert list(found.index) == [period.start_time.date() for period in whole]
    for name, how in {
        "kpi": "sum",
        "spend": "sum",
        "price": "mean",
        "peak": "max",
        "low": "min",
        "flag": "max",
    }.items():
        np.testing.assert_allclose(found[name], groups[name].agg(how)[whole], rtol=1e-9, atol=1e-9)
    for name in ("state", "sky"):
        assert found[name].tolist() == groups[name].agg(lambda v: v.mode().iloc[0])[whole].tolist()
    partial = len(groups) - len(whole)
    assert [one.number for one in told] == ([float(partial)] if partial else [])


def test_months_are_those_of_pandas() -> None:
    frame = made(daily(date(2023, 11, 15), 500))
    found, interval, _ = resampled(frame, "day", "M", BY, "kpi")
    wanted = reference(frame, "MS").iloc[1:-1]
    assert interval == "month"
    assert list(found.index) == [stamp.date() for stamp in wanted.index]
    for name in wanted.columns:
        if name == "sky":
            assert found[name].tolist() == wanted[name].tolist()
        else:
            np.testing.assert_allclose(found[name].astype(float), wanted[name].astype(float), rtol=1e-9, atol=1e-9)


@given(
    first=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    count=st.integers(14, 400),
    starts=st.sampled_from(WEEKDAYS),
    seed=st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_but_the_periods_at_the_edges(first: date, count: int, starts: Weekday, seed: int) -> None:
    frame = made(daily(first, count), seed)
    try:
        found, _, told = resampled(frame, "day", "W", BY, "kpi", week_starts=starts)
    except BadData:
        assert count < 21
        return
    inside = frame.loc[found.index[0] : found.index[-1] + timedelta(days=6)]
    np.testing.assert_allclose(found["spend"].sum(), inside["spend"].sum(), rtol=1e-9)
    assert len(inside) == 7 * len(found)
    assert count - len(inside) < 14
    assert bool(told) == (len(inside) < count)


def test_a_first_and_a_last_week_that_are_not_whole_go_and_are_told() -> None:
    # Wednesday to the Tuesday three weeks later.
    found, _, [told] = resampled(made(daily(date(2024, 1, 3), 21)), "day", "W", BY, "kpi")
    assert list(found.index) == [date(2024, 1, 8), date(2024, 1, 15)]
    assert (told.code, told.where) == ("date.partial", "2024-01-01 and 2024-01-22")


def test_a_whole_first_week_stays() -> None:
    found, _, told = resampled(made(daily(date(2024, 1, 1), 28)), "day", "W", BY, "kpi")
    assert (len(found), told) == (4, [])


def test_a_gap_inside_takes_the_goal_of_its_period_and_nothing_else() -> None:
    frame = made(daily(date(2024, 1, 1), 28))
    frame.loc[date(2024, 1, 10), ["kpi", "price"]] = np.nan
    found, _, _ = resampled(frame, "day", "W", BY, "kpi")
    assert found["kpi"].isna().tolist() == [False, True, False, False]
    second = frame.iloc[7:14]["price"]
    np.testing.assert_allclose(found["price"].iloc[1], second.sum() / 6, rtol=1e-12)


def test_days_stay_days_and_weeks_stay_weeks() -> None:
    frame = made(daily(date(2024, 1, 1), 28))
    for to in ("none", "D"):
        same, interval, told = resampled(frame, "day", to, BY, "kpi")  # type: ignore[arg-type]
        assert (interval, told) == ("day", [])
        pd.testing.assert_frame_equal(same, frame)
    weeks = made([date(2024, 1, 7) + timedelta(weeks=n) for n in range(20)])
    same, interval, [told_once] = resampled(weeks, "week", "W", BY, "kpi")
    pd.testing.assert_frame_equal(same, weeks)
    assert "dated by a Sunday" in told_once.text
    assert resampled(weeks, "week", "W", BY, "kpi", week_starts="sun")[2] == []


@pytest.mark.parametrize(("interval", "to"), [("week", "D"), ("month", "W"), ("month", "D")])
def test_nothing_is_made_finer(interval: Any, to: Any) -> None:
    with pytest.raises(BadData, match="cannot be made finer"):
        resampled(made([date(2024, 1, 1), date(2024, 2, 1)]), interval, to, BY, "kpi")


@pytest.mark.parametrize("count", [1, 2, 8, 13])
def test_too_little_for_two_whole_weeks_is_refused(count: int) -> None:
    with pytest.raises(BadData, match="fewer than two whole weeks"):
        resampled(made(daily(date(2024, 1, 1), count)), "day", "W", BY, "kpi")


def test_weeks_belong_to_the_month_in_which_they_begin() -> None:
    ends = [date(2024, 1, 7) + timedelta(weeks=n) for n in range(20)]
    frame = made(ends)
    by_last, interval, _ = resampled(frame, "week", "M", BY, "kpi", weeks_dated_last=True)
    begins = frame.set_axis(pd.Index([day - timedelta(days=6) for day in ends]), axis=0)
    by_first, _, _ = resampled(begins, "week", "M", BY, "kpi")
    assert interval == "month"
    pd.testing.assert_frame_equal(by_last, by_first)
    assert by_last.index[0] == date(2024, 1, 1)


@pytest.mark.parametrize(
    ("day", "starts", "first"),
    [
        (date(2024, 12, 31), "mon", date(2024, 12, 30)),
        (date(2025, 1, 1), "sun", date(2024, 12, 29)),
        (date(2025, 1, 5), "sun", date(2025, 1, 5)),
        (date(2021, 1, 3), "mon", date(2020, 12, 28)),
        (date(2024, 2, 29), "thu", date(2024, 2, 29)),
    ],
)
def test_weeks_go_over_the_turn_of_the_year(day: date, starts: Weekday, first: date) -> None:
    assert period_of(day, "week", starts) == first


def test_the_commonest_of_several_is_the_smallest_and_an_empty_period_has_none() -> None:
    days = daily(date(2024, 1, 1), 14)
    frame = made(days)
    frame["state"] = [2.0, 1.0, 1.0, 2.0, 3.0, np.nan, np.nan] + [np.nan] * 7
    frame["sky"] = ["sun", "rain", "rain", "sun", None, None, None] + [None] * 7
    periods = pd.Index([period_of(day, "week") for day in days])
    found = coarser(frame, periods, BY, "kpi")
    assert found["state"].iloc[0] == 1.0
    assert found["sky"].iloc[0] == "rain"
    assert found[["state", "sky"]].iloc[1].isna().all()


def test_a_column_without_a_value_in_a_period_has_none_there_whatever_its_function() -> None:
    frame = made(daily(date(2024, 1, 1), 14))
    frame.iloc[7:, :] = np.nan
    found = coarser(frame, pd.Index([period_of(day, "week") for day in frame.index]), BY, "kpi")
    assert found.iloc[1].isna().all()
    assert found.iloc[0].notna().all()
