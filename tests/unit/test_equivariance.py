"""The answer is about the market: units, dates, the order of columns and their names change nothing but themselves."""

import dataclasses
import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.evidence.choice import select
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of
from engine.model.read.features import time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem

pytestmark = pytest.mark.slow

YEAR = 365.25 / 7
SHORT, LONGER = 300, 3000
ROWS = 120
CHANNELS = ("Search", "tv", "Radio")
TRUE = {"Search": 1.5, "tv": 3.0, "Radio": 2.0}


def market(seed: int = 4, *, start: date = date(2022, 1, 3), split: bool = False) -> pd.DataFrame:
    """Weeks of a shop without holidays: a season, and three channels of known ROAS that spend in flights."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"day": [start + timedelta(weeks=t) for t in range(ROWS)]})
    sold = 1000 + 60 * np.sin(2 * np.pi * np.arange(ROWS) / YEAR) + rng.normal(0, 15, ROWS)
    for name in CHANNELS:
        spend = rng.gamma(2.0, 20.0, ROWS) * (rng.random(ROWS) < 0.7)
        felt = np.sqrt(spend)
        sold = sold + TRUE[name] * spend.sum() * felt / felt.sum()
        frame[name] = spend
    if split:
        part = rng.uniform(0.3, 0.7, ROWS)
        frame["tv_one"], frame["tv_two"] = frame["tv"] * part, frame["tv"] * (1 - part)
        frame = frame.drop(columns="tv")
    return frame.assign(sales=sold)


def posed(frame: pd.DataFrame, folder) -> tuple[Problem, Space]:
    """The problem that a training would make of these rows."""
    spends = [name for name in frame.columns if name not in ("day", "sales")]
    config = {"country": "DE", "date_var": "day", "dep_var": "sales", "paid_media_spends": spends,
              "prophet_vars": ["trend", "season"], "selection": "evidence"}  # fmt: skip
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "input_data.csv", index=False)
    (folder / "job_config.json").write_text(json.dumps(config))
    inputs = read_inputs(folder)
    return make_problem(inputs, time_features(folder, inputs)), space_of(inputs.ranges)


def roas(problem: Problem, space: Space, most: int) -> dict[str, float]:
    found = select(problem, space, YEAR, windows=False, first=min(most, 1500), most=most)
    return dict(zip(problem.paid_names, found.roas.tolist(), strict=True))


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory):
    return posed(market(), tmp_path_factory.mktemp("as_it_is"))


@pytest.fixture(scope="module")
def answer(as_it_is):
    return roas(*as_it_is, LONGER)


def test_the_truth_is_near(answer):
    for name, true in TRUE.items():
        assert answer[name] == pytest.approx(true, rel=0.3)


@pytest.mark.parametrize(("money", "kpi"), [(8.0, 1.0), (1.0, 0.25), (64.0, 1024.0)], ids=str)
def test_other_units_change_nothing_but_the_unit(as_it_is, money, kpi):
    """By powers of two, which change no digit."""
    problem, space = as_it_is
    other = dataclasses.replace(
        problem, dep_var=problem.dep_var * kpi, base=problem.base * kpi, media=problem.media * money,
        spend=problem.spend * money,
    )  # fmt: skip
    before, after = roas(problem, space, SHORT), roas(other, space, SHORT)
    for name, value in before.items():
        assert after[name] == pytest.approx(value * kpi / money, rel=1e-6)


def test_other_dates_change_nothing_but_the_dates(as_it_is, answer, tmp_path):
    # The season turns with the rows, so that whole years apart are the same data.
    earlier = roas(*posed(market(start=date(2022, 1, 3) - timedelta(weeks=261)), tmp_path / "earlier"), LONGER)
    assert earlier == pytest.approx(answer, rel=1e-6)


def test_another_order_of_the_channels_is_the_same_answer(answer, tmp_path):
    frame = market()
    turned = roas(*posed(frame[["day", "Radio", "tv", "Search", "sales"]], tmp_path / "turned"), LONGER)
    # Other random numbers meet other channels: equal up to what so many draws can tell.
    assert {name: turned[name] for name in CHANNELS} == pytest.approx(answer, rel=0.1)


def test_rows_in_any_order_are_the_same_data(answer, tmp_path):
    shuffled = roas(*posed(market().sample(frac=1.0, random_state=1), tmp_path / "shuffled"), LONGER)
    assert shuffled == pytest.approx(answer, rel=1e-6)


NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters='",\r\n'), min_size=1, max_size=40
).filter(lambda text: text.strip() == text and text.casefold() not in {"day", "sales", *map(str.casefold, CHANNELS)})


@given(names=st.lists(NAMES, min_size=3, max_size=3, unique_by=str.casefold))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_names_are_the_same_answer(as_it_is, names):
    problem, space = as_it_is
    old = problem.media_names
    renamed = dataclasses.replace(problem, media_names=tuple(names))
    spelt = {f"{one}_{kind}": f"{new}_{kind}" for one, new in zip(old, names, strict=True)
             for kind in ("alphas", "gammas", "thetas", "peaks", "shapes", "scales", "kinds")}  # fmt: skip
    other = dataclasses.replace(space, names=tuple(spelt.get(name, name) for name in space.names))
    before, after = roas(problem, space, SHORT), roas(renamed, other, SHORT)
    assert list(after.values()) == list(before.values())


def test_a_split_channel_keeps_its_sum(answer, tmp_path):
    frame = market(split=True)
    halves = roas(*posed(frame, tmp_path / "split"), LONGER)
    brought = sum(halves[name] * frame[name].sum() for name in ("tv_one", "tv_two"))
    assert brought == pytest.approx(answer["tv"] * market()["tv"].sum(), rel=0.25)
