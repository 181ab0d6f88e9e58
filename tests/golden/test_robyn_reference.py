"""The native trainer against Robyn's own numbers, function by function and model by model."""

import numpy as np
import pytest

from engine.model.candidate import evaluate
from engine.model.convergence import cut, judge
from engine.model.holidays import joined_holidays
from engine.model.inputs import read_inputs
from engine.model.pareto import error_score, select
from engine.model.problem import make_problem
from engine.model.prophet import decompose
from engine.model.ridge import EXACT_TOLERANCE
from engine.model.search import search, shape_of
from engine.model.transforms import geometric_adstock, hill, inflexion
from tests import robyn_reference as reference

pytestmark = reference.needs_reference

VECTORS = [pytest.param(vector, id=vector["solID"]) for vector in reference.vectors()]


@pytest.fixture(scope="module")
def problem():
    return reference.problem()


def values_of(vector, space):
    return np.array([*(vector["hyperparameters"][name] for name in space.names[:-1]), vector["lambda_hp"]])


@pytest.mark.parametrize("vector", VECTORS)
def test_a_model_is_robyns_model(vector, problem):
    shape = shape_of(problem, reference.space(), values_of(vector, reference.space()))
    model = evaluate(problem, shape, vector["lambda"])
    known = {row["rn"]: row for row in vector["variables"]}

    assert model.coefficients == pytest.approx([known[name]["coef"] for name in problem.names], rel=1e-9, abs=1e-12)
    assert model.intercept == pytest.approx(known["(Intercept)"]["coef"], rel=1e-9)
    assert model.dropped is vector["intercept_dropped"]
    assert model.nrmse == pytest.approx(vector["metrics"]["nrmse"], rel=0, abs=1e-12)
    assert model.rssd == pytest.approx(vector["metrics"]["decomp.rssd"], rel=0, abs=1e-11)
    assert model.rsq == pytest.approx(vector["metrics"]["rsq_train"], rel=0, abs=1e-12)
    assert model.fitted == pytest.approx(vector["y_pred"], rel=1e-10)
    totals = dict(zip(problem.names, model.parts.sum(axis=0), strict=True))
    assert totals == pytest.approx({name: known[name]["xDecompAgg"] for name in problem.names}, rel=1e-9, abs=1e-6)
    assert problem.penalty(vector["lambda_hp"]) == pytest.approx(vector["lambda"], rel=1e-9)


@pytest.mark.parametrize("vector", VECTORS)
def test_the_exact_solver_finds_the_optimum(vector, problem):
    shape = shape_of(problem, reference.space(), values_of(vector, reference.space()))
    model = evaluate(problem, shape, vector["lambda"], EXACT_TOLERANCE)
    known = {row["rn"]: row["coef_exact"] for row in vector["variables"]}

    assert model.coefficients == pytest.approx([known[name] for name in problem.names], rel=1e-7, abs=1e-12)
    assert model.dropped is vector["exact"]["intercept_dropped"]
    assert model.nrmse == pytest.approx(vector["exact"]["nrmse_train"], rel=0, abs=1e-12)


def test_the_largest_penalty_is_robyns(problem):
    assert problem.lambda_max == pytest.approx(65481090.2533626, rel=1e-14)


def test_adstock_and_saturation_are_robyns(problem):
    series = reference.table("transform_series.csv.gz")
    series = series[series["adstock"] == "geometric"]
    vector = next(one for one in reference.vectors() if one["solID"] == series["solID"].iloc[0])
    for medium, rows in series.groupby("media"):
        alpha, gamma, theta = (vector["hyperparameters"][f"{medium}_{kind}"] for kind in ("alphas", "gammas", "thetas"))
        felt = geometric_adstock(rows["raw"].to_numpy(float), theta)
        assert felt == pytest.approx(rows["adstocked_total"].to_numpy(), rel=1e-12)
        half = inflexion(felt[problem.rows], gamma)
        assert half == pytest.approx(vector["inflexion"][f"{medium}_inflexion"], rel=1e-9)
        saturated = hill(felt[problem.rows], alpha, half)
        assert saturated == pytest.approx(rows["saturated_total"].to_numpy()[problem.rows], rel=1e-9)


def test_a_whole_trial_proposes_and_measures_robyns_models_in_robyns_order(problem):
    known = reference.table("all_candidates.csv.gz")
    known = known[known["trial"] == 1]
    space = reference.space()
    trial = search(problem, space, number=1, iterations=len(known), seed=123, told=lambda *_: None)
    named = known[[*space.names[:-1], "lambda_hp"]].to_numpy()
    # The reference table carries ten digits.
    assert trial.hyperparameters == pytest.approx(named, rel=2e-9, abs=1e-12)
    assert trial.nrmse == pytest.approx(known["nrmse"].to_numpy(), rel=2e-9)
    assert trial.rssd == pytest.approx(known["decomp.rssd"].to_numpy(), rel=2e-9)
    assert trial.rsq == pytest.approx(known["rsq_train"].to_numpy(), rel=2e-9, abs=1e-9)


def test_pareto_fronts_and_error_scores_are_robyns():
    known = reference.table("all_candidates.csv.gz")
    nrmse, rssd = known["nrmse"].to_numpy(), known["decomp.rssd"].to_numpy()
    selected = select(nrmse, rssd)
    assert (selected.front == known["pareto_front"].fillna(0)).all()
    assert selected.eligible == known["pareto_front"].notna().sum()
    assert set(known["solID"].iloc[selected.kept]) == set(reference.table("pareto_front.csv")["solID"])
    assert error_score(nrmse, rssd) == pytest.approx(known["error_score"].to_numpy(), abs=1e-9)


@pytest.mark.parametrize(("objective", "name"), [("nrmse", "NRMSE"), ("decomp.rssd", "DECOMP.RSSD")])
def test_convergence_is_judged_as_robyn_does(objective, name):
    models = reference.table("all_candidates.csv.gz")
    known = reference.table("convergence.csv")
    known = known[known["error_type"] == name].sort_values("cuts")
    cuts = cut(models[objective].to_numpy(), models["iterNG"].to_numpy())
    assert cuts.median == pytest.approx(known["median"].to_numpy(), rel=1e-9)
    assert cuts.deviation == pytest.approx(known["std"].to_numpy(), rel=1e-9)
    assert cuts.threshold == pytest.approx(known["med_thres"].iloc[0], rel=1e-9)
    last = known.iloc[-1]
    assert judge(objective, cuts).converged is bool(last["flag_med"] and last["flag_sd"])


def test_holidays_are_joined_by_week_as_robyn_does(tmp_path):
    inputs = read_inputs(reference.demo_folder(tmp_path))
    known = reference.table("prophet_holidays_weekly_DE.csv")
    known = known[known["ds"] <= str(inputs.days[-1])]
    ours = joined_holidays(inputs)
    assert sorted(zip(ours["ds"].astype(str), ours["holiday"], strict=True)) == sorted(
        zip(known["ds"], known["holiday"], strict=True)
    )


def test_the_time_decomposition_is_close_to_robyns(tmp_path):
    inputs = read_inputs(reference.demo_folder(tmp_path))
    known = reference.table("dt_mod.csv")
    decomposition = decompose(inputs)
    for name, column in (decomposition.columns | decomposition.factors).items():
        largest = known[name].abs().max()
        share = 1e-3 if name == "events" else 1e-4
        assert np.abs(column - known[name]).max() < share * largest, name


def test_every_other_column_of_the_modelling_table_is_robyns(tmp_path):
    inputs = read_inputs(reference.demo_folder(tmp_path))
    ours, known = make_problem(inputs, decompose(inputs)), reference.problem()
    assert ours.names == known.names
    assert ours.rows == known.rows
    assert ours.media == pytest.approx(known.media, rel=1e-12)
    assert ours.dep_var == pytest.approx(known.dep_var, rel=1e-12)
    assert (ours.lower == known.lower).all()
    assert (ours.upper == known.upper).all()
