"""The fast search, on problems whose best candidates are known, and the hypervolume it is judged by."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.model.fit.candidate import Evaluator
from engine.model.fit.compiled import Matrix
from engine.model.fit.space import Space
from engine.model.search.fast_search import search_fast, values_of
from engine.model.search.hypervolume import hypervolume, survivors
from tests import robyn_reference as robyn


def space(width: int, low: float = 0.0, high: float = 1.0) -> Space:
    return Space(tuple(f"h{place:02}" for place in range(width)), np.full(width, low), np.full(width, high))


def distances(values: Matrix, *targets: float) -> Matrix:
    """The mean squared distance to each of some points: their Pareto front is what lies between them."""
    return np.column_stack([((values - target) ** 2).mean(axis=1) for target in targets])


def two(values: Matrix) -> Matrix:
    return distances(values, 0.2, 0.8)


def three(values: Matrix) -> Matrix:
    return distances(values, 0.1, 0.5, 1.0)


def by_counting(objectives: Matrix, reference: Matrix, grid: int = 40) -> float:
    """The hypervolume as the share of a grid's cells that are dominated; exact for objectives on the grid."""
    middles = np.meshgrid(*[(np.arange(grid) + 0.5) / grid * end for end in reference], indexing="ij")
    cells = np.stack([axis.ravel() for axis in middles], axis=1)
    dominated = (objectives[:, None, :] <= cells[None, :, :]).all(axis=2).any(axis=0)
    return float(dominated.mean() * np.prod(reference))


@pytest.mark.parametrize("width", [2, 3])
def test_hypervolume_is_the_share_of_cells_that_are_dominated(width: int) -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 7, 30):
        objectives = rng.integers(0, 44, (count, width)) / 40
        reference = np.ones(width)
        assert hypervolume(objectives, reference) == pytest.approx(by_counting(objectives, reference), abs=1e-12)


def test_hypervolume_of_nothing_below_the_reference_is_zero() -> None:
    assert hypervolume(np.array([[1.0, 0.2], [np.inf, 0.1], [0.5, np.inf]]), np.ones(2)) == 0.0
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0.0


@pytest.mark.parametrize("width", [2, 3])
def test_the_survivor_that_goes_is_the_one_that_adds_least(width: int) -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        raw = rng.random((6, width))
        front = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        without = [hypervolume(np.delete(front, place, axis=0), np.ones(width)) for place in range(6)]
        least = int(np.argmax(without))
        assert list(survivors(front, 5)) == [place for place in range(6) if place != least]


def test_survivors_come_front_by_front() -> None:
    objectives = np.array([[0.5, 0.5], [0.1, 0.9], [0.6, 0.6], [0.9, 0.1], [0.7, 0.7], [np.inf, np.inf]])
    assert list(survivors(objectives, 3)) == [0, 1, 3]
    assert list(survivors(objectives, 4)) == [0, 1, 2, 3]
    assert list(survivors(objectives, 9)) == [0, 1, 2, 3, 4, 5]


def test_objectives_beyond_the_reference_still_draw_the_search_inwards() -> None:
    far = np.array([[0.4, 3.0], [0.5, 2.0], [0.45, 1.5], [0.3, 9.0]])
    assert list(survivors(far, 1)) == [2]


def test_the_same_seed_gives_the_same_candidates_and_another_seed_others() -> None:
    first, again, other = (search_fast(space(5), two, iterations=300, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first.values, again.values) and np.array_equal(first.objectives, again.objectives)
    assert not np.array_equal(first.values, other.values)


def test_a_longer_search_begins_like_a_shorter_one() -> None:
    short, long = (search_fast(space(5), two, iterations=count, seed=4) for count in (100, 300))
    assert np.array_equal(short.values, long.values[:100])


@pytest.mark.parametrize("iterations", [1, 7, 20, 21, 333])
def test_there_are_as_many_candidates_as_asked_for(iterations: int) -> None:
    seen: list[Matrix] = []
    found = search_fast(space(3), two, iterations=iterations, seed=1, told=seen.append)
    assert found.values.shape == (iterations, 3)
    assert np.array_equal(np.concatenate(seen), found.objectives)
    assert np.array_equal(found.objectives, two(found.values))


@pytest.mark.parametrize(("width", "iterations", "gap"), [(1, 200, 1e-3), (12, 2000, 5e-3), (60, 8000, 3e-2)])
def test_the_front_is_found_with_few_and_with_many_hyperparameters(width: int, iterations: int, gap: float) -> None:
    found = search_fast(space(width), two, iterations=iterations, seed=1)
    between = np.repeat(np.linspace(0.2, 0.8, 1000)[:, None], width, axis=1)
    best = hypervolume(two(between), np.ones(2))
    assert hypervolume(found.objectives, np.ones(2)) > best - gap


@pytest.mark.parametrize("evaluate", [two, three])
def test_the_search_beats_chance(evaluate: object) -> None:
    count = 2 if evaluate is two else 3
    found = search_fast(space(15), evaluate, iterations=1000, seed=3, objectives=count)  # type: ignore[arg-type]
    drawn = (two if count == 2 else three)(np.random.default_rng(3).random((1000, 15)))
    of_found, of_drawn = (hypervolume(errors, np.ones(count)) for errors in (found.objectives, drawn))
    assert of_found > of_drawn + 0.02


def test_values_stay_in_their_ranges_and_fixed_ones_as_they_are() -> None:
    names = ("a", "b", "c", "lambda", "c_penalty")
    ranges = Space(names, np.array([-2.0, 0.3, 5.0, 0.0, 0.0]), np.array([-1.0, 0.3, 9.0, 1.0, 1.0]))
    found = search_fast(ranges, lambda values: values[:, [0, 2]] * [1, -1], iterations=500, seed=2)
    assert (found.values >= ranges.low).all() and (found.values <= ranges.high).all()
    assert (found.values[:, 1] == 0.3).all()
    # The best are on the borders, and are reached exactly.
    assert found.values[:, 0].min() == -2.0 and found.values[:, 2].max() == 9.0


def test_nothing_to_search_gives_the_same_candidate_again() -> None:
    fixed = Space(("a", "lambda"), np.array([0.5, 0.1]), np.array([0.5, 0.1]))
    found = search_fast(fixed, two, iterations=50, seed=1)
    assert (found.values == [0.5, 0.1]).all()


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_model_without_effects_does_not_stop_the_search(bad: float) -> None:
    def often_bad(values: Matrix) -> Matrix:
        objectives = two(values)
        objectives[values[:, 0] > 0.3, 1] = bad
        return objectives

    found = search_fast(space(6), often_bad, iterations=1500, seed=1)
    assert np.isfinite(found.objectives[-200:]).all(axis=1).mean() > 0.7


def test_a_search_where_no_model_has_any_effect_ends() -> None:
    found = search_fast(space(4), lambda values: np.full((len(values), 2), np.inf), iterations=200, seed=1)
    assert np.isinf(found.objectives).all()


def test_equal_steps_of_the_unit_multiply_the_penalty_equally() -> None:
    units: NDArray[np.float64] = np.linspace(0, 1, 5)[:, None]
    values = values_of(units, np.zeros(1), np.ones(1), 0)[:, 0]
    assert values[0] == 0.0 and values[-1] == 1.0
    assert np.diff(np.log(1e-4 + (1 - 1e-4) * values)) == pytest.approx(np.log(10))


@robyn.needs_reference
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_thousand_candidates_reach_what_robyn_reached_with_ten_thousand(seed: int) -> None:
    """Robyn's five trials of 2,000 pooled: hypervolume 0.6664 on its own demo."""
    evaluator = Evaluator(robyn.problem(), robyn.space())

    def evaluate(values: Matrix) -> Matrix:
        found = evaluator.many(values)
        return np.column_stack([found.nrmse, found.rssd])

    found = search_fast(robyn.space(), evaluate, iterations=2000, seed=seed)
    assert hypervolume(found.objectives, np.ones(2)) > 0.6664
