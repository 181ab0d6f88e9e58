"""One driver against the goal: curves, lags and drawn-in values agree with references; words claim no more."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from engine.data import driver_words as words
from engine.data.driver import LAGS, QUANTILES, WINSOR, driver, fit_curve, lagged, winsorised
from engine.data.named_column import named_column
from engine.errors import NotFound

RNG = np.random.default_rng(11)
X = np.where(RNG.random(160) < 0.8, RNG.gamma(2, 500, 160), 0.0)
NOISE = RNG.normal(0, 20, 160)


def test_a_line_is_that_of_least_squares() -> None:
    y = 300 + 0.4 * X + NOISE
    curve = fit_curve(X, y)
    fitted = sm.OLS(y, sm.add_constant(X)).fit()
    assert curve.shape == "line"
    assert curve.coefficients == pytest.approx(fitted.params, rel=1e-9)
    assert curve.r2 == pytest.approx(fitted.rsquared, rel=1e-9)
    assert [one.slope for one in curve.marginals] == pytest.approx([fitted.params[1]] * 5, rel=1e-9)


def test_a_parabola_is_that_of_least_squares_with_its_slopes() -> None:
    x = X - 400
    y = 300 + 0.1 * x + 0.002 * x**2 + NOISE
    curve = fit_curve(x, y)
    fitted = sm.OLS(y, np.column_stack([np.ones(160), x, x**2])).fit()
    assert curve.shape == "quadratic"
    assert curve.coefficients == pytest.approx(fitted.params, rel=1e-8)
    assert curve.r2 == pytest.approx(fitted.rsquared, rel=1e-9)
    ats = np.quantile(x, QUANTILES)
    assert [one.slope for one in curve.marginals] == pytest.approx(
        fitted.params[1] + 2 * fitted.params[2] * ats, rel=1e-8
    )


def test_a_saturating_curve_is_no_worse_than_scipys_and_its_returns_fall() -> None:
    y = 300 + 900 * X / (X + 600) + NOISE
    curve = fit_curve(X, y)
    reference = optimize.least_squares(
        lambda p: p[0] + p[1] * X / (X + p[2]) - y, [300, 900, 600], xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    assert curve.shape == "saturating"
    assert np.sum((curve.at(X) - y) ** 2) == pytest.approx(2 * reference.cost, rel=1e-9)
    assert curve.coefficients == pytest.approx(reference.x, rel=1e-4)
    slopes = [one.slope for one in curve.marginals]
    assert slopes == sorted(slopes, reverse=True)
    for one in curve.marginals:
        near = np.array([one.at - 1e-3, one.at + 1e-3])
        assert one.slope == pytest.approx(np.diff(curve.at(near))[0] / 2e-3, rel=1e-6)
    live = X[X > 0]
    assert [one.at for one in curve.marginals] == pytest.approx(np.quantile(live, QUANTILES), rel=1e-12)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([1.0], [2.0]),
        ([5.0] * 30, list(range(30))),
        (list(range(30)), [5.0] * 30),
        ([0.0] * 30, list(range(30))),
        (list(range(7)), list(range(7))),
    ],
    ids=["nothing", "one", "a still driver", "a still goal", "silent", "seven"],
)
def test_what_cannot_be_fitted_has_no_curve(x: list[float], y: list[float]) -> None:
    curve = fit_curve(np.array(x, dtype=float), np.array(y, dtype=float))
    assert (curve.shape, curve.r2, curve.marginals) == ("none", 0.0, ())


@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_lags_are_pearsons_r_with_the_driver_before(interval: Any) -> None:
    y = np.r_[np.full(3, 400.0), 300 + 0.5 * X[:-3]] + NOISE
    y[7] = np.nan
    found = lagged(X, y, interval)
    assert [one.periods for one in found] == list(range(LAGS[interval] + 1))
    for one in found:
        before, after = X[: len(X) - one.periods], y[one.periods :]
        there = np.isfinite(after)
        assert one.r == pytest.approx(stats.pearsonr(before[there], after[there]).statistic, abs=1e-9)
    best = driver("tv_cost", "revenue", X, y, interval).best_lag
    assert best.periods == 3


def test_a_lag_that_is_hardly_better_is_none() -> None:
    found = driver("tv_cost", "revenue", X, 300 + 0.5 * X + NOISE, "week")
    assert found.best_lag.periods == 0
    assert words.lag_words(found).startswith("TV and revenue move together most in the same week")


def test_drawn_in_values_are_those_of_numpys_quantiles() -> None:
    y = 300 + 0.4 * X + NOISE
    live = X[X > 0]
    for one, quantile in zip(winsorised(X, y), WINSOR, strict=True):
        most = np.quantile(live, quantile)
        fitted = sm.OLS(y, sm.add_constant(np.minimum(X, most))).fit()
        assert (one.most, one.cut) == (pytest.approx(most, rel=1e-12), int((most < X).sum()))
        assert one.slope == pytest.approx(fitted.params[1], rel=1e-9)
        assert one.line.r2 == pytest.approx(fitted.rsquared, rel=1e-9)
    assert winsorised(np.zeros(50), y[:50]) == []


SAID = [
    (300 + 0.4 * X + NOISE, "More TV goes with more revenue"),
    (900 - 0.4 * X + NOISE, "More TV goes with less revenue"),
    (RNG.normal(0, 1, 160), "TV and revenue hardly move together"),
    (np.full(160, 7.0), "Revenue never changes"),
    (X * 0 - (X - np.median(X)) ** 2, "TV and revenue move together, but neither only up nor only down"),
]


@pytest.mark.parametrize(("y", "said"), SAID, ids=[one[1] for one in SAID])
def test_the_sentence_says_what_is_seen_and_no_more(y: Any, said: str) -> None:
    assert words.headline(driver("tv_cost", "revenue", X, y, "week")) == said


def test_far_values_are_told_with_what_hangs_on_them() -> None:
    x = X.copy()
    x[60] = 60_000.0
    y = 300 + 0.4 * X + NOISE
    y[60] = 9_000.0
    found = driver("tv_cost", "revenue", x, y, "week")
    assert found.far[60]
    assert words.far_words(found) == "1 value of TV lies far from all others; what is seen hangs on the highest values"
    calm = driver("tv_cost", "revenue", np.minimum(X, 900), 300 + 0.4 * X + NOISE, "week")
    assert words.far_words(calm).startswith("No value of TV lies far")


COLUMNS = ("TV_COST", "tv_views", "Search Cost", "GröÙe", "price_index", "x" * 2_000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TV_COST", "TV_COST"),
        ("tv cost", "TV_COST"),
        ("“tv-views”", "tv_views"),
        ("search", "Search Cost"),
        ("index", "price_index"),
        ("x" * 2_000, "x" * 2_000),
    ],
)
def test_a_column_is_found_as_people_write_it(text: str, found: str) -> None:
    assert named_column(text, COLUMNS) == found


def test_a_label_names_its_column() -> None:
    assert named_column("awareness", COLUMNS, {"tv_views": "Awareness"}) == "tv_views"


@pytest.mark.parametrize("text", ["serch", "💥", "t", "<@U1>", ""])
def test_an_unknown_or_unclear_column_is_told_with_the_nearest_three(text: str) -> None:
    with pytest.raises(NotFound) as refused:
        named_column(text, COLUMNS)
    assert refused.value.todo.count("“") in (2, 3)
    with pytest.raises(NotFound, match="no column"):
        named_column(text, ())


def test_what_chance_alone_gives_is_called_nothing() -> None:
    few = np.random.default_rng(4)
    noise = driver("tv_cost", "revenue", few.gamma(3, 100, 40), few.normal(0, 1, 40), "week")
    assert 0.1 <= abs(noise.line.rho) < 2 / 40**0.5, "more than a hundred values would leave, and no more than chance"
    assert words.headline(noise) == "TV and revenue hardly move together"
    assert max(abs(lag.r) for lag in noise.lags) > 2 / 40**0.5, "the best of a dozen"
    assert words.lag_words(noise).startswith("TV and revenue hardly move together at any lag")


def test_what_never_changes_or_is_too_little_is_said_of_what_it_is() -> None:
    still = driver("tv_cost", "revenue", np.ones(60), 300 + 0.4 * X[:60], "week")
    both = driver("tv_cost", "revenue", np.ones(60), np.ones(60), "week")
    for say in (words.headline, words.lag_words, words.far_words):
        assert say(still) == "TV never changes"
        assert say(both) == "TV and revenue never change"
        assert say(driver("tv_cost", "revenue", X[:3], X[:3], "week")).startswith("There are too few values")


def test_a_line_has_one_slope_and_a_minus_is_one() -> None:
    found = driver("tv_cost", "revenue", X, 900 - 0.4 * X, "week")
    assert words.returns(found) == (
        "One more TV goes with so much more revenue: \u22120.4 at each of its values, as on any line."
    )
    assert words.signed(-0.001) == "0.00"
