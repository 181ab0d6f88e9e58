"""How far an answer moves, on made data whose truth is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.model.evidence.spread import over_residuals, over_trials, over_windows, shifted, trial_agreement
from engine.model.fit import kernel
from engine.model.fit.candidate import Evaluator, evaluate, room
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of

PERIODS, WINDOW = 130, slice(10, 130)
SHAPES = {"alphas": 1.0, "gammas": 0.5, "thetas": 0.3}
SPACE = space_of({f"{name}_{kind}": (value, value) for name in ("tv", "search") for kind, value in SHAPES.items()})


def felt(x: Vector) -> Vector:
    """Adstock and saturation once more, with SHAPES."""
    out = np.zeros(len(x))
    for t in range(len(x)):
        out[t] = x[t] + SHAPES["thetas"] * (out[t - 1] if t else 0.0)
    half = SHAPES["gammas"] * out[WINDOW].max()
    return np.asarray(out / (out + half))


def made(noise: float = 0.0, growth: float = 0.0) -> Problem:
    """Two channels that work, a season, and noise. growth: by how much the first channel's effect grows in all."""
    draws = np.random.default_rng(11)
    spend = draws.gamma(2.0, 50.0, (PERIODS, 2))
    season = 100 * np.sin(np.arange(PERIODS) / 52 * 2 * np.pi)
    power = 300 * (1 + growth * np.linspace(0, 1, PERIODS))
    y = 800 + season + power * felt(spend[:, 0]) + 200 * felt(spend[:, 1]) + draws.normal(0, 1, PERIODS) * noise
    return Problem(
        base_names=("season",),
        media_names=("tv", "search"),
        dep_var=y,
        base=season[:, None],
        media=np.ascontiguousarray(spend.T),
        spend=spend,
        rows=WINDOW,
        lower=np.zeros(3),
        upper=np.array([1.0, np.inf, np.inf]),
    )


def at(penalty: float, space: Space = SPACE) -> Vector:
    """The true transformations, and lambda as its value in [0, 1]."""
    return np.array([penalty if name == "lambda" else low for name, low in zip(space.names, space.low, strict=True)])


def true_roas(problem: Problem) -> Vector:
    effects = [300 * felt(problem.media[0])[WINDOW].sum(), 200 * felt(problem.media[1])[WINDOW].sum()]
    return np.asarray(np.array(effects) / problem.total_spend)


def by_residuals(problem: Problem, penalty: float = 0.0, seed: int = 1) -> Any:
    return over_residuals(problem, SPACE, evaluate(problem, SPACE, at(penalty)), days=7, seed=seed)


def width(spread: Any) -> Vector:
    return np.asarray((spread.high - spread.low) / spread.high)


def test_without_noise_the_spread_over_residuals_collapses_onto_the_truth() -> None:
    spread, truth = by_residuals(made()), true_roas(made())
    assert (width(spread) < 0.02).all()
    assert spread.low == pytest.approx(truth, rel=0.03)


def test_the_more_noise_the_wider_the_spread_over_residuals() -> None:
    little, much = by_residuals(made(noise=5)), by_residuals(made(noise=40))
    assert (width(little) < 0.5 * width(much)).all()
    assert (much.low <= true_roas(made())).all() and (true_roas(made()) <= much.high).all()
    assert much.n == 200


@pytest.mark.parametrize("penalty", [0.001, 0.05, 0.5])
def test_a_shrunk_models_own_answer_lies_within_its_spread_over_residuals(penalty: float) -> None:
    """A refit around the shrunk model itself would be shrunk twice, and the range would lie below the answer."""
    problem = made(noise=10)
    own = evaluate(problem, SPACE, at(penalty)).effects / problem.total_spend
    spread = by_residuals(problem, penalty)
    assert (spread.low <= own).all() and (own <= spread.high).all()


def test_each_draw_is_a_fit_of_its_own_on_blocks_of_eight_weeks() -> None:
    """Drawn again by the same seed, each fitted in a room of its own."""
    problem, values = made(noise=20), at(0.01)
    said = evaluate(problem, SPACE, at(0.0)).fitted
    residuals, draws, count = problem.y - said, np.random.default_rng(9), len(problem.y)
    roas = []
    for _ in range(200):
        starts = draws.integers(0, count, count // 8)
        y = said + np.concatenate([np.take(residuals, range(start, start + 8), mode="wrap") for start in starts])
        evaluator, found = Evaluator(problem, SPACE), room(1, problem, SPACE)
        found.values[:] = values
        data = evaluator.data._replace(y=y)
        kernel.fit_many(data, evaluator.work, found.values, found.metrics, found.effects, found.coefficients)
        roas.append(found.effects[0] / problem.total_spend)
    spread = by_residuals(problem, 0.01, seed=9)
    assert spread.low == pytest.approx(np.quantile(roas, 0.025, axis=0))
    assert spread.high == pytest.approx(np.quantile(roas, 0.975, axis=0))


def test_an_effect_that_grows_over_time_makes_the_spread_over_windows_wide() -> None:
    steady, growing = (over_windows(problem, SPACE, at(0.0)) for problem in (made(), made(growth=3.0)))
    assert width(steady)[0] < 0.02
    assert width(growing)[0] > 0.1
    assert growing.n == 9


def test_windows_are_a_little_shorter_and_move_through_the_whole_one() -> None:
    problem = replace(made(), rows=slice(10, 70))
    assert [(one.rows.start, one.rows.stop) for one in shifted(problem)] == [
        (10 + offset, 61 + offset) for offset in (0, 1, 2, 3, 4, 6, 7, 8, 9)
    ]


def test_a_short_window_still_keeps_two_thirds() -> None:
    problem = replace(made(), rows=slice(10, 19))
    assert [(one.rows.start, one.rows.stop) for one in shifted(problem)] == [(10 + o, 16 + o) for o in range(4)]


def test_where_no_shorter_window_holds_every_channel_there_is_no_spread() -> None:
    problem = made()
    media = np.zeros_like(problem.media)
    media[0, 11], media[1, 128] = 100.0, 100.0
    spread = over_windows(replace(problem, media=media, spend=media.T.copy()), SPACE, at(0.0))
    assert spread.n == 0
    assert np.isnan(spread.low).all() and np.isnan(spread.high).all()


def test_a_window_in_which_a_channel_never_changes_is_passed_over() -> None:
    """Robyn's fit breaks off there, and its effect of 0 is no answer."""
    problem = made()
    media = problem.media.copy()
    media[1] = 70.0
    media[1, 125:] = 140.0
    answer = problem.dep_var + np.where(media[1] > 70.0, 300.0, 0.0)
    space = space_of(
        {f"{name}_{kind}": (value, value) for name in ("tv", "search") for kind, value in SHAPES.items()}
        | {"search_thetas": (0.0, 0.0)}
    )
    spread = over_windows(replace(problem, media=media, dep_var=answer), space, at(0.0, space))
    assert (spread.low > 0).all()
    assert spread.n < 9


def test_a_seed_decides_the_draws_and_nothing_else_does() -> None:
    problem = made(noise=20)
    state = np.random.get_state()[1].copy()
    first = by_residuals(problem)
    np.random.default_rng(1).normal(size=100)
    over_windows(problem, SPACE, at(0.0))
    again, other = by_residuals(problem), by_residuals(problem, seed=2)
    assert (first.low == again.low).all() and (first.high == again.high).all()
    assert not (first.low == other.low).any()
    assert (np.random.get_state()[1] == state).all()


def test_a_model_is_left_as_it_was() -> None:
    problem = made(noise=20)
    model = evaluate(problem, SPACE, at(0.3))
    before = (model.values.copy(), model.effects.copy(), problem.dep_var.copy())
    over_residuals(problem, SPACE, model, days=7, seed=1)
    for one, other in zip(before, (model.values, model.effects, problem.dep_var), strict=True):
        assert (one == other).all()


TRIAL = np.array([1, 1, 2, 2, 3, 3])
SCORE = np.array([0.2, 0.1, 0.5, 0.6, 0.3, 0.4])
# Of the best of each trial: (4, 2, 6), (2, 4, 6) and (2, 4, 1), in units of the spend.
EFFECTS = np.array([[9, 9, 9], [4, 2, 6], [2, 4, 6], [9, 9, 9], [2, 4, 1], [9, 9, 9]], dtype=float)


def with_spend(*spend: float) -> Problem:
    count = len(spend)
    return replace(
        made(), media_names=tuple(f"m{c}" for c in range(count)), spend=np.tile(np.array(spend) / 120, (PERIODS, 1))
    )


def test_trials_are_compared_by_their_own_best_models() -> None:
    spread = over_trials(with_spend(1, 2, 1), EFFECTS, TRIAL, SCORE)
    assert spread.low == pytest.approx([2, 1, 1])
    assert spread.high == pytest.approx([4, 2, 6])
    assert spread.n == 3


def test_agreement_is_the_share_of_pairs_that_two_trials_rank_alike() -> None:
    """Trials 1 and 2 agree on two of three pairs of channels, 1 and 3 on none, 2 and 3 on one."""
    problem = with_spend(1, 1, 1)
    assert trial_agreement(problem, EFFECTS, TRIAL, SCORE) == pytest.approx((2 + 0 + 1) / 9)
    # By ROAS, not by effect: at eight times the price the second channel is the worst everywhere.
    cheap = trial_agreement(with_spend(1, 8, 1), EFFECTS, TRIAL, SCORE)
    assert cheap == pytest.approx((3 + 2 + 2) / 9)


def test_a_model_that_cannot_be_chosen_does_not_speak_for_its_trial() -> None:
    score = np.array([0.2, np.inf, 0.5, 0.6, np.inf, np.inf])
    spread = over_trials(with_spend(1, 1, 1), EFFECTS, TRIAL, score)
    assert spread.low == pytest.approx([2, 4, 6])
    assert spread.high == pytest.approx([9, 9, 9])
    assert spread.n == 2


def test_one_trial_or_one_channel_agree_with_nobody() -> None:
    problem = with_spend(1, 1, 1)
    assert trial_agreement(problem, EFFECTS, np.ones(6, dtype=int), SCORE) is None
    assert trial_agreement(with_spend(1), EFFECTS[:, :1], TRIAL, SCORE) is None
