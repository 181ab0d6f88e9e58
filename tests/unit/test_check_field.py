"""What a check says of made files that stand for faults of real ones, where they lie beside the project."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from engine.data.check.report import Report
from engine.data.mapping import Mapping
from engine.data.recipe import Change, recipe_of
from engine.data.recipe_changes import changed
from tests.checking import checked, codes, item

FIELD = Path(__file__).parents[2].parent / "shared/data/field"
pytestmark = pytest.mark.skipif(not FIELD.exists(), reason="the files are not beside the project")


def of_field(folder: Path, name: str, *, windowed: bool = True) -> Report:
    """The check of a training folder, as its configuration has the columns and the window."""
    frame = pd.read_csv(FIELD / name / "input_data.csv")
    config = json.loads((FIELD / name / "job_config.json").read_text())
    spends = config["paid_media_spends"]
    used = config.get("paid_media_vars", spends)
    mapping = Mapping(
        date_var=config["date_var"],
        dep_var=config["dep_var"],
        paid_media_spends=tuple(spends),
        exposures={spend: name for spend, name in zip(spends, used, strict=True) if spend != name},
        organic_vars=tuple(config.get("organic_vars", ())),
        context_vars=tuple(config.get("context_vars", ())),
        factor_vars=tuple(config.get("factor_vars", ())),
    )
    recipe = recipe_of(mapping)
    if windowed:
        window = f"{config.get('start_date') or ''}:{config.get('end_date') or ''}"
        recipe = changed(recipe, Change(kind="window", value=window))
    last = pd.to_datetime(frame[config["date_var"]]).max().date()
    return checked(folder, frame, mapping, recipe=recipe, today=last + timedelta(days=3))


def test_a_level_that_rises_in_the_last_twelve_weeks_is_told_with_its_day_and_size(tmp_path: Path) -> None:
    found = item(of_field(tmp_path, "2_backtest_sees_the_future"), "kpi.level")
    assert found.finding.grade == "REVIEW"
    assert found.finding.number == pytest.approx(1.6, abs=0.05)


def test_spends_that_do_not_move_together_are_not_said_to(tmp_path: Path) -> None:
    report = of_field(tmp_path, "5_rise_and_fall_together")
    assert not {"drivers.copy", "drivers.correlated", "drivers.inflated", "drivers.condition"} & codes(report)


def test_an_event_outside_the_window_is_told_with_the_press_that_leaves_it_out(tmp_path: Path) -> None:
    found = item(of_field(tmp_path / "cut", "factor_event_outside_window"), "column.constant", "event")
    assert found.remedies[0].change.kind == "drop"
    whole = of_field(tmp_path / "whole", "factor_event_outside_window", windowed=False)
    assert "column.constant" not in codes(whole)


def test_a_rhythm_of_the_week_is_no_outlier_and_no_level(tmp_path: Path) -> None:
    report = of_field(tmp_path, "daily_strong_weekday")
    assert "kpi.weekday" in codes(report)
    assert not {"kpi.level", "values.level", "values.outliers", "values.far"} & codes(report)


@pytest.mark.parametrize(
    "name", ["3_name_decides", "4_chains_disagree", "6_total_ten_times_low", "monthly_holiday", "week_ending"]
)
def test_data_that_are_fine_have_nothing_to_mend(tmp_path: Path, name: str) -> None:
    """What is wrong with these folders is no fault of their data: a check must not cry wolf."""
    report = of_field(tmp_path, name)
    assert [one.finding.code for one in report.items if one.finding.grade != "INFO"] == []
    assert report.verdict.startswith("Nothing stands against")


def test_the_same_numbers_are_judged_alike_whatever_a_column_is_called(tmp_path: Path) -> None:
    report = of_field(tmp_path / "a", "2_backtest_sees_the_future", windowed=False)
    other = of_field(tmp_path / "b", "3_name_decides", windowed=False)
    far = [
        sorted(one.finding.number or 0 for one in each.items if one.finding.code == "values.far")
        for each in (report, other)
    ]
    assert far[0] == far[1]
