"""The backtest: what is told was seen by nothing that tells it, and the forecast's own assumptions tell it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.model.fit.compiled import Vector
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.unseen.backtest import FOLDS, Backtest, backtest
from engine.model.unseen.cut import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WEEKS, YEAR = 150, 52
HORIZON = round(0.08 * WEEKS)
CUTS = tuple(WEEKS - fold * HORIZON for fold in range(FOLDS, 0, -1))
SPEND = ("tv_cost", "search_cost")
Change = Callable[[pd.DataFrame], pd.DataFrame]


def felt(spend: Vector, theta: float) -> Vector:
    carried, before = np.zeros(len(spend)), 0.0
    for t, now in enumerate(spend):
        before = carried[t] = now + theta * before
    return np.asarray(carried / (carried + 0.6 * carried.max()))


def world() -> pd.DataFrame:
    """Two media, clicks bought with one of them, a price, a campaign by name, a season, and hardly any noise."""
    draws = np.random.default_rng(8)
    weeks = np.arange(WEEKS)
    tv = draws.gamma(2.0, 50.0, WEEKS) * (draws.random(WEEKS) < 0.6)
    search = draws.gamma(4.0, 20.0, WEEKS)
    price = 1 + 0.1 * draws.normal(0, 1, WEEKS)
    offer = draws.choice(["none", "small", "big"], WEEKS, p=[0.6, 0.2, 0.2])
    of_offer = np.select([offer == "small", offer == "big"], [60.0, 150.0], 0.0)
    season = 100 * np.sin(2 * np.pi * weeks / 52.18)
    kpi = 1000 + season - 600 * (price - 1) + of_offer + 300 * felt(tv, 0.5) + 200 * felt(search, 0.1)
    return pd.DataFrame(
        {
            "ds": [str(date(2021, 1, 4) + timedelta(weeks=int(week))) for week in weeks],
            "sales": kpi + draws.normal(0, 5, WEEKS),
            "tv_cost": tv,
            "search_cost": search,
            "clicks": search * 3,
            "price": price,
            "offer": offer,
        }
    )


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def inputs(folder: Path, change: Change = same, **settings: Any) -> Inputs:
    config = {
        "country": "FR",
        "date_var": "ds",
        "dep_var": "sales",
        "paid_media_spends": [*SPEND],
        "paid_media_vars": ["tv_cost", "clicks"],
        "context_vars": ["price", "offer"],
        "factor_vars": ["offer"],
        "prophet_vars": ["trend", "season"],
        "selection": "evidence",
    }
    folder.mkdir(parents=True, exist_ok=True)
    change(world()).to_csv(folder / "input_data.csv", index=False)
    (folder / "job_config.json").write_text(json.dumps(config | settings))
    return read_inputs(folder)


def run(given: Inputs, **how: Any) -> Backtest:
    return backtest(given, year=YEAR, seed=3, **how)


def later_more(each: Vector) -> float:
    """One number for all stretches, each of which counts twice as much as the one before."""
    return float(np.sqrt(np.average(each**2, weights=[1, 2, 4, 8])))


def told(given: Inputs, found: Backtest) -> Vector:
    """(folds, horizon) what was told, from what it missed by."""
    kpi = given.numbers[given.config.dep_var]
    return np.array([kpi[first : first + found.horizon] for first in found.starts]) + found.misses


@pytest.fixture(scope="module", params=["evidence", "robyn"])
def selection(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def usual(selection: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Inputs, Backtest]:
    given = inputs(tmp_path_factory.mktemp("usual"), selection=selection)
    return given, run(given)


def test_each_of_the_last_stretches_is_told_once(usual: tuple[Inputs, Backtest]) -> None:
    _, found = usual
    assert (found.folds, found.horizon, found.starts) == (FOLDS, HORIZON, CUTS)
    assert found.misses.shape == (FOLDS, HORIZON)


def test_data_that_follow_the_model_are_told_well(usual: tuple[Inputs, Backtest]) -> None:
    """Price, offers and spends of the told periods are known: without them the misses would be several times that."""
    given, found = usual
    kpi = given.numbers["sales"]
    assert found.nrmse < 0.12
    assert found.naive > 2 * found.nrmse
    assert found.each == pytest.approx(np.sqrt(np.mean(found.misses**2, axis=1)) / np.ptp(kpi))
    assert found.nrmse == pytest.approx(later_more(found.each))
    actual = np.array([kpi[cut : cut + HORIZON] for cut in CUTS])
    before = np.array([kpi[cut - YEAR : cut - YEAR + HORIZON] for cut in CUTS])
    assert found.guesses == pytest.approx(before - actual)
    assert found.naive == pytest.approx(later_more(np.sqrt(np.mean((before - actual) ** 2, axis=1))) / np.ptp(kpi))
    assert found.bias == pytest.approx(found.misses.mean() / actual.mean())


def later(column: str, change: Callable[[Any], Any]) -> Change:
    """Change a column from the start of the last stretch on."""

    def applied(frame: pd.DataFrame) -> pd.DataFrame:
        changed = frame.copy()
        changed.loc[CUTS[-1] :, column] = change(changed.loc[CUTS[-1] :, column])
        return changed

    return applied


def test_a_kpi_that_jumps_changes_nothing_of_what_was_told(
    usual: tuple[Inputs, Backtest], selection: str, tmp_path: Path
) -> None:
    """Nothing before the jump foretells it: whoever tells it has seen it."""
    given = inputs(tmp_path, later("sales", lambda kpi: kpi + 800), selection=selection)
    found = run(given)
    assert np.array_equal(told(given, found), told(*usual))
    assert found.each[-1] > 0.5 and (found.each[:-1] < 0.1).all()
    assert found.nrmse > 0.4


def test_later_spends_do_not_change_what_earlier_stretches_were_told(
    usual: tuple[Inputs, Backtest], selection: str, tmp_path: Path
) -> None:
    """Of the last stretch they are the plan, so what it is told may change; clicks get no other price before it."""
    given = inputs(tmp_path, later("search_cost", lambda spend: spend * 5), selection=selection)
    assert np.array_equal(told(given, run(given))[:-1], told(*usual)[:-1])


def test_workers_change_nothing(usual: tuple[Inputs, Backtest]) -> None:
    given, found = usual
    assert np.array_equal(run(given, workers=3).misses, found.misses)


def test_names_decide_nothing(selection: str, tmp_path: Path) -> None:
    called = {"tv_cost": "z", "search_cost": "TV_COST", "clicks": "a", "price": "b", "sales": "orders"}
    wide = {"selection": selection, "hyperparameter_preset": "Wide", "context_vars": ["price"], "factor_vars": []}
    renamed = {
        "dep_var": "orders",
        "paid_media_spends": ["z", "TV_COST"],
        "paid_media_vars": ["z", "a"],
        "context_vars": ["b"],
    }
    one = run(inputs(tmp_path / "one", **wide))
    other = run(inputs(tmp_path / "other", lambda frame: frame.rename(columns=called), **wide | renamed))
    assert other.misses == pytest.approx(one.misses)


def test_an_offer_that_was_never_seen_counts_as_the_usual(tmp_path: Path) -> None:
    given = inputs(tmp_path, later("offer", lambda offers: "new"))
    found = run(given)
    assert np.isfinite(found.misses).all()


def test_what_is_cut_off_is_gone_from_everything_that_is_read(tmp_path: Path) -> None:
    lift = {
        "channel": "tv_cost",
        "liftStartDate": "2022-01-03",
        "liftEndDate": "2022-02-06",
        "liftAbs": 400,
        "spend": 500,
        "confidence": 0.9,
        "metric": "revenue",
        "calibration_scope": "immediate",
    }
    late = lift | {"liftStartDate": "2023-09-04", "liftEndDate": "2023-10-01"}
    given = inputs(tmp_path, calibration_input=[lift, late])
    cut = until(given, CUTS[0])
    assert len(given.studies) == 2 and len(cut.studies) == 1
    lengths = {len(cut.days), len(cut.begins), *map(len, cut.numbers.values()), *map(len, cut.factors.values())}
    assert lengths == {CUTS[0]} and cut.window[-1] == given.days[CUTS[0] - 1]


def test_without_a_year_of_history_the_naive_guess_is_the_mean(usual: tuple[Inputs, Backtest]) -> None:
    given, _ = usual
    found = backtest(given, year=365, seed=3)
    kpi = given.numbers["sales"]
    for guess, cut in zip(found.guesses, CUTS, strict=True):
        assert guess == pytest.approx(kpi[:cut].mean() - kpi[cut : cut + HORIZON])


def test_a_window_too_short_to_be_cut_has_no_backtest(tmp_path: Path) -> None:
    found = run(inputs(tmp_path, lambda frame: frame.head(8), context_vars=[], factor_vars=[]))
    assert found.folds == 0
    assert np.isnan([found.nrmse, found.naive, found.bias]).all()


def new(column: str, since: int) -> Change:
    """Nothing is spent before a row."""

    def applied(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{column: frame[column].where(frame.index >= since, 0)})

    return applied


@pytest.mark.parametrize("column", ["tv_cost", "clicks"], ids=["spend", "exposure"])
def test_a_medium_that_was_silent_until_then_is_unknown_then(tmp_path: Path, selection: str, column: str) -> None:
    """Only the last of the models knows it, so only what that one tells depends on it."""
    given = inputs(tmp_path / "late", new(column, CUTS[-2] + 3), selection=selection)
    found = run(given)
    assert found.starts == CUTS and np.isfinite(found.misses).all()
    names = [until(given, cut).config.modelled_media for cut in CUTS]
    assert [column in one for one in names] == [False, False, False, True]
    cut = until(given, CUTS[0])
    assert not any(name.startswith(f"{column}_") for name in cut.ranges)
    assert len(cut.config.signs) == len(given.config.signs) - 1

    def more(frame: pd.DataFrame) -> pd.DataFrame:
        frame = new(column, CUTS[-2] + 3)(frame)
        return frame.assign(**{column: 7 * frame[column]})

    assert np.array_equal(run(inputs(tmp_path / "more", more, selection=selection)).misses[:3], found.misses[:3])


def test_before_any_channel_has_moved_nothing_is_told(tmp_path: Path) -> None:
    def late(frame: pd.DataFrame) -> pd.DataFrame:
        for column in (*SPEND, "clicks"):
            frame = new(column, CUTS[-2] + 3)(frame)
        return frame

    assert run(inputs(tmp_path, late)).starts == CUTS[-1:]


def test_a_lift_test_keeps_its_medium_where_another_is_left_out(tmp_path: Path) -> None:
    lift = {
        "channel": "search_cost",
        "liftStartDate": "2022-01-03",
        "liftEndDate": "2022-02-06",
        "liftAbs": 400,
        "spend": 500,
        "confidence": 0.9,
        "metric": "revenue",
        "calibration_scope": "immediate",
    }
    given = inputs(tmp_path, new("tv_cost", CUTS[-1]), calibration_input=[lift])
    assert [one.media for one in given.studies] == [(1,)]
    assert [one.media for one in until(given, CUTS[0]).studies] == [(0,)]


def test_prophet_complains_of_nothing_on_the_console(tmp_path: Path) -> None:
    """In a process of its own: it is loaded by the first fit, on less than two years of weeks."""
    inputs(tmp_path, lambda frame: frame.head(90), context_vars=[], factor_vars=[])
    code = (
        "from pathlib import Path; from engine.model.read.inputs import read_inputs; "
        "from engine.model.read.prophet import decompose; decompose(read_inputs(Path('.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert (run.stdout, run.stderr) == ("", "")
