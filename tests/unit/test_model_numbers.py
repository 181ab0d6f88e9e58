"""The trainer's arithmetic against second ways of computing the same thing."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from engine.model.budget.robyn.curves import robyns_curve
from engine.model.fit.candidate import Candidates, Model, evaluate
from engine.model.fit.elementary import exp2, log2
from engine.model.fit.kernel import METRICS, NRMSE, NRMSE_TRAIN, RSSD
from engine.model.fit.problem import Problem, limits
from engine.model.fit.ridge import EXACT_TOLERANCE, fit_ridge
from engine.model.fit.space import space_of
from engine.model.fit.transforms import geometric_adstock, hill
from engine.model.search.nevergrad_search import rounded, search
from engine.model.search.trials import pool
from engine.model.select.convergence import cut, judge
from engine.model.select.pareto import eligible_models, pareto_fronts, select
from engine.model.select.ranges import near_tied
from engine.model.select.score import error_score, errors_of
from engine.model.status import Status

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(5)
WEEKS, PAID = 60, ("tv", "search")


def made_problem() -> Problem:
    """Two paid channels of which one works, a trend, ten weeks of history."""
    spend = RNG.gamma(2.0, 50.0, (WEEKS, 2))
    trend = np.linspace(100.0, 160.0, WEEKS)
    felt = hill(geometric_adstock(spend[:, 0].copy(), 0.4), 1.2, 100.0)
    y = 50 + trend + 80 * felt + RNG.normal(0, 2, WEEKS)
    lower, upper = limits(("trend",), ("trend",), 2, signs={})
    return Problem(("trend",), PAID, y, trend[:, None], np.ascontiguousarray(spend.T), spend, slice(10, WEEKS),
                   lower, upper, trend=0)  # fmt: skip


RANGES = {f"{name}_{kind}": low_high for name in PAID
          for kind, low_high in {"alphas": (0.5, 3.0), "gammas": (0.3, 1.0), "thetas": (0.0, 0.6)}.items()}  # fmt: skip


@pytest.mark.parametrize("x", [1e-300, 1e-9, 0.3, 0.7071, 1.0, 1.5, 2.0, 12345.678, 1e300])
def test_our_logarithm_is_the_librarys(x):
    assert log2(x) == pytest.approx(np.log2(x), rel=4e-16, abs=4e-16)


@pytest.mark.parametrize("t", [-1000.0, -999.5, -53.2, -0.5, -1e-12, 0.0, 0.49999, 0.5, 1.0, 31.7, 1000.0])
def test_our_power_is_the_librarys(t):
    assert exp2(t) == pytest.approx(np.exp2(t), rel=1e-15)


def test_compiled_code_is_renewed_when_a_file_it_calls_changes(tmp_path):
    """numba by itself would go on with what was inlined from the other file."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); from outer import outer; print(outer(1.0))"
    outer = "from engine.model.fit.compiled import compiled\nfrom inner import inner\n\n\n"
    (tmp_path / "outer.py").write_text(outer + "@compiled\ndef outer(x):\n    return inner(x) + 1\n")

    def run(inner):
        text = f"from engine.model.fit.compiled import compiled\n\n\n@compiled\ndef inner(x):\n    return {inner}\n"
        (tmp_path / "inner.py").write_text(text)
        command = [sys.executable, "-c", script, str(tmp_path)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert run("x * 2") == 3.0
    assert run("x * 50") == 51.0


@pytest.mark.parametrize("theta", [0.0, 0.3, 0.95])
def test_adstock_is_a_sum_of_decayed_past(theta):
    x = RNG.gamma(1.0, 10.0, 40)
    expected = [sum(x[s] * theta ** (t - s) for s in range(t + 1)) for t in range(40)]
    assert geometric_adstock(x, theta) == pytest.approx(expected)


def test_hill_is_half_at_the_inflexion_and_0_without_input():
    assert hill(np.array([0.0, 7.0]), 2.5, 7.0) == pytest.approx([0.0, 0.5])


@pytest.mark.parametrize("intercept", [True, False], ids=["with intercept", "without"])
def test_the_exact_fit_is_the_optimum_of_the_bounded_problem(intercept):
    x, y = RNG.normal(1, 2, (50, 4)), RNG.normal(5, 3, 50)
    lower, upper = np.array([0.0, -np.inf, 0.0, -1.0]), np.array([1.0, np.inf, np.inf, 0.0])
    penalty = 0.8
    constant, coefficients, _ = fit_ridge(x, y, penalty, lower, upper, intercept, EXACT_TOLERANCE)

    centre, mean = (x.mean(axis=0), y.mean()) if intercept else (0.0, 0.0)
    sd, size = x.std(axis=0), np.sqrt(np.mean((y - mean) ** 2))
    rows = np.vstack([(x - centre) / sd / np.sqrt(50), np.sqrt(penalty / size) * np.eye(4)])
    right = np.concatenate([(y - mean) / size / np.sqrt(50), np.zeros(4)])
    known = lsq_linear(rows, right, (lower * sd / size, upper * sd / size), tol=1e-14).x * size / sd
    assert coefficients == pytest.approx(known, abs=1e-7)
    assert constant == pytest.approx((mean - (centre * known).sum()) if intercept else 0.0, abs=1e-6)


def test_a_constant_column_gets_no_coefficient():
    x = np.column_stack([np.full(30, 0.1), RNG.normal(size=30)])
    free = np.full(2, np.inf)
    _, coefficients, _ = fit_ridge(x, RNG.normal(size=30), 0.1, -free, free, True, 1e-7)
    assert coefficients[0] == 0.0


def middle(problem: Problem, **changes) -> Model:
    """The model in the middle of all ranges, hardly shrunk; `changes` alter the problem."""
    space = space_of(RANGES)
    return evaluate(replace(problem, **changes), space, np.append((space.low + space.high)[:-1] / 2, 0.0))


def test_a_negative_intercept_is_dropped():
    problem = made_problem()
    assert not middle(problem).dropped
    below = middle(problem, dep_var=problem.dep_var - 150)
    assert (below.intercept, below.dropped) == (0.0, True)


@pytest.mark.parametrize("quirks", [True, False], ids=["as Robyn", "corrected"])
def test_a_trend_below_0_is_turned_around_by_robyn_only(quirks):
    problem = made_problem()
    fallen = problem.base - 300.0
    coefficient = middle(problem, base=fallen, quirks=quirks).coefficients[0]
    assert coefficient == 0.0 if quirks else coefficient > 0.3


@pytest.mark.parametrize("quirks", [True, False], ids=["as Robyn", "corrected"])
def test_a_channel_that_never_changes_breaks_the_fit_of_robyn_only(quirks):
    problem, space = made_problem(), space_of(RANGES | {"search_thetas": (0.0, 0.0)})
    steady = problem.media.copy()
    steady[1] = 70.0
    model = evaluate(replace(problem, media=steady, quirks=quirks), space, (space.low + space.high) / 2)
    assert model.coefficients[2] == 0.0
    assert np.isinf(model.nrmse) == quirks


def test_without_any_effect_the_distance_is_infinite():
    assert middle(made_problem(), upper=np.array([1.0, 0.0, 0.0])).rssd == np.inf


def test_a_silent_channel_costs_distance_unless_that_is_switched_off():
    problem = made_problem()
    silent = np.array([1.0, np.inf, 0.0])
    with_penalty, without = (middle(problem, upper=silent, zero_penalty=on).rssd for on in (True, False))
    assert with_penalty == pytest.approx(without * 1.5)


def test_a_search_finds_the_channel_that_works_and_a_trial_depends_on_its_number_only():
    problem, space = made_problem(), space_of(RANGES)
    told = []
    first = search(problem, space, number=1, iterations=80, seed=1, told=lambda *now: told.append(now))
    again = search(problem, space, number=1, iterations=80, seed=1, told=lambda *now: None)
    other = search(problem, space, number=2, iterations=80, seed=1, told=lambda *now: None)
    assert (first.nrmse == again.nrmse).all()
    assert not (first.nrmse == other.nrmse).any()
    assert [now[0] for now in told] == list(range(1, 81))
    best = int(np.argmin(first.nrmse))
    assert first.effects[best, 0] > 5 * first.effects[best, 1]
    searched = pool([other, first])
    assert (searched.candidates.nrmse[80:] == first.nrmse).all()
    assert [searched.sol_id(79), searched.sol_id(80)] == ["1_80_1", "2_1_1"]


def test_a_fixed_hyperparameter_stays_out_of_the_search():
    problem, space = made_problem(), space_of(RANGES | {"tv_thetas": (0.25, 0.25)})
    trial = search(problem, space, number=1, iterations=5, seed=1, told=lambda *now: None)
    assert (trial.values[:, space.names.index("tv_thetas")] == 0.25).all()


def test_proposals_are_rounded_to_ten_digits():
    assert rounded(np.array([0.123456789012345, 1 / 3])).tolist() == [0.1234567890, 0.3333333333]


def test_a_curve_is_the_models_own_response_at_the_mean():
    problem = made_problem()
    curve = robyns_curve(problem, middle(problem), 0)
    assert curve.is_mean.sum() == 1
    assert curve.beyond.any()
    assert (np.diff(curve.spend) > 0).all()
    mean = problem.spend[problem.rows, 0].mean()
    slope = np.interp([mean, mean + 1], curve.spend, curve.response)
    assert curve.next_unit.value == pytest.approx(slope[1] - slope[0], rel=0.05)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40, unique=True))
def test_fronts_are_what_domination_leaves(errors):
    nrmse, rssd = np.array(errors, float).T

    def dominates(one, other):
        return one != other and nrmse[one] <= nrmse[other] and rssd[one] <= rssd[other]

    left, expected, number = set(range(len(errors))), np.zeros(len(errors)), 0
    while left:
        number += 1
        front = {i for i in left if not any(dominates(j, i) for j in left)}
        expected[list(front)] = number
        left -= front
    assert (pareto_fronts(nrmse, rssd) == expected).all()


def test_equal_models_share_a_front():
    errors = np.array([0.1, 0.1, 0.2])
    assert pareto_fronts(errors, errors).tolist() == [1, 1, 3]


def measured(nrmse, rssd, effects=None) -> Candidates:
    """Candidates of which only the errors and effects matter."""
    metrics = np.full((len(nrmse), len(METRICS)), np.nan)
    metrics[:, NRMSE] = metrics[:, NRMSE_TRAIN] = nrmse
    metrics[:, RSSD], metrics[:, METRICS.index("mape")] = rssd, 0.0
    nothing = np.zeros((len(nrmse), 1))
    return Candidates(nothing, metrics, nothing if effects is None else effects, nothing)


def test_infinite_errors_are_neither_eligible_nor_in_the_way():
    rssd = np.where(np.arange(20) < 5, np.inf, 0.3)
    candidates = measured(np.linspace(0.1, 0.2, 20), rssd)
    assert eligible_models(candidates).tolist() == [False] * 5 + [True] * 13 + [False] * 2
    assert np.isfinite(error_score(errors_of(candidates))).all()


@pytest.mark.parametrize(("quirks", "worst"), [(True, 1.0), (False, 3.0)], ids=["as Robyn", "corrected"])
def test_an_infinite_distance_counts_as_one_in_robyn_and_as_the_worst_when_corrected(quirks, worst):
    score = error_score(errors_of(measured(np.full(3, 0.1), np.array([0.0, 3.0, np.inf]))), quirks=quirks)
    assert score[2] == pytest.approx(((worst / 3.0 / 3) ** 2 + (0.1 / 3 if quirks else 0.0) ** 2) ** 0.5)


def test_only_what_is_near_the_lift_tests_is_eligible():
    candidates = measured(np.full(100, 0.1), np.full(100, 0.3))
    candidates.mape[:] = np.arange(100)
    assert np.flatnonzero(eligible_models(candidates)).tolist() == list(range(10))
    assert np.flatnonzero(eligible_models(candidates, near_lifts=0.05)).tolist() == list(range(5))


def test_fronts_are_added_until_there_are_enough():
    candidates = measured(RNG.random(500), RNG.random(500))
    selected = select(candidates)
    assert len(selected.kept) >= 100
    assert (selected.front[selected.kept] < selected.fronts).sum() < 100
    assert selected.note == ""
    assert select(candidates, fronts=2).front[select(candidates, fronts=2).kept].max() == 2
    assert "Only" in select(measured(candidates.nrmse[:50], candidates.rssd[:50])).note


def test_a_range_holds_the_models_own_effect_and_those_of_near_ties():
    nrmse, rssd = np.full(200, 0.1), np.full(200, 0.3)
    nrmse[150:], rssd[0] = 0.2, 0.25
    found = near_tied(measured(nrmse, rssd, np.linspace(0, 1, 200)[:, None]), 0)
    assert found.models == 150
    assert found.low[0] == 0.0
    assert 0.7 < found.high[0] < 0.75


def test_a_short_search_takes_the_next_best_for_its_ranges():
    nrmse = np.linspace(0.1, 1, 100)
    assert near_tied(measured(nrmse, nrmse, nrmse[:, None]), 0).models == 30


def test_convergence_is_seen_where_errors_fall_and_calm_down():
    iteration = np.tile(np.arange(1, 401), 2)
    left = np.exp(-iteration / 100)
    falling = 0.2 + left * (1 + RNG.normal(0, 0.1, 800))
    said = judge("nrmse", cut(falling, iteration))
    assert said.converged
    assert "NRMSE converged" in said.sentence
    restless = judge("decomp.rssd", cut(RNG.random(800), iteration))
    assert not restless.converged
    assert "not below" in restless.sentence


def test_too_few_models_give_no_verdict_on_convergence():
    said = judge("nrmse", cut(np.array([0.1, 0.2, np.inf]), np.array([1, 2, 3])))
    assert not said.converged
    assert "too few" in said.sentence


def test_status_is_written_once_a_second_at_most(tmp_path):
    now = 0.0
    path = tmp_path / "status.json"
    status = Status(path, trials=2, iterations=10, clock=lambda: now)
    status.enter("searching")
    status.told(3, 0.2, float("inf"))
    assert json.loads(path.read_text())["iteration"] == 0
    now = 1.5
    status.told(13, 0.1, 0.4)
    assert json.loads(path.read_text()) == {
        "phase": "searching", "trial": 2, "trials": 2, "iteration": 3, "iterations": 10, "nrmse": 0.1, "rssd": 0.4,
        "seconds": 1.5,
    }  # fmt: skip
