"""Each finding of a check fires on a frame made for it, and is silent on one that is fine; its remedies are told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.data.check.effects import Effects
from engine.data.check.fresh import stale
from engine.data.check.profiles import BALANCED, LENIENT, STRICT, profile
from engine.data.check.report import Report
from engine.data.check.series import level_break
from engine.data.check.together import vif_in_short
from engine.data.dataset import Finding
from engine.data.mapping import Mapping
from engine.data.quality import GRADES
from engine.data.recipe import Accepted, Change, Clip, recipe_of
from engine.data.recipe_changes import changed
from engine.number_words import short
from tests.checking import TODAY, applied, checked, codes, item, plain_weeks, roles

Make = Callable[[pd.DataFrame], Mapping | None]
RNG = np.random.default_rng(5)


def test_plain_data_have_nothing_against_them(tmp_path: Path) -> None:
    report = checked(tmp_path, plain_weeks())
    assert codes(report) <= {"rows.per_hyperparameter", "date.week_dated"}
    assert report.verdict.startswith("Nothing stands against a training")


def few_known(frame: pd.DataFrame) -> None:
    frame.loc[frame.index % 5 < 2, "price"] = np.nan


def gap(frame: pd.DataFrame) -> None:
    frame.loc[50:56, "price"] = np.nan


def stopped(frame: pd.DataFrame) -> None:
    frame.loc[118:, "price"] = np.nan


def silent(frame: pd.DataFrame) -> None:
    frame.loc[frame.index % 10 != 3, "radio_cost"] = 0.0


def many_outliers(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    far = rng.random(len(frame)) < 0.45
    frame["radio_cost"] = np.where(far, rng.choice([1.0, 9_000.0], len(frame)), 500 + rng.normal(0, 5, len(frame)))


def far_out(frame: pd.DataFrame) -> None:
    frame.loc[70, "search_cost"] = 90_000.0


def kpi_level(frame: pd.DataFrame) -> None:
    frame.loc[90:, "revenue"] *= 1.8


def state_level(frame: pd.DataFrame) -> None:
    frame.loc[60:, "price"] *= 2.5


def unit_level(frame: pd.DataFrame) -> None:
    frame.loc[60:, "tv_cost"] *= 100


def nothing_at_first(frame: pd.DataFrame) -> None:
    frame.loc[:11, ["tv_cost", "search_cost", "radio_cost"]] = 0.0


def begins_late(frame: pd.DataFrame) -> None:
    frame.loc[:60, "radio_cost"] = 0.0


def given_up(frame: pd.DataFrame) -> None:
    frame.loc[70:, "radio_cost"] = 0.0


def copied(frame: pd.DataFrame) -> None:
    frame["video_cost"] = (1.19 * frame.tv_cost).round(6)


def copied_later(frame: pd.DataFrame) -> None:
    frame["video_cost"] = frame.tv_cost.shift(2, fill_value=700.0)


def kpi_of_the_week_before(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    frame["revenue"] = 5000 + 900 * rng.normal(size=len(frame))
    frame["orders"] = frame.revenue.shift(1, fill_value=5000.0) / 40


def parts_of_the_kpi(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    shop, app = rng.gamma(9, 300, len(frame)), rng.gamma(9, 300, len(frame))
    frame["shop_sales"], frame["app_sales"], frame["revenue"] = shop, app, shop + app


def told_by_others(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    frame["video_cost"] = (frame.tv_cost + 0.41 * frame.tv_cost.std() * rng.normal(size=len(frame))).clip(0)


def hard_to_tell(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(6)
    for name in ("video_cost", "print_cost", "audio_cost"):
        frame[name] = (frame.tv_cost + 0.25 * frame.tv_cost.std() * rng.normal(size=len(frame))).clip(0)


# code, what makes it, the column, the grade with the balanced profile, and the first remedy.
FIRES: list[tuple[str, Callable[[pd.DataFrame], None], str, str, str]] = [
    ("values.few", few_known, "price", "REVIEW", "drop"),
    ("values.gap", gap, "price", "REVIEW", "fill"),
    ("values.stopped", stopped, "price", "REVIEW", "window"),
    ("media.sparse", silent, "radio_cost", "REVIEW", "drop"),
    ("values.outliers", many_outliers, "radio_cost", "REVIEW", "clip"),
    ("values.far", far_out, "search_cost", "INFO", "clip"),
    ("kpi.level", kpi_level, "revenue", "REVIEW", "window"),
    ("values.level", state_level, "price", "INFO", "window"),
    ("values.level", unit_level, "tv_cost", "REVIEW", "window"),
    ("rows.leading_zeros", nothing_at_first, "", "REVIEW", "window"),
    ("media.late", begins_late, "radio_cost", "INFO", "window"),
    ("media.ended", given_up, "radio_cost", "INFO", "drop"),
    ("drivers.copy", copied, "video_cost", "FAIL", "drop"),
    ("drivers.copy", copied_later, "video_cost", "REVIEW", "drop"),
    ("driver.leakage", kpi_of_the_week_before, "orders", "REVIEW", "drop"),
    ("driver.made_of", parts_of_the_kpi, "shop_sales", "REVIEW", "drop"),
    ("drivers.inflated", told_by_others, "tv_cost", "INFO", "drop"),
    ("drivers.condition", hard_to_tell, "", "REVIEW", "drop"),
]


@pytest.mark.parametrize(
    ("code", "make", "column", "grade", "remedy"), FIRES, ids=[f"{one[0]} {one[1].__name__}" for one in FIRES]
)
def test_a_finding_fires_where_it_should_with_its_remedy(
    tmp_path: Path, code: str, make: Callable[[pd.DataFrame], None], column: str, grade: str, remedy: str
) -> None:
    assert code not in codes(checked(tmp_path / "plain", plain_weeks()))
    frame = plain_weeks()
    make(frame)
    report = checked(tmp_path, frame)
    found = item(report, code, column)
    assert found.finding.grade == grade
    assert found.remedies[0].change.kind == remedy
    assert all(one.effect and one.label for one in found.remedies)
    # Gravest first.
    grades = [GRADES[one.finding.grade] for one in report.items]
    assert grades == sorted(grades)


@pytest.mark.parametrize(
    ("code", "make", "column"),
    [(one[0], one[1], one[2]) for one in FIRES],
    ids=[f"{o[0]} {o[1].__name__}" for o in FIRES],
)
def test_a_pressed_remedy_makes_the_finding_go(
    tmp_path: Path, code: str, make: Callable[[pd.DataFrame], None], column: str
) -> None:
    frame = plain_weeks()
    make(frame)
    mapping = roles(frame)
    found = item(checked(tmp_path / "before", frame), code, column)
    gone = 0
    for one in found.remedies:
        after = checked(tmp_path / "after", frame, recipe=changed(recipe_of(mapping), one.change))
        same = [kept for kept in after.items if (kept.finding.code, kept.finding.column) == (code, column)]
        gone += not same
    # Not each remedy mends all of it (one of several drivers that are alike), but one at least does.
    assert gone or code == "drivers.condition", [one.label for one in found.remedies]


def test_what_intake_finds_is_told_once_and_never_milder(tmp_path: Path) -> None:
    """A copy is told as a copy, not as a pair that moves as one as well; holes are told once, by whoever says more."""
    frame = plain_weeks()
    copied(frame)
    few_known(frame)
    report = checked(tmp_path, frame)
    assert "drivers.correlated" not in codes(report)
    assert [one.finding.code for one in report.items if one.finding.column == "price"] == ["values.few"]


@pytest.mark.parametrize("asked", [STRICT, BALANCED, LENIENT], ids=lambda one: one.name)
def test_no_profile_is_milder_than_intake(tmp_path: Path, asked: Any) -> None:
    frame = plain_weeks()
    for make in (silent, few_known, told_by_others, far_out):
        make(frame)
    report = checked(tmp_path, frame, asked=asked)
    told = item(report, "media.sparse", "radio_cost")
    assert told.finding.grade == "REVIEW" and told.first == "map"


def test_a_channel_in_flights_is_no_fault_of_the_data(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame.loc[frame.index % 5 < 3, "radio_cost"] = 0.0  # 60 % silent, 52 weeks to learn from
    told = item(checked(tmp_path, frame), "media.sparse", "radio_cost")
    assert (told.finding.grade, told.remedies, told.first) == ("INFO", (), "")
    assert "52 weeks are left to learn from" in told.finding.text


def test_a_stricter_profile_asks_for_more(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame.loc[frame.index % 20 < 9, "radio_cost"] = 0.0  # 45 % silent
    frame.loc[frame.index % 5 == 0, "price"] = np.nan  # 20 % unknown
    told_by_others(frame)
    strict, lenient = (codes(checked(tmp_path, frame, asked=one)) for one in (STRICT, LENIENT))
    assert {"media.sparse", "values.few", "drivers.inflated"} <= strict
    assert not {"media.sparse", "values.few", "drivers.inflated"} & lenient
    assert profile("of another release") is BALANCED


LATE = [
    ("week", timedelta(weeks=2), None),
    ("week", timedelta(weeks=9), "INFO"),
    ("week", timedelta(weeks=40), "REVIEW"),
]


@pytest.mark.parametrize(("interval", "old", "grade"), LATE)
def test_old_data_are_told_against_today(tmp_path: Path, interval: str, old: timedelta, grade: str | None) -> None:
    frame = plain_weeks()
    today = date.fromisoformat(frame["date"].iloc[-1]) + timedelta(days=7) + old
    report = checked(tmp_path, frame, today=today)
    told = [one.finding.grade for one in report.items if one.finding.code == "data.stale"]
    assert told == ([grade] if grade else [])


def test_a_window_that_ends_on_purpose_is_not_old(tmp_path: Path) -> None:
    frame = plain_weeks()
    recipe = changed(recipe_of(roles(frame)), Change(kind="window", value=":2026-01-05"))
    assert "data.stale" not in codes(checked(tmp_path, frame, recipe=recipe, today=date(2027, 6, 1)))


@pytest.mark.parametrize(("ages", "told"), [((29, 22, 15), True), ((20, 13, 6), False), ((29, 22), False)])
def test_a_snapshot_that_is_late_by_its_own_rhythm_is_told(tmp_path: Path, ages: tuple[int, ...], told: bool) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    made = [now - timedelta(days=age) for age in ages]
    report = checked(tmp_path, plain_weeks(), made=made, now=now)
    assert ("data.overdue" in codes(report)) is told


def test_the_better_exposure_is_named_with_its_numbers_and_becomes_the_channels(tmp_path: Path) -> None:
    frame = plain_weeks()
    rng = np.random.default_rng(8)
    frame["tv_views"] = (frame.tv_cost * 40 * rng.uniform(0.2, 3, len(frame))).round()
    frame["tv_grps"] = ((frame.revenue - 3000) / 30 + rng.normal(0, 4, len(frame))).clip(1).round(2)
    mapping = roles(frame, exposures={"tv_cost": "tv_views"}, unused=("tv_grps",))
    report = checked(tmp_path, frame, mapping, further=("tv_grps",))
    found = item(report, "exposure.better", "tv_cost")
    assert "“tv_grps” follows the goal more than “tv_views”" in found.finding.text
    [remedy] = found.remedies
    assert (remedy.change.kind, remedy.change.value) == ("exposure", "tv_grps")
    assert "ρ with the goal from" in remedy.effect
    after = checked(tmp_path, frame, mapping, further=("tv_grps",), recipe=changed(recipe_of(mapping), remedy.change))
    assert "exposure.better" not in codes(after)
    assert any("“tv_cost” is told by “tv_grps”" in one.words for one in after.taken)


def test_a_flag_that_is_off_is_no_level_and_a_channel_that_pulses_neither_begins_late_nor_ends(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame["promo"] = (frame.index % 13 == 0).astype(int)
    frame.loc[frame.index % 26 > 12, "radio_cost"] = 0.0
    mapping = roles(frame, factor_vars=("promo",))
    assert not {"values.level", "media.late", "media.ended", "values.far"} & codes(checked(tmp_path, frame, mapping))


def test_a_window_that_is_cut_at_one_end_stays_cut_at_the_other(tmp_path: Path) -> None:
    frame = plain_weeks()
    nothing_at_first(frame)
    recipe = changed(recipe_of(roles(frame)), Change(kind="window", value=":2026-05-04"))
    told = item(checked(tmp_path, frame, recipe=recipe), "rows.leading_zeros")
    assert told.remedies[0].change.value == "2024-03-25:2026-05-04"
    assert told.remedies[0].label == "Use 2024-03-25 to 2026-05-04"


def test_a_known_finding_is_told_apart_and_can_be_taken_back(tmp_path: Path) -> None:
    frame = plain_weeks()
    kpi_level(frame)
    recipe = recipe_of(roles(frame)).model_copy(
        update={"accepted": (Accepted(code="kpi.level", column="revenue", reason="A new shop."),)}
    )
    report = checked(tmp_path, frame, recipe=recipe)
    assert "kpi.level" not in codes(report)
    assert [one.finding.code for one in report.known] == ["kpi.level"]
    [taken] = report.taken
    assert taken.forget and "A new shop." in taken.words


def test_what_no_trainer_can_do_is_not_accepted_away(tmp_path: Path) -> None:
    frame = plain_weeks()
    copied(frame)
    recipe = recipe_of(roles(frame)).model_copy(
        update={"accepted": (Accepted(code="drivers.copy", column="video_cost"),)}
    )  # fmt: skip
    assert "drivers.copy" in codes(checked(tmp_path, frame, recipe=recipe))


def test_readings_that_were_guessed_at_intake_are_not_forgotten(tmp_path: Path) -> None:
    guessed = Finding(code="number.comma", grade="REVIEW", column="price", text="A comma was read as a point.")
    other = Finding(code="rows.span", grade="REVIEW", text="Of other rows.")
    report = checked(tmp_path, plain_weeks(), read=(guessed, other))
    assert "number.comma" in codes(report) and "rows.span" not in codes(report)


def test_every_change_of_the_recipe_has_its_way_back(tmp_path: Path) -> None:
    frame = plain_weeks()
    mapping = roles(frame, exposures={})
    made = [
        Change(kind="drop", column="price", reason="no need"),
        Change(kind="clip", column="tv_cost", value="0:0.99"),
        Change(kind="fill", column="tv_cost", value="previous"),
        Change(kind="window", value="2024-03-04:"),
        Change(kind="resample", value="M"),
        Change(kind="aggregate", column="tv_cost", value="max"),
    ]
    recipe = recipe_of(mapping)
    for change in made:
        recipe = changed(recipe, change)
    report = checked(tmp_path, frame, mapping, recipe=recipe)
    assert len(report.taken) == len(made)
    for one in report.taken:
        recipe = changed(recipe, one.back)
    assert recipe == recipe_of(mapping)


def steps() -> list[tuple[str, np.ndarray, bool]]:  # type: ignore[type-arg]
    rng, weeks = np.random.default_rng(9), np.arange(130)
    season = 100 + 25 * np.sin(2 * np.pi * weeks / 52.18)
    noise = rng.normal(0, 5, 130)
    return [
        ("a step", np.where(weeks < 70, 100.0, 160.0) + noise, True),
        ("a step in a season", (season + noise) * np.where(weeks < 80, 1, 1.7), True),
        ("a season", season + noise, False),
        ("a trend", 50 + weeks + noise, False),
        ("noise", 100 + noise, False),
        ("one peak", 100 + noise + 300 * (weeks == 60), False),
        ("a stretch", 100 + noise + 60 * ((weeks > 50) & (weeks < 56)), False),
        ("too short", np.array([1.0] * 5 + [9.0] * 5), False),
        ("still", np.full(130, 7.0), False),
        ("nothing", np.array([]), False),
    ]


@pytest.mark.parametrize(("name", "values", "found"), steps(), ids=[one[0] for one in steps()])
def test_a_level_breaks_only_where_it_changes_at_once_and_for_good(name: str, values: Any, found: bool) -> None:
    assert (level_break(values, "week") is not None) is found


def test_a_break_is_told_where_it_is_and_by_how_much() -> None:
    rng = np.random.default_rng(1)
    values = np.where(np.arange(500) < 300, 100.0, 150.0) * np.where(np.arange(500) % 7 > 4, 1.4, 1.0)
    broken = level_break(values + rng.normal(0, 3, 500), "day")
    assert broken is not None
    assert abs(broken.place - 300) <= 4 and broken.ratio == pytest.approx(1.5, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("make", [one[1] for one in FIRES], ids=[one[1].__name__ for one in FIRES])
def test_an_effect_is_what_applying_the_change_gives(tmp_path: Path, make: Callable[[pd.DataFrame], None]) -> None:
    """What is said before a press is what a check says afterwards: rows, rows per driver, the highest VIF."""
    frame = plain_weeks()
    make(frame)
    mapping = roles(frame)
    recipe = recipe_of(mapping).model_copy(update={"clip": {"tv_cost": Clip(high=0.98)}})
    before = checked(tmp_path / "before", frame, recipe=recipe)
    for one in [remedy for kept in before.items for remedy in kept.remedies if remedy.change.kind != "accept"]:
        after = checked(tmp_path / "after", frame, recipe=changed(recipe, one.change))
        assert said(one.effect, before, after), (one.label, one.effect)


def said(effect: str, before: Report, after: Report) -> bool:
    """Whether what an effect says of the time after is what a check after it finds."""
    frame, told, columns = after.looked.frame, after.looked.together, after.looked.columns
    for part in effect.split("; "):
        last = part.rsplit(" to ", 1)[-1]
        if part.startswith("VIF of"):
            name = part.split("“")[1].split("”")[0]
            true = last == vif_in_short(told.vif(name))
        elif part.startswith("condition number"):
            true = last == vif_in_short(told.condition)
        elif part.startswith("rows per driver"):
            true = last == short(after.per_driver)
        elif " become " in part:
            true = part.endswith(f" {len(frame)} weeks")
        elif part.startswith("but then "):
            true = any(
                one.finding.text.startswith(part.removeprefix("but then ")) for one in (*after.items, *after.known)
            )
        elif " cut, the " in part:
            true = any(last in (short(float(frame[name].max())), short(float(frame[name].min()))) for name in columns)
        elif ", its mean " in part:
            true = last.rsplit(" ", 1)[-1] == short(float(frame[part.split("“")[1].split("”")[0]].mean()))
        elif part.startswith("one driver fewer"):
            true = len(after.looked.drivers) == len(before.looked.drivers) - 1
        else:
            true = part.endswith("of spend is in the model no more")
        if not true:
            return False
    return True


def test_data_of_months_and_of_days_are_checked_too(tmp_path: Path) -> None:
    frame = plain_weeks(weeks=400)
    days = frame.assign(date=pd.date_range("2025-05-01", periods=400).strftime("%Y-%m-%d"))
    assert "rows.span" in codes(checked(tmp_path, days))
    months = frame[:60].assign(date=pd.date_range("2021-01-01", periods=60, freq="MS").strftime("%Y-%m-%d"))
    assert checked(tmp_path, months, today=date(2026, 1, 3)).looked.interval == "month"


def test_office_days_and_gaps_have_a_remedy(tmp_path: Path) -> None:
    frame = plain_weeks(weeks=400)
    days = pd.bdate_range("2025-01-02", periods=400)[:370]
    office = frame[:370].assign(date=days.strftime("%Y-%m-%d"))
    weekends = item(checked(tmp_path, office), "date.weekends")
    assert [one.change.kind for one in weekends.remedies] == ["resample"]
    assert "weeks" in weekends.remedies[0].effect
    gaps = plain_weeks().drop(index=range(20, 26))
    told = item(checked(tmp_path, gaps), "date.gap")
    assert told.remedies[0].change.kind == "window"
    after = checked(tmp_path, gaps, recipe=changed(recipe_of(roles(gaps)), told.remedies[0].change))
    assert "date.gap" not in codes(after)


@pytest.mark.parametrize("rows", [2, 3, 9])
def test_tiny_data_are_refused_by_findings_not_by_an_exception(tmp_path: Path, rows: int) -> None:
    report = checked(tmp_path, plain_weeks(weeks=rows))
    assert "rows.too_few" in codes(report)
    assert report.verdict.startswith(("One thing stops", "2 things stop", "3 things stop"))


def test_one_column_all_missing_and_one_all_zero(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame["price"], frame["radio_cost"] = np.nan, 0.0
    report = checked(tmp_path, frame)
    assert item(report, "column.empty", "price").remedies[0].change == Change(
        kind="drop", column="price", reason="holds no value at all"
    )
    assert item(report, "media.zero", "radio_cost").remedies[0].change.kind == "drop"
    assert TODAY.year == 2026


def test_a_remedy_says_what_would_be_wrong_then(tmp_path: Path) -> None:
    frame = plain_weeks(weeks=70)
    frame.loc[34:, "revenue"] *= 2.0
    begin = item(checked(tmp_path, frame), "kpi.level").remedies[0]
    assert begin.change.kind == "window"
    assert "; but then 36 weeks are less than one year: a season cannot be told" in begin.effect


def test_what_stops_no_training_is_not_mended_by_what_does(tmp_path: Path) -> None:
    frame = plain_weeks()
    rng = np.random.default_rng(8)
    frame["video_cost"] = frame.tv_cost
    frame["video_views"] = (frame.tv_cost * rng.uniform(20, 60, len(frame))).round()
    frame.loc[5, "video_views"] = 0.0
    mapping = roles(frame, exposures={"video_cost": "video_views"})
    found = item(checked(tmp_path, frame, mapping), "spend.without_exposure")
    assert all(one.change.kind != "exposure" for one in found.remedies), "it would be a copy of tv_cost then"


def test_a_window_tells_which_channel_it_would_lose(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame.loc[:124, "radio_cost"] = 0.0
    frame.loc[118:, "price"] = np.nan
    end = item(checked(tmp_path, frame), "values.stopped").remedies[0]
    assert end.change.value.startswith(":")
    assert "; but then “radio_cost” no longer takes part: nothing changes there" in end.effect


@pytest.mark.parametrize(
    ("weeks", "far"),
    [(60, (90_000.0,)), (130, (90_000.0,)), (130, (90_000.0, 70_000.0))],
    ids=["one of few", "one of many", "two of many"],
)
def test_far_values_are_cut_to_the_highest_usual_one(tmp_path: Path, weeks: int, far: tuple[float, ...]) -> None:
    frame = plain_weeks(weeks=weeks)
    usual = float(frame.search_cost.iloc[len(far) :].max())
    frame.loc[: len(far) - 1, "search_cost"] = far
    remedy = item(checked(tmp_path / "before", frame), "values.far", "search_cost").remedies[0]
    after = checked(tmp_path / "after", frame, recipe=changed(recipe_of(roles(frame)), remedy.change))
    assert "values.far" not in codes(after)
    assert after.looked.frame.search_cost.max() == pytest.approx(usual, rel=1e-2)


def test_a_refund_is_cut_at_its_own_end(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame["margin"] = np.random.default_rng(9).normal(0, 1, len(frame))
    frame.loc[70, "margin"] = -500.0
    remedy = item(checked(tmp_path / "before", frame), "values.far", "margin").remedies[0]
    assert "the smallest value from -500 to" in remedy.effect and "largest" not in remedy.effect
    after = checked(tmp_path / "after", frame, recipe=changed(recipe_of(roles(frame)), remedy.change))
    assert after.looked.frame.margin.max() == frame.margin.max() and "values.far" not in codes(after)


def test_a_window_is_tried_whole_where_holes_are_filled_from_what_it_leaves_out(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame.loc[::9, "price"] = np.nan
    frame.loc[100:, "price"] += 30.0
    frame.loc[90:, "revenue"] *= 1.8
    recipe = recipe_of(roles(frame)).model_copy(update={"fill": {"price": "mean"}, "end": date(2026, 6, 1)})
    report = checked(tmp_path, frame, recipe=recipe)
    change = Change(kind="window", value=":2025-10-01")
    effects = Effects(report.looked, recipe, made := applied(tmp_path, frame, roles(frame)), made.grid(recipe))
    mean = frame.price[frame.date <= "2025-10-01"].mean()
    assert effects._after(change, changed(recipe, change)).frame.price[0] == pytest.approx(mean, rel=1e-12)


def test_few_rows_are_mended_by_what_one_would_miss_least(tmp_path: Path) -> None:
    report = checked(tmp_path, plain_weeks(weeks=17))
    offered = [one.change.column for one in item(report, "rows.per_variable").remedies]
    assert offered[0] == "price", "nothing is paid for it"


def test_one_is_told_as_one(tmp_path: Path) -> None:
    frame = plain_weeks(weeks=6)[["date", "tv_cost", "revenue"]]
    assert (
        "6 weeks cannot tell 1 variable and 3 time effects apart"
        in item(checked(tmp_path, frame), "rows.too_few").finding.text
    )


def test_far_values_of_a_column_with_holes_are_cut_at_the_quantile_of_what_is_there(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame.loc[::3, "search_cost"] = np.nan
    frame.loc[70, "search_cost"] = 90_000.0
    remedy = item(checked(tmp_path / "before", frame), "values.far", "search_cost").remedies[0]
    after = checked(tmp_path / "after", frame, recipe=changed(recipe_of(roles(frame)), remedy.change))
    usual = np.sort(frame.search_cost.dropna())[-2]
    assert after.looked.frame.search_cost.max() == pytest.approx(usual, rel=1e-2)


def test_what_is_nearly_all_or_nearly_nothing_is_not_told_as_all_or_nothing(tmp_path: Path) -> None:
    frame = plain_weeks(weeks=500)
    frame["date"] = pd.date_range("2016-11-07", periods=500, freq="7D").strftime("%Y-%m-%d")
    frame["print_cost"] = np.where(np.arange(500) == 499, 3.0, 0.0)
    report = checked(tmp_path, frame)
    assert (
        "is 0 in more than 99% of the weeks: 1 week is left" in item(report, "media.sparse", "print_cost").finding.text
    )
    assert "less than 0.1% of all spend" in item(report, "spend.small", "print_cost").finding.text
    assert "0 in the first 99.8 % of the window" in item(report, "media.late", "print_cost").finding.text
    dropped = item(report, "media.sparse", "print_cost").remedies[0].effect
    assert "less than 0.1 % of spend is in the model no more" in dropped


def test_a_channel_without_money_takes_none_with_it(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame["print_cost"] = 0.0
    effect = item(checked(tmp_path, frame), "media.zero", "print_cost").remedies[0].effect
    assert "of spend" not in effect


def test_a_copy_is_called_exact_only_where_it_is(tmp_path: Path) -> None:
    frame = plain_weeks()
    frame["video_cost"] = frame.tv_cost
    assert "“tv_cost”, number by number" in item(checked(tmp_path / "exact", frame), "drivers.copy").finding.text
    frame["video_cost"] = frame.tv_cost + np.random.default_rng(0).normal(0, 0.5, len(frame))
    said = item(checked(tmp_path / "nearly", frame), "drivers.copy").finding.text
    assert "number by number (r = 1.0000)" not in said and "times 1 " not in said


@pytest.mark.parametrize(
    ("newest", "today", "months"),
    [(date(2026, 1, 1), date(2026, 3, 1), 1), (date(2026, 1, 1), date(2026, 2, 28), 0), (date(2020, 1, 1), TODAY, 77)],
)
def test_months_that_have_gone_by_are_whole_ones(newest: date, today: date, months: int) -> None:
    asked = replace(STRICT, late={"day": 0, "week": 0, "month": 0})
    told = list(stale(newest, "month", today, asked))
    assert [one.number for one in told] == ([float(months)] if months else [])
