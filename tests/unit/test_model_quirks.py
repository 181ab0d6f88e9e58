"""Robyn's known peculiarities, each copied with `robyn_quirks` and corrected without, as far as no other file tests it.

In `tests/unit` unless said otherwise; each of these asks both ways, or shows that the defect is corrected either way:

- only the first two dates are looked at: test_model_inputs, test_the_whole_grid_is_checked …
- a factor swallows columns by its prefix: test_model_inputs, test_a_factor_takes_what_begins_like_it …
- signs of time effects are ignored: test_model_inputs, test_signs_of_time_effects …; and here
- a trend that sums to less than 0 is turned around: test_model_numbers, test_a_trend_below_0 …; and here
- a constant column breaks the fit: test_model_numbers, test_a_channel_that_never_changes …
- a Weibull restart takes the study for the whole data: test_model_lift_miss, test_a_restart_takes …
- days of a study are counted one short: test_calibration, test_days_are_one_short …
- an infinite error counts as 1: test_model_numbers, test_an_infinite_distance …
- a skipped cluster repeats the one before: test_model_clusters, test_fewer_than_three_models …; and here
- the allocator's Jacobian: test_allocator, test_the_gradient …, and golden test_the_target_is_met …; and here
- an infeasible budget: test_allocator, test_an_impossible_total …; a whole training: test_model_outcomes
- the initial response: test_allocator, test_the_initial_response …
- lambda in a refresh: test_model_refresh, test_ranges_are_narrowed …
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.experiment.budget import parse_budget
from engine.experiment.job_config import parse_job_config, understand
from engine.model.budget.robyn.allocation import Channel
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.curves import mean_carryover
from engine.model.fit.candidate import Model, evaluate
from engine.model.fit.problem import Problem
from engine.model.fit.space import space_of
from engine.model.fit.transforms import adstock, immediate
from engine.model.read.inputs import read_inputs
from engine.model.report import EQUAL_WEIGHTS, REFRESH_WEIGHTS
from engine.model.search.nevergrad_search import search
from engine.model.select.clusters import cluster_ranges
from engine.model.select.score import error_score
from engine.model.train import prepare
from tests.training_folder import CONFIG, training_folder

both_ways = pytest.mark.parametrize("quirks", [True, False], ids=["as Robyn", "corrected"])

PERIODS = 80
KINDS = {"geometric": {"thetas": 0.4}, "weibull_cdf": {"shapes": 1.5, "scales": 0.06},
         "weibull_pdf": {"shapes": 3.0, "scales": 0.06}}  # fmt: skip


def made(adstock_kind: str = "geometric", **changes: Any) -> Problem:
    draws = np.random.default_rng(8)
    media = draws.gamma(2.0, 50.0, (2, PERIODS))
    base = np.column_stack([np.linspace(0, 60, PERIODS), draws.normal(0, 10, PERIODS)])
    y = 200 + base[:, 0] + 30 * np.sqrt(media).sum(axis=0) + draws.normal(0, 3, PERIODS)
    given = Problem(("trend", "season"), ("tv", "search"), y, base, media, media.T.copy(), slice(0, PERIODS),
                    np.zeros(4), np.array([1.0, 1.0, np.inf, np.inf]), adstock=adstock_kind, trend=0)  # fmt: skip
    return replace(given, **changes)


def fitted(problem: Problem, **fixed: float) -> Model:
    own = {"alphas": 1.0, "gammas": 0.5, **KINDS[problem.adstock]}
    ranges = {f"{name}_{kind}": (value, value) for name in ("tv", "search") for kind, value in own.items()}
    space = space_of(ranges | {name: (value, value) for name, value in fixed.items()})
    values = [0.001 if name == "lambda" else low for name, low in zip(space.names, space.low, strict=True)]
    return evaluate(problem, space, np.array(values))


# --- the immediate part of Weibull adstock: the weight of lag 0, which is 1 for the cdf and small for the pdf


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_immediate_part_is_what_a_period_gets_of_its_own_spend(kind: str) -> None:
    """Copied either way: it is what the adstock says. A single spend shows it: the rest comes later."""
    first, second = (*KINDS[kind].values(), 0.0)[:2]
    alone = np.zeros(40)
    alone[0] = 7.0
    own, felt = immediate(alone, kind, first, second), adstock(alone, kind, first, second)
    assert own[0] == pytest.approx(felt[0]) and not own[1:].any()
    if kind == "weibull_pdf":
        shape, middle = first, np.round(1 + 39 * second)
        lags = np.arange(1, 41)
        density = (lags / middle) ** (shape - 1) * np.exp(-((lags / middle) ** shape))
        weight = (density[0] - density.min()) / (density.max() - density.min())
        assert own[0] == pytest.approx(7.0 * weight) and weight < 0.5
    else:
        assert own[0] == 7.0


@both_ways
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_mean_carryover_is_what_earlier_periods_give(kind: str, quirks: bool) -> None:
    problem = made(kind, quirks=quirks)
    first, second = (*KINDS[kind].values(), 0.0)[:2]
    earlier = []
    for t in range(PERIODS):
        before = problem.media[0].copy()
        before[t:] = 0.0
        earlier.append(adstock(before, kind, first, second)[t])
    assert mean_carryover(problem, fitted(problem), 0) == pytest.approx(np.mean(earlier))


# --- limits of the time effects


@both_ways
def test_a_sign_of_the_season_limits_its_coefficient_only_when_corrected(tmp_path: Path, quirks: bool) -> None:
    signs = {"prophet_vars": ["trend", "season"], "prophet_signs": ["default", "negative"], "robyn_quirks": quirks}
    folder = training_folder(tmp_path, **signs)
    problem, _ = prepare(folder, read_inputs(folder))
    assert problem.base_names[:2] == ("trend", "season")
    limits = list(zip(problem.lower, problem.upper, strict=True))
    assert limits[:2] == [(0.0, 1.0), (0.0, 1.0) if quirks else (-1.0, 0.0)]


@both_ways
def test_the_trend_of_the_training_rows_alone_decides_whether_robyn_turns_it_around(quirks: bool) -> None:
    """Below 0 in the first six tenths of the rows, above 0 in all rows together."""
    problem = made(quirks=quirks)
    trend = np.linspace(-300, 500, PERIODS)
    assert trend.sum() > 0 > trend[:48].sum()
    base = np.column_stack([trend, problem.base[:, 1]])
    problem = replace(problem, base=base, dep_var=problem.dep_var + 400 + 0.8 * trend)
    assert fitted(problem).coefficients[0] > 0.3
    held_back = fitted(problem, train_size=0.6).coefficients[0]
    assert held_back == 0.0 if quirks else held_back > 0.3


# --- the seed


@both_ways
def test_a_seed_counts_whether_or_not_it_is_written_as_a_whole_number(quirks: bool) -> None:
    """Robyn leaves a seed of 123 unused unless it is of R's whole numbers."""
    seeds = [parse_job_config(CONFIG | {"seed": seed, "robyn_quirks": quirks}).seed for seed in (123, 123.0, "123")]
    assert seeds == [123] * 3
    ranges = {f"{name}_{kind}": ends for name in ("tv", "search")
              for kind, ends in {"alphas": (0.5, 3), "gammas": (0.3, 1), "thetas": (0, 0.5)}.items()}  # fmt: skip
    found = [
        search(made(quirks=quirks), space_of(ranges), number=1, iterations=6, seed=seed, told=lambda *now: None).values
        for seed in (*seeds[:2], 124)
    ]
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        (-1, "at least 0"),
        (2**31 - 100, "at most 2147483547"),
        (2**31, "at most 2147483547"),
        (2**70, "at most 2147483547"),
        (1.5, "a whole number"),
        (True, "a whole number"),
        ("abc", "a whole number"),
    ],
)
def test_a_seed_that_robyn_could_not_use_is_refused_in_both_trainers(seed: object, said: str) -> None:
    """Both read their configuration here, Robyn's before R sees it."""
    _, problems = understand(CONFIG | {"seed": seed})
    assert len(problems) == 1 and problems[0].startswith("seed: must be") and said in problems[0]


# --- clusters


@both_ways
def test_a_cluster_that_is_too_small_leaves_no_rows_of_another(quirks: bool) -> None:
    """Robyn repeats the rows of the cluster before and drops what is repeated: no trace in the result."""
    label = np.array([1, 1, 1, 2, 2, 3, 3, 3])
    efficiency = np.random.default_rng(1).random((8, 2))
    ranges = cluster_ranges(label, efficiency, quirks=quirks)
    assert [(one.channel, one.cluster, one.n) for one in ranges] == [(0, 1, 3), (0, 3, 3), (1, 1, 3), (1, 3, 3)]


# --- the allocator's gradient


def test_the_answer_to_a_target_cannot_be_bettered_by_moving_money() -> None:
    """Corrected all the same: Robyn's wrong Jacobian ends where another split brings more at the same target."""
    days = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(40)]
    spent = np.resize([80.0, 100.0, 120.0, 100.0], 40)

    def channel(name: str, coef: float, alpha: float, half: float) -> Channel:
        return Channel(name, name, coef, alpha, half, 20.0, spent, spent, 400.0)

    channels = channel("tv", 1000.0, 1.5, 150.0), channel("search", 500.0, 1.2, 60.0)
    budget = parse_budget({"scenario": "target_efficiency", "target_value": 3.5})
    found = allocate(channels, budget, days, dep_var_type="revenue")
    assert found.optimum.response / found.optimum.spend == pytest.approx(3.5, rel=1e-6)

    def response(of: Channel, x: Any) -> Any:
        return of.coef / (1 + (of.inflexion / (x + of.carryover)) ** of.alpha)

    first, second = np.meshgrid(np.linspace(10, 1000, 1500), np.linspace(10, 1000, 1500))
    total = response(channels[0], first) + response(channels[1], second)
    best = total[total >= 3.5 * (first + second)].max()
    assert found.optimum.response >= best - 1e-9


# --- weights of the objectives in a refresh


@both_ways
def test_nrmse_has_no_weight_in_the_choice_of_a_refresh(quirks: bool) -> None:
    """Robyn hands given weights to its output step only; here none can be given, and the choice uses its defaults."""
    errors = np.array([[0.10, 0.30, 0.0], [0.20, 0.10, 0.0], [0.30, 0.20, 0.0]])
    assert int(np.argmin(error_score(errors, REFRESH_WEIGHTS, quirks))) == 1
    worse = errors + np.array([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert error_score(worse, REFRESH_WEIGHTS, quirks) == pytest.approx(error_score(errors, REFRESH_WEIGHTS, quirks))
    assert int(np.argmin(error_score(worse, EQUAL_WEIGHTS, quirks))) != 1
