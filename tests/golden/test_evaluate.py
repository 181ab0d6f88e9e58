"""`mmm evaluate` against a sample of Robyn's 10,000 recorded models; `make parity` takes all of them."""

import json

import pytest

from bench.parity import models
from bench.reference import make_input
from bot.cli import main
from engine.errors import BadConfig, BadData, BadInput
from engine.model.evaluate import evaluate_file
from tests import robyn_reference as reference
from tests.training_folder import training_folder

MODEL = {
    "hyperparameters": {f"{medium}_{kind}": value for medium in ("TV_IMPRESSIONS", "FACEBOOK_COST", "OOH_COST",
                        "NEWSLETTER_SENDS") for kind, value in {"alphas": 1.5, "gammas": 0.6, "thetas": 0.2}.items()},
    "lambda_hp": 0.1,
}  # fmt: skip


@reference.needs_reference
def test_recorded_models_say_again_what_robyn_said(tmp_path, capsys):
    make_input(tmp_path, decomposed=True)
    known = reference.table("all_candidates.csv.gz").iloc[::97]
    (tmp_path / "models.jsonl").write_text("\n".join(models(known)))
    assert main(["evaluate", str(tmp_path), "--models", str(tmp_path / "models.jsonl")]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["solID"] for one in said] == known["solID"].tolist()
    for name in ("nrmse", "decomp.rssd"):
        assert [one[name] for one in said] == pytest.approx(known[name].tolist(), rel=1e-9)


def test_a_model_is_told_with_its_metrics_and_parts(tmp_path):
    folder = training_folder(tmp_path, prophet_vars=[])
    (tmp_path / "models.jsonl").write_text(json.dumps(MODEL | {"name": "mine"}))
    [said] = evaluate_file(folder, tmp_path / "models.jsonl")
    assert said["name"] == "mine"
    assert said["nrmse_val"] is None
    assert set(said["coefficients"]) == set(said["xDecompAgg"]) >= {"(Intercept)", "OOH_COST", "PROMO_FLAG"}
    assert said["coefficients"]["OOH_COST"] >= 0


@reference.needs_reference
@pytest.mark.parametrize("kind", reference.VECTORS)
def test_every_kind_of_recorded_model_can_be_evaluated_as_it_stands(tmp_path, kind):
    vectors = [one for about, one in reference.vectors() if about == kind]
    adstock = vectors[0]["adstock"]
    settings = {
        "adstock": adstock,
        "custom_hyperparameters": reference.bounds(adstock),
        "ts_validation": kind == "ts_validation",
        "add_penalty_factor": kind == "penalty_factor",
        "calibration_input": reference.lift_tests() if kind == "calibration" else [],
    }
    make_input(tmp_path, decomposed=True, **settings)
    (tmp_path / "models.jsonl").write_text(lines(*vectors))
    for said, known in zip(evaluate_file(tmp_path, tmp_path / "models.jsonl"), vectors, strict=True):
        for name in ("nrmse", "decomp.rssd", "mape", "rsq_train"):
            assert said[name] == pytest.approx(known["metrics"][name], rel=1e-9, abs=1e-11), name
        coefficients = {row["rn"]: row["coef"] for row in known["variables"]}
        assert said["coefficients"] == pytest.approx(coefficients, rel=1e-9, abs=1e-9)


def lines(*ones):
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in ones)


def changed(**changes):
    return {**MODEL, "hyperparameters": MODEL["hyperparameters"] | changes}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines(MODEL, "{", "[]", {"lambda_hp": 1}), ["line 2; line 3; line 4"]),
        ("", ["holds no models"]),
        (lines(changed(OOH_COSTS_alphas=1.0)), ["OOH_COSTS_alphas", "did you mean OOH_COST_alphas"]),
        (lines(changed(OOH_COST_alphas=11.0, OOH_COST_thetas=1.0)), ["OOH_COST_alphas", "OOH_COST_thetas", "below 1"]),
        (lines({"hyperparameters": {}, "lambda_hp": 0.1}), ["OOH_COST_alphas is missing", "more"]),
        (lines(MODEL | {"lambda_hp": 2}), ["lambda_hp"]),
        (lines(changed(OOH_COST_alphas="wide")), ["'wide' is no number"]),
    ],
    ids=["no JSON", "empty", "unknown", "outside", "missing", "lambda", "text"],
)
def test_models_that_cannot_be_evaluated_are_refused_with_all_that_is_wrong(tmp_path, text, said):
    folder = training_folder(tmp_path, prophet_vars=[])
    (tmp_path / "models.jsonl").write_text(text)
    with pytest.raises(BadInput) as refusal:
        list(evaluate_file(folder, tmp_path / "models.jsonl"))
    for one in said:
        assert one in str(refusal.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        list(evaluate_file(training_folder(tmp_path), tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("table", "said"),
    [("ds,trend\n2020-01-01,1\n", "lacks season"),
     ("ds,trend,season,holiday,PROMO_FLAG\n2020-01-01,1,1,1,1\n", "other dates"),
     ("ds,trend,season,holiday,PROMO_FLAG\nsoon,1,1,1,1\n", "cannot be read")],
    ids=["columns", "dates", "no dates"],
)  # fmt: skip
def test_a_modelling_table_that_does_not_fit_is_refused(tmp_path, table, said):
    folder = training_folder(tmp_path)
    (tmp_path / "dt_mod.csv").write_text(table)
    (tmp_path / "models.jsonl").write_text(json.dumps(MODEL))
    with pytest.raises((BadData, BadConfig), match=said):
        list(evaluate_file(folder, tmp_path / "models.jsonl"))
