"""A recipe applied to rows whose answer is known: filling, clipping, window, functions, sums of columns, same bytes."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column
from engine.data.made import Made
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepare, write_input
from engine.data.recipe import Clip, Recipe, recipe_of
from engine.data.recipe_problems import problems, refuse
from engine.errors import BadData

MONDAY = date(2024, 1, 1)
MAPPING = Mapping(
    date_var="day",
    dep_var="sales",
    paid_media_spends=("tv", "search"),
    exposures={"search": "clicks"},
    organic_vars=("mails",),
    context_vars=("price", "gdp"),
    factor_vars=("promo", "event"),
)
COLUMNS = tuple(
    Column(name=name, type="date" if name == "day" else "text" if name == "event" else "number")
    for name in MAPPING.model_columns
)
RECIPE = recipe_of(MAPPING)


def daily(count: int, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def make(days: list[Any], **columns: Any) -> pd.DataFrame:
    n = np.arange(len(days))
    usual: dict[str, Any] = {
        "day": days,
        "sales": 1000.0 + 10 * n,
        "tv": 10.0 + n,
        "search": 5.0 + n % 3,
        "clicks": 100.0 + n,
        "mails": 7.0,
        "price": 2.0 + n,
        "gdp": 100.0 + n,
        "promo": 0,
        "event": "none",
    }
    return pd.DataFrame(usual | columns)


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., Prepared]:
    def run(frame: pd.DataFrame, mapping: Mapping = MAPPING, **options: Any) -> Prepared:
        path = tmp_path / "raw.parquet"
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=13)
        return prepare(path, mapping, "de", **options)

    return run


def said(**changes: Any) -> Recipe:
    return Recipe.model_validate(RECIPE.model_dump() | changes)


def test_a_recipe_that_changes_nothing_changes_nothing(prepared: Callable[..., Prepared], tmp_path: Path) -> None:
    frame = make(daily(30), tv=np.where(np.arange(30) == 4, np.nan, 3.0))
    plain, recipe = prepared(frame), prepared(frame, recipe=RECIPE)
    pd.testing.assert_frame_equal(plain.frame, recipe.frame)
    assert plain.findings == recipe.findings


@pytest.mark.parametrize(
    ("column", "fill", "expected"),
    [
        ("price", "previous", [1.0, 2.0, 2.0, 2.0, 8.0, 2.0, 2.0]),
        ("price", "between", [1.0, 2.0, 4.0, 6.0, 8.0, 2.0, 2.0]),
        ("price", "mean", [1.0, 2.0, 3.25, 3.25, 8.0, 2.0, 3.25]),
        ("price", "common", [1.0, 2.0, 2.0, 2.0, 8.0, 2.0, 2.0]),
        ("tv", "zero", [1.0, 2.0, 0.0, 0.0, 8.0, 2.0, 0.0]),
        ("tv", "mean", [1.0, 2.0, 3.25, 3.25, 8.0, 2.0, 3.25]),
        ("promo", "previous", [1.0, 2.0, 2.0, 2.0, 8.0, 2.0, 2.0]),
    ],
)
def test_each_column_is_filled_as_the_recipe_says(
    prepared: Callable[..., Prepared], column: str, fill: str, expected: list[float]
) -> None:
    held = [1.0, 2.0, np.nan, np.nan, 8.0, 2.0, np.nan]
    found = prepared(make(daily(7), **{column: held}), recipe=said(fill={column: fill}))
    np.testing.assert_allclose(found.frame[column].astype(float), expected, rtol=1e-12)
    [told] = [one for one in found.findings if one.column == column and one.code.endswith(".missing")]
    assert (told.number, told.grade) == (3.0, "INFO")
    assert "as the recipe says" in told.text


def test_what_lies_before_the_first_value_takes_the_first_one(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make(daily(4), price=[np.nan, np.nan, 3.0, 4.0]), recipe=said(fill={"price": "previous"}))
    assert found.frame["price"].tolist() == [3.0, 3.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("column", "fill", "words"),
    [
        ("price", "zero", "a missing one is not 0"),
        ("gdp", "zero", "describes a state"),
        ("event", "zero", "holds text"),
        ("event", "mean", "holds text"),
        ("promo", "between", "is a flag"),
    ],
)
def test_what_would_invent_a_value_is_refused_in_words_before_and_when_it_is_done(
    prepared: Callable[..., Prepared], column: str, fill: str, words: str
) -> None:
    recipe = said(fill={column: fill})
    assert [words in text for _, text in problems(recipe, MAPPING, COLUMNS, {}, "day")] == [True]
    with pytest.raises(BadData, match=words):
        refuse(problems(recipe, MAPPING, COLUMNS, {}, "day"))
    with pytest.raises(BadData, match=words):
        prepared(make(daily(7)), recipe=recipe)


@pytest.mark.parametrize("name", ["unit_price", "Temperatur", "cpi_index", "interest_rate"])
def test_no_price_rate_index_or_temperature_is_ever_0_for_want_of_a_value(name: str) -> None:
    mapping = Mapping(date_var="day", dep_var="sales", paid_media_spends=("tv",), organic_vars=(name,))
    columns = [Column(name=one, type="date" if one == "day" else "number") for one in mapping.model_columns]
    recipe = recipe_of(mapping).model_copy(update={"fill": {name: "zero"}, "aggregation": {name: "sum"}})
    assert [field for field, _ in problems(recipe, mapping, columns, {}, "day")] == ["fill"]


@pytest.mark.parametrize("how", ["fill", "clip"])
def test_the_goal_is_neither_filled_nor_clipped(prepared: Callable[..., Prepared], how: str) -> None:
    recipe = said(**{how: {"sales": "mean" if how == "fill" else Clip(low=0.1, high=0.9)}})
    assert [field for field, _ in problems(recipe, MAPPING, COLUMNS, {}, "day")] == [how]
    held = [1.0, np.nan, 3.0, 4.0, 500.0]
    np.testing.assert_array_equal(prepared(make(daily(5), sales=held), recipe=recipe).frame["sales"], held)


def test_outliers_are_clipped_at_numpys_quantiles_of_what_is_there(prepared: Callable[..., Prepared]) -> None:
    values = np.random.default_rng(3).gamma(1.0, 100.0, 200)
    values[7] = np.nan
    found = prepared(make(daily(200), tv=values), recipe=said(clip={"tv": Clip(low=0.05, high=0.95)}))
    low, high = np.nanquantile(values, [0.05, 0.95])
    expected = np.clip(values, low, high)
    expected[7] = 0.0  # filled afterwards: what is made up moves no quantile and is not clipped
    np.testing.assert_allclose(found.frame["tv"], expected, rtol=1e-9)
    [told] = [one for one in found.findings if one.code == "column.clipped"]
    assert told.number == 20.0
    assert "10 below and 10 above" in told.text


@pytest.mark.parametrize("how", ["sum", "mean", "max", "min", "mode"])
def test_rows_of_a_date_and_days_of_a_week_go_by_the_function_of_their_column(
    prepared: Callable[..., Prepared], how: Any
) -> None:
    rng = np.random.default_rng(5)
    days = [day for day in daily(28) for _ in range(3)]
    frame = make(days, mails=rng.integers(0, 4, len(days)).astype(float), sales=rng.random(len(days)))
    found = prepared(frame, recipe=said(aggregation={"mails": how}, resample="W"))

    def one(values: "pd.Series[float]") -> float:
        return float(values.mode().iloc[0] if how == "mode" else values.agg(how))

    by_day = frame.groupby("day")["mails"].agg(one)
    expected = by_day.groupby([(day - MONDAY).days // 7 for day in by_day.index]).agg(one)
    np.testing.assert_allclose(found.frame["mails"], expected, rtol=1e-9)


def test_a_text_goes_by_what_stands_out_or_by_what_is_commonest(prepared: Callable[..., Prepared]) -> None:
    events = ["none"] * 28
    events[3], events[15] = "fair", "strike"
    frame = make(daily(28), event=events)
    assert prepared(frame, recipe=said(resample="W")).frame["event"].tolist() == ["fair", "none", "strike", "none"]
    common = prepared(frame, recipe=said(resample="W", aggregation={"event": "mode"}))
    assert common.frame["event"].tolist() == ["none"] * 4


def test_columns_made_of_others_are_summed_row_by_row_and_a_missing_part_counts_as_nothing(
    prepared: Callable[..., Prepared],
) -> None:
    mapping = Mapping(
        date_var="day",
        dep_var="sales",
        paid_media_spends=("video", "search"),
        made=(Made(name="video", parts=("tv", "clicks")),),
    )
    tv = [1.0, np.nan, np.nan, 4.0] + [1.0] * 10
    clicks = [10.0, 20.0, np.nan, 40.0] + [1.0] * 10
    found = prepared(make(daily(14), tv=tv, clicks=clicks), mapping)
    assert list(found.frame.columns) == ["day", "sales", "video", "search"]
    assert found.frame["video"].tolist()[:4] == [11.0, 20.0, 0.0, 44.0]
    assert {one.column for one in found.findings if one.code == "media.missing"} == {"video"}
    weekly = prepared(make(daily(14), tv=tv, clicks=clicks), mapping, resample="W")
    assert weekly.frame["video"].tolist() == [11.0 + 20.0 + 44.0 + 6.0, 14.0]


def test_the_window_leaves_out_what_comes_later_and_keeps_what_joins_on_before(
    prepared: Callable[..., Prepared],
) -> None:
    frame = make(daily(60))
    found = prepared(frame, recipe=said(start=date(2024, 1, 20), end=date(2024, 2, 10)))
    assert (found.first, found.last) == (MONDAY, date(2024, 2, 10))
    [told] = [one for one in found.findings if one.code == "date.window"]
    assert told.number == 60 - 41


def test_a_window_behind_a_gap_makes_data_with_a_gap_usable(prepared: Callable[..., Prepared]) -> None:
    frame = make([*daily(20), *daily(40, MONDAY + timedelta(days=30))])
    assert [one.grade for one in prepared(frame).findings if one.code == "date.gap"] == ["FAIL"]
    found = prepared(frame, recipe=said(start=date(2024, 2, 5)))
    assert [one.code for one in found.findings if one.grade == "FAIL"] == []
    assert found.first == MONDAY + timedelta(days=30)


def test_the_history_goes_over_a_weekend_where_days_become_weeks_and_over_no_other_gap(
    prepared: Callable[..., Prepared],
) -> None:
    office = [day for day in daily(84) if day.weekday() < 5]
    recipe = said(start=MONDAY + timedelta(days=56), resample="W")
    assert prepared(make(office), recipe=recipe).first == MONDAY
    gap = [day for day in office if not MONDAY + timedelta(days=15) <= day <= MONDAY + timedelta(days=16)]
    found = prepared(make(gap), recipe=recipe)
    assert (found.first, found.interval) == (MONDAY + timedelta(days=21), "week")


def test_a_window_in_one_rhythm_makes_data_of_two_usable(prepared: Callable[..., Prepared]) -> None:
    weeks = [MONDAY - timedelta(weeks=n) for n in range(30, 0, -1)]
    found = prepared(make([*weeks, *daily(40)]), recipe=said(start=MONDAY))
    assert (found.interval, found.first) == ("day", MONDAY)
    assert [one.code for one in found.findings if one.grade == "FAIL"] == []


def test_a_window_without_rows_is_refused_with_what_there_is(prepared: Callable[..., Prepared]) -> None:
    with pytest.raises(BadData, match="holds no rows: the data run from 2024-01-01 to 2024-01-30"):
        prepared(make(daily(30)), recipe=said(start=date(2025, 1, 1)))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_days_of_23_and_25_hours_are_added_up_whole(prepared: Callable[..., Prepared], zone: str) -> None:
    begin = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    end = datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).timestamp()
    hours = [datetime.fromtimestamp(at, ZoneInfo(zone)) for at in np.arange(begin, end, 3600.0)]
    assert sorted({sum(one.date() == day for one in hours) for day in daily(366)}) == [23, 24, 25]
    frame = make(
        [one.isoformat() for one in hours],
        sales=np.random.default_rng(1).random(len(hours)) + 1,
        tv=1.0,
        price=[float(one.hour) for one in hours],
    )
    found = prepared(frame, recipe=said(resample="W"))
    counts = pd.Series(1.0, index=[one.date() for one in hours]).groupby(level=0).sum()
    expected = [counts.loc[day : day + timedelta(days=6)].sum() for day in (one.date() for one in found.frame["day"])]
    assert found.frame["tv"].tolist() == expected
    assert {167.0, 169.0} <= set(expected)
    hourly = pd.Series([float(one.hour) for one in hours], index=[one.date() for one in hours]).groupby(level=0).mean()
    means = [hourly.loc[day : day + timedelta(days=6)].mean() for day in (one.date() for one in found.frame["day"])]
    np.testing.assert_allclose(found.frame["price"], means, rtol=1e-9)


@pytest.mark.parametrize("days", [daily(1), daily(2)], ids=["one row", "two rows"])
def test_hardly_any_rows_are_told_and_never_break(prepared: Callable[..., Prepared], days: list[date]) -> None:
    recipe = said(fill={"price": "between"}, clip={"tv": Clip(low=0.1, high=0.9)})
    found = prepared(make(days), recipe=recipe)
    assert len(found.frame) == len(days)
    assert ("date.few" in {one.code for one in found.findings}) == (len(days) == 1)


@pytest.mark.parametrize("fill", ["previous", "between", "mean", "common"])
def test_a_column_without_any_value_is_told_and_never_made_up(prepared: Callable[..., Prepared], fill: str) -> None:
    recipe = said(fill={"price": fill}, clip={"price": Clip(low=0.1, high=0.9)})
    found = prepared(make(daily(30), price=np.nan), recipe=recipe)
    assert found.frame["price"].isna().all()
    assert [(one.code, one.grade) for one in found.findings if one.column == "price"] == [("column.empty", "FAIL")]


def test_another_goal_explains_another_column(prepared: Callable[..., Prepared]) -> None:
    recipe = said(goal="mails", goal_type="conversion", organic_vars=())
    found = prepared(make(daily(30)), recipe=recipe)
    assert (found.mapping.dep_var, found.mapping.dep_var_type) == ("mails", "conversion")
    assert "sales" not in found.frame
    assert [one.column for one in found.mapping.goals] == ["sales"]


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (said(organic_vars=("mails", "podcast")), "no longer hold “podcast”, which the recipe uses: leave it out"),
        (said(organic_vars=("a", "b"), dropped={"b": "x"}), "no longer hold “a”, which"),
        (said(resample="D"), "cannot be made finer"),
        (said(clip={"promo": Clip(low=0.1, high=0.9)}), "a category or a flag"),
        (said(aggregation={"sales": "max"}), "added up or averaged, not taken by its max"),
    ],
)
def test_what_cannot_be_done_on_a_later_snapshot_is_told_before_anything_is_read(recipe: Recipe, words: str) -> None:
    interval: Any = "week"
    with pytest.raises(BadData, match=words):
        refuse(problems(recipe, MAPPING, COLUMNS, {}, interval))


def test_the_same_recipe_on_the_same_snapshot_gives_the_same_bytes(
    prepared: Callable[..., Prepared], tmp_path: Path
) -> None:
    rng = np.random.default_rng(11)
    days = [day for day in daily(200) for _ in range(4)]
    frame = make(
        days,
        sales=rng.gamma(2.0, 100.0, len(days)),
        tv=np.where(rng.random(len(days)) < 0.1, np.nan, rng.random(len(days))),
        price=rng.normal(10.0, 2.0, len(days)),
        event=rng.choice(["none", "fair", "strike"], len(days)),
    )
    recipe = said(
        resample="W",
        week_starts="sun",
        aggregation={"price": "min", "mails": "mode", "event": "mode"},
        fill={"tv": "previous"},
        clip={"tv": Clip(low=0.01, high=0.99)},
        start=date(2024, 2, 1),
    )
    written = []
    for number in range(2):
        write_input(prepared(frame, recipe=recipe), tmp_path / str(number))
        written.append({one.name: one.read_bytes() for one in (tmp_path / str(number)).iterdir()})
    assert set(written[0]) == {"input_data.parquet", "input_data.csv"}
    assert written[0] == written[1]
    # The recipe as it comes back from the store is the same recipe.
    stored = Recipe.model_validate_json(recipe.model_dump_json())
    write_input(prepared(frame, recipe=stored), tmp_path / "stored")
    assert {one.name: one.read_bytes() for one in (tmp_path / "stored").iterdir()} == written[0]


def test_the_steps_are_taken_in_their_order(prepared: Callable[..., Prepared]) -> None:
    """By a frame in which any other order gives other numbers: two rows a date, a gap, an outlier, a broken week."""
    days = [day for day in daily(27) for _ in range(2)]
    tv = [10.0] * len(days)
    tv[0], tv[-1] = 5000.0, 9000.0  # the first is outside the window and before a gap, the last is an outlier
    price = [2.0] * len(days)
    price[40] = price[41] = np.nan
    frame = make(days, tv=tv, price=price, sales=np.arange(len(days)) + 100.0)
    frame = frame[~frame["day"].isin(daily(2, MONDAY + timedelta(days=1)))]
    recipe = said(
        start=MONDAY + timedelta(days=7),
        clip={"tv": Clip(low=0.0, high=0.5)},
        fill={"price": "mean"},
        aggregation={"price": "sum", "mails": "max"},
        resample="W",
    )
    found = prepared(frame, recipe=recipe).frame
    # Added up by date first: 20 a day; the window's history begins behind the gap; half of 20s clip the outlier to 20.
    assert [day.date() for day in found["day"]] == [MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]
    assert found["tv"].tolist() == [140.0, 140.0]
    # The missing price of day 20 is the mean of days, 4; then seven of them are added up.
    assert found["price"].tolist() == [28.0, 28.0]
