"""Kill any part at any moment: a run in the middle still ends with one result and one final message."""

import signal
from pathlib import Path
from typing import Any

from local import workspace
from local.addresses import Addresses
from local.demo import dataset_from_csv
from local.main import running
from local.person import Person
from local.sample import weekly_csv
from local.serving import free_ports

CHANNEL = workspace.MARKETING.id
SECONDS = 240.0
Json = dict[str, Any]


def begin(ana: Person, folder: Path) -> Json:
    """Make a dataset and start a training that takes a while; returns its card once it trains."""
    csv = folder / "weekly.csv"
    csv.write_bytes(weekly_csv("FR"))
    dataset_from_csv(ana, csv, "Weekly France", "fr")
    ana.type(CHANNEL, "/mmm experiment new Weekly France")
    form = ana.wait_for_view("experiment_new")
    ana.choose(form, "preset", "custom")
    form = ana.wait(lambda: _with_field(ana, "iterations"), "the custom size")
    assert ana.submit(form, iterations="1500", trials="4", channel=CHANNEL)["ok"]
    return ana.wait(lambda: _training(ana), "the training", SECONDS)


def _with_field(ana: Person, name: str) -> Json | None:
    view = ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


def _training(ana: Person) -> Json | None:
    cards = [message for message in ana.messages(CHANNEL) if "on Weekly France: training" in message["text"]]
    return cards[-1] if cards else None


def assert_one_ending(ana: Person, card: Json) -> None:
    """The card is done; its thread holds exactly one verdict and one message of charts."""
    ana.wait(lambda: _charts(ana, card), "the charts", SECONDS)
    ana.wait(lambda: "Done" in str(ana.thread(CHANNEL, card["ts"])[0]["blocks"]) or None, "the card's last state")
    replies = [reply["text"] for reply in ana.thread(CHANNEL, card["ts"])[1:]]
    assert sum(text.startswith("Charts of ") for text in replies) == 1
    assert sum("Usable" in text or "Do not use" in text for text in replies) == 1
    assert not any("failed" in text for text in replies)
    cards = [message for message in ana.messages(CHANNEL) if "FR_1 on Weekly France" in message["text"]]
    assert len(cards) == 1


def _charts(ana: Person, card: Json) -> list[Json] | None:
    found = [reply for reply in ana.thread(CHANNEL, card["ts"])[1:] if reply["text"].startswith("Charts of ")]
    return found or None


def test_restarting_everything_in_the_middle_of_a_run(tmp_path: Path) -> None:
    at = Addresses(free_ports(5))
    state = tmp_path / "state"
    with running(state, at):
        ana = Person(at.slack)
        card = begin(ana, tmp_path)
        ana.close()
    with running(state, at):
        ana = Person(at.slack)
        assert_one_ending(ana, card)
        texts = [reply["text"] for reply in ana.thread(CHANNEL, card["ts"])]
        assert any("tried again" in text for text in texts), "the lost container is told"
        ana.close()


def test_killing_each_part_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """One after the other, with SIGKILL. A training goes on without its stand-in and is taken over by the next."""
    with running(tmp_path / "state", Addresses(free_ports(5))) as stack:
        ana = Person(stack.at.slack)
        card = begin(ana, tmp_path)
        for name in ("worker", "google", "bot", "slack"):
            stack.stop_part(name, signal.SIGKILL)
            stack.start_part(name)
            stack.wait_until_ready()
        assert_one_ending(ana, card)
        ana.close()
