"""The bench of what a run says about itself: its figures on made values, and one small set from end to end."""

import dataclasses

import pytest

from bench.honesty import Honest, hide, measure, summed
from bench.known import generated
from engine.model.read.inputs import read_inputs

pytestmark = pytest.mark.slow

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


SMALL = {"iterations": 60, "trials": 1, "search": "fast"}


def test_the_hidden_quarter_is_seen_by_nothing_but_the_plan(tmp_path):
    [known] = generated(["weekly_small"], [21], SMALL)
    known.write(tmp_path / "whole")
    whole = read_inputs(tmp_path / "whole")
    assert hide(tmp_path / "whole", whole, tmp_path / "in") == 13
    given = read_inputs(tmp_path / "in")
    assert given.days == whole.days[:-13]
    asked = given.config.forecast
    assert asked is not None and [one.ds for one in asked.plan] == [*whole.days[-13:]]
    for name in whole.config.paid_media_spends:
        assert [one.spend[name] for one in asked.plan] == pytest.approx(whole.numbers[name][-13:])


def test_a_set_is_measured_from_end_to_end():
    [known] = generated(["weekly_small"], [21], SMALL)
    found = measure(known)
    assert not found.failed
    assert 0 < found.told < 1 and 0 < found.real < 1 and found.width > 0
    assert found.inside * 13 == pytest.approx(round(found.inside * 13))
