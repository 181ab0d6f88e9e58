"""What people do in the product, step by step, so that each step's requests can be told apart."""

import time
from collections.abc import Callable
from pathlib import Path

from bench.state.meter import Request
from bench.state.outside import Task
from bench.state.product import Product
from engine import paths
from engine.index.page import SEARCHED
from engine.runs.listed import list_runs
from engine.runs.records import read_run
from engine.runs.run import Run
from local import workspace
from local.sample import weekly_csv

CHANNEL = workspace.MARKETING.id
CHARTS = "Charts of "
PAGE = 30


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
    at.taken["bot"] += 1
    at.settle(until=lambda: _charts(at) > shown)
    until = len(at.requests)
    if _charts(at) == shown:
        raise RuntimeError("the run ended without its charts")
    at.settle()
    return at.requests[began:until], at.requests[until:]


def fails(at: Product, title: str) -> Run:
    """Start a run that Cloud Run refuses to start; returns it at its end."""
    at.trainings.refuses = True
    run_id = _begin(at, title)
    at.settle()
    at.trainings.refuses = False
    return read_run(at.worker.storage, run_id)


def is_stopped(at: Product, title: str) -> Run:
    """Start a run and stop it at once; returns it at its end."""
    run_id = _begin(at, title)
    at.ana.type(CHANNEL, f"/mmm cancel {run_id}")
    at.settle()
    return read_run(at.worker.storage, run_id)


def _begin(at: Product, title: str) -> str:
    """Send the form of a quick run; returns the run."""
    before = active(at)
    at.ana.type(CHANNEL, f"/mmm experiment new {title}")
    _sent(at.ana.submit(at.ana.wait_for_view("experiment_new"), preset="quick", channel=CHANNEL))
    [run_id] = active(at) - before
    return run_id


def active(at: Product) -> set[str]:
    """The runs that are not over."""
    return {entry.path.removeprefix(paths.ACTIVE) for entry in at.worker.storage.list(paths.ACTIVE)}


def seconds(do: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def look_at_home(at: Product) -> None:
    """Open the Home and wait until it is drawn."""
    shown = len(at.calls("views.publish"))
    at.ana.open_home()
    at.wait(lambda: len(at.calls("views.publish")) > shown, "the Home")


def ask(at: Product, text: str) -> None:
    """Type a command; it is answered when this returns."""
    at.ana.type(CHANNEL, f"/mmm {text}")


def search_datasets(at: Product, text: str) -> None:
    """Look for a dataset in the field of an open form."""
    if not at.ana.search(at.ana.wait_for_view("experiment_new"), "dataset_id", text):
        raise RuntimeError(f"no dataset is found by {text}")


def page_of_history(at: Product, country: str) -> None:
    """The newest runs of one country: a page of the history by a filter."""
    if not list_runs(at.worker.storage, PAGE, most=SEARCHED, wanted=lambda line: line.country == country):
        raise RuntimeError(f"there are no runs of {country}")


def step(at: Product, name: str) -> None:
    """Take one step of the worker's that is about everything, and all that it queues."""
    at.take(Task(at.clock.now(), 0, name, {}, f"{name} {at.clock.stamp()}"))
    at.settle()


def _charts(at: Product) -> int:
    """How many messages with charts there are."""
    return sum(call["args"].get("text", "").startswith(CHARTS) for call in at.calls("chat.postMessage"))


def _sent(answer: dict[str, object]) -> None:
    if not answer.get("ok"):
        raise RuntimeError(f"the form was refused: {answer}")
