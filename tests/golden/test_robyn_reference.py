"""The native trainer against Robyn's own numbers, function by function and model by model."""

import numpy as np
import pytest

from engine.model.fit.candidate import evaluate, room
from engine.model.fit.ridge import EXACT_TOLERANCE, ROBYN_TOLERANCE
from engine.model.fit.transforms import adstock, hill, immediate, inflexion
from engine.model.read.holidays import joined_holidays
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.read.prophet import decompose
from engine.model.search.nevergrad_search import search
from engine.model.select.convergence import cut, judge
from engine.model.select.pareto import select
from engine.model.select.score import error_score, errors_of
from tests import robyn_reference as reference

pytestmark = [reference.needs_reference, pytest.mark.slow]

VECTORS = [pytest.param(vector, id=f"{kind}-{vector['solID']}") for kind, vector in reference.vectors()]


@pytest.fixture(scope="module")
def problem():
    return reference.problem()


def evaluated(vector, tolerance=ROBYN_TOLERANCE):
    return evaluate(*reference.setting(vector), tolerance)


def within_rounding(known):
    return pytest.approx(known, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("vector", VECTORS)
def test_a_model_is_robyns_model(vector):
    model, (problem, *_) = evaluated(vector), reference.setting(vector)
    known = {row["rn"]: row for row in vector["variables"]}

    assert model.coefficients == within_rounding([known[name]["coef"] for name in problem.names])
    assert model.intercept == within_rounding(known["(Intercept)"]["coef"])
    assert model.dropped is vector["intercept_dropped"]
    assert model.metrics["lambda"] == within_rounding(vector["lambda"])
    for name, value in vector["metrics"].items():
        # Missing is written as null there.
        expected = np.nan if value is None else value
        assert model.metrics[name] == pytest.approx(expected, rel=1e-10, abs=1e-11, nan_ok=True), name
    totals = dict(zip(problem.names, model.parts.sum(axis=0), strict=True))
    assert totals == within_rounding({name: known[name]["xDecompAgg"] for name in problem.names})
    halves = dict(zip(problem.media_names, model.halves, strict=True))
    assert halves == within_rounding({name: vector["inflexion"][f"{name}_inflexion"] for name in halves})
    if "y_pred" in vector:
        assert model.fitted == pytest.approx(vector["y_pred"], rel=1e-10)


@pytest.mark.parametrize("vector", VECTORS)
def test_the_exact_solver_finds_the_optimum(vector):
    model, (problem, *_) = evaluated(vector, EXACT_TOLERANCE), reference.setting(vector)
    known = {row["rn"]: row["coef_exact"] for row in vector["variables"]}

    assert model.coefficients == pytest.approx([known[name] for name in problem.names], rel=1e-7, abs=1e-12)
    assert model.dropped is vector["exact"]["intercept_dropped"]
    assert model.metrics["nrmse_train"] == pytest.approx(vector["exact"]["nrmse_train"], rel=0, abs=1e-12)


def test_the_largest_penalty_is_robyns(problem):
    assert problem.lambda_max == pytest.approx(65481090.2533626, rel=1e-14)


@pytest.mark.parametrize("kind", ["geometric", "weibull_cdf", "weibull_pdf"])
def test_adstock_and_saturation_are_robyns(kind, problem):
    series = reference.table("transform_series.csv.gz")
    series = series[series["adstock"] == kind]
    of_kind = {one["solID"]: one for about, one in reference.vectors() if about == kind}
    vector = of_kind[series["solID"].iloc[0]]
    given, rows = vector["hyperparameters"], problem.rows
    for medium, known in series.groupby("media"):
        alpha, gamma = given[f"{medium}_alphas"], given[f"{medium}_gammas"]
        names = ("thetas",) if kind == "geometric" else ("shapes", "scales")
        raw, how = known["raw"].to_numpy(float), [given[f"{medium}_{name}"] for name in names]
        felt, own = adstock(raw, kind, *how), immediate(raw, kind, *how)
        assert felt == pytest.approx(known["adstocked_total"].to_numpy(), rel=1e-12, abs=1e-9)
        assert own == pytest.approx(known["adstocked_immediate"].to_numpy(), rel=1e-12, abs=1e-9)
        assert felt.sum() / raw.sum() == pytest.approx(vector["inflation"][f"{medium}_inflation"], rel=1e-9)
        half = inflexion(felt[rows], gamma)
        assert half == pytest.approx(vector["inflexion"][f"{medium}_inflexion"], rel=1e-9)
        for column, put_in in (("saturated_total", felt), ("saturated_carryover", felt - own)):
            saturated = hill(np.maximum(put_in[rows], 0.0), alpha, half)
            assert saturated == pytest.approx(known[column].to_numpy()[rows], rel=1e-9, abs=1e-12), column


def test_a_whole_trial_proposes_and_measures_robyns_models_in_robyns_order(problem):
    known = reference.table("all_candidates.csv.gz")
    known = known[known["trial"] == 1]
    space = reference.space()
    trial = search(problem, space, number=1, iterations=len(known), seed=123, told=lambda *_: None)
    named = known[list(space.column_names)].to_numpy()
    # The reference table carries ten digits.
    assert trial.values == pytest.approx(named, rel=2e-9, abs=1e-12)
    assert trial.nrmse == pytest.approx(known["nrmse"].to_numpy(), rel=2e-9)
    assert trial.rssd == pytest.approx(known["decomp.rssd"].to_numpy(), rel=2e-9)
    assert trial.metric("rsq_train") == pytest.approx(known["rsq_train"].to_numpy(), rel=2e-9, abs=1e-9)


def test_pareto_fronts_and_error_scores_are_robyns():
    known = reference.table("all_candidates.csv.gz")
    candidates = room(len(known), reference.problem(), reference.space())
    for name, column in {"nrmse": "nrmse", "nrmse_train": "nrmse", "decomp.rssd": "decomp.rssd"}.items():
        candidates.metric(name)[:] = known[column]
    candidates.mape[:] = 0.0
    selected = select(candidates)
    assert (selected.front == known["pareto_front"].fillna(0)).all()
    assert selected.eligible == known["pareto_front"].notna().sum()
    assert set(known["solID"].iloc[selected.kept]) == set(reference.table("pareto_front.csv")["solID"])
    assert error_score(errors_of(candidates)) == pytest.approx(known["error_score"].to_numpy(), abs=1e-9)


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
    ours = joined_holidays(inputs.holidays, inputs.days, inputs.interval)
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
