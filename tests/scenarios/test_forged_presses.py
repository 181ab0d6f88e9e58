"""Presses that no button of ours makes, signed all the same: a word to the person, nothing read or stored."""

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.service import create_app, registry
from engine.data.listed import list_datasets
from engine.data.records import read_draft
from engine.errors import NotFound
from local import workspace
from local.sample import weekly_csv
from tests.slack_requests import interaction, post_all, signed
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
NO_DRAFTS = ("", "nope", "../settings/tables", "a/b", "\0", "x" * 1900, "20200101T000000Z-abcdef")


def pressed(product: Stack, presses: list[tuple[str, str]]) -> list[Json]:
    """Deliver presses, signed; returns what the person is told, one message a press."""
    before = {one["ts"] for one in product.ana.messages(CHANNEL)}
    requests = []
    for n, (action_id, value) in enumerate(presses):
        action = {"action_id": action_id, "block_id": "b", "action_ts": f"7.{n}", "type": "button", "value": value}
        trigger = product.slack.tickets.trigger(product.ana.user)
        click = {"type": "block_actions", "actions": [action], "trigger_id": trigger}
        container = {"type": "message", "message_ts": "1.1"}
        body = urlencode(interaction(channel={"id": CHANNEL}, container=container, **click)).encode()
        requests.append((body, signed(body)))
    answers = post_all(create_app(product.settings, "bot", cloud=product.cloud), "/slack/events", requests)
    assert [one.status_code for one in answers] == [200] * len(presses)
    return [one for one in product.ana.messages(CHANNEL) if one["ts"] not in before]


def test_a_press_about_no_draft_is_told_as_such(product: Stack) -> None:
    actions = ("dataset_again", "dataset_accept", "dataset_replace")
    presses = [(action_id, value) for action_id in actions for value in NO_DRAFTS]
    presses += [("dataset_choose", json.dumps({"d": value, "k": "sheet", "v": "A"})) for value in NO_DRAFTS]
    told = pressed(product, presses)
    assert len(told) == len(presses)
    assert all("no longer known" in str(one["blocks"]) for one in told)


@pytest.mark.parametrize("value", ["", "x", "null", "[]", '"a"', "{}", '{"k": "sheet"}'])
def test_a_value_that_is_none_of_ours_is_told_as_such(product: Stack, value: str) -> None:
    [told] = pressed(product, [("dataset_choose", value)])
    assert "no longer known" in str(told["blocks"])


def test_a_choice_that_was_never_offered_makes_no_dataset(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Never offered"
    path = tmp_path / "data.csv"
    path.write_bytes(weekly_csv("FR"))
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    assert ana.submit(form, title=title, country="fr", kind="csv", channel=CHANNEL, file=ana.upload(path))["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    ana.wait_for_message(CHANNEL, f"{title} is ready")
    [made] = [one for one in list_datasets(product.cloud.storage) if one.title == title]
    choices = [("decimal:REVENUE", "banana"), ("decimal:NONE", "comma"), ("zzz", "1"), ("", ""), ("sheet", "")]
    told = pressed(product, [("dataset_choose", json.dumps({"d": made.ts, "k": k, "v": v})) for k, v in choices])
    assert len(told) == len(choices)
    assert all("no longer on offer" in str(one["blocks"]) for one in told)


@pytest.mark.parametrize("name", NO_DRAFTS)
def test_no_name_leads_outside_of_the_drafts(product: Stack, name: str) -> None:
    with pytest.raises(NotFound, match="no longer known"):
        read_draft(product.cloud.storage, name)


ODD = ("", "x", "de/nope", "../a/b", "universal/x", "null", "[]", "{}", '{"d": 3}', '{"d": "de/x", "c": []}')
ODD += ('{"d": "de/x", "n": "x"}', '{"a":' + "[" * 1900, "9" * 1900, "\0", "a b c", "{country}", "x" * 1999)
BUTTONS = sorted(registry().buttons)


@pytest.mark.slow
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_a_button_carries_it_breaks_nothing(
    product: Stack, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    pressed(product, [(name, value) for name in BUTTONS])
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
