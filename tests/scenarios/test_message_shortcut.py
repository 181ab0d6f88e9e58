"""A CSV file that lies in a conversation becomes a dataset, from the menu of its message."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from bot.service import create_app
from engine.data.records import read_draft
from local import workspace
from local.sample import weekly_csv
from tests.slack_requests import deliver, interaction
from tests.stack import Stack

ANA, CHANNEL = workspace.ANA.id, workspace.MARKETING.id


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud)


def use(product: Stack, bot: FastAPI, *files: dict[str, Any]) -> None:
    """Choose the shortcut from the menu of a message that holds `files`."""
    message = {"type": "message", "user": ANA, "ts": "1.2", "text": "the numbers", "files": list(files)}
    trigger = product.slack.tickets.trigger(ANA)
    about = {"callback_id": "message_dataset", "message": message, "channel": {"id": CHANNEL, "name": "marketing"}}
    answer = deliver(bot, interaction(type="message_action", trigger_id=trigger, action_ts="1.3", **about))
    assert answer.status_code == 200 and answer.text == ""


def test_the_form_opens_with_the_file_chosen_and_reads_its_columns(
    product: Stack, bot: FastAPI, tmp_path: Path
) -> None:
    path = tmp_path / "weekly.csv"
    path.write_bytes(weekly_csv("FR"))
    picture, file = product.slack.files.keep("chart.png", b"png", ANA), product.ana.upload(path)
    use(product, bot, picture, file)
    form = product.ana.wait_for_view("dataset_source")
    assert "weekly.csv" in str(form["blocks"]), "there is one file: its name is told, and nothing is asked"
    assert {"kind", "file", "dropped"} & {block["block_id"] for block in form["blocks"]} == set()
    assert product.ana.submit(form, title="From the channel", country="fr")["ok"]
    mapping = product.ana.wait_for_view("dataset_mapping")
    draft = read_draft(product.cloud.storage, json.loads(mapping["private_metadata"])["draft"])
    assert (draft.source.file_id, draft.source.file_name) == (file["id"], "weekly.csv")
    assert draft.channel == CHANNEL and "REVENUE" in {column.name.upper() for column in draft.columns}


def test_a_message_without_a_csv_file_is_told_so_to_the_one_who_asked(product: Stack, bot: FastAPI) -> None:
    product.slack.views.clear(ANA)
    use(product, bot, product.slack.files.keep("chart.png", b"png", ANA))
    assert product.ana.view() is None
    last = product.slack.messages.top(CHANNEL, ANA)[-1]
    assert last["ephemeral"] and "no table" in last["text"]
