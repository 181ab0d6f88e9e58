"""The numbers of a check agree with numpy, scipy and statsmodels to 1e-9, on odd data too."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.outliers_influence import variance_inflation_factor

from engine.data.check.columns import beyond, column_facts, spark_line
from engine.data.check.ranks import line, spearman
from engine.data.check.together import condition_number, copies, together
from engine.data.collinearity import correlations, variance_inflation

Matrix = Any


def drivers(seed: int, rows: int, columns: int, tied: float = 0.0) -> Matrix:
    """Columns in very different units; `tied`: how much of one common cause they share."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(2.0, 1.0, (rows, columns)) + tied * rng.gamma(2.0, 1.0, (rows, 1))
    return x * 10.0 ** rng.integers(-3, 6, columns) + 10.0 ** rng.integers(-2, 4, columns)


SHAPES = [(9, 3, 0.0), (40, 2, 0.5), (120, 12, 1.0), (400, 30, 3.0), (1100, 60, 1.0)]


def vifs_of_statsmodels(x: Matrix, columns: list[int] | None = None) -> Matrix:
    # Centred, so that the reference itself does not lose digits on large levels; with an intercept nonetheless.
    design = sm.add_constant((x - x.mean(axis=0)) / x.std(axis=0), has_constant="add")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of poor condition: that is what is tried
        return np.array([variance_inflation_factor(design, at + 1) for at in columns or range(x.shape[1])])


@pytest.mark.parametrize(("rows", "columns", "tied"), SHAPES)
def test_vif_with_intercept_is_that_of_statsmodels(rows: int, columns: int, tied: float) -> None:
    x = drivers(rows, rows, columns, tied)
    # One regression for each is much for a reference: of many columns a few tell.
    tried = list(range(columns))[:: max(columns // 5, 1)]
    expected = vifs_of_statsmodels(x, tried)
    assert together([f"{at}" for at in range(columns)], x).inflation[tried] == pytest.approx(expected, rel=1e-9)
    assert variance_inflation(x)[tried] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("rows", "columns", "tied"), SHAPES[:3])
def test_some_of_the_drivers_are_told_apart_as_if_the_others_were_not_there(
    rows: int, columns: int, tied: float
) -> None:
    x = drivers(rows, rows, columns, tied)
    names = [f"{at}" for at in range(columns)]
    some = together(names, x).only(names[1:])
    alone = together(names[1:], x[:, 1:])
    assert some.names == alone.names
    assert some.inflation == pytest.approx(alone.inflation, rel=1e-9)
    assert some.condition == pytest.approx(alone.condition, rel=1e-9)


def test_independent_columns_with_large_means_are_not_inflated() -> None:
    """The original had no intercept: independent columns gave 216 to 256."""
    x = np.random.default_rng(1).normal(100, 5, (500, 3))
    assert variance_inflation(x).max() < 1.05


def test_nearly_collinear_columns_agree_with_statsmodels_as_far_as_doubles_go() -> None:
    x = drivers(5, 200, 6)
    x[:, 5] = x[:, 0] / x[:, 0].std() + 1e-4 * np.random.default_rng(2).normal(size=200)
    assert variance_inflation(x) == pytest.approx(vifs_of_statsmodels(x), rel=1e-6)
    assert variance_inflation(x).max() > 1e6


def test_a_sum_of_others_is_inflated_without_end_and_the_others_in_it_as_well() -> None:
    x = drivers(3, 100, 4)
    x[:, 3] = x[:, 0] / x[:, 0].std() + x[:, 1] / x[:, 1].std()
    found = variance_inflation(x)
    assert np.isinf(found[[0, 1, 3]]).all() and found[2] < 2
    assert condition_number(correlations(x)) == np.inf


@pytest.mark.parametrize(
    ("rows", "columns"), [(0, 3), (1, 3), (3, 3), (3, 5), (10, 1), (10, 0)], ids=lambda shape: str(shape)
)
def test_too_few_rows_or_columns_tell_nothing(rows: int, columns: int) -> None:
    x = np.random.default_rng(0).normal(size=(rows, columns))
    them = together([f"x{at}" for at in range(columns)], x)
    assert (them.inflation == 1).all()
    assert them.worst[1] == 1
    assert them.condition == (np.inf if len(them.names) > 1 and rows <= len(them.names) else 1.0)


def test_constant_columns_are_left_out_whatever_their_level() -> None:
    x = drivers(4, 60, 3)
    x = np.column_stack([x, np.full(60, 0.1), np.zeros(60), np.full(60, 1e9)])
    them = together(list("abcdef"), x)
    assert them.names == ("a", "b", "c")
    assert them.inflation == pytest.approx(vifs_of_statsmodels(x[:, :3]), rel=1e-9)
    assert them.vif("d") == 1.0


@pytest.mark.parametrize(("rows", "columns", "tied"), SHAPES)
def test_the_condition_number_is_that_of_numpys_correlation_matrix(rows: int, columns: int, tied: float) -> None:
    x = drivers(7, rows, columns, tied)
    r = np.corrcoef((x - x.mean(axis=0)) / x.std(axis=0), rowvar=False)
    assert together([f"{at}" for at in range(columns)], x).condition == pytest.approx(np.linalg.cond(r), rel=1e-9)
    assert correlations(x) == pytest.approx(r, abs=1e-12)


RANKED = {
    "plain": (lambda rng: (rng.normal(size=50), rng.normal(size=50))),
    "ties": (lambda rng: (rng.integers(0, 4, 60).astype(float), rng.integers(0, 3, 60).astype(float))),
    "many zeros": (lambda rng: (np.where(rng.random(80) < 0.7, 0.0, rng.gamma(2, 9, 80)), rng.gamma(2, 9, 80))),
    "monotone": (lambda rng: (np.arange(9.0), np.exp(np.arange(9.0)))),
    "two": (lambda rng: (np.array([1.0, 2.0]), np.array([5.0, 3.0]))),
    "large": (lambda rng: (1e12 + rng.normal(size=1100), 1e-9 * rng.normal(size=1100))),
}


@pytest.mark.parametrize("made", RANKED.values(), ids=list(RANKED))
def test_spearmans_rho_is_that_of_scipy(made: Any) -> None:
    x, y = made(np.random.default_rng(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.spearmanr(x, y).statistic
    assert spearman(x, y) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("made", [RANKED[name] for name in ("plain", "ties", "many zeros", "monotone")])
def test_the_line_is_that_of_statsmodels(made: Any) -> None:
    x, y = made(np.random.default_rng(4))
    fitted = sm.OLS(y, sm.add_constant(x)).fit()
    found = line(x, y)
    assert found.r2 == pytest.approx(fitted.rsquared, abs=1e-9)
    assert found.error == pytest.approx(np.abs(fitted.resid).mean() / np.ptp(y), abs=1e-9)
    assert found.rho == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1.0], [2.0]), ([3.0] * 5, list(range(5))), (list(range(5)), [3.0] * 5)]
)
def test_what_never_changes_or_is_not_there_tells_nothing(x: list[float], y: list[float]) -> None:
    found = line(np.array(x, dtype=float), np.array(y, dtype=float))
    assert (found.rho, found.r2) == (0.0, 0.0)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 777])
def test_quantiles_and_moments_are_those_of_numpy_and_pandas(size: int) -> None:
    rng = np.random.default_rng(size)
    values = pd.Series(rng.gamma(1.5, 1e4, size)).mask(rng.random(size) < 0.1)
    if values.notna().sum() == 0:
        values.iloc[0] = 3.0
    known, facts = values.dropna(), column_facts("x", "spend", values)
    expected = [known.min(), *np.quantile(known, [0.1, 0.5, 0.9]), known.max(), known.mean()]
    assert [facts.least, facts.p10, facts.median, facts.p90, facts.most, facts.mean] == pytest.approx(
        expected, rel=1e-12
    )
    assert facts.sd == pytest.approx(known.std() if len(known) > 1 else 0.0, rel=1e-12)
    assert facts.known == pytest.approx(values.notna().mean())
    assert facts.distinct == known.nunique()


def test_a_column_of_texts_and_an_empty_one_have_facts_too() -> None:
    texts = column_facts("event", "category", pd.Series(["none", "none", None, "Easter"]))
    assert (texts.known, texts.distinct, texts.level, texts.median) == (0.75, 2, "none", None)
    nothing = column_facts("x", "context", pd.Series([np.nan] * 4))
    assert (nothing.known, nothing.distinct, nothing.median, nothing.spark) == (0.0, 0, None, "····")
    assert column_facts("x", "context", pd.Series([], dtype=float)).spark == ""


def test_outliers_are_those_beyond_tukeys_fences_and_a_flight_is_none() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 30])
    low, high = np.quantile(values, (0.25, 0.75))
    assert (
        beyond(values).tolist() == ((values > high + 1.5 * (high - low)) | (values < low - 1.5 * (high - low))).tolist()
    )
    flight = np.array([0.0] * 90 + [100, 105, 98, 102, 101, 99, 103, 97, 100, 104])
    assert not beyond(flight).any()


def test_a_spark_line_shows_the_shape_and_its_gaps() -> None:
    assert spark_line(np.arange(8.0), 8) == "▁▂▃▄▅▆▇█"
    assert spark_line(np.array([1.0, np.nan, 1.0]), 8) == "▁·▁"
    assert len(spark_line(np.random.default_rng(0).normal(size=1100))) == 20


COPIES = {
    "itself": (lambda x: x, 1.0, 0.0),
    "other unit": (lambda x: 1.19 * x, 1.19, 0.0),
    "other zero": (lambda x: x + 500, 1.0, 500.0),
    "turned over": (lambda x: 40 - 2 * x, -2.0, 40.0),
}


@pytest.mark.parametrize(("copied", "factor", "shift"), COPIES.values(), ids=list(COPIES))
def test_a_copy_is_found_in_any_unit_and_from_any_zero(copied: Any, factor: float, shift: float) -> None:
    x = np.random.default_rng(1).gamma(2, 100, (90, 3))
    x[:, 2] = copied(x[:, 0])
    [found] = copies(list("abc"), x, "week")
    assert (found.first, found.second, found.later) == ("a", "c", 0)
    assert found.factor == pytest.approx(factor, rel=1e-6) and found.shift == pytest.approx(shift, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("interval", "later"), [("day", 7), ("week", 1), ("month", 2)])
def test_a_copy_some_periods_later_is_found(interval: Any, later: int) -> None:
    x = np.random.default_rng(2).gamma(2, 100, (60, 2))
    x[later:, 1] = 3 * x[:-later, 0]
    [found] = copies(["a", "b"], x, interval)
    assert (found.first, found.second, found.later) == ("a", "b", later)
    assert found.factor == pytest.approx(3.0, rel=1e-6)


def test_what_only_looks_alike_is_no_copy() -> None:
    rng = np.random.default_rng(3)
    base = rng.gamma(2, 100, 200)
    x = np.column_stack([base, base + rng.normal(0, 0.05 * base.std(), 200), np.sin(np.arange(200) / 9)])
    assert list(copies(list("abc"), x, "week")) == []
    assert list(copies(["a", "b"], np.column_stack([base[:5], base[:5]]), "week")) == []


def test_beside_sums_of_others_all_else_is_what_a_regression_says() -> None:
    """Of several singular groups: who is in one is told by the others whole; of who is in none they say nothing new."""
    x = drivers(9, 150, 8, 0.5)
    unit = x / x.std(axis=0)
    whole = np.column_stack([x, 3 * x[:, 0], unit[:, 1] + unit[:, 2] - 7, x[:, 0] * 1e6])
    found = variance_inflation(whole)
    assert np.isinf(found[[0, 1, 2, 8, 9, 10]]).all()
    # Without the columns that only repeat others, all can be told: that is the reference.
    told = vifs_of_statsmodels(x)
    assert found[3:8] == pytest.approx(told[3:], rel=1e-9)
