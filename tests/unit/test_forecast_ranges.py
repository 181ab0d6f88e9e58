"""How far a forecast may be off: the level it goes on with, and ranges that hold what they say on made series."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.model.fit.compiled import Matrix, Vector
from engine.model.forecast.level import level_left
from engine.model.forecast.ranges import changes, echo_of, held, uncertainty

pytestmark = pytest.mark.slow

PERIODS, STRETCH, AHEAD = 150, 12, 26
NOTHING: Matrix = np.zeros((1, AHEAD))


def noise(seed: int, count: int = PERIODS) -> Vector:
    return np.random.default_rng(seed).normal(0, 1, count)


# --- the level


@pytest.mark.parametrize("seed", range(5))
def test_noise_leaves_hardly_a_level(seed: int) -> None:
    assert abs(level_left(noise(seed))) < 0.5


def test_a_level_that_moved_is_gone_on_with() -> None:
    moved = noise(3)
    moved[-15:] += 5
    assert level_left(moved) == pytest.approx(5, abs=1)
    assert level_left(-10 * moved) == pytest.approx(-10 * level_left(moved))


def test_one_odd_period_is_no_level() -> None:
    usual = noise(4)
    odd = usual.copy()
    odd[-1] += 50
    assert abs(level_left(odd) - level_left(usual)) < 1


@pytest.mark.parametrize("residuals", [np.zeros(0), np.zeros(1), np.zeros(30), np.full(30, 2.0)])
def test_few_or_equal_misses_have_a_level_too(residuals: Vector) -> None:
    assert np.isfinite(level_left(residuals))


# --- what ranges hold


def series(draws: np.random.Generator, count: int, step: float, echo: float) -> Vector:
    """Noise of variance 1 around a level that wanders."""
    fresh, values, before = draws.normal(0, np.sqrt(1 - echo**2), count), np.zeros(count), draws.normal()
    for t in range(count):
        before = values[t] = echo * before + fresh[t]
    return np.asarray(values + np.cumsum(draws.normal(0, step, count)))


KINDS: dict[str, tuple[float, float]] = {
    "noise": (0.0, 0.0),
    "noise that lasts": (0.0, 0.6),
    "a level that wanders": (0.15, 0.0),
    "a level that wanders far": (0.4, 0.3),
}


@pytest.mark.parametrize(("step", "echo"), KINDS.values(), ids=[*KINDS])
def test_ranges_hold_what_they_say(step: float, echo: float) -> None:
    """Each series is told as its last level, at four dates and at its end."""
    draws = np.random.default_rng(5)
    singles, wholes = [], []
    for _ in range(200):
        made = series(draws, PERIODS + AHEAD, step, echo)
        cuts = [PERIODS - fold * STRETCH for fold in (4, 3, 2, 1)]
        misses = np.array([_level(made[:cut]) - made[cut : cut + STRETCH] for cut in cuts])
        told = np.full(AHEAD, _level(made[:PERIODS]))
        smooth = np.convolve(np.pad(made[:PERIODS], 8, mode="edge"), np.ones(17) / 17, mode="valid")
        found = held(told, made[:PERIODS] - smooth, misses, [], NOTHING, "week")
        actual = made[PERIODS:]
        singles.append(np.mean((found.low <= actual) & (actual <= found.high)))
        assert found.whole is not None
        wholes.append(found.whole[0] <= actual.sum() <= found.whole[1])
    assert 0.85 <= np.mean(singles) <= 0.99
    assert np.mean(wholes) >= 0.85


def _level(values: Vector) -> float:
    mean = float(values.mean())
    return mean + level_left(values - mean)


def of(**changes: Any) -> Any:
    usual = {"residuals": noise(5), "misses": noise(6, 4 * STRETCH).reshape(4, STRETCH), "others": []} | changes
    return uncertainty(**usual)


def test_what_was_missed_before_widens_the_range() -> None:
    off = of(misses=noise(6, 4 * STRETCH).reshape(4, STRETCH) + np.array([[5.0], [-5], [5], [-5]]))
    assert (off.single(NOTHING) > 2 * of().single(NOTHING)).all()
    assert off.whole(NOTHING) > 3 * of().whole(NOTHING)


def test_later_periods_are_less_sure() -> None:
    assert (np.diff(of().single(NOTHING)) > 0).all()


def test_fewer_stretches_are_less_sure() -> None:
    misses = noise(6, 4 * STRETCH).reshape(4, STRETCH)
    one = of(misses=misses[:1] - misses[:1].mean())
    four = of(misses=misses - misses.mean(axis=1, keepdims=True))
    assert one.whole(NOTHING) > four.whole(NOTHING)


def test_the_whole_is_surer_than_its_periods_and_less_sure_than_if_they_had_nothing_in_common() -> None:
    found = of()
    singles = found.single(NOTHING)
    assert np.sqrt((singles**2).sum()) < found.whole(NOTHING) < singles.sum()


def test_media_that_are_not_known_widen_a_plan_beyond_the_usual() -> None:
    draws = 10 * np.random.default_rng(7).normal(0, 1, (200, 1)) * np.ones((1, AHEAD))
    assert of().single(draws)[0] > 3 * of().single(NOTHING)[0]
    assert of().whole(draws) > 3 * of().whole(NOTHING)


def test_context_that_changes_from_year_to_year_widens_the_range() -> None:
    known = np.tile(noise(8, 52), 3)
    same, other = changes(known, 52), changes(noise(9, 156), 52)
    assert same.deviation == 0
    assert other.deviation == pytest.approx(np.sqrt(2), rel=0.15)
    assert (of(others=[other]).single(NOTHING) > of(others=[same]).single(NOTHING)).all()
    # Without a year and a quarter its own spread is all that is known.
    assert changes(noise(9, 60), 52).deviation == pytest.approx(noise(9, 60).std())


@pytest.mark.parametrize(
    ("values", "echo"),
    [(np.zeros(20), 0.0), (np.ones(50), 0.8), ((-1.0) ** np.arange(50), 0.0)],
    ids=["nothing", "a level", "to and fro"],
)
def test_an_echo_is_a_share(values: Vector, echo: float) -> None:
    assert echo_of(values) == pytest.approx(echo, abs=0.01)


@pytest.mark.parametrize(("unit", "said"), [("week", "12 weeks"), ("day", "12 days"), ("month", "12 months")])
def test_a_range_says_what_it_is_made_of(unit: Any, said: str) -> None:
    make: Callable[[Matrix], str] = lambda misses: held(np.zeros(AHEAD), noise(5), misses, [], NOTHING, unit).over  # noqa: E731
    assert f"4 stretches of {said}" in make(noise(6, 4 * STRETCH).reshape(4, STRETCH))
    assert f"one stretch of {said}" in make(noise(6, STRETCH).reshape(1, STRETCH))
