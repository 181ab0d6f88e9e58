"""A form asks for nothing that has one answer: the answer travels with it, and is read back like any other."""

import json
from typing import Any

import pytest

from bot.act import Act, Services
from bot.experiment.modals import experiment_form, read_experiment_form
from bot.slack.form import FIXED, Choice, Values, field, modal, multi_select, radio, select
from engine.experiment.check import read_form
from local.person import filled
from tests.golden.test_messages import DATASET, VIEWS

ONE, TWO = (Choice("a", "Answer A"),), (Choice("a", "Answer A"), Choice("b", "Answer B"))


def values_of(view: dict[str, Any]) -> Values:
    """What comes back of a form that nobody touched, as a handler reads it."""
    sent = {**view, "state": {"values": filled(view)}}
    return Act(Services.__new__(Services), None, key="k", user="U", view=sent).values  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        pytest.param(field("f", "F", select(ONE)), False, id="one option"),
        pytest.param(field("f", "F", select(ONE, "a"), dispatch=True), False, id="one option that redraws"),
        pytest.param(field("f", "F", radio(ONE)), False, id="one radio button"),
        pytest.param(field("f", "F", select(TWO)), True, id="two options"),
        pytest.param(field("f", "F", select(ONE), optional=True), True, id="one option or none"),
        pytest.param(field("f", "F", multi_select(ONE)), True, id="one of any number"),
    ],
)
def test_a_field_with_one_choice_is_not_shown_and_its_answer_is_read(block: dict[str, Any], shown: bool) -> None:
    view = modal("id", "Title", [block], meta={"kept": 1})
    assert (block in view["blocks"]) is shown
    values, meta = values_of(view), json.loads(view["private_metadata"])
    assert "f" in values and meta["kept"] == 1
    if not shown:
        assert (values.text("f"), values.label("f")) == ("a", "Answer A")
    else:
        assert FIXED not in meta


@pytest.mark.parametrize("name", VIEWS)
def test_no_form_asks_for_what_has_one_answer(name: str) -> None:
    asked = [block for block in VIEWS[name]()["blocks"] if block["type"] == "input" and not block["optional"]]
    single = [block["block_id"] for block in asked if len(block["element"].get("options", "..")) == 1]
    assert single == []


@pytest.mark.parametrize("trainers", [("native",), ("robyn",)], ids=str)
def test_the_only_trainer_is_taken_without_a_word(trainers: tuple[str, ...]) -> None:
    values = {"preset": "quick", "channel": "C1"}
    view = experiment_form(dataset=DATASET, values=values, trainers=trainers, more=False)
    assert "trainer" not in [block.get("block_id") for block in view["blocks"]]
    read = read_experiment_form(values_of(view), ("trainer", "preset"))
    checked = read_form({**read, "dataset_id": DATASET.id}, DATASET, trainers=trainers)
    assert checked.form is not None and checked.form.trainer == trainers[0]
