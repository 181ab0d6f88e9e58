"""What one store costs: each look and each step once for its requests, and some again for their time."""

import shutil
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.state import work
from bench.state.fill import COUNTRIES, Templates, counts, fill, revisions, thing_of, thing_of_dataset, title
from bench.state.meter import Request
from bench.state.product import Product, product
from bench.state.template import Left, differences, left_behind
from engine import paths
from engine.data.records import dataset_at, dataset_names
from engine.runs.records import read_run
from local.google.objects import Objects

TITLE = "Weekly France"
REPEATS = 5
Told = dict[str, float]


KINDS = {"get": "reads", "list": "lists", "delete": "deletes"}


@dataclass(frozen=True)
class Run:
    """The requests of one run, until its charts are there and what follows; and how often each step was taken."""

    until: Sequence[Request]
    after: Sequence[Request]
    steps: Mapping[str, int]

    def by_step(self) -> dict[str, dict[str, int]]:
        """How many requests of each kind every step made."""
        told = {one.step: dict.fromkeys(("reads", "lists", "writes", "deletes"), 0) for one in self.all}
        for one in self.all:
            told[one.step][KINDS.get(one.call.rpartition(".")[2], "writes")] += 1
        return told

    @property
    def all(self) -> Sequence[Request]:
        return [*self.until, *self.after]


def templates(state: Path, scratch: Path, say: Callable[[str], None]) -> tuple[Templates, Run]:
    """Have the product make a dataset and a run of each end in an empty store; returns what it left of them.

    And what the last of these runs asked for.

    Makes a second successful run, too, and raises RuntimeError unless the first one's names and times replaced give
    what the product left of the second.
    """
    storage = state / "google" / "storage"
    with product(state) as at:
        say("a dataset, and a run of each end, made by the product …")
        before = _names(storage)
        work.make_dataset(at, scratch, TITLE, "fr")
        [path] = dataset_names(at.worker.storage)
        made = thing_of_dataset(dataset_at(at.worker.storage, path), _kept(storage, before, scratch))
        runs = {}
        for end, do in {"failed": work.fails, "cancelled": work.is_stopped}.items():
            before = _names(storage)
            one = do(at, TITLE)
            runs[end] = thing_of(one, _kept(storage, before, scratch), TITLE)
        twice = []
        for _ in range(2):
            before = _names(storage)
            last = run_of(at, TITLE)
            left = _kept(storage, before, scratch)
            [run_id] = {found for one in left if (found := paths.run_of(one.stored.name))}
            twice.append(thing_of(read_run(at.worker.storage, run_id), left, TITLE))
        at.done("templates")
    first, second = twice
    told = differences(first.left, first.change(second.at, **second.names), second.left)
    if told:
        raise RuntimeError("what is filled in is not what the product writes:\n" + "\n".join(told))
    return Templates(made, {**runs, "succeeded": first}), last


def measure(
    runs: int, made: Templates, slack: Path, say: Callable[[str], None], *, runs_one: bool = True
) -> tuple[Told, Run | None]:
    """Fill a store with so many ended runs and measure it. runs_one: and one more of them, which takes a while."""
    with TemporaryDirectory(prefix="mmm-state-") as name:
        state, scratch = Path(name) / "state", Path(name) / "scratch"
        scratch.mkdir()
        shutil.copytree(slack, state, ignore=shutil.ignore_patterns("storage", "*.sqlite-*"))
        objects = fill(state / "google" / "storage", made, runs, scratch)
        say(f"{runs} runs: {objects} objects …")
        with product(state) as at:
            told = {"objects": objects, **_look(at, runs)}
            one = _run_one(at, told) if runs_one else None
            told["home_seconds"] = _median(lambda: work.look_at_home(at))
            told["status_seconds"] = _median(lambda: work.ask(at, "status"))
            at.done("seconds")
            return told, one


def _look(at: Product, runs: int) -> Told:
    experiments, datasets = counts(runs)
    named, called = revisions(experiments, datasets)[experiments // 2], title(datasets // 2)
    told: Told = {}

    def counted(name: str, do: Callable[[], object]) -> None:
        at.done("before")
        began = len(at.requests)
        do()
        at.done(name)
        found = at.requests[began:]
        told[f"requests_{name}"], told[f"bytes_{name}"] = len(found), sum(one.bytes for one in found)

    # A team's store has been swept, and its history joined, long before anybody looks at it.
    for _ in range(3):
        work.step(at, "sweep")
    work.step(at, "history")
    counted("home", lambda: work.look_at_home(at))
    counted("status_page", lambda: work.ask(at, "status"))
    counted("start", lambda: work.ask(at, ""))
    counted("versions", lambda: work.ask(at, f"dataset versions {called}"))
    finds = []
    for text in (f"status {named}", f"dataset show {called}"):
        counted("find_by_name", lambda text=text: work.ask(at, text))  # type: ignore[misc]
        finds.append((told["requests_find_by_name"], told["bytes_find_by_name"]))
    told["requests_find_by_name"], told["bytes_find_by_name"] = max(finds)
    counted("history_page", lambda: work.page_of_history(at, COUNTRIES[-1] if datasets > 3 else COUNTRIES[0]))
    work.ask(at, f"experiment new {called}")
    counted("dataset_search", lambda: work.search_datasets(at, called[:7]))
    counted("sweep_idle", lambda: work.step(at, "sweep"))
    return told


def _run_one(at: Product, told: Told) -> Run:
    one = run_of(at, title(0))
    refresh = [request for request in one.after if request.step == "history"]
    for name, found in {"per_run": one.until, "after_charts": one.after, "history_refresh": refresh}.items():
        told[f"requests_{name}"], told[f"bytes_{name}"] = len(found), sum(request.bytes for request in found)
    return one


def run_of(at: Product, called: str) -> Run:
    """Have a dataset trained on, and count."""
    before = Counter(at.taken)
    until, after = work.run(at, called)
    return Run(until, after, Counter(at.taken) - before)


def _median(do: Callable[[], object]) -> float:
    return round(statistics.median(work.seconds(do) for _ in range(REPEATS)), 3)


def _names(storage: Path) -> set[str]:
    objects = Objects(storage)
    try:
        return {stored.name for stored in objects.all()}
    finally:
        objects.close()


def _kept(storage: Path, before: set[str], scratch: Path) -> list[Left]:
    """What came since `before`, with copies of its bytes: the product goes on."""
    folder = scratch / "left"
    folder.mkdir(exist_ok=True)
    objects = Objects(storage)
    try:
        return left_behind(objects, before, folder)
    finally:
        objects.close()
