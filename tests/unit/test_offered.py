"""Buttons that a person may not press are not drawn for them."""

from bot.access import Role, Standing
from bot.service import registry
from bot.slack.blocks import actions, button, section
from bot.slack.form import field, radio
from bot.slack.limits import Block
from bot.slack.offered import offered

LINK = {"type": "button", "text": {"type": "plain_text", "text": "Log"}, "action_id": "link", "url": "https://x"}


def shown(blocks: list[Block], role: Role) -> list[Block]:
    known = registry()
    return offered(blocks, lambda action_id: known.offers(action_id, Standing(role, "")))


def test_a_viewer_is_not_offered_what_an_analyst_is() -> None:
    blocks = [actions(button("Stop", "run_cancel"), button("Results", "run_results"))]
    assert shown(blocks, Role.ANALYST) == blocks
    assert shown(blocks, Role.VIEWER) == [actions(button("Results", "run_results"))]


def test_a_row_without_buttons_goes_and_a_text_keeps_its_words() -> None:
    blocks = [actions(button("Stop", "run_cancel")), section("A run", button("Stop", "run_cancel"))]
    assert shown(blocks, Role.VIEWER) == [section("A run")]


def test_links_and_fields_stay() -> None:
    blocks = [actions(LINK), field("kind", "Kind", radio([], ""))]
    assert shown(blocks, Role.NONE) == blocks


def test_what_is_drawn_is_not_changed_for_others() -> None:
    blocks = [section("A run", button("Stop", "run_cancel")), actions(button("Stop", "run_cancel"), LINK)]
    before = [dict(block) for block in blocks]
    shown(blocks, Role.NONE)
    assert blocks == before
