"""Every medium has an adstock of its own: hyperparameters to shapes and back, and what a fit makes of them."""

from dataclasses import replace

import numpy as np
import pytest

from engine.model.fit.candidate import Model, evaluate
from engine.model.fit.problem import Problem
from engine.model.fit.shapes import AUTO, kind_of_all, shapes_of, used, values_of_shapes
from engine.model.fit.space import Space, space_of
from engine.model.fit.transforms import ADSTOCKS, NAMES, adstock, lag_weights
from engine.model.search.trials import Task, run_trials

MEDIA = ("tv", "search", "radio", "print")
WIDE = {"alphas": (0.5, 3.0), "gammas": (0.3, 1.0), "thetas": (0.0, 0.9), "peaks": (0.0, 6.0), "shapes": (0.5, 10.0),
        "scales": (0.01, 0.2), "kinds": (0.0, 4.0)}  # fmt: skip
# One medium of each kind, in the order of their codes.
MIXED = np.array([[1.0, 0.5, 0.6, 0.0, 0], [2.0, 0.4, 1.5, 0.06, 1], [1.5, 0.9, 3.0, 0.06, 2], [0.7, 0.6, 0.8, 3, 3]])
PERIODS = 90


def made(kind: str = "auto") -> Problem:
    draws = np.random.default_rng(5)
    media = draws.gamma(2.0, 50.0, (len(MEDIA), PERIODS)) * (draws.random((len(MEDIA), PERIODS)) > 0.4)
    trend = np.linspace(100, 160, PERIODS)
    y = trend + 3 * np.sqrt(media).sum(axis=0) + draws.normal(0, 3, PERIODS)
    return Problem(("trend",), MEDIA, y, trend[:, None], media, media.T.copy(), slice(10, PERIODS), np.zeros(5),
                   np.array([1.0, *[np.inf] * 4]), adstock=kind, trend=0)  # fmt: skip


def space_for(names: tuple[str, ...] = tuple(WIDE), **fixed: float) -> Space:
    ranges = {f"{medium}_{name}": WIDE[name] for medium in MEDIA for name in names}
    return space_of(ranges | {name: (value, value) for name, value in fixed.items()})


def fitted(problem: Problem, space: Space, shapes: np.ndarray) -> Model:
    values = values_of_shapes(problem, space, shapes)
    values[space.place("lambda")] = 0.001
    return evaluate(problem, space, values)


def test_shapes_become_hyperparameters_and_come_back() -> None:
    problem, space = made(), space_for()
    values = values_of_shapes(problem, space, MIXED)
    assert shapes_of(problem, space, values) == pytest.approx(MIXED)
    assert values[space.place("lambda")] == 0
    # What the kind of a medium does not use is in the middle.
    assert values[space.place("tv_scales")] == pytest.approx(0.105)


def test_shapes_beyond_what_is_searched_become_its_ends() -> None:
    problem, space = made(), space_for()
    beyond = MIXED + np.array([9.0, 9.0, 9.0, 9.0, 0.0])
    found = shapes_of(problem, space, values_of_shapes(problem, space, beyond))
    assert found[:, 0].tolist() == [3.0] * 4
    assert found[:, 2].tolist() == [0.9, 10.0, 10.0, 0.9]
    assert found[:, 3].tolist() == [0.0, 0.2, 0.2, 6.0]


@pytest.mark.parametrize("kind", list(ADSTOCKS))
def test_one_kind_for_all_needs_its_own_hyperparameters_only(kind: str) -> None:
    names = {"geometric": ("thetas",), "delayed": ("thetas", "peaks")}.get(kind, ("shapes", "scales"))
    problem, space = made(kind), space_for(("alphas", "gammas", *names))
    shapes = np.tile(MIXED[ADSTOCKS[kind]], (len(MEDIA), 1))
    assert kind_of_all(problem) == ADSTOCKS[kind]
    assert shapes_of(problem, space, values_of_shapes(problem, space, shapes)) == pytest.approx(shapes)


@pytest.mark.parametrize("kind", list(ADSTOCKS))
def test_auto_with_a_fixed_kind_is_that_kind_for_all(kind: str) -> None:
    code = ADSTOCKS[kind]
    shapes = np.tile(MIXED[code], (len(MEDIA), 1))
    auto = fitted(made(), space_for(**{f"{medium}_kinds": float(code) for medium in MEDIA}), shapes)
    alone = fitted(made(kind), space_for(), shapes)
    assert (auto.nrmse, auto.coefficients.tolist()) == (alone.nrmse, alone.coefficients.tolist())


def test_each_medium_is_transformed_by_its_own_kind() -> None:
    problem = made()
    model = fitted(problem, space_for(), MIXED)
    for m, (_, gamma, first, second, kind) in enumerate(MIXED):
        felt = adstock(problem.media[m], NAMES[int(kind)], float(first), float(second))
        assert model.felt[m] == pytest.approx(felt[: problem.rows.stop])
        assert model.halves[m] == pytest.approx(gamma * felt[problem.rows].max())
        assert model.adstock_of(m) == (NAMES[int(kind)], pytest.approx(first), pytest.approx(second))


@pytest.mark.parametrize("value", [-0.5, 4.0, 9.0])
def test_a_kind_outside_of_its_range_is_the_nearest(value: float) -> None:
    problem, space = made(), space_for()
    values = values_of_shapes(problem, space, MIXED)
    values[space.place("tv_kinds")] = value
    assert shapes_of(problem, space, values)[0, 4] == (0 if value < 0 else 3)


def test_a_delayed_effect_is_largest_at_its_peak() -> None:
    weights = lag_weights("delayed", 0.7, 4.0, 30)
    assert (int(np.argmax(weights)), weights.max()) == (4, 1.0)
    assert weights[3] == pytest.approx(0.7)
    # Between two periods both are nearest.
    assert lag_weights("delayed", 0.7, 2.5, 30)[[2, 3]] == pytest.approx([1.0, 1.0])
    # Nothing spread: the whole effect comes at once, at the peak.
    assert lag_weights("delayed", 0.0, 3.0, 8).tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_models_that_differ_in_what_they_do_not_use_are_the_same() -> None:
    problem, space = made(), space_for()
    one = values_of_shapes(problem, space, MIXED)
    other = one.copy()
    other[[space.place("tv_scales"), space.place("search_thetas"), space.place("print_kinds")]] = [0.2, 0.1, 3.1]
    first, second = used(problem, space, np.array([one, other]))
    assert first.tolist() == second.tolist()
    assert shapes_of(problem, space, first) == pytest.approx(MIXED)
    plain = replace(problem, adstock="geometric")
    assert used(plain, space, other[None]).tolist() == [other.tolist()]
    assert kind_of_all(problem) == AUTO


@pytest.mark.parametrize("method", ["fast", "nevergrad"])
def test_a_search_over_kinds_finds_the_kinds_that_made_the_data(method: str) -> None:
    problem = made()
    # Two kinds that nothing else can imitate: at once, and five periods later.
    weights = [np.array([1.0]), lag_weights("delayed", 0.3, 5.0, 30)]
    felt = [np.convolve(problem.media[m], one)[:PERIODS] for m, one in enumerate(weights)]
    y = 200 + 3 * felt[0] + 4 * felt[1]
    two = replace(problem, media_names=MEDIA[:2], media=problem.media[:2], spend=problem.spend[:, :2], dep_var=y,
                  lower=np.zeros(3), upper=np.array([1.0, np.inf, np.inf]))  # fmt: skip
    ranges = {f"{medium}_{name}": ends for medium in MEDIA[:2] for name, ends in WIDE.items()}
    space = space_of(ranges)
    found = run_trials(Task(two, space, method, 1200, 1), trials=1, workers=1, progress=lambda *_: None).candidates
    best = found.values[int(np.argmin(found.nrmse))]
    model = evaluate(two, space, best)
    assert model.nrmse < 0.06
    later = lag_weights(*model.adstock_of(1), 30)
    assert 3 <= int(np.argmax(later)) <= 7
