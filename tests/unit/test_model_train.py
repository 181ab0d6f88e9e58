"""A whole training, small: sound results, the same every time, and told as it goes."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.errors import BadConfig, TrainingFailed
from engine.model.__main__ import main
from engine.model.train import train
from engine.results.check import check_results
from engine.results.contract import TABLES
from engine.results.headline import headline
from engine.results.read import load_results
from tests.training_folder import CONFIG, training_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return training_folder(tmp_path_factory.mktemp("in"))


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, train(folder, out)


def test_results_keep_the_contract(trained):
    out, summary = trained
    assert check_results(out) == []
    assert summary.selection.evaluated == 120
    assert summary.window.start == "2023-07-03"
    assert summary.seed == 7
    assert summary.prophet_vars == ("trend", "season", "holiday")
    assert [channel.channel for channel in summary.channels] == CONFIG["paid_media_vars"]
    assert [channel.spend for channel in summary.channels] == CONFIG["paid_media_spends"]
    assert summary.context_vars == ("PRICE_INDEX", "PROMO_FLAG")
    assert summary.hyperparameters["TV_IMPRESSIONS_thetas"] == (0.3, 0.8)


def test_results_can_be_read_and_say_what_was_found(trained):
    out, summary = trained
    results = load_results(out)
    assert results.candidates.iloc[0]["solID"] == summary.chosen
    assert results.candidates["error_score"].is_monotonic_increasing
    assert results.candidates["top_sol"].sum() == summary.selection.clusters
    fit = results.fit
    assert np.corrcoef(fit["dep_var"], fit["depVarHat"])[0, 1] > 0.7
    for one in headline(results).channels:
        assert one.low <= one.efficiency <= one.high
    for channel in results.channels:
        curve = results.curve(channel)
        assert curve["response"].is_monotonic_increasing
        assert curve["response"].iloc[0] == pytest.approx(curve["carryover_response"].iloc[0])
        mean = curve[curve["is_mean"]].iloc[0]
        assert mean["spend"] == pytest.approx(results.paid.loc[channel, "mean_spend"])


def test_a_search_too_short_for_enough_candidates_says_so(tmp_path):
    summary = train(training_folder(tmp_path / "in", trials=1), tmp_path / "out")
    assert summary.selection.eligible < 100
    assert summary.selection.candidates == summary.selection.eligible
    assert "iterations" in summary.selection.note


def test_status_ends_as_done_with_the_best_so_far(trained):
    out, _ = trained
    status = json.loads((out / "status.json").read_text())
    assert set(status) == {"phase", "trial", "trials", "iteration", "iterations", "nrmse", "rssd", "seconds"}
    assert (status["phase"], status["trial"], status["iteration"]) == ("done", 2, 60)
    searched = pd.read_parquet(out / "results" / "convergence.parquet")
    assert status["nrmse"] == searched["nrmse"].min()
    assert status["rssd"] == searched["decomp.rssd"].min()
    assert (out / "timings.csv").read_text().startswith("Step,Time (s)\n")
    assert "Chose" in (out / "robyn_console.log").read_text()
    assert not list(out.glob("*.part"))


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_seed_gives_the_same_results_to_the_last_digit(trained, folder, tmp_path, workers):
    out, summary = trained
    again = train(folder, tmp_path, workers=workers)
    assert again.chosen == summary.chosen
    for table in TABLES:
        first, second = (pd.read_parquet(one / "results" / table.file) for one in (out, tmp_path))
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_another_seed_gives_other_results(trained, folder, tmp_path):
    out, _ = trained
    other = train(folder, tmp_path, seed=8)
    assert other.seed == 8
    first, second = (pd.read_parquet(one / "results" / "convergence.parquet") for one in (out, tmp_path))
    assert not np.allclose(first["nrmse"], second["nrmse"])


def test_parquet_rows_in_any_order_and_column_order_give_the_same_results(trained, folder, tmp_path):
    _, summary = trained
    frame = pd.read_csv(folder / "input_data.csv", parse_dates=["DATE"])
    frame = frame.sample(frac=1, random_state=1)[sorted(frame.columns)]
    (tmp_path / "in").mkdir()
    frame.to_parquet(tmp_path / "in" / "input_data.parquet", index=False)
    (tmp_path / "in" / "job_config.json").write_bytes((folder / "job_config.json").read_bytes())
    assert train(tmp_path / "in", tmp_path / "out").metrics == summary.metrics


def test_conversions_are_told_as_cost_per_each(tmp_path):
    folder = training_folder(tmp_path / "in", dep_var="ORDERS", dep_var_type="conversion")
    train(folder, tmp_path / "out")
    paid = load_results(tmp_path / "out").paid
    assert (paid["cpa_total"] * paid["roi_total"]).dropna().to_numpy() == pytest.approx(1)
    known = paid.dropna(subset=["cpa_total", "range_low", "range_high"])
    assert (known["range_low"] <= known["cpa_total"]).all()
    assert (known["cpa_total"] <= known["range_high"]).all()


def test_media_alone_can_be_trained(tmp_path):
    settings = {"prophet_vars": [], "organic_vars": [], "context_vars": [], "factor_vars": [], "trials": 1}
    summary = train(training_folder(tmp_path / "in", **settings), tmp_path / "out")
    assert summary.data.variables == 3


def test_no_model_with_an_effect_is_a_failure_not_a_result(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.model.train.eligible_models", lambda found, near: np.zeros(len(found), bool))
    with pytest.raises(TrainingFailed, match="No model"):
        train(training_folder(tmp_path / "in", trials=1), tmp_path / "out")
    assert not (tmp_path / "out" / "results" / "summary.json").exists()


def test_the_program_trains_and_ends_with_0(folder, tmp_path, capsys):
    assert main([str(folder), str(tmp_path / "out"), "--seed", "3"]) == 0
    assert "results" in capsys.readouterr().out
    assert check_results(tmp_path / "out") == []


def test_the_program_says_what_to_correct_and_ends_with_2(tmp_path, capsys):
    folder = training_folder(tmp_path / "in", adstock="weibull")
    assert main([str(folder), str(tmp_path / "out")]) == 2
    error = json.loads((tmp_path / "out" / "error.json").read_text())
    assert set(error) == {"what", "todo"}
    assert "'weibull_pdf', not 'weibull'" in error["todo"]
    assert "'weibull_pdf', not 'weibull'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def weighed(tmp_path_factory):
    out = tmp_path_factory.mktemp("weighed")
    return out, train(training_folder(out / "in", selection="evidence", search="fast"), out)


def test_what_the_evidence_speaks_for_is_reported_first_and_read_like_any_model(weighed):
    out, summary = weighed
    results = load_results(out)
    assert summary.chosen == "0_1_1" == results.candidates.iloc[0]["solID"]
    assert summary.selection.method == "evidence"
    assert results.candidates["trial"].iloc[1:].min() == 1
    assert results.fit["depVarHat"].corr(results.fit["dep_var"]) > 0.8
    paid = results.paid
    assert (paid["range_low"] < paid["roi_total"]).all()
    assert (paid["roi_total"] < paid["range_high"]).all()
    assert "posterior" in summary.range_over
    assert set(results.ranges["solID"]) == {"0_1_1"}


@pytest.mark.parametrize("run", ["trained", "weighed"], ids=["Robyn's rule", "evidence"])
def test_every_channel_says_how_much_the_selection_decided(run, request):
    _, summary = request.getfixturevalue(run)
    assert set(summary.prior_share) == {channel.channel for channel in summary.channels}
    assert all(0 <= share <= 1 for share in summary.prior_share.values())


def test_weighing_the_evidence_again_gives_the_same_digits(weighed, tmp_path):
    out, _ = weighed
    train(out / "in", tmp_path, workers=2)
    first, second = (pd.read_parquet(one / "results" / "coefficients.parquet") for one in (out, tmp_path))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("seed", [-1, 2**31 - 100, 2**31, 2**40])
def test_a_seed_that_r_could_not_hold_is_refused_on_the_way_in_too(folder, tmp_path, seed):
    with pytest.raises(BadConfig, match="whole number from 0 to 2147483547"):
        train(folder, tmp_path, seed=seed)
