"""The main job as a person lives it: a dataset, an experiment, a verdict with charts in the thread."""

from typing import Any

import pytest

from engine import paths
from engine.runs.listed import list_runs
from engine.runs.run import State
from local import workspace
from local.demo import dataset_from_csv, dataset_from_table, experiment
from local.sample import weekly_csv
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id


@pytest.fixture(scope="module")
def france(product: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A dataset made from a CSV; its message."""
    csv = tmp_path_factory.mktemp("csv") / "weekly.csv"
    csv.write_bytes(weekly_csv("FR"))
    return dataset_from_csv(product.ana, csv, "Weekly France", "fr")


@pytest.fixture(scope="module")
def finished(product: Stack, france: dict[str, Any]) -> dict[str, Any]:
    """A finished quick run on it."""
    return experiment(product.ana, "Weekly France")


def test_a_dropped_csv_becomes_a_dataset_with_findings_in_its_thread(product: Stack, france: dict[str, Any]) -> None:
    assert "156 weeks, 2023-01-02 to 2025-12-22" in france["text"]
    # The findings are a message of their own, which follows.
    replies = product.ana.wait(lambda: product.ana.thread(CHANNEL, france["ts"])[1:] or None, "the findings")
    assert len(replies) == 1
    assert "YOUTUBE_IMPRESSIONS" in replies[0]["text"]


def test_a_warehouse_table_becomes_a_dataset_of_its_country_only(product: Stack) -> None:
    message = dataset_from_table(product.ana, "MMM.MARKETING.DAILY", "Daily Germany", "de")
    assert "1,092 days" in message["text"]


def test_the_verdict_and_the_charts_everybody_needs_arrive_in_the_cards_thread(
    product: Stack, finished: dict[str, Any]
) -> None:
    card, verdict, charts = product.ana.thread(CHANNEL, finished["card"])
    assert "Done" in str(card["blocks"])
    assert "Usable with care" in verdict["text"] or "Do not use" in verdict["text"]
    images = [block for message in (verdict, charts) for block in message["blocks"] if block["type"] == "image"]
    always = [image for image in images if "The recommended split" not in image["alt_text"]]
    assert len(always) == 4, "the others are kept for who asks for more"
    for image in images:
        assert product.ana.file(image["slack_file"]["id"]).startswith(b"\x89PNG")
        assert len(image["alt_text"]) > 40


def test_there_is_one_card_edited_in_place_and_every_message_has_words(
    product: Stack, finished: dict[str, Any]
) -> None:
    posts = [call for call in product.ana.transcript() if call["method"] == "chat.postMessage"]
    assert sum("on Weekly France: waiting" in post["args"]["text"] for post in posts) == 1
    assert all(post["args"]["text"] for post in posts)
    edits = [call for call in product.ana.transcript() if call["method"] == "chat.update"]
    assert any("done" in edit["args"]["text"] for edit in edits)
    refused = [call for call in product.ana.transcript() if not call["ok"]]
    assert refused == []


def test_the_run_leaves_its_facts_and_nothing_half_made(product: Stack, finished: dict[str, Any]) -> None:
    storage = product.cloud.storage
    [run] = [run for run in list_runs(storage) if run.state is State.SUCCEEDED]
    assert run.attempt == 1
    assert not storage.exists(paths.active(run.id))
    # One task writes it for whatever ends within twenty seconds.
    product.ana.wait(lambda: storage.exists(paths.HISTORY) or None, "the history")
    history = storage.get_bytes(paths.HISTORY).decode().splitlines()
    assert len(history) == 2 and run.id in history[1]
    names = {entry.path.split("/")[-1] for entry in storage.list("robyn/")}
    assert (
        {"claim.json", "result.zip", "findings.zip"}
        <= names
        <= {"claim.json", "status.json", "result.zip", "findings.zip"}
    )


def test_the_training_job_tells_the_worker_that_it_is_done(product: Stack, finished: dict[str, Any]) -> None:
    [log] = product.job_logs.glob("*.log")
    assert "left what came of it: succeeded" in log.read_text()
    assert "was not told" not in log.read_text()


def test_status_and_results_answer_in_words(product: Stack, finished: dict[str, Any]) -> None:
    for noun, words in (("status", "finished runs"), ("results", "FR_1"), ("dataset list", "dataset")):
        before = product.ana.messages(CHANNEL)[-1]["ts"]
        product.ana.type(CHANNEL, f"/mmm {noun}")
        answer = product.ana.wait_for_message(CHANNEL, words, after=before)
        assert answer["ephemeral"]
        assert answer["user"] == workspace.BOT_USER


def test_stop_on_a_finished_run_says_that_it_is_over(product: Stack, finished: dict[str, Any]) -> None:
    [run] = [run for run in list_runs(product.cloud.storage) if run.state is State.SUCCEEDED]
    product.ana.type(CHANNEL, f"/mmm cancel {run.id}")
    assert product.ana.wait_for_message(CHANNEL, "nothing to stop")["ephemeral"]


def test_a_run_can_be_stopped_while_it_trains(product: Stack, france: dict[str, Any]) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm experiment new Weekly France")
    form = ana.wait_for_view("experiment_new")
    assert ana.submit(form, preset="thorough", channel=CHANNEL)["ok"]
    card = ana.wait_for_message(CHANNEL, "Training", after=france["ts"])
    ana.press(CHANNEL, card, "run_cancel")
    reply = ana.wait(lambda: _reply(product, card["ts"], "was stopped"), "the word that it was stopped")
    assert reply["thread_ts"] == card["ts"]
    [run] = [run for run in list_runs(product.cloud.storage) if run.state is State.CANCELLED]
    assert "Stopped by" in run.reason or "stopped" in run.reason
    assert "Stopped" in str(ana.thread(CHANNEL, card["ts"])[0]["blocks"])


def _reply(product: Stack, ts: str, text: str) -> dict[str, Any] | None:
    return next((reply for reply in product.ana.thread(CHANNEL, ts)[1:] if text in reply["text"]), None)


def test_home_shows_runs_and_datasets(product: Stack, finished: dict[str, Any]) -> None:
    ana = product.ana
    ana.open_home()
    home = ana.wait(ana.home, "the Home")
    assert "FR_1" in str(home["blocks"])
    assert "Weekly France" in str(home["blocks"])
