"""Small made sets whose truth is known: what the estimate says of them is so, or is in doubt."""

import dataclasses
import json
from pathlib import Path

import pytest

from engine.model.evidence.choice import select
from engine.model.fit.space import space_of
from engine.model.read.features import time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem

FIELD = Path(__file__).resolve().parents[3] / "shared" / "data" / "field"
pytestmark = [
    pytest.mark.skipif(not FIELD.is_dir(), reason="the small field sets are not beside the repository"),
    pytest.mark.slow,
]
YEAR = 365.25 / 7
FEW = 3000


def estimate(name, folder, **renamed):
    """What the chains find in a set, whose columns may be called otherwise."""
    config = (FIELD / name / "job_config.json").read_text()
    rows = (FIELD / name / "input_data.csv").read_text()
    for old, new in renamed.items():
        config, rows = config.replace(f'"{old}"', f'"{new}"'), rows.replace(old, new, 1)
    folder.mkdir()
    (folder / "job_config.json").write_text(config)
    (folder / "input_data.csv").write_text(rows)
    inputs = read_inputs(folder)
    problem = make_problem(inputs, time_features(folder, inputs))
    found = select(problem, space_of(inputs.ranges), YEAR, windows=False, most=FEW)
    truth = json.loads((FIELD / name / "truth.json").read_text())
    return problem, found, truth


def test_the_name_of_a_column_decides_nothing(tmp_path):
    problem, found, truth = estimate("3_name_decides", tmp_path / "as_it_is")
    _, other, _ = estimate("3_name_decides", tmp_path / "other", TV_SPEND="TV_COST")
    at = problem.paid_names.index("TV_SPEND")
    assert list(found.roas) == list(other.roas)
    assert found.ranges[0].low[at] <= truth["roas"]["TV_SPEND"] <= found.ranges[0].high[at]
    assert found.roas[at] == pytest.approx(truth["roas"]["TV_SPEND"], rel=0.15)


def test_a_channel_whose_level_nobody_can_tell_has_a_range_that_says_so(tmp_path):
    problem, found, truth = estimate("4_chains_disagree", tmp_path / "in")
    for at, name in enumerate(problem.paid_names):
        assert found.ranges[0].low[at] <= truth["roas"][name] <= found.ranges[0].high[at], name
    # Its level trades with the base: wide, and the chains answer for themselves.
    assert found.ranges[0].high[0] > 1.8 * found.ranges[0].low[0]
    assert found.chains.good == (found.chains.rhat <= 1.01 and min(found.chains.ess_bulk, found.chains.ess_tail) >= 400)


def test_effects_that_peak_later_are_not_told_as_nearly_nothing(tmp_path):
    problem, found, truth = estimate("6_total_ten_times_low", tmp_path / "in")
    assert problem.adstock == "auto"
    assert found.media_share.high > 0.12, f"{truth['media share']:.0%} are true"
    geometric = {name: kinds["geometric"] for name, kinds in found.adstocks.items()}
    assert geometric["media_2"] < 0.5
    only = dataclasses.replace(problem, adstock="geometric")
    lower = select(only, space_of(read_inputs(tmp_path / "in").ranges), YEAR, windows=False, most=FEW)
    assert lower.media_share.high < found.media_share.high
