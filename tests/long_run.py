"""A run that takes a while, and what must be true at its end, whatever happened in between."""

from pathlib import Path
from typing import Any

from local import workspace
from local.demo import dataset_from_csv
from local.person import Person
from local.sample import weekly_csv

CHANNEL = workspace.MARKETING.id
SECONDS = 240.0
Json = dict[str, Any]


def begin(ana: Person, folder: Path, *, iterations: int = 1500) -> Json:
    """Make a dataset and start a training that takes a while; returns its card once it trains."""
    csv = folder / "weekly.csv"
    csv.write_bytes(weekly_csv("FR"))
    dataset_from_csv(ana, csv, "Weekly France", "fr")
    ana.type(CHANNEL, "/mmm experiment new Weekly France")
    form = ana.wait_for_view("experiment_new")
    ana.choose(form, "preset", "custom")
    form = ana.wait(lambda: _with_field(ana, "iterations"), "the custom size")
    assert ana.submit(form, iterations=str(iterations), trials="4", channel=CHANNEL)["ok"]
    return ana.wait(lambda: _training(ana), "the training", SECONDS)


def _with_field(ana: Person, name: str) -> Json | None:
    view = ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


def _training(ana: Person) -> Json | None:
    cards = [message for message in ana.messages(CHANNEL) if "on Weekly France: training" in message["text"]]
    return cards[-1] if cards else None


def verdicts(ana: Person, card: Json) -> list[str]:
    """The messages of the card's thread that judge the run."""
    replies = [reply["text"] for reply in ana.thread(CHANNEL, card["ts"])[1:]]
    return [text for text in replies if "Usable" in text or "Do not use" in text]


def assert_one_ending(ana: Person, card: Json) -> None:
    """The card is done; its thread holds exactly one verdict and one message of charts."""
    ana.wait(lambda: charts(ana, card), "the charts", SECONDS)
    ana.wait(lambda: "Done" in str(ana.thread(CHANNEL, card["ts"])[0]["blocks"]) or None, "the card's last state")
    # Each message is a task of its own: the verdict may come after the charts.
    ana.wait(lambda: verdicts(ana, card) or None, "the verdict", SECONDS)
    replies = [reply["text"] for reply in ana.thread(CHANNEL, card["ts"])[1:]]
    assert sum(text.startswith("Charts of ") for text in replies) == 1
    assert len(verdicts(ana, card)) == 1
    assert not any("FR_1 failed" in text for text in replies)
    cards = [message for message in ana.messages(CHANNEL) if "FR_1 on Weekly France" in message["text"]]
    assert len(cards) == 1


def charts(ana: Person, card: Json) -> list[Json] | None:
    found = [reply for reply in ana.thread(CHANNEL, card["ts"])[1:] if reply["text"].startswith("Charts of ")]
    return found or None
