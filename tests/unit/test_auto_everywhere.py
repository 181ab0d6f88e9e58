"""`adstock: auto` and `delayed` go through all that a training may be asked: held-back rows, lift tests, penalty
factors, given models, and a refresh."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.errors import BadConfig
from engine.model.evaluate import evaluate_file
from engine.model.train import train
from engine.results.read import KINDS, load_results
from tests.training_folder import training_folder

pytestmark = pytest.mark.slow

TEST = {"channel": "TV_COST", "liftStartDate": "2024-03-04", "liftEndDate": "2024-03-31", "liftAbs": 250_000,
        "spend": 900_000, "confidence": 0.9, "metric": "revenue", "calibration_scope": "immediate"}  # fmt: skip
PLAIN = {"selection": "robyn", "trials": 1, "iterations": 60}


@pytest.fixture(scope="module", params=["auto", "delayed"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a training that asks for everything at once."""
    folder = tmp_path_factory.mktemp(request.param)
    asked: dict[str, Any] = {**PLAIN, "adstock": request.param, "hyperparameter_preset": "Wide", "ts_validation": True,
                             "add_penalty_factor": True, "calibration_input": [TEST], "search": "fast"}  # fmt: skip
    train(training_folder(folder / "in", **asked), folder / "out")
    return folder / "in", folder / "out"


def test_its_results_say_each_channels_adstock(trained: tuple[Path, Path]) -> None:
    results = load_results(trained[1])
    for channel in results.channels:
        kind, first, _ = results.adstock_of(channel)
        assert kind in KINDS and first >= 0
        if results.summary.adstock != "auto":
            assert kind == results.summary.adstock
    assert results.summary.metrics["nrmse_val"] is not None
    assert results.model["mean_carryover"].loc[list(results.channels)].ge(0).all()


def test_its_models_can_be_given_and_come_out_alike(trained: tuple[Path, Path], tmp_path: Path) -> None:
    folder_in, out = trained
    results = load_results(out)
    row = results.candidate(results.chosen)
    names = [name for name in results.summary.hyperparameters if name in row.index]
    models = tmp_path / "models.jsonl"
    models.write_text(json.dumps({"hyperparameters": {name: float(row[name]) for name in names},
                                  "lambda_hp": float(row["lambda_hp"])}))  # fmt: skip
    [found] = evaluate_file(folder_in, models)
    assert found["nrmse"] == pytest.approx(results.summary.metrics["nrmse"])
    assert found["mape"] == pytest.approx(results.summary.metrics["mape"])
    assert found["coefficients"] == pytest.approx(results.model["coef"].to_dict())


@pytest.mark.parametrize("adstock", ["auto", "delayed"])
def test_a_refresh_goes_on_from_it(adstock: str, tmp_path: Path) -> None:
    asked = {**PLAIN, "adstock": adstock, "hyperparameter_preset": "Wide", "search": "fast", "add_penalty_factor": True}
    first = training_folder(tmp_path / "first", **asked, start_date="2023-07-03", end_date="2024-11-04")
    train(first, tmp_path / "earlier")
    refresh = {"results": str(tmp_path / "earlier"), "refresh_steps": 4}
    summary = train(
        training_folder(tmp_path / "in", **asked, start_date=None, refresh=refresh), tmp_path / "out"
    )  # fmt: skip
    assert summary.refresh is not None and summary.adstock == adstock
    other = training_folder(tmp_path / "in", **asked | {"adstock": "weibull_cdf"}, start_date=None, refresh=refresh)
    with pytest.raises(BadConfig, match=f"with {adstock} adstock, this one .* with weibull_cdf"):
        train(other, tmp_path / "other")


def test_a_fixed_kind_stays_itself_in_a_search(tmp_path: Path) -> None:
    own = {"TV_IMPRESSIONS_kinds": 3, "OOH_COST_kinds": [1, 2]}
    folder = training_folder(tmp_path / "in", **PLAIN, adstock="auto", search="nevergrad", custom_hyperparameters=own)
    train(folder, tmp_path / "out")
    results = load_results(tmp_path / "out")
    assert results.adstock_of("TV_IMPRESSIONS")[0] == "delayed"
    table = pd.read_parquet(tmp_path / "out" / "results" / "candidates.parquet")
    assert set(table["TV_IMPRESSIONS_kinds"]) == {3.0}
    assert table["OOH_COST_kinds"].between(1, 2).all()
