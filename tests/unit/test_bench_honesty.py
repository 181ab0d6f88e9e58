"""The bench of what a run says about itself: its figures on made values, and one small set from end to end."""

import dataclasses

import numpy as np
import pytest

from bench.honesty import Honest, measure, summed, write
from engine.model.read.inputs import read_inputs
from local.sample.truths import generate

nan = float("nan")
SET = Honest("a", "kind", told=0.2, real=0.1, inside=0.9, whole=True, width=0.5, chains_good=True, said=False)
OTHER = Honest("b", "kind", told=0.1, real=0.1, inside=0.7, whole=False, width=0.3, chains_good=False, said=True)
FAILED = Honest("c", "kind", nan, nan, nan, False, nan, None, False, "No model was found.")


def test_figures_count_what_they_say():
    told = summed([SET, OTHER, FAILED])
    assert (told["sets"], told["failed"]) == (3, 1)
    assert told["backtest_ratio_median"] == 1.5
    assert (told["forecast_coverage"], told["forecast_whole_coverage"]) == (0.8, 0.5)
    assert told["forecast_width"] == 0.4
    assert (told["rhat_bad"], told["rhat_bad_unsaid"]) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "unsaid"),
    [({"said": False}, 1), ({"chains_good": None, "said": False}, 0), ({"chains_good": True, "said": False}, 0)],
    ids=["not said", "no chains", "good chains"],
)
def test_only_bad_chains_that_nobody_names_count_as_unsaid(changes, unsaid):
    assert summed([SET, dataclasses.replace(OTHER, **changes)])["rhat_bad_unsaid"] == unsaid


def test_a_set_without_a_backtest_has_no_ratio():
    assert summed([dataclasses.replace(SET, told=nan)])["backtest_ratio_median"] is None
    assert summed([FAILED])["forecast_coverage"] is None


def test_the_hidden_quarter_is_seen_by_nothing_but_the_plan(tmp_path):
    truth = generate("weekly_small", 21)
    write(truth, 13, tmp_path / "in", {})
    given = read_inputs(tmp_path / "in")
    assert len(given.days) == len(truth.frame) - 13
    asked = given.config.forecast
    assert asked is not None and [str(one.ds) for one in asked.plan] == [str(day) for day in truth.frame["DATE"][-13:]]
    for name, spend in truth.spends.items():
        assert [one.spend[name] for one in asked.plan] == pytest.approx(spend[-13:])


def test_a_set_is_measured_from_end_to_end():
    found = measure("weekly_small", 21, {"iterations": 60, "trials": 1, "search": "fast"})
    assert not found.failed
    assert 0 < found.told < 1 and 0 < found.real < 1 and found.width > 0
    assert found.inside * 13 == pytest.approx(np.round(found.inside * 13))
