"""Rules on the KPI: below 0, 0 for long, a rhythm of the week; each with its place and remedy, silent on clean data."""

import io
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from engine.data.chosen import KPI_NEGATIVE, WINDOW_END, WINDOW_START
from engine.data.dataset import Finding
from engine.data.guess import guess
from engine.data.intake.file import to_parquet
from engine.data.mapping import Mapping
from engine.data.prepare import prepare
from engine.data.quality import blocking, check, review
from engine.data.rules.rhythm import weekly_rhythm
from engine.data.trust import bears
from local.sample import daily, weekly_csv

MAPPING = Mapping(date_var="day", dep_var="orders", paid_media_spends=("tv", "fb"))
STEP = {"day": "D", "week": "7D", "month": "MS"}
Unit = Literal["day", "week", "month"]


def frame(unit: Unit = "week", rows: int = 156, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    usual: dict[str, Any] = {
        "day": pd.date_range("2022-01-01" if unit == "month" else "2022-01-03", periods=rows, freq=STEP[unit]),
        "orders": rng.normal(1000, 60, rows),
        "tv": rng.uniform(100, 300, rows),
        "fb": rng.uniform(50, 90, rows),
    }
    return pd.DataFrame(usual | columns)


def found(data: pd.DataFrame, code: str, unit: Unit = "week", **options: Any) -> list[Finding]:
    return [one for one in check(data, MAPPING, unit, **options) if one.code == code]


def zeros(data: pd.DataFrame, *spans: slice) -> pd.DataFrame:
    changed = data.copy()
    for span in spans:
        changed.loc[changed.index[span], "orders"] = 0.0
    return changed


@pytest.mark.parametrize(
    ("unit", "rows", "spans", "where", "offers"),
    [
        pytest.param(
            "week", 156, [slice(0, 10)], "2022-01-03 to 2022-03-07 (10 weeks)",
            {WINDOW_START: "2022-03-14"}, id="a shop that opened later",
        ),
        pytest.param(
            "week", 156, [slice(150, 156)], "2024-11-18 to 2024-12-23 (6 weeks)",
            {WINDOW_END: "2024-11-11"}, id="a plan beyond today",
        ),
        pytest.param(
            "week", 156, [slice(20, 30)], "2022-05-23 to 2022-07-25 (10 weeks)",
            {WINDOW_START: "2022-08-01"}, id="a gap early on: the longer part is after it",
        ),
        pytest.param(
            "day", 400, [slice(100, 130), slice(380, 400)],
            "2022-04-13 to 2022-05-12 (30 days), 2023-01-18 to 2023-02-06 (20 days)",
            {WINDOW_START: "2022-05-13", WINDOW_END: "2023-01-17"}, id="days, twice",
        ),
        pytest.param(
            "month", 48, [slice(45, 48)], "2025-10-01 to 2025-12-01 (3 months)",
            {WINDOW_END: "2025-09-01"}, id="months",
        ),
    ],
)  # fmt: skip
def test_a_kpi_that_is_0_for_long_is_named_with_the_part_to_use(
    unit: Unit, rows: int, spans: list[slice], where: str, offers: dict[str, str]
) -> None:
    [one] = found(zeros(frame(unit, rows), *spans), "kpi.zero", unit)
    assert (one.grade, one.column, one.where, one.trust) == ("REVIEW", "orders", where, True)
    assert {offer.key: offer.value for offer in one.offers} == offers
    assert all(offer.value in offer.label for offer in one.offers)
    assert one.remedy
    assert ("and once more for long" in one.text) == (len(spans) == 2)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(), id="never 0"),
        pytest.param(zeros(frame(), slice(50, 52)), id="two weeks"),
        pytest.param(frame(orders=np.where(np.arange(156) % 9 == 0, 5.0, 0)), id="a rare KPI"),
        pytest.param(frame(orders=0.0), id="0 throughout: another finding"),
    ],
)
def test_a_few_zeros_or_a_rare_kpi_is_no_stretch(data: pd.DataFrame) -> None:
    assert found(data, "kpi.zero") == []


@pytest.mark.parametrize("places", [[3], [0, 1, 155], list(range(40))], ids=["one", "three", "forty"])
def test_a_negative_kpi_is_named_by_date_and_counted(places: list[int]) -> None:
    data = frame()
    data.loc[places, "orders"] = -25.5
    [one] = found(data, "kpi.negative")
    assert (one.grade, one.number, one.trust, one.value) == ("REVIEW", len(places), True, "-25.50")
    assert f"{data['day'][places[0]]:%Y-%m-%d}" in one.where
    assert len(one.where) < 120
    assert [offer.key for offer in one.offers] == [KPI_NEGATIVE]


WEEK = {
    "shop": [1.3, 1.0, 0.9, 0.9, 1.1, 1.2, 0.6],
    "office": [1.2, 1.2, 1.2, 1.2, 1.2, 0.05, 0.0],
    "weekend": [0.8, 0.8, 0.8, 0.9, 1.1, 1.5, 1.3],
}


def rhythmic(week: list[float], rows: int = 365) -> pd.DataFrame:
    data = frame("day", rows)
    factor = np.array([week[day.weekday()] for day in data["day"]])
    growing = 1 + 0.2 * np.sin(np.arange(rows) / 60)
    return data.assign(orders=data["orders"] * factor * growing)


@pytest.mark.parametrize("week", WEEK.values(), ids=list(WEEK))
def test_a_rhythm_of_the_week_is_said_before_and_doubted_after(week: list[float]) -> None:
    data = rhythmic(week)
    [before] = found(data, "kpi.weekday", "day")
    assert (before.grade, bears(before)) == ("INFO", False)
    [off] = found(data, "kpi.weekday", "day", effects=("trend", "season", "holiday"))
    assert (off.grade, bears(off)) == ("REVIEW", True)
    assert "Day of the week" in off.remedy
    assert found(data, "kpi.weekday", "day", effects=("trend", "weekday")) == []


def events() -> pd.DataFrame:
    """Noise with a promotion on some Fridays: an event, no rhythm."""
    data = frame("day", 365)
    data.loc[[day.weekday() == 4 and day.day < 8 and day.month % 6 == 5 for day in data["day"]], "orders"] *= 6
    return data


@pytest.mark.parametrize(
    ("data", "unit"),
    [
        pytest.param(frame("day", 730), "day", id="noise"),
        pytest.param(events(), "day", id="black fridays"),
        pytest.param(rhythmic(WEEK["shop"], 40), "day", id="too few days to say"),
        pytest.param(rhythmic([1.001, 1, 1, 1, 1, 1, 0.999]), "day", id="too faint"),
        pytest.param(frame(), "week", id="weeks"),
        pytest.param(frame("day", 100, orders=5.0), "day", id="constant"),
    ],
)
def test_without_a_rhythm_nothing_is_said_of_the_day_of_the_week(data: pd.DataFrame, unit: Unit) -> None:
    assert found(data, "kpi.weekday", unit, effects=()) == []


def test_a_pure_rhythm_is_explained_whole() -> None:
    weekdays = np.arange(140) % 7
    values = np.array([1.0, 2, 3, 4, 5, 6, 7])[weekdays]
    assert weekly_rhythm(values, weekdays) == pytest.approx((1.0, 1.0))
    # Half of the variance within weeks is noise of the same size as the rhythm.
    noise = np.random.default_rng(1).normal(0, np.std(values), 7000)
    within, overall = weekly_rhythm(np.tile(values, 50) + noise, np.tile(weekdays, 50))
    assert within == pytest.approx(0.54, abs=0.04)  # the mean of a week takes a seventh of the noise along
    assert 0.4 < overall < within


@pytest.mark.parametrize("country", ["DE", "FR", "GB"])
def test_the_sample_data_raise_no_doubt(tmp_path: Path, country: str) -> None:
    for name, content in (("d.csv", daily(country).to_csv(index=False).encode()), ("w.csv", weekly_csv(country))):
        (tmp_path / name).write_bytes(content)
        facts = to_parquet(tmp_path / name, tmp_path / "raw.parquet")
        mapping = Mapping.model_validate(guess(facts.columns, country).model_dump())
        findings = (*facts.findings, *review(prepare(tmp_path / "raw.parquet", mapping, country)))
        assert [one for one in findings if bears(one)] == []


def prepared(tmp_path: Path, data: pd.DataFrame, **choices: str) -> tuple[Any, list[Finding]]:
    text = io.StringIO()
    data.to_csv(text, index=False)
    (tmp_path / "a.csv").write_text(text.getvalue())
    to_parquet(tmp_path / "a.csv", tmp_path / "raw.parquet")
    made = prepare(tmp_path / "raw.parquet", MAPPING, "de", choices=choices)
    return made, list(review(made))


def test_pressing_the_offered_dates_uses_that_part_and_says_so(tmp_path: Path) -> None:
    data = zeros(frame(), slice(0, 10), slice(150, 156))
    _, before = prepared(tmp_path, data)
    offers = {offer.key: offer.value for one in before for offer in one.offers}
    made, after = prepared(tmp_path, data, **offers)
    assert (made.first, made.last) == (date(2022, 3, 14), date(2024, 11, 11))
    assert (made.frame["orders"] > 0).all()
    assert "kpi.zero" not in {one.code for one in after}
    [told] = [one for one in after if one.code == "date.window"]
    assert "16 dates are left out" in told.text and blocking(after) == []


def test_taking_negative_values_as_0_changes_nothing_else(tmp_path: Path) -> None:
    data = frame()
    data.loc[[4, 9], "orders"] = -10.0
    made, after = prepared(tmp_path, data, **{KPI_NEGATIVE: "zero"})
    assert made.frame["orders"].iloc[[4, 9]].tolist() == [0, 0]
    kept = made.frame["orders"].drop([4, 9])
    assert kept.tolist() == pytest.approx(data["orders"].drop([4, 9]).tolist())
    assert {one.code for one in after if bears(one)} == {"kpi.taken_as_zero"}
