"""The one response: what it says of a plan is what adstock and saturation say, whatever the family of the adstock."""

import numpy as np
import pytest

from engine.model.fit.compiled import Vector
from engine.model.fit.transforms import DELAYED, GEOMETRIC, WEIBULL_CDF, WEIBULL_PDF, hill, weibull_weights
from engine.model.response.draws import MediaDraws, anchored
from engine.model.response.respond import feel, periods_after, respond

TRAINED = 60
# First, second and kind of each family, and the weight of each lag as its definition reads.
FAMILIES = {
    "geometric": ((0.7, 0.0, GEOMETRIC), 0.7 ** np.arange(500.0)),
    "delayed": ((0.6, 2.0, DELAYED), 0.6 ** (np.arange(TRAINED) - 2.0) ** 2),
    "weibull_cdf": ((1.5, 0.05, WEIBULL_CDF), weibull_weights("weibull_cdf", 1.5, 0.05, TRAINED)),
    "weibull_pdf": ((3.0, 0.05, WEIBULL_PDF), weibull_weights("weibull_pdf", 3.0, 0.05, TRAINED)),
}


def draws_of(*adstocks: tuple[float, float, int], alpha: float = 1.4, half: float = 80.0) -> MediaDraws:
    """One medium, one draw per adstock; the coefficient is 100 in the first, 200 in the second and so on."""
    shapes = np.array([[[alpha, 0.5, *adstock]] for adstock in adstocks], dtype=float)
    count = len(adstocks)
    return MediaDraws(("tv",), shapes, np.full((count, 1), half), 100.0 * np.arange(1, count + 1)[:, None])


def felt(x: Vector, weights: Vector) -> Vector:
    return np.convolve(x, weights)[: len(x)]


@pytest.fixture(scope="module")
def spend() -> Vector:
    return np.random.default_rng(4).gamma(2.0, 40.0, 90) * (np.arange(90) % 7 < 4)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_plan_brings_what_adstock_and_saturation_make_of_history_and_plan(family: str, spend: Vector) -> None:
    """Weights are those of the training's length, not of the longer series; older lags weigh nothing."""
    adstock, weights = FAMILIES[family]
    found = respond(draws_of(adstock, adstock), 0, spend[:50], spend[50:80], trained=TRAINED, after=10)
    whole = np.concatenate([spend[:80], np.zeros(10)])
    expected = 100 * hill(felt(whole, weights)[50:], 1.4, 80.0)
    assert found[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found[1] == pytest.approx(2 * expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_scaled_plan_is_the_plan_scaled_and_its_slope_the_derivative(family: str, spend: Vector) -> None:
    draws = draws_of(FAMILIES[family][0], (0.3, 0.0, GEOMETRIC))
    history, plan, after = spend[:40], spend[40:70], 8
    one = feel(draws, 0, history, plan, trained=TRAINED, after=after)
    factors = np.array([0.0, 0.5, 1.0, 1.7])
    found = one.scaled(factors, within=30)
    for place, factor in enumerate(factors):
        expected = respond(draws, 0, history, factor * plan, trained=TRAINED, after=after)
        assert found.total[:, place] == pytest.approx(expected.sum(axis=1))
        assert found.inside[:, place] == pytest.approx(expected[:, :30].sum(axis=1))
        assert one.response(factor) == pytest.approx(expected)
    near = one.scaled(factors[1:] + 1e-5, within=30).total - one.scaled(factors[1:] - 1e-5, within=30).total
    assert found.slope[:, 1:] == pytest.approx(near / 2e-5, rel=1e-6)


def test_what_is_spent_more_is_also_felt_later(spend: Vector) -> None:
    draws = draws_of((0.8, 0.0, GEOMETRIC))
    usual, more = (respond(draws, 0, spend[:40], factor * spend[40:60], trained=TRAINED, after=12)[0]
                   for factor in (1.0, 1.5))  # fmt: skip
    assert (more[20:] > usual[20:]).all()


@pytest.mark.parametrize("family", list(FAMILIES))
def test_after_so_many_periods_next_to_nothing_of_a_spend_is_left(family: str) -> None:
    adstock, weights = FAMILIES[family]
    after = periods_after(draws_of(adstock), trained=TRAINED)
    assert weights[after + 1 :].sum() <= 0.005 * weights.sum() * (1 + 1e-9)
    assert weights[after:].sum() > 0.005 * weights.sum()


def test_anchored_draws_bring_on_average_what_is_told_and_keep_their_spread() -> None:
    draws = draws_of((0.5, 0.0, GEOMETRIC), (0.5, 0.0, GEOMETRIC))
    found = anchored(draws, draws.coefficients, np.array([300.0]))
    assert found.coefficients.mean() == pytest.approx(300)
    assert found.coefficients[1, 0] == pytest.approx(2 * found.coefficients[0, 0])
    # Nothing can be scaled to bring nothing, or the opposite.
    for told in (0.0, -5.0):
        assert np.array_equal(anchored(draws, draws.coefficients, np.array([told])).coefficients, draws.coefficients)


def test_thinned_draws_lie_evenly_among_all() -> None:
    draws = draws_of(*[(0.5, 0.0, GEOMETRIC)] * 100)
    assert draws.thinned(5).coefficients[:, 0].tolist() == [100, 2600, 5100, 7500, 10000]
    assert draws.thinned(100) is draws
