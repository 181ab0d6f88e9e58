"""Two snapshots side by side, on frames made by hand: what came, what went, what was restated and by how much."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dates import Interval, grid
from engine.data.diff import Side, every_difference, last_whole_month, summary
from engine.data.difference import Alarm, Diff, percent, told_apart

MONDAY = date(2024, 9, 2)


def weeks(number: int, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=7 * n) for n in range(number)]


def side(index: Sequence[date], columns: Mapping[str, Sequence[Any]], interval: Interval = "week", **more: Any) -> Side:
    frame = pd.DataFrame(dict(columns), index=pd.Index(list(index)))
    kinds = {name: "number" if pd.api.types.is_numeric_dtype(frame[name]) else "text" for name in frame}
    return Side(frame, interval, kpi="REVENUE", types={str(name): kind for name, kind in kinds.items()}, **more)


def shop(number: int = 12, **columns: Sequence[Any]) -> Side:
    values = {"REVENUE": [100.0 + n for n in range(number)], "TV": [10.0] * number}
    return side(weeks(number), values | columns)


def test_the_same_rows_differ_in_nothing() -> None:
    told = summary(shop(), shop())
    assert told.same and told.compared == 12
    assert told.sentence == "Nothing differs: the same 12 weeks, the same values."
    assert every_difference(shop(), shop()).empty


def test_new_weeks_are_added_and_nothing_else_is_told() -> None:
    told = summary(shop(12), shop(14))
    assert told.added and (told.added.periods, told.added.first, told.added.last) == (2, weeks(14)[12], weeks(14)[13])
    assert not told.restated and not told.lost and told.alarm is None
    assert told.sentence == "2 weeks were added (2024-11-25 to 2024-12-02) and no value was restated."


def test_a_week_filled_in_is_not_one_that_was_added_at_the_end() -> None:
    newer = shop()
    older = Side(newer.frame.drop(index=weeks(12)[4]), "week", kpi="REVENUE", types=newer.types)
    told = summary(older, newer)
    assert told.added is None and told.filled_in and told.filled_in.first == weeks(12)[4]
    back = summary(newer, older)
    assert back.lost and back.lost.periods == 1 and "1 week was lost (2024-09-30)" in back.sentence


def test_a_restated_column_is_told_with_its_totals_and_where_it_changed_most() -> None:
    tv = [10.0] * 12
    tv[3], tv[7] = 12.0, 4.0
    [found] = summary(shop(), shop(TV=tv)).restated
    assert (found.column, found.periods, found.of) == ("TV", 2, 12)
    assert (found.before, found.after, found.change) == (120.0, 116.0, -4.0)
    assert found.relative == pytest.approx(-4 / 120, abs=1e-15)
    assert (found.first, found.last, found.most_at) == (weeks(12)[3], weeks(12)[7], weeks(12)[7])
    assert (found.most_before, found.most_after) == ("10", "4")


def test_what_is_averaged_is_told_by_its_mean() -> None:
    prices = [2.0] * 12
    one, other = shop(PRICE=prices), shop(PRICE=[*prices[:-1], 5.0])
    ruled = [Side(s.frame, "week", kpi="REVENUE", rules={"PRICE": "mean"}, types=s.types) for s in (one, other)]
    [found] = summary(*ruled).restated
    assert (found.before, found.after, found.added_up) == (2.0, 2.25, False)


def test_what_another_order_of_adding_up_leaves_is_no_restatement() -> None:
    values = np.array([1e6 / 3, 0.1 + 0.2, 0.0, 7.0] * 3)
    later, almost_later = values * (1 + 4e-16), values * (1 + 1e-6)
    later[2] = 1e-11
    assert summary(shop(TV=list(values)), shop(TV=list(later))).same
    almost = summary(shop(TV=list(values)), shop(TV=list(almost_later)))
    assert almost.restated[0].periods == 9


def test_a_value_that_came_and_one_that_went_are_counted() -> None:
    gone = [10.0] * 12
    older, newer = list(gone), list(gone)
    older[2], newer[5] = np.nan, np.nan
    [found] = summary(shop(TV=older), shop(TV=newer)).restated
    assert (found.filled, found.emptied, found.periods) == (1, 1, 2)
    assert list(every_difference(shop(TV=older), shop(TV=newer))["what"]) == ["filled", "emptied"]


def test_columns_that_came_went_or_changed_their_kind() -> None:
    older, newer = shop(OLD=[1.0] * 12, CODE=[1.0] * 12), shop(NEW=[1.0] * 12, CODE=["a"] * 12)
    told = summary(older, newer)
    assert (told.came, told.went) == (("NEW",), ("OLD",))
    assert [(one.column, one.before, one.after) for one in told.retyped] == [("CODE", "number", "text")]
    assert not told.restated, "numbers and texts are not compared value by value"
    assert "NEW is new, OLD is gone and CODE is of another kind now" in told.sentence


def test_a_text_that_changed_is_restated_without_totals() -> None:
    [found] = summary(shop(EVENT=["none"] * 12), shop(EVENT=[*["none"] * 11, "sale"])).restated
    assert (found.before, found.after, found.most_before, found.most_after) == (None, None, "none", "sale")


@pytest.mark.parametrize(
    ("interval", "first", "last", "month"),
    [
        ("day", date(2024, 9, 1), date(2024, 10, 31), date(2024, 10, 1)),
        ("day", date(2024, 9, 1), date(2024, 10, 30), date(2024, 9, 1)),
        ("day", date(2024, 9, 2), date(2024, 10, 30), None),
        ("week", date(2024, 9, 2), date(2024, 10, 28), date(2024, 10, 1)),
        ("week", date(2024, 9, 2), date(2024, 10, 21), date(2024, 9, 1)),
        ("month", date(2024, 9, 1), date(2024, 10, 1), date(2024, 10, 1)),
    ],
    ids=["day-whole", "day-one-short", "day-none-whole", "week-whole", "week-one-short", "month"],
)
def test_the_last_whole_month(interval: Interval, first: date, last: date, month: date | None) -> None:
    assert last_whole_month(grid(first, last, interval), interval) == month


def test_last_months_kpi_restated_is_an_alarm_with_size_and_direction() -> None:
    days = grid(date(2024, 9, 1), date(2024, 11, 10), "day")
    before = side(days, {"REVENUE": [1000.0] * len(days)}, "day")
    values = [1065.0 if day.month == 10 else 1000.0 for day in days]
    told = summary(before, side(days, {"REVENUE": values}, "day"))
    assert told.alarm and told.alarm.month == date(2024, 10, 1)
    assert (told.alarm.before, told.alarm.after, told.alarm.periods) == (31_000.0, 33_015.0, 31)
    assert told.sentence.startswith("REVENUE of October 2024 was restated up, from 31,000 to 33,015 (+6.5 %).")


def test_what_is_restated_before_or_after_the_last_whole_month_is_no_alarm() -> None:
    days = grid(date(2024, 9, 1), date(2024, 11, 10), "day")
    before = side(days, {"REVENUE": [1000.0] * len(days)}, "day")
    values = [1000.0 if day.month == 10 else 900.0 for day in days]
    told = summary(before, side(days, {"REVENUE": values}, "day"))
    assert told.alarm is None and told.restated[0].periods == 40


def test_a_kpi_that_moved_between_days_is_an_alarm_although_its_sum_stayed() -> None:
    days = grid(date(2024, 10, 1), date(2024, 10, 31), "day")
    values = [1000.0] * 31
    moved = [1100.0, 900.0, *values[2:]]
    told = summary(side(days, {"REVENUE": values}, "day"), side(days, {"REVENUE": moved}, "day"))
    assert told.alarm and "restated in 2 of its periods; its sum stayed 31,000" in told.alarm.sentence


def test_a_kpi_whose_days_are_gone_is_an_alarm() -> None:
    days = grid(date(2024, 10, 1), date(2024, 10, 31), "day")
    older = side(days, {"REVENUE": [10.0] * 31}, "day")
    told = summary(older, side(days[:-3], {"REVENUE": [10.0] * 28}, "day"))
    assert told.alarm and told.alarm.lost == 3
    assert told.alarm.sentence.endswith("from 310 to 280 (−9.7 %); 3 of its periods are gone.")
    without = summary(older, side(days, {"SALES": [10.0] * 31}, "day"))
    assert without.alarm and without.alarm.sentence == "REVENUE of October 2024 is gone."


def test_one_factor_for_all_is_said() -> None:
    told = summary(shop(), shop(TV=[11.9] * 12))
    assert told.restated[0].factor == pytest.approx(1.19)
    assert told.notes == ("Every value of TV is 1.19 times what it was: a unit, a currency or a tax may differ.",)
    zeros = summary(shop(TV=[0.0, 10.0] * 6), shop(TV=[0.0, 11.9] * 6))
    assert zeros.notes[0].startswith("Every value of TV is 1.19 times")
    some = summary(shop(), shop(TV=[11.9] * 6 + [10.0] * 6))
    assert some.notes[0].startswith("Each of the 6 values of TV that changed is 1.19 times")
    two = summary(shop(), shop(TV=[11.9] * 11 + [12.0]))
    assert two.restated[0].factor is None


def test_a_goal_that_is_averaged_now_is_no_alarm() -> None:
    frame = shop().frame
    older, newer = (
        Side(frame * times, "week", kpi="REVENUE", rules={"REVENUE": rule}, rows=24)
        for times, rule in ((2.0, "sum"), (1.0, "mean"))
    )
    told = summary(older, newer)
    assert told.alarm is None
    assert "Rows of a date are averaged in REVENUE now" in told.notes[0]


@pytest.mark.parametrize(
    ("times", "note"),
    [(1.0001, "1.0001 times"), (1.00000003, ""), (1.19, "1.19 times"), (-1.0, "-1 times"), (1000.0, "1,000 times")],
)
def test_a_factor_is_never_told_as_1(times: float, note: str) -> None:
    told = summary(shop(), shop(REVENUE=[(100.0 + n) * times for n in range(12)])).notes
    assert (note in told[0]) if note else told == ()


def test_sums_that_read_alike_are_told_with_more_digits_and_no_change_is_none() -> None:
    assert told_apart(40104.11, 40104.21) == ("40,104.1", "40,104.2")
    assert told_apart(1000.0, 1000.0) == ("1,000", "1,000") and told_apart(1.0, 2.0) == ("1", "2")
    alarm = Alarm(column="KPI", month=date(2024, 6, 1), before=40104.11, after=40104.21, periods=5)
    assert alarm.sentence.startswith("KPI of June 2024 was restated up, from 40,104.1 to 40,104.2")
    assert percent(0.0) == "no change"


def test_days_and_weeks_are_compared_by_whole_week() -> None:
    days = grid(date(2024, 9, 1), date(2024, 10, 2), "day")
    daily = side(days, {"REVENUE": [10.0] * len(days)}, "day")
    weekly = side(weeks(4), {"REVENUE": [70.0, 70.0, 77.0, 70.0]})
    told = summary(daily, weekly)
    assert told.notes[0] == (
        "The older one has a row per day, the newer one per week: the days were added up to whole weeks first."
    )
    assert told.compared == 4 and told.added is None and told.lost is None
    assert [(one.periods, one.most_at) for one in told.restated] == [(1, weeks(4)[2])]
    back = summary(weekly, daily)
    assert back.restated[0].change == -7.0


def test_weeks_dated_by_their_last_day_take_the_days_before_it() -> None:
    days = grid(date(2024, 9, 2), date(2024, 9, 29), "day")
    daily = side(days, {"REVENUE": [float(n // 7) for n in range(28)]}, "day")
    sundays = side(weeks(4, date(2024, 9, 8)), {"REVENUE": [0.0, 7.0, 14.0, 21.0]}, week_dated="last")
    assert summary(daily, sundays).compared == 4
    assert not summary(daily, sundays).restated


def test_days_and_months_are_compared_by_whole_month() -> None:
    days = grid(date(2024, 8, 15), date(2024, 10, 31), "day")
    daily = side(days, {"REVENUE": [1.0] * len(days)}, "day")
    monthly = side([date(2024, 9, 1), date(2024, 10, 1)], {"REVENUE": [30.0, 31.0]}, "month")
    told = summary(daily, monthly)
    assert told.compared == 2 and not told.restated and told.lost is None


@pytest.mark.parametrize(
    ("other", "note"),
    [
        (
            side(weeks(8, date(2024, 9, 1)), {"REVENUE": [1.0] * 8}),
            "Its weeks were dated by Mondays and are dated by Sundays now.",
        ),
        (
            side([date(2024, 9, 1), date(2024, 10, 1)], {"REVENUE": [1.0] * 2}, "month"),
            "The older one has a row per week, the newer one per month: weeks do not add up to months.",
        ),
    ],
    ids=["other-weekday", "weeks-and-months"],
)
def test_what_cannot_be_laid_side_by_side_is_said(other: Side, note: str) -> None:
    told = summary(shop(), other)
    assert not told.side_by_side and not told.same and told.notes == (note,)
    assert told.sentence == "The two cannot be laid side by side by date."
    assert told.went == ("TV",)


def test_another_number_of_rows_a_date_is_said() -> None:
    older, newer = shop(), shop()
    told = summary(
        Side(older.frame, "week", types=older.types, rows=12), Side(newer.frame, "week", types=newer.types, rows=96)
    )
    said = "(12 in the older one and 96 in the newer one): they were added up first."
    assert told.notes == (f"A week has another number of rows than before {said}",)


def test_a_column_whose_rows_become_one_in_another_way_is_not_compared() -> None:
    one, other = shop(), shop(TV=[2.0] * 12)
    older = Side(one.frame, "week", rules={"TV": "sum"}, types=one.types, rows=60)
    newer = Side(other.frame, "week", rules={"TV": "mean"}, types=other.types, rows=60)
    told = summary(older, newer)
    assert not told.restated and every_difference(older, newer).empty
    assert told.notes == ("Rows of a date are averaged in TV now, they were added up: its values are not compared.",)
    alone = summary(Side(one.frame, "week", rules={"TV": "sum"}), Side(other.frame, "week", rules={"TV": "mean"}))
    assert alone.restated, "with a row a date the rule makes no difference"


def test_a_period_of_the_grid_without_any_value_was_never_there() -> None:
    gap = [np.nan if n == 5 else 1.0 for n in range(12)]
    told = summary(side(weeks(12), {"REVENUE": gap, "TV": gap}), side(weeks(12), {"REVENUE": [1.0] * 12, "TV": gap}))
    assert told.filled_in and told.filled_in.first == weeks(12)[5]
    assert not told.restated


@pytest.mark.parametrize("older", [True, False])
def test_frames_without_anything_are_said(older: bool) -> None:
    empty = Side(pd.DataFrame(index=pd.Index([], dtype=object)), "week")
    told = summary(*((empty, shop()) if older else (shop(), empty)))
    assert told.notes == (f"The {'older' if older else 'newer'} one does not have a period with a value.",)
    assert told.sentence.endswith(".")
    assert summary(empty, empty).notes == ("Neither has a period with a value.",)


@pytest.mark.parametrize("name", ["A" * 2000, "<@U1> & “quoted”", "🚀"], ids=["long", "marks", "emoji"])
def test_odd_names_are_told_whole_in_the_facts_and_short_in_the_sentence(name: str) -> None:
    older, newer = (side(weeks(12), {"REVENUE": [1.0] * 12, name: [value] * 12}) for value in (1.0, 2.0))
    told = summary(older, newer)
    assert told.restated[0].column == name
    assert len(told.sentence) < 300 and len(told.notes[0]) < 300


def test_every_difference_is_listed_with_its_place() -> None:
    listed = every_difference(shop(12), shop(13, TV=[10.0] * 4 + [11.0] + [10.0] * 8))
    assert listed.values.tolist() == [
        [weeks(13)[12], "REVENUE", "added", "", 112.0, ""],
        [weeks(13)[12], "TV", "added", "", 10.0, ""],
        [weeks(13)[4], "TV", "restated", 10.0, 11.0, 1.0],
    ]


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.065, "+6.5 %"), (-0.5, "−50.0 %"), (3.0, "+300 %"), (0.0004, "+0.04 %"), (-1e-7, "−less than 0.01 %")],
)
def test_a_change_in_percent_is_never_nothing(share: float, told: str) -> None:
    assert percent(share) == told


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_told_agrees_with_the_frames(data: st.DataObject) -> None:
    numbers = st.one_of(st.none(), st.floats(-1e6, 1e6))
    frames = []
    for _ in range(2):
        own = sorted(data.draw(st.sets(st.integers(0, 19), min_size=1)))
        values = {
            name: data.draw(st.lists(numbers, min_size=len(own), max_size=len(own))) for name in ("REVENUE", "TV")
        }
        frames.append(side([weeks(20)[n] for n in own], {k: list(np.array(v, float)) for k, v in values.items()}))
    older, newer = frames
    told = summary(older, newer)
    Diff.model_validate(told.model_dump(mode="json"))
    there = [frame.frame[frame.frame.notna().any(axis=1)] for frame in frames]
    both = there[0].index.intersection(there[1].index)
    assert told.compared == len(both)
    if not told.side_by_side:
        return
    spans = (told.added, told.filled_in)
    assert sum(span.periods for span in spans if span) == len(there[1].index.difference(there[0].index))
    for found in told.restated:
        gaps = there[1].loc[both, found.column] - there[0].loc[both, found.column]
        only = there[0].loc[both, found.column].isna() ^ there[1].loc[both, found.column].isna()
        assert found.periods >= int((gaps.abs() > 1e-2).sum() + only.sum())
        assert found.filled + found.emptied == int(only.sum())
