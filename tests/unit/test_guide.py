"""The steps as buttons: each is there, a message has at most five, and who looks sees what is theirs alone."""

from typing import Any

import pytest

from bot.guide import BUTTONS, MOST, next_steps, start_buttons, started
from bot.service import registry
from bot.slack.blocks import Message, button
from bot.slack.menus import chosen_of, menu
from bot.slack.offered import offered
from engine.data.dataset import Finding
from engine.guidance import Guide, Step
from tests.golden.drawn import buttons_of, taken
from tests.stored import a_dataset

FOUND = Finding(code="a", grade="REVIEW", text="t")


@pytest.mark.parametrize("step", Step)
def test_every_step_has_a_button_that_somebody_answers_to(step: Step) -> None:
    assert registry().button(BUTTONS[step][1]) is not None


def actions_of(block: dict[str, Any]) -> list[str]:
    return [element["action_id"] for element in block["elements"] if element["type"] == "button"]


def test_below_a_dataset_the_likeliest_step_is_first_and_primary() -> None:
    block = next_steps(a_dataset("20260101T000000Z-1", findings=[FOUND]), done=[Step.MAP])
    assert actions_of(block)[:2] == ["dataset_check", "dataset_prepare"]
    assert [element.get("style") for element in block["elements"]].count("primary") == 1
    assert block["elements"][0]["style"] == "primary"


def test_what_a_message_knows_better_comes_first_and_its_own_buttons_next() -> None:
    own = [button("Compare", "dataset_diff", "de/1")]
    block = next_steps(a_dataset("20260101T000000Z-1"), first=Step.EXPERIMENT, done=[Step.PREPARE], own=own)
    assert actions_of(block)[:2] == ["experiment_from_dataset", "dataset_diff"]
    assert "dataset_prepare" not in str(block)


@pytest.mark.parametrize("ts", ["20260101T000000Z-1", "20260101T000000Z-" + "x" * 150], ids=["usual", "long"])
def test_a_message_has_at_most_five_buttons_and_slack_takes_it(ts: str) -> None:
    message = Message("x", [next_steps(a_dataset(ts, findings=[FOUND]))])
    [(_, blocks)] = taken(message)
    assert len(buttons_of(blocks)) <= MOST


@pytest.mark.parametrize("first", Step)
def test_mmm_alone_always_leads_to_a_dataset_to_runs_and_to_help(first: Step) -> None:
    told = Guide("So it stands.", (first, Step.CHECK, Step.REVIEW), dict.fromkeys(Step, "de/20260101T000000Z-1"))
    [(_, blocks)] = taken(started(told))
    shown = [one["action_id"] for one in buttons_of(blocks)]
    assert len(shown) <= MOST and {"start_dataset", "start_status", "start_help"} <= set(shown)
    assert shown[0] == BUTTONS[first][1]


def test_a_menu_is_what_its_buttons_are() -> None:
    made = menu(button("Compare", "dataset_diff", "de/1"), button("New", "start_experiment"))
    values = [option["value"] for option in made["options"]]
    assert values == ["dataset_diff de/1", "start_experiment"]
    pressed = [chosen_of({**made, "selected_option": {"value": value}}) for value in values]
    assert [(one["action_id"], one["value"]) for one in pressed] == [("dataset_diff", "de/1"), ("start_experiment", "")]


@pytest.mark.parametrize("option", [None, {}, {"value": 3}, "x", {"value": ""}], ids=repr)
def test_an_odd_choice_of_a_menu_is_no_button(option: Any) -> None:
    assert chosen_of({"type": "overflow", "action_id": "menu", "selected_option": option})["action_id"] == ""


def test_another_element_is_as_it_was_pressed() -> None:
    pressed = {"type": "button", "action_id": "menu", "value": "dataset_delete de/1"}
    assert chosen_of(pressed) is pressed


def test_who_may_only_look_sees_only_what_they_may_choose() -> None:
    block = {"type": "section", "accessory": menu(button("Compare", "dataset_diff", "a"), button("Use", "use", "a"))}
    [left] = offered([block], lambda action_id: action_id == "dataset_diff")
    assert [option["value"] for option in left["accessory"]["options"]] == ["dataset_diff a"]
    [none] = offered([block], lambda action_id: False)
    assert "accessory" not in none


@pytest.mark.parametrize("buttons", [6, 1], ids=["six", "long"])
def test_what_fits_no_menu_is_not_cut(buttons: int) -> None:
    with pytest.raises(ValueError, match="holds 5 choices"):
        menu(*(button("x", "a", "v" * (200 if buttons == 1 else 1)) for _ in range(buttons)))


def test_start_buttons_offer_the_rest_behind_three_dots() -> None:
    told = Guide("x", (Step.MAP, Step.CHECK, Step.REVIEW, Step.PREPARE), dict.fromkeys(Step, "de/1"))
    rest = start_buttons(told)[-1]
    assert [one["value"] for one in rest["options"]] == [
        "dataset_review de/1",
        "dataset_prepare de/1",
        "start_experiment",
    ]
