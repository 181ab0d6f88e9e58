"""From raw rows to a regular grid: every rule on hand-made rows whose answer is known."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepare, write_input
from engine.errors import BadData

MAPPING = Mapping.model_validate(
    {
        "date_var": "day",
        "dep_var": "revenue",
        "paid_media_spends": ("tv", "fb"),
        "exposures": {"fb": "fb_seen"},
        "organic_vars": ("mails",),
        "context_vars": ("price",),
        "factor_vars": ("flag", "event"),
    }
)
MONDAY = date(2024, 1, 1)


def make(days: list[date], **columns: Any) -> pd.DataFrame:
    n = np.arange(len(days))
    usual: dict[str, Any] = {
        "day": days,
        "revenue": 1000.0 + n,
        "tv": 10.0 + n,
        "fb": 5.0,
        "fb_seen": 500,
        "mails": 7,
        "price": 2.0,
        "flag": 0,
        "event": "none",
    }
    return pd.DataFrame(usual | columns)


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., Prepared]:
    def run(frame: pd.DataFrame, mapping: Mapping = MAPPING, country: str = "de", **options: Any) -> Prepared:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "raw.parquet", row_group_size=50)
        return prepare(tmp_path / "raw.parquet", mapping, country, **options)

    return run


def daily(count: int, start: date = MONDAY) -> list[date]:
    return [start + timedelta(days=n) for n in range(count)]


def weekly(count: int, start: date = MONDAY) -> list[date]:
    return [start + timedelta(weeks=n) for n in range(count)]


def monthly(count: int) -> list[date]:
    return [date(2022 + n // 12, n % 12 + 1, 1) for n in range(count)]


def codes(found: Prepared) -> dict[str, str]:
    return {finding.code: finding.grade for finding in found.findings}


@pytest.mark.parametrize(
    ("days", "interval"),
    [
        pytest.param(daily(30), "day", id="days"),
        pytest.param(weekly(30), "week", id="weeks"),
        pytest.param(weekly(30, date(2024, 1, 7)), "week", id="weeks that begin on Sunday"),
        pytest.param(monthly(30), "month", id="months"),
        pytest.param(daily(30)[::-1], "day", id="in any order"),
    ],
)
def test_the_interval_is_found(prepared: Callable[..., Prepared], days: list[date], interval: str) -> None:
    found = prepared(make(days))
    assert (found.interval, found.first, found.last) == (interval, min(days), max(days))
    assert (len(found.frame), found.rows_read) == (30, 30)
    # Weeks that end on Sunday are as likely in Germany: which are meant is said.
    assert list(codes(found)) == (["date.week_dated"] if interval == "week" and min(days).weekday() == 6 else [])
    assert list(found.frame.columns) == list(MAPPING.model_columns)


def test_the_first_two_dates_do_not_decide_the_interval(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make([MONDAY, *weekly(20, MONDAY + timedelta(days=1))]))
    assert found.interval == "week"
    assert codes(found) == {"date.weekday": "FAIL"}
    assert found.findings[0].where == "2024-01-01"


@pytest.mark.parametrize(
    ("days", "code", "where"),
    [
        pytest.param(
            [*daily(20), *daily(20, MONDAY + timedelta(days=23))], "date.gap", "2024-01-21 to 2024-01-23", id="gap"
        ),
        pytest.param([MONDAY], "date.few", "2024-01-01", id="one date"),
        pytest.param(
            [MONDAY + timedelta(days=n * n) for n in range(20)], "date.irregular", "2024-01-05", id="no rhythm"
        ),
        pytest.param([day for day in daily(60) if day.weekday() < 5], "date.weekends", "2024-01-06", id="office days"),
        pytest.param(
            [*monthly(20), date(2023, 9, 2), date(2022, 3, 30)], "date.irregular", "2022-03-30", id="twice a month"
        ),
        pytest.param([*daily(30), MONDAY], "date.duplicate", "2024-01-01", id="a date twice"),
    ],
)
def test_dates_that_cannot_be_a_grid_fail_with_their_place(
    prepared: Callable[..., Prepared], days: list[date], code: str, where: str
) -> None:
    found = prepared(make(sorted(days)))
    finding = next(f for f in found.findings if f.code == code)
    assert finding.grade == "FAIL"
    assert where in finding.where
    assert finding.remedy


def test_a_single_missing_week_is_filled_but_its_kpi_is_not(prepared: Callable[..., Prepared]) -> None:
    frame = make(weekly(30), price=np.arange(30.0)).drop(index=4)
    found = prepared(frame)
    assert codes(found) == {"date.gap_filled": "REVIEW"}
    assert found.findings[0].where == "2024-01-29"
    row = found.frame.iloc[4]
    assert (row.tv, row.fb, row.fb_seen, row.mails, row.flag, row.event) == (0, 0, 0, 0, 0, "none")
    assert row.price == 4.0
    assert np.isnan(row.revenue)


def test_holes_are_filled_by_the_columns_rule_and_told(prepared: Callable[..., Prepared]) -> None:
    frame = make(weekly(30), price=np.arange(30.0))
    for name in ("tv", "price", "flag", "event"):
        frame[name] = frame[name].astype(object)
        frame.loc[2, name] = None
    found = prepared(frame)
    row = found.frame.iloc[2]
    assert (row.tv, row.price, row.flag, row.event) == (0.0, 2.0, 0, "none")
    assert {(f.code, f.column, f.where) for f in found.findings} == {
        ("media.missing", "tv", "2024-01-15"),
        ("context.missing", "price", "2024-01-15"),
        ("factor.missing", "flag", "2024-01-15"),
        ("factor.missing", "event", "2024-01-15"),
    }


def test_a_column_without_values_fails(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make(weekly(30), fb=np.nan))
    assert [(f.code, f.column) for f in found.findings if f.grade == "FAIL"] == [("column.empty", "fb")]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_infinities_are_refused_with_their_row(prepared: Callable[..., Prepared], value: float) -> None:
    with pytest.raises(BadData, match=r"Column “tv”, in row 2 of what was read, holds “-?(inf|1e\+300)”"):
        prepared(make(weekly(3), tv=[1.0, value, 2.0]))


def test_one_country_is_taken_and_the_others_are_counted(prepared: Callable[..., Prepared]) -> None:
    frame = pd.concat(
        [make(weekly(60), land="DE"), make(weekly(50), land=" fr", revenue=9.0), make(weekly(3), land=None)]
    )
    mapping = MAPPING.model_copy(update={"country_var": "land"})
    found = prepared(frame, mapping)
    assert len(found.frame) == 60
    assert found.frame.revenue.min() == 1000.0
    assert found.rows_by_country == {"de": 60, "fr": 50, "": 3}
    assert [(f.code, f.text) for f in found.findings] == [
        ("country.rows", "60 rows of DE are used; left out: empty (3), FR (50).")
    ]


def test_a_country_that_is_not_there_is_refused_with_those_that_are(prepared: Callable[..., Prepared]) -> None:
    mapping = MAPPING.model_copy(update={"country_var": "land"})
    with pytest.raises(
        BadData, match=r"“land” holds no rows of Austria \(AT\)\. It holds Germany \(DE, 60 rows\)"
    ) as refused:
        prepared(make(weekly(60), land="DE"), mapping, "at")
    assert refused.value.field == "country"


def test_uk_is_gb(prepared: Callable[..., Prepared]) -> None:
    mapping = MAPPING.model_copy(update={"country_var": "land"})
    assert len(prepared(make(weekly(60), land="UK"), mapping, "gb").frame) == 60


def test_regions_of_a_date_are_added_up_by_each_columns_rule(prepared: Callable[..., Prepared]) -> None:
    north = make(weekly(30), price=2.0, flag=0, event="none")
    south = make(weekly(30), price=4.0, flag=1, event="none", revenue=500.0)
    south.loc[3, "event"] = "fair"
    found = prepared(pd.concat([north, south]))
    assert codes(found) == {"date.added_up": "REVIEW"}
    row = found.frame.iloc[3]
    assert (row.revenue, row.tv, row.fb_seen, row.price, row.flag, row.event) == (1503.0, 26.0, 1000.0, 3.0, 1, "fair")


def test_rows_loaded_twice_fail(prepared: Callable[..., Prepared]) -> None:
    found = prepared(pd.concat([make(weekly(30)), make(weekly(30))]))
    assert codes(found) == {"date.duplicate": "FAIL"}
    assert "30 dates hold the same row" in found.findings[0].text


def test_days_become_weeks_without_the_broken_ones_at_the_edges(prepared: Callable[..., Prepared]) -> None:
    # Wednesday 3 January to Thursday 1 February 2024: three whole weeks.
    days = daily(30, date(2024, 1, 3))
    frame = make(days, price=np.arange(30.0), flag=[n == 9 for n in range(30)])
    frame.loc[8, "event"] = "fair"
    found = prepared(frame, resample="W")
    assert (found.interval, found.first, found.last) == ("week", date(2024, 1, 8), date(2024, 1, 22))
    row = found.frame.iloc[0]
    assert row.revenue == sum(1000.0 + n for n in range(5, 12))
    assert (row.tv, row.fb, row.price) == (sum(10.0 + n for n in range(5, 12)), 35.0, 8.0)
    assert (row.flag, row.event) == (1, "fair")
    assert (found.frame.iloc[1].flag, found.frame.iloc[1].event) == (0, "none")
    assert [f.where for f in found.findings if f.code == "date.partial"] == ["2024-01-01 and 2024-01-29"]


def test_whole_weeks_are_all_kept(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make(daily(28)), resample="W")
    assert (len(found.frame), found.findings) == (4, ())


def test_weeks_become_the_months_in_which_they_begin(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make(weekly(20)), resample="M")
    assert (found.interval, found.first, found.last) == ("month", date(2024, 1, 1), date(2024, 4, 1))
    assert found.frame.fb.tolist() == [25.0, 20.0, 20.0, 25.0]


def test_office_days_are_enough_for_weeks(prepared: Callable[..., Prepared]) -> None:
    found = prepared(make([day for day in daily(61) if day.weekday() < 5]), resample="W")
    assert codes(found)["date.weekends"] == "INFO"
    assert found.frame.fb.tolist() == [25.0] * 8


def test_a_period_that_lacks_a_kpi_has_none(prepared: Callable[..., Prepared]) -> None:
    frame = make(daily(28))
    frame.loc[9, "revenue"] = np.nan
    assert prepared(frame, resample="W").frame.revenue.isna().tolist() == [False, True, False, False]


def test_months_are_not_made_weeks(prepared: Callable[..., Prepared]) -> None:
    with pytest.raises(BadData, match="cannot be made finer"):
        prepared(make(monthly(30)), resample="W")


def test_month_ends_become_the_months_first_day(prepared: Callable[..., Prepared]) -> None:
    ends = [day - timedelta(days=1) for day in monthly(30)[1:]]
    found = prepared(make(ends))
    assert (found.first, codes(found)) == (date(2022, 1, 1), {"date.month_start": "INFO"})


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(pd.to_datetime(daily(20)), id="timestamps"),
        pytest.param(pd.to_datetime(daily(20)).tz_localize("UTC"), id="aware timestamps"),
        pytest.param([f"{day:%d.%m.%Y}" for day in daily(20)], id="text"),
        pytest.param([int(f"{day:%Y%m%d}") for day in daily(20)], id="numbers"),
    ],
)
def test_dates_come_in_every_type(prepared: Callable[..., Prepared], days: Any) -> None:
    frame = make(daily(20))
    frame["day"] = days
    assert prepared(frame).first == MONDAY


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("tv", "lots", "Column “tv”, in row 3 of what was read, holds “lots”, which is not a number"),
        ("day", "soon", "Column “day”, in row 3 of what was read, holds “soon”, which is not a date"),
        ("day", None, "Column “day”, in row 3 of what was read, holds no date"),
    ],
)
def test_a_wrong_cell_is_named(prepared: Callable[..., Prepared], column: str, value: Any, said: str) -> None:
    frame = make(weekly(30))
    frame[column] = frame[column].astype(str)
    frame.loc[2, column] = value
    with pytest.raises(BadData, match=said):
        prepared(frame)


def test_decimals_of_a_warehouse_are_numbers(prepared: Callable[..., Prepared], tmp_path: Path) -> None:
    table = pa.Table.from_pandas(make(weekly(5)), preserve_index=False)
    table = table.set_column(2, "tv", table["tv"].cast(pa.decimal128(12, 2)))
    pq.write_table(table, tmp_path / "decimal.parquet")
    assert prepare(tmp_path / "decimal.parquet", MAPPING, "de").frame.tv.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_missing_columns_are_named(prepared: Callable[..., Prepared]) -> None:
    with pytest.raises(BadData, match="no column “tv” or “price”"):
        prepared(make(weekly(5)).drop(columns=["tv", "price"]))


def test_no_rows_at_all(prepared: Callable[..., Prepared]) -> None:
    with pytest.raises(BadData, match="The source holds no rows"):
        prepared(make(weekly(5)).iloc[:0])


def test_a_category_with_too_many_values_is_refused(prepared: Callable[..., Prepared]) -> None:
    with pytest.raises(BadData, match="that is no category"):
        prepared(make(daily(300), event=[f"e{n}" for n in range(300)]))


def test_many_batches_give_the_same_as_one(prepared: Callable[..., Prepared], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    days = daily(40) * 30
    frame = make(
        days, tv=rng.random(len(days)), price=rng.random(len(days)), event=rng.choice(["none", "a", "b"], len(days))
    )
    whole = prepared(frame).frame
    monkeypatch.setattr("engine.data.raw_rows.BATCH", 17)
    pd.testing.assert_frame_equal(prepared(frame).frame, whole)


def test_both_files_hold_the_same_rows(prepared: Callable[..., Prepared], tmp_path: Path) -> None:
    found = prepared(make(weekly(30), tv=np.random.default_rng(2).random(30)))
    write_input(found, tmp_path / "in")
    table = pq.read_table(tmp_path / "in" / "input_data.parquet")
    assert table.schema.field("day").type == pa.date32()
    text = pd.read_csv(tmp_path / "in" / "input_data.csv", keep_default_na=False, float_precision="round_trip")
    assert text["day"].tolist() == [str(day) for day in weekly(30)]
    assert text["tv"].tolist() == table["tv"].to_pylist() == found.frame.tv.tolist()
    assert text["event"].tolist() == table["event"].to_pylist()
