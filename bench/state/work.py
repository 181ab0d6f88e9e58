"""What people do in the product, step by step, so that each step's requests can be told apart."""

from pathlib import Path

from bench.state.meter import Request
from bench.state.product import Product
from local import workspace
from local.sample import weekly_csv

CHANNEL = workspace.MARKETING.id
CHARTS = "Charts of "


def make_dataset(at: Product, folder: Path, title: str, country: str) -> None:
    """Make a dataset of a file that is dropped, with the roles that are guessed."""
    csv = folder / f"{country}.csv"
    csv.write_bytes(weekly_csv("FR"))
    at.ana.type(CHANNEL, "/mmm dataset new")
    form = at.ana.wait_for_view("dataset_source")
    _sent(at.ana.submit(form, title=title, country=country, kind="csv", file=at.ana.upload(csv), channel=CHANNEL))
    at.done("bot")
    at.settle()
    _sent(at.ana.submit(at.ana.wait_for_view("dataset_mapping")))
    at.done("bot")
    at.settle()
    at.ana.wait_for_message(CHANNEL, f"Dataset {title} is ready")


def run(at: Product, title: str) -> tuple[list[Request], list[Request]]:
    """Start a quick run of a dataset; returns the requests until its charts are there, and those that follow.

    Counted from the form being sent: opening it belongs to looking around.
    """
    at.ana.type(CHANNEL, f"/mmm experiment new {title}")
    form = at.ana.wait_for_view("experiment_new")
    at.done("form")
    shown = _charts(at)
    began = len(at.requests)
    _sent(at.ana.submit(form, preset="quick", channel=CHANNEL))
    at.done("bot")
    at.settle(until=lambda: _charts(at) > shown)
    until = len(at.requests)
    if _charts(at) == shown:
        raise RuntimeError("the run ended without its charts")
    at.settle()
    return at.requests[began:until], at.requests[until:]


def _charts(at: Product) -> int:
    """How many messages with charts there are."""
    return sum(call["args"].get("text", "").startswith(CHARTS) for call in at.calls("chat.postMessage"))


def _sent(answer: dict[str, object]) -> None:
    if not answer.get("ok"):
        raise RuntimeError(f"the form was refused: {answer}")
