"""The same numbers have the same effects, whatever their columns are called and wherever they stand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.experiment.hyperparameters import search_ranges
from engine.experiment.job_config import JobConfig
from engine.model.fit.candidate import Candidates
from engine.model.fit.problem import Problem
from engine.model.fit.space import space_of, unnamed_order
from engine.model.search.trials import Task
from engine.model.train import train
from tests.training_folder import training_folder

pytestmark = pytest.mark.slow

PERIODS, MEDIA = 80, 3
PLAIN = ("one", "two", "three")
names = st.lists(
    st.one_of(st.sampled_from(["TV_COST", "tv", "TV Spend", "ORGANIC_TRAFFIC", "PARTNERSHIP_COSTS", "zz", "A_alphas"]),
              st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)),
    min_size=MEDIA, max_size=MEDIA, unique=True,
)  # fmt: skip


def made() -> Problem:
    draws = np.random.default_rng(3)
    media = draws.gamma(2.0, 50.0, (MEDIA, PERIODS)) * (draws.random((MEDIA, PERIODS)) > 0.3)
    trend = np.linspace(100, 150, PERIODS)
    y = trend + np.sqrt(media).sum(axis=0) + draws.normal(0, 3, PERIODS)
    upper = np.array([1.0, *[np.inf] * MEDIA])
    return Problem(("trend",), PLAIN, y, trend[:, None], media, media.T.copy(), slice(4, PERIODS), np.zeros(4), upper,
                   adstock="auto", trend=0)  # fmt: skip


def searched(problem: Problem) -> Candidates:
    given = {"dep_var": "?", "paid_media_spends": problem.media_names, "selection": "evidence"}
    space = space_of(search_ranges(JobConfig.model_validate(given)), unnamed_order(problem))
    return Task(problem, space, "fast", 60, 1).run(1, lambda *_: None)


EXPECTED = searched(made())


@settings(max_examples=40, deadline=None)
@given(names)
def test_a_fast_search_finds_the_same_whatever_channels_are_called(called: list[str]) -> None:
    found = searched(replace(made(), media_names=tuple(called)))
    assert found.nrmse.tolist() == EXPECTED.nrmse.tolist()
    assert found.effects.tolist() == EXPECTED.effects.tolist()


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_a_fast_search_looks_at_the_same_models_wherever_columns_stand(order: tuple[int, ...]) -> None:
    problem, which = made(), list(order)
    moved = replace(problem, media_names=tuple(PLAIN[m] for m in which), media=problem.media[which],
                    spend=problem.spend[:, which])  # fmt: skip
    assert unnamed_order(moved) == unnamed_order(problem)
    found = searched(moved)
    # Not to the last digit: the fit's descent goes by the columns' order.
    assert found.values[:20] == pytest.approx(EXPECTED.values[:20])
    assert found.nrmse[:20] == pytest.approx(EXPECTED.nrmse[:20], rel=1e-3)


def test_no_unit_changes_the_order_that_chances_are_taken_in() -> None:
    problem = made()
    scaled = replace(problem, media=problem.media * np.array([[0.01], [1e6], [1.0]]))
    assert unnamed_order(scaled) == unnamed_order(problem)


def test_a_training_by_evidence_says_the_same_of_a_channel_by_any_name(tmp_path: Path) -> None:
    spends = ["TV_COST", "FACEBOOK_COST", "OOH_COST"]
    new = {"TV_COST": "kanal 7", "FACEBOOK_COST": "tv", "OOH_COST": "a"}
    quick = {"iterations": 60, "trials": 1, "search": "fast", "selection": "evidence", "paid_media_vars": [],
             "budget_scenario": None, "calibration_input": []}  # fmt: skip
    found = []
    for place, called in enumerate([{}, new]):
        folder = training_folder(
            tmp_path / f"in{place}",
            lambda frame, called=called: frame.rename(columns=called),
            **quick,
            paid_media_spends=[called.get(name, name) for name in spends],
        )
        train(folder, tmp_path / f"out{place}")
        table = pd.read_parquet(tmp_path / f"out{place}" / "results" / "coefficients.parquet")
        table = table[table["solID"] == "0_1_1"].set_index("rn")
        found.append(table.loc[[called.get(name, name) for name in spends], ["roi_total", "range_low", "range_high"]])
    assert found[0].to_numpy().tolist() == found[1].to_numpy().tolist()
