"""Folders on which the two trainers were seen to part: each trains natively, and Robyn gets what it can bear."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.model.read.inputs import read_inputs
from engine.model.read.prophet import decompose
from engine.model.train import train
from engine.results.read import load_results
from engine.robyn.prepare import prepare
from tests.training_folder import training_folder

pytestmark = pytest.mark.slow

FIELD = Path(__file__).parents[3] / "shared" / "data" / "field" / "robyn"
field = pytest.mark.skipif(not FIELD.is_dir(), reason="the field's folders are not beside this checkout")
FOLDERS = ("blackfriday3", "ctx_intercept", "ctx_solID", "factor_bin", "noprophet", "prefix_space", "target")


@field
@pytest.mark.parametrize("name", FOLDERS)
def test_what_the_native_trainer_takes_robyn_gets_too(name: str, tmp_path: Path) -> None:
    inputs = prepare(FIELD / name, tmp_path)
    config = json.loads((tmp_path / "job_config.json").read_text())
    rows = pd.read_csv(tmp_path / "input_data.csv")
    assert len(rows) == len(inputs.days)
    assert set(config["context_vars"]) <= set(rows.columns)
    # Without time effects Robyn breaks off at a factor: it gets numbers.
    assert config["factor_vars"] == ([] if name == "noprophet" else ["events"])
    if name == "noprophet":
        assert np.issubdtype(rows["events"].dtype, np.number) and rows["events"].nunique() == 3


@field
def test_a_factor_of_two_categories_leaves_the_trend_where_robyn_has_it() -> None:
    found = decompose(read_inputs(FIELD / "factor_bin"))
    # Robyn's, by R's Prophet; encoded by the other category it is 1.4 % higher.
    assert found.columns["trend"].mean() == pytest.approx(1_770_291, rel=1e-3)


@field
@pytest.mark.parametrize("name", ["ctx_solID", "noprophet", "prefix_space", "target"])
def test_a_folder_trains_and_keeps_its_names(name: str, tmp_path: Path) -> None:
    train(FIELD / name, tmp_path)
    results, config = load_results(tmp_path), read_inputs(FIELD / name).config
    assert list(results.model.index) == ["(Intercept)", *config.drivers]
    assert results.channels == config.modelled_media
    if name == "target":
        [budget] = results.summary.budgets
        assert budget.feasible and budget.response / budget.total_spend == pytest.approx(2.0, rel=1e-3)
        assert not any("cannot" in note for note in budget.notes)


# --- the same kinds on made data


def test_names_that_robyn_uses_inside_are_ordinary_names_here(tmp_path: Path) -> None:
    called = {"TV_COST": "intercept", "PRICE_INDEX": "solID", "OOH_COST": "tv S", "FACEBOOK_COST": "tv_S_online"}
    spends = ["intercept", "tv_S_online", "tv S"]
    folder = training_folder(
        tmp_path / "in", lambda frame: frame.rename(columns=called), paid_media_spends=spends, paid_media_vars=[],
        context_vars=["solID"], trials=1, iterations=40,
    )  # fmt: skip
    train(folder, tmp_path / "out")
    results = load_results(tmp_path / "out")
    assert results.channels == tuple(spends)
    assert {f"{name}_thetas" for name in spends} <= set(results.hyperparameters)
    prepare(folder, tmp_path / "for_r")
    config = json.loads((tmp_path / "for_r" / "job_config.json").read_text())
    assert {f"{name}_thetas" for name in spends} <= set(config["custom_hyperparameters"])


def test_without_time_effects_robyn_gets_the_native_trainers_factor(tmp_path: Path) -> None:
    folder = training_folder(tmp_path / "in", prophet_vars=[])
    prepare(folder, tmp_path / "for_r")
    config = json.loads((tmp_path / "for_r" / "job_config.json").read_text())
    rows = pd.read_csv(tmp_path / "for_r" / "input_data.csv")
    assert (config["factor_vars"], config["context_vars"]) == ([], ["PRICE_INDEX", "PROMO_FLAG"])
    assert rows["PROMO_FLAG"].to_numpy() == pytest.approx(decompose(read_inputs(folder)).factors["PROMO_FLAG"])


def test_with_time_effects_robyn_encodes_a_factor_itself(tmp_path: Path) -> None:
    prepare(training_folder(tmp_path / "in"), tmp_path / "for_r")
    config = json.loads((tmp_path / "for_r" / "job_config.json").read_text())
    assert config["factor_vars"] == ["PROMO_FLAG"]
    assert pd.read_csv(tmp_path / "for_r" / "input_data.csv", dtype=str)["PROMO_FLAG"].nunique() == 2
