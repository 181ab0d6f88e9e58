"""Spends that rise and fall together, and those that do not."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.data.collinearity import moving_together
from engine.model.train import train
from engine.results.headline import headline
from engine.results.read import load_results
from engine.results.verdict import judge
from engine.robyn.tables import type_tables
from tests.training_folder import training_folder

WEEKS = 120
rng = np.random.default_rng(5)
TV, RADIO, NOISE = (rng.gamma(2.0, 500.0, WEEKS) for _ in range(3))
NAMES = ("tv", "other")
FLIGHTS = np.where(np.arange(WEEKS) % 8 < 3, 900.0, 0.0)
PEAK = np.where(np.arange(WEEKS) == 60, 1e6, 0.0)


@pytest.mark.parametrize(
    ("first", "second", "together", "as_one"),
    [
        (TV, RADIO, False, False),
        (TV, 0.6 * TV + 0.4 * NOISE, True, False),
        (TV, 0.3 * TV, True, True),
        (TV, 3000 - 0.3 * TV, False, False),
        (FLIGHTS, 0.5 * FLIGHTS + 0.1 * NOISE, True, True),
        (FLIGHTS, np.roll(FLIGHTS, 4), False, False),
        (TV + PEAK, RADIO + PEAK, False, False),
        (TV, np.full(WEEKS, 100.0), False, False),
    ],
    ids=["apart", "together", "halves of one", "against each other", "same flights", "flights in turn",
         "one peak in common", "constant"],
)  # fmt: skip
def test_spends_move_together_only_where_they_do(first, second, together, as_one) -> None:
    found = moving_together(NAMES, np.column_stack([first, second]))
    assert found == (((NAMES,) if together else ()), ((NAMES,) if as_one else ()))


def test_one_channel_moves_with_nobody() -> None:
    assert moving_together(("tv",), TV[:, None]) == ((), ())


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory):
    """A training whose second channel is the first one's other half."""
    folder = tmp_path_factory.mktemp("in")
    training_folder(folder, iterations=40, trials=1, selection="robyn")
    frame = pd.read_csv(folder / "input_data.csv")
    config = json.loads((folder / "job_config.json").read_text())
    first, second = config["paid_media_spends"][:2]
    frame[second] = 0.5 * frame[first]
    frame.to_csv(folder / "input_data.csv", index=False)
    out = tmp_path_factory.mktemp("out")
    train(folder, out)
    return out, (first, second)


def test_halves_of_one_channel_are_named_as_a_pair_after_a_training(halves) -> None:
    out, pair = halves
    results = load_results(out)
    modelled = {one.spend: one.channel for one in results.summary.channels}
    assert tuple(modelled[name] for name in pair) in results.summary.together
    assert tuple(modelled[name] for name in pair) in results.summary.indistinct
    assert "pairs.together" in judge(headline(results)).codes


def test_robyns_summary_hears_of_them_where_the_data_are_at_hand(halves, tmp_path) -> None:
    out, _ = halves
    found = json.loads((out / "results" / "summary.json").read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / "prepared").mkdir()
    (tmp_path / "results" / "summary.json").write_text(json.dumps(found | {"together": [], "indistinct": []}))
    frame = pd.DataFrame({"day": pd.date_range("2022-01-03", periods=WEEKS, freq="7D"), "tv": TV, "other": 0.3 * TV})
    frame.to_csv(tmp_path / "prepared" / "input_data.csv", index=False)
    config = {"date_var": "day", "start_date": "2022-02-07", "end_date": "2024-04-15"}
    config |= {"paid_media_vars": ["tv_I", "other"], "paid_media_spends": ["tv", "other"]}
    (tmp_path / "prepared" / "job_config.json").write_text(json.dumps(config))
    type_tables(tmp_path)
    told = json.loads((tmp_path / "results" / "summary.json").read_text())
    assert told["together"] == told["indistinct"] == [["tv_I", "other"]]
