"""The bench against the truth: its figures on made values, and one small set from end to end."""

import dataclasses
import json
from math import inf

import pytest

from bench.accuracy import figures, in_all, log_error
from bench.known import generated, in_folders
from bench.published import Published, Told, publish
from local.sample.truths import generate

pytestmark = pytest.mark.slow

RIGHT = Told("tv", true=2.0, robyn=1.0, roas=2.2, low=1.5, high=2.8, call="act", code="act", named=False)
WRONG = Told("radio", true=1.0, robyn=1.0, roas=2.5, low=1.8, high=3.0, call="test first", code="test.wide", named=True)
SET = Published("a", "kind", "usable", (), (0.2, 0.25, 0.15, 0.3), (RIGHT, WRONG), 1.0)


def test_figures_count_what_they_say():
    told = figures([SET])
    assert told["log_error_robyn"] == pytest.approx(0.3466, abs=1e-4)
    assert told["log_error_evidence"] == pytest.approx(0.5058, abs=1e-4)
    assert told["coverage_evidence"] == 0.5
    assert told["media_total_coverage"] == 1.0
    assert (told["within30_not_warned"], told["share_not_warned"]) == (1.0, 0.5)
    assert (told["within30_not_named"], told["share_not_named"]) == (1.0, 0.5)
    assert (told["usable_within30"], told["share_usable"]) == (1.0, 1.0)
    assert told["ranked_right_evidence"] == 0.0


@pytest.mark.parametrize(
    ("changes", "key", "figure"),
    [
        ({"call": "act"}, "within30_not_warned", 0.5),
        ({"low": 0.9}, "coverage_evidence", 1.0),
        ({"low": 0.9, "high": inf}, "coverage_evidence", 1.0),
        ({"true": 0.0}, "within30_not_warned", 1.0),
        ({"true": 0.0, "low": 0.01}, "coverage_evidence", 1.0),
        ({"true": 0.0, "low": 0.5}, "coverage_evidence", 0.5),
    ],
    ids=["acted on", "held", "open range", "silent but warned", "reaches nothing", "reaches too little"],
)
def test_a_change_of_one_channel_shows(changes, key, figure):
    told = figures([dataclasses.replace(SET, channels=(RIGHT, dataclasses.replace(WRONG, **changes)))])
    assert told[key] == figure


def test_a_total_without_a_range_is_not_counted_and_a_missed_one_is():
    missed = dataclasses.replace(SET, media=(0.4, 0.25, 0.15, 0.3))
    unknown = dataclasses.replace(SET, media=(0.4, 0.25, float("nan"), float("nan")))
    assert figures([SET, missed, unknown])["media_total_coverage"] == 0.5
    assert figures([unknown])["media_total_coverage"] is None


def test_a_failed_set_is_named_and_spoils_no_figure():
    failed = Published("b", "kind", "", (), (0.2, *[float("nan")] * 3), (), float("nan"), "No model was found.")
    told = in_all([SET, failed])
    assert told["sets"] == 2 and told["failed"] == ["b: No model was found."]
    assert told["coverage_evidence"] == 0.5
    assert told["families"]["kind"]["sets"] == 2


def test_an_estimate_of_nothing_counts_as_the_floor():
    assert log_error(0.0, 1.0, 1.0) == log_error(0.01, 1.0, 1.0) == pytest.approx(4.605, abs=1e-3)


def test_a_folder_is_measured_as_the_generated_set_it_holds(tmp_path):
    """From end to end, on the smallest search there is."""
    size = {"iterations": 60, "trials": 1, "search": "fast", "adstock": "geometric"}
    made = next(generated(["weekly_small"], [3], size))
    truth = generate("weekly_small", 3)
    made.write(tmp_path / "sets" / "one")
    told = {"roas": truth.roas, "media_share": truth.media_share, "family": "mine"}
    (tmp_path / "sets" / "one" / "truth.json").write_text(json.dumps(told))
    assert not [*in_folders(tmp_path / "sets", "two*", {})]
    found = publish(next(in_folders(tmp_path / "sets", "o*", {})))
    assert not found.failed and found.family == "mine"
    assert {told.channel: told.true for told in found.channels} == pytest.approx(truth.roas)
    assert all(told.robyn >= 0 and told.roas >= 0 and told.call and told.low <= told.high for told in found.channels)
    assert found.media[0] == pytest.approx(truth.media_share)
    keys = {"log_error_robyn", "log_error_evidence", "coverage_evidence", "media_total_coverage", "inside_range"}
    keys |= {"within30_not_warned", "share_not_warned", "usable_within30"}
    assert keys <= in_all([found]).keys()
