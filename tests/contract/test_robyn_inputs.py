"""Both trainers on a table of inputs: the same model within 1e-3, or the same refusal.

Where R holds the real Robyn it is asked; else its recorded answers are taken (`python -m tests.robyn_answers` records
them). ROBYN_TESTS=recorded takes these in any case. Prophet stops a little before its optimum, in R and in Python at
different points: so its columns are held against each other in units of the KPI, and the fits are made with the same.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import BadInput
from engine.model.read.inputs import read_inputs
from tests.robyn_answers import (
    asked_of_robyn,
    folder_of,
    native_answer,
    recorded,
    robyn_is_here,
    robyns_answers,
    write_time,
)
from tests.robyn_inputs import INPUTS, Input

pytestmark = pytest.mark.slow

WITHIN = 1e-3
# Prophet's columns, as a share of the KPI's largest value: a wrong category would be worth ten times as much.
TIME_WITHIN = 2e-3
# Variables that explain less say nothing: where theirs is 0.01 % of the whole, 1e-3 of that is nothing at all.
COUNTS = 1e-4
NAMES = [one.name for one in INPUTS]

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.fixture(scope="module")
def answers(root: Path, request: pytest.FixtureRequest) -> dict[str, Answer]:
    """What Robyn says, by the name of the input; of those that are asked for (`-k monthly`)."""
    if os.environ.get("ROBYN_TESTS") in ("recorded", "double") or not robyn_is_here():
        return recorded()
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    folders = {given["one"].name: folder_of(given["one"], root) for given in params if "one" in given}
    said = robyns_answers({folder: asked_of_robyn(folder) for folder in folders.values()}, root / "work")
    return {name: said[folder] for name, folder in folders.items()}


def test_the_table_has_thirty_inputs_and_robyns_answer_to_each() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 30
    assert list(recorded()) == NAMES


@pytest.mark.parametrize("one", [one for one in INPUTS if not one.refusal], ids=lambda one: one.name)
def test_both_trainers_make_the_same_model(one: Input, root: Path, answers: dict[str, Answer], tmp_path: Path) -> None:
    folder, theirs = folder_of(one, root), answers[one.name]
    ours = native_answer(folder, theirs["hyperparameters"], write_time(theirs, tmp_path))
    # Every variable is there under its own name; none is passed over.
    assert list(ours.coefficients) == ["(Intercept)", *read_inputs(folder).config.drivers]
    assert theirs["coef"].keys() == ours.coefficients.keys()
    assert ours.fitted.penalty == pytest.approx(theirs["lambda"], rel=1e-9)
    assert ours.nrmse == pytest.approx(theirs["nrmse"], rel=WITHIN)
    for name, share in ours.shares.items():
        assert theirs["xDecompPerc"][name] == pytest.approx(share, abs=WITHIN), name
        if abs(share) >= COUNTS:
            assert theirs["coef"][name] == pytest.approx(ours.coefficients[name], rel=WITHIN), name
    assert ours.apart is not None and ours.apart < TIME_WITHIN
    window = read_inputs(folder).window
    moved = (read_inputs(folder).begins[0] - read_inputs(folder).days[0]).days
    assert moved == 0 or one.settings["week_dated"] == "last"
    if not moved:
        assert (theirs["window"]["start"], theirs["window"]["end"]) == (str(window[0]), str(window[-1]))


@pytest.mark.parametrize("one", [one for one in INPUTS if one.refusal], ids=lambda one: one.name)
def test_both_trainers_refuse_in_the_same_words(one: Input, root: Path, answers: dict[str, Answer]) -> None:
    with pytest.raises(BadInput) as refused:
        native_answer(folder_of(one, root))
    assert one.refusal in refused.value.todo
    assert answers[one.name] == {"what": refused.value.what, "todo": refused.value.todo}


def test_a_refresh_names_the_window_that_it_moves_to(root: Path) -> None:
    by_name: Callable[[str], Input] = {one.name: one for one in INPUTS}.__getitem__
    moved, named = (read_inputs(folder_of(by_name(name), root)) for name in ("refresh", "refresh of a named window"))
    assert moved.window == named.window
    assert any("start_date and end_date are passed over" in note for note in named.notes)
