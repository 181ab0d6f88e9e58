"""Whole trainings with each setting: sound results, the winner's metrics once more, and what follows from it."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.model.evaluate import evaluate_file
from engine.model.train import train
from engine.results.check import check_results
from engine.results.contract import ALLOCATION, CLUSTERS, FORECAST, RANGES
from engine.results.summary import Summary
from local.sample import daily
from tests.training_folder import CONFIG, training_folder, weeks

pytestmark = pytest.mark.slow

PAID = tuple(CONFIG["paid_media_vars"])
LIFT = {
    "liftStartDate": "2024-03-04",
    "liftEndDate": "2024-04-07",
    "liftAbs": 400_000,
    "spend": 100_000,
    "confidence": 0.9,
    "metric": "revenue",
    "calibration_scope": "immediate",
}
PLAN = [
    {"ds": str(date.fromisoformat(weeks()["DATE"].iloc[-1]) + timedelta(weeks=1 + ahead)), "TV_COST": 90_000,
     "FACEBOOK_COST": 12_000}
    for ahead in range(3)
]  # fmt: skip


def by_month(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = frame.drop(columns="DATE").astype(float)
    months = frame["DATE"].str[:7] + "-01"
    sums = numbers.groupby(months).sum()
    sums["PRICE_INDEX"] = numbers["PRICE_INDEX"].groupby(months).mean()
    return sums.rename_axis("DATE").reset_index()


def by_day(frame: pd.DataFrame) -> pd.DataFrame:
    days = daily("FR")
    return days.assign(DATE=days["DATE"].astype(str).str[:10]).tail(400)


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


Change = Callable[[pd.DataFrame], pd.DataFrame]
FAMILIES: dict[str, tuple[Change, dict[str, Any]]] = {
    "weibull_cdf": (same, {"adstock": "weibull_cdf", "forecast": {"periods": 4}}),
    "weibull_pdf": (same, {"adstock": "weibull_pdf", "budget": {"scenario": "target_efficiency"}}),
    "ts_validation": (same, {"ts_validation": True, "forecast": {"plan": PLAN}}),
    "penalty factors": (same, {"add_penalty_factor": True, "budget": {"date_range": "last_52"}}),
    "lift tests": (
        same,
        {"calibration_input": [LIFT | {"channel": "TV_COST"}, LIFT | {"channel": "FACEBOOK_COST+NEWSLETTER_SENDS"}]},
    ),
    "conversion": (
        same,
        {"dep_var": "ORDERS", "dep_var_type": "conversion", "budget": {"scenario": "target_efficiency"},
         "forecast": {"periods": 2}},
    ),
    "without quirks": (same, {"robyn_quirks": False, "prophet_signs": ["negative", "default"]}),
    "days": (
        by_day,
        {"start_date": None, "prophet_vars": ["trend", "weekday"], "factor_vars": [], "iterations": 40,
         "forecast": {"periods": 14}},
    ),
    "months": (
        by_month,
        {"start_date": None, "prophet_vars": ["trend", "season"], "factor_vars": [], "forecast": {"periods": 3}},
    ),
}  # fmt: skip


class Trained:
    """A folder, what was trained on it, and its tables."""

    def __init__(self, root: Path, change: Change = same, **settings: Any) -> None:
        self.folder = training_folder(root / "in", change, **settings)
        self.out = root / "out"
        self.summary: Summary = train(self.folder, self.out)

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.out / "results" / f"{name}.parquet")


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Trained]:
    change, settings = FAMILIES[request.param]
    root = tmp_path_factory.mktemp("family")
    return request.param, Trained(root, change, **{"trials": 1, "prophet_vars": ["trend", "season"]} | settings)


def test_every_kind_of_training_keeps_the_contract(family: tuple[str, Trained]) -> None:
    name, trained = family
    assert check_results(trained.out) == []
    summary = trained.summary
    assert summary.interval == {"days": "day", "months": "month"}.get(name, "week")
    for table in (RANGES, CLUSTERS, ALLOCATION, FORECAST):
        assert list(trained.table(table.name).columns) == [column.name for column in table.columns]
    assert summary.backtest is not None and summary.backtest.folds > 0
    assert summary.backtest.nrmse is not None and 0 < summary.backtest.nrmse < 1


def test_the_winners_metrics_are_what_its_hyperparameters_give_again(
    family: tuple[str, Trained], tmp_path: Path
) -> None:
    _, trained = family
    winner = trained.table("candidates").iloc[0].to_dict()
    assert winner["solID"] == trained.summary.chosen
    given = {name: winner[name] for name in trained.summary.hyperparameters}
    (tmp_path / "models").write_text(json.dumps({"hyperparameters": given, "lambda_hp": winner["lambda_hp"]}))
    again = next(evaluate_file(trained.folder, tmp_path / "models"))
    for name, value in trained.summary.metrics.items():
        if name == "error_score":
            continue
        if value is None:
            assert again[name] is None and np.isnan(winner[name]), name
        else:
            assert again[name] == value == winner[name], name
    coefficients = trained.table("coefficients")
    chosen = coefficients[coefficients["solID"] == trained.summary.chosen].set_index("rn")["coef"]
    assert again["coefficients"] == chosen.to_dict()


def test_what_each_setting_is_for_shows_in_the_results(family: tuple[str, Trained]) -> None:
    name, trained = family
    winner, summary = trained.table("candidates").iloc[0], trained.summary
    held_back = name == "ts_validation"
    assert (winner["nrmse"] != winner["nrmse_train"]) == held_back
    assert bool(np.isfinite(winner["nrmse_test"])) == held_back
    assert (winner["mape"] > 0) == (name == "lift tests")
    kinds = {"weibull_cdf": ("shapes", "scales"), "weibull_pdf": ("shapes", "scales")}.get(name, ("thetas",))
    expected = {f"{medium}_{kind}" for medium in (*PAID, "NEWSLETTER_SENDS") for kind in ("alphas", "gammas", *kinds)}
    if held_back:
        expected.add("train_size")
    if name == "penalty factors":
        expected |= {
            f"{variable}_penalty"
            for variable in ("trend", "season", *summary.context_vars, *PAID, "NEWSLETTER_SENDS")
        }  # fmt: skip
    assert set(summary.hyperparameters) == expected
    assert summary.window.periods == {"days": 400, "months": 36}.get(name, 130)


def test_the_budget_is_split_within_its_bounds_and_answers_its_question(family: tuple[str, Trained]) -> None:
    name, trained = family
    rows, (budget,) = trained.table("allocation"), trained.summary.budgets
    assert list(rows["channel"]) == list(PAID)
    assert set(rows["solID"]) == {trained.summary.chosen}
    takes_part = rows[rows["left_out"] == ""]
    assert (takes_part["optmSpendUnit"] >= takes_part["constr_low"] * takes_part["initSpendUnit"] * (1 - 1e-9)).all()
    assert (takes_part["optmSpendUnit"] <= takes_part["constr_up"] * takes_part["initSpendUnit"] * (1 + 1e-9)).all()
    assert budget.total_spend == pytest.approx(rows["optmSpendUnit"].sum())
    assert budget.response == pytest.approx(rows["optmResponseUnit"].sum())
    if name in ("weibull_pdf", "conversion"):
        assert budget.scenario == "target_efficiency"
    elif budget.feasible:
        assert budget.scenario == "max_response"
        assert budget.total_spend == pytest.approx(rows["initSpendUnit"].sum())
    if name == "penalty factors":
        # "last_52": exposures at the window's average cost, spends as they are.
        spent = weeks()["FACEBOOK_COST"].astype(float).tail(52).mean()
        assert rows.set_index("channel")["initSpendUnit"]["FACEBOOK_COST"] == pytest.approx(spent)


def test_a_forecast_is_made_where_one_is_asked_for(family: tuple[str, Trained]) -> None:
    name, trained = family
    rows = trained.table("forecast")
    ahead = {"weibull_cdf": 4, "ts_validation": 3, "conversion": 2, "days": 14, "months": 3}.get(name, 0)
    assert rows["ds"].nunique() == ahead
    assert bool(trained.summary.forecast_notes) == bool(ahead)
    if not ahead:
        return
    assert set(rows["solID"]) == {trained.summary.chosen}
    total = rows[rows["rn"] == "depVarHat"].set_index("ds")
    parts = rows[rows["rn"] != "depVarHat"].groupby("ds")["response"].sum()
    assert parts.to_numpy() == pytest.approx(total["response"].to_numpy())
    assert (total["low"] < total["response"]).all() and (total["response"] < total["high"]).all()
    assert rows["ds"].min() > pd.Timestamp(trained.summary.window.end)
    spend = rows[rows["rn"].isin(PAID)].pivot(index="ds", columns="rn", values="spend")
    if name == "ts_validation":
        assert [str(day.date()) for day in spend.index] == [period["ds"] for period in PLAN]
        assert (spend["FACEBOOK_COST"] == 12_000).all() and (spend["OOH_COST"] == 0).all()
    if name == "conversion":
        again = weeks()["FACEBOOK_COST"].astype(float).tail(2)
        assert spend["FACEBOOK_COST"].to_numpy() == pytest.approx(again.to_numpy())


def test_ranges_say_what_was_varied(family: tuple[str, Trained]) -> None:
    _, trained = family
    ranges = trained.table("ranges")
    assert list(ranges["over"].unique()) == [
        "near-tied models", "best models of the trials", "shifted windows", "block bootstrap of residuals"
    ]  # fmt: skip
    assert (ranges.groupby("over")["channel"].agg(list).map(tuple) == PAID).all()
    known = ranges.dropna()
    assert (known["low"] <= known["high"]).all()
    assert trained.summary.agreement is None


# --- what cannot be answered costs nobody the model

PLAIN: dict[str, Any] = {"prophet_vars": [], "factor_vars": [], "iterations": 40, "trials": 1}


@pytest.mark.parametrize("quirks", [True, False], ids=["as Robyn", "corrected"])
def test_an_infeasible_budget_is_a_note_not_a_lost_model(tmp_path: Path, quirks: bool) -> None:
    asked = {"budget": {"total_budget": 1e12}, "robyn_quirks": quirks, **PLAIN}
    trained = Trained(tmp_path, **asked)
    assert check_results(trained.out) == []
    rows = trained.table("allocation")
    if quirks:
        (budget,) = trained.summary.budgets
        assert not budget.feasible and not rows["feasible"].any()
        assert "outside of what the bounds allow" in budget.notes[0]
    else:
        assert trained.summary.budgets == () and rows.empty
        (said,) = [note for note in trained.summary.notes if note.startswith("The budget was not split.")]
        assert "outside of what the bounds allow" in said


def test_a_plan_that_does_not_follow_on_the_data_is_a_note_not_a_lost_model(tmp_path: Path) -> None:
    trained = Trained(tmp_path, forecast={"plan": [{"ds": "2025-01-06", "TV_COST": 1}]}, **PLAIN)
    assert check_results(trained.out) == []
    assert trained.table("forecast").empty
    assert any(note.startswith("Nothing was forecast.") for note in trained.summary.notes)


def test_a_single_channel_has_nothing_to_split(tmp_path: Path) -> None:
    alone = {"paid_media_spends": ["TV_COST"], "paid_media_vars": ["TV_IMPRESSIONS"]}
    trained = Trained(tmp_path, **alone, **PLAIN)
    assert check_results(trained.out) == []
    assert trained.table("allocation").empty
    assert trained.summary.budgets == ()
    assert not any("budget" in note for note in trained.summary.notes)
    assert trained.summary.agreement is None
    assert list(trained.table("ranges")["channel"].unique()) == ["TV_IMPRESSIONS"]


def test_channels_that_take_turns_leave_no_shorter_window_and_cost_nobody_the_model(tmp_path: Path) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        """Facebook in the window's first weeks only, posters in its last ones only."""
        frame["FACEBOOK_COST"] = ["900" if 26 <= week < 29 else "0" for week in range(len(frame))]
        frame["OOH_COST"] = ["900" if week >= len(frame) - 3 else "0" for week in range(len(frame))]
        return frame

    trained = Trained(tmp_path, change, **PLAIN)
    assert check_results(trained.out) == []
    windows = trained.table("ranges").query("over == 'shifted windows'")
    assert (windows["n"] == 0).all() and windows[["low", "high"]].isna().all(axis=None)
    # Posters had not begun before any stretch that is told, and are left out there.
    assert trained.summary.backtest is not None and trained.summary.backtest.folds == 4
