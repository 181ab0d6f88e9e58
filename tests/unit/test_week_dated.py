"""A week may be dated by its first or its last day: holidays land in the week that holds them, in both trainers."""

import json
from datetime import date, timedelta
from pathlib import Path

import holidays
import pandas as pd
import pytest

from engine.data.week_dates import week_dated_guess, weekday_of
from engine.model.read.holidays import joined_holidays
from engine.model.read.inputs import Inputs, read_inputs
from engine.robyn.__main__ import main
from engine.robyn.dated import Dated, kept
from engine.robyn.tables import type_tables
from tests.training_folder import training_folder

CHRISTMAS = date(2023, 12, 25)
FIRST, LAST = {"week_dated": "first"}, {"week_dated": "last"}


def moved(days: int):
    """Date the sample's weeks, which begin on Mondays, otherwise."""
    return lambda frame: frame.assign(
        DATE=[(date.fromisoformat(day[:10]) + timedelta(days=days)).isoformat() for day in frame["DATE"]]
    )


def folder(tmp_path: Path, days: int, **settings) -> Path:
    return training_folder(tmp_path / "in", moved(days), start_date=None, **settings)


def natives_rows(inputs: Inputs, day: date) -> list[date]:
    """The rows, by their own dates, that the native trainer gives a country's holiday of `day`."""
    table = joined_holidays(inputs.holidays, inputs.begins, inputs.interval)
    names = holidays.country_holidays("FR", years=day.year, language="en_US")[day].split("; ")
    hit = {
        one.date()
        for one, text in zip(table["ds"], table["holiday"], strict=True)
        if set(names) & set(text.split(", "))
    }
    return [
        row for row, begin in zip(inputs.days, inputs.begins, strict=True)
        if begin in hit and abs((begin - day).days) < 10
    ]  # fmt: skip


def robyns_rows(prepared: Path, inputs: Inputs, day: date) -> list[date]:
    """The rows, by their own dates, that Robyn 3.12.1 gives a holiday of `day`: it floors holidays as its source does.

    The weeks must begin on Monday or Sunday, and each holiday moves to the last such day up to it.
    """
    rows = [date.fromisoformat(text) for text in pd.read_csv(prepared / "input_data.csv")["DATE"]]
    start = rows[0].weekday()
    assert start in (0, 6), "Robyn stops: Week start has to be Monday or Sunday"
    assert all((later - rows[0]).days % 7 == 0 for later in rows)
    own = prepared / "prophet_holidays.csv"
    known = [day]
    if own.is_file():
        table = pd.read_csv(own)
        year = table[(table["year"] == day.year) & table["holiday"].str.contains("Christmas")]
        known = [date.fromisoformat(text) for text in year["ds"]]
        assert set(table["country"]) == {"FR"}
    floored = {one - timedelta(days=(one.weekday() - start) % 7) for one in known}
    return [own_date for own_date, row in zip(inputs.days, rows, strict=True) if row in floored]


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("dated", ["first", "last"])
def test_both_trainers_put_a_holiday_into_the_week_that_holds_it(tmp_path: Path, weekday: int, dated: str) -> None:
    given = folder(tmp_path, weekday, week_dated=dated)
    assert main(["prepare", str(given), str(tmp_path / "out" / "prepared")]) == 0
    inputs = read_inputs(given)
    (row,) = [day for day in inputs.days if 0 <= (CHRISTMAS - day).days < 7]
    if dated == "last":
        (row,) = [day for day in inputs.days if 0 <= (day - CHRISTMAS).days < 7]
    assert natives_rows(inputs, CHRISTMAS) == [row]
    assert robyns_rows(tmp_path / "out" / "prepared", inputs, CHRISTMAS) == [row]


def test_the_window_and_lift_tests_move_with_the_rows(tmp_path: Path) -> None:
    study = {
        "channel": "FACEBOOK_COST", "liftStartDate": "2024-01-01", "liftEndDate": "2024-03-31", "liftAbs": 250_000,
        "spend": 300_000, "confidence": 0.9, "metric": "revenue", "calibration_scope": "immediate",
    }  # fmt: skip
    here = {"calibration_input": [study], "robyn_quirks": False}
    first = training_folder(tmp_path / "first", start_date="2023-07-03", end_date="2024-06-24", **here, **FIRST)
    last = training_folder(tmp_path / "last", moved(6), start_date="2023-07-09", end_date="2024-06-30", **here, **LAST)
    one, other = read_inputs(first), read_inputs(last)
    assert (one.rows, one.begins) == (other.rows, other.begins)
    assert [(study.first, study.stop, study.ratio) for study in one.studies] == [
        (study.first, study.stop, study.ratio) for study in other.studies
    ]
    configs = []
    for given in (first, last):
        assert main(["prepare", str(given), str(tmp_path / "out" / given.name)]) == 0
        config = json.loads((tmp_path / "out" / given.name / "job_config.json").read_text())
        # What is said to people keeps the dates that they wrote.
        configs.append({key: value for key, value in config.items() if key != "data_findings"})
    assert configs[0] == configs[1]


@pytest.mark.parametrize(
    ("days", "settings", "dated", "noted"),
    [
        pytest.param(5, {"country": "US"}, "last", True, id="Saturdays, US"),
        pytest.param(6, {"country": "US"}, "first", False, id="Sundays, US: Robyn's convention"),
        pytest.param(6, {"country": "FR"}, "last", True, id="Sundays, France"),
        pytest.param(0, {"country": "US"}, "first", False, id="Mondays, US"),
        pytest.param(0, {"country": "FR"}, "first", False, id="Mondays, France"),
        pytest.param(4, {"country": "FR"}, "last", True, id="Fridays"),
        pytest.param(2, {"country": "FR"}, "first", True, id="Wednesdays"),
        pytest.param(5, {"country": "US", **FIRST}, "first", False, id="said"),
        pytest.param(0, {"country": "FR", **LAST}, "last", False, id="said, against the look"),
    ],
)
def test_without_the_key_the_look_of_the_data_decides_and_is_told(
    tmp_path: Path, days: int, settings: dict[str, str], dated: str, noted: bool
) -> None:
    inputs = read_inputs(folder(tmp_path, days, **settings))
    assert inputs.config.week_dated == dated
    assert any("week_dated" in note for note in inputs.notes) == noted


def test_days_and_months_are_dated_as_they_are(tmp_path: Path) -> None:
    def daily(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(DATE=[f"{day:%Y-%m-%d}" for day in pd.date_range("2023-01-02", periods=len(frame))])

    inputs = read_inputs(training_folder(tmp_path / "in", daily, start_date=None, **LAST))
    assert inputs.begins == inputs.days


@pytest.mark.parametrize("text", [True, False])
def test_results_of_robyn_get_the_persons_dates_back(tmp_path: Path, text: bool) -> None:
    given = folder(tmp_path, 5, country="US", **LAST)
    out = tmp_path / "out"
    assert main(["prepare", str(given), str(out / "prepared")]) == 0
    assert kept(out) == Dated(rows=-6, days=0)
    rows = [str(day) for day in pd.read_csv(out / "prepared" / "input_data.csv")["DATE"]]
    written = pd.read_csv(given / "input_data.csv")["DATE"].tolist()
    assert rows != written
    (out / "results").mkdir()
    body = "".join(f'"1_1_1","{day}","trend",1.5\n' for day in rows)
    (out / "results" / "decomposition.csv").write_text('"solID","ds","rn","xDecomp"\n' + body)
    span = {"start": rows[0], "end": rows[-1]}
    (out / "results" / "summary.json").write_text(json.dumps({"window": span | {"periods": 3}, "data": span}))
    for _ in range(2 if text else 1):  # twice: a repeated call moves nothing again
        type_tables(out)
    table = pd.read_parquet(out / "results" / "decomposition.parquet")
    assert [str(day)[:10] for day in table["ds"]] == written
    told = json.loads((out / "results" / "summary.json").read_text())
    assert (told["window"]["start"], told["data"]["end"]) == (written[0], written[-1])


@pytest.mark.parametrize(
    ("name", "dated"),
    [
        *((name, "last") for name in (
            "week_ending", "WeekEnding", "Week Ending", "w/e", "WE", "we_date", "weekend", "Woche bis",
            "fin_de_semaine",
            "week_end_date", "period_end", "Wk Ending", "enddate", "week to",
        )),
        *((name, "first") for name in (
            "week_start", "WeekStart", "week commencing", "w/c", "WC", "week beginning", "Week of", "Wochenbeginn",
            "w_b",
        )),
    ],
)  # fmt: skip
@pytest.mark.parametrize("weekday", [0, 5, 6, None])
def test_a_name_that_says_it_is_sure(name: str, dated: str, weekday: int | None) -> None:
    assert week_dated_guess(name, weekday, "US")[::2] == (dated, True)
    assert week_dated_guess(name, weekday, "DE")[::2] == (dated, True)


@pytest.mark.parametrize("name", ["date", "Week", "newspaper_date", "trend_week", "web_date", "ds", "gender", "Datum"])
def test_other_names_say_nothing(name: str) -> None:
    assert week_dated_guess(name, 6, "US")[0] == "first"
    assert week_dated_guess(name, 6, "DE")[::2] == ("last", False)


def test_a_weekday_is_told_by_weeks_only() -> None:
    mondays = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(8)]
    assert weekday_of(mondays) == 0
    assert weekday_of([*mondays[:3], mondays[5]]) == 0
    assert weekday_of([date(2024, 1, 1) + timedelta(days=n) for n in range(8)]) is None
    assert weekday_of(mondays[:2]) is None
