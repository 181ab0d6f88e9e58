"""What people see of a store, and what they would see if nothing but its facts were left."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engine import paths
from engine.data.listed import find_dataset, list_datasets
from engine.errors import NotFound
from engine.experiment.listed import find_experiment, list_experiments
from engine.pipeline.history import write_history
from engine.pipeline.repair import repair
from engine.pipeline.sweep import sweep
from engine.runs.listed import find_runs, list_runs
from tests.faults.fake_cloud import FakeCloud
from tests.stored_facts import Store

FACTS = (paths.DATASETS, paths.EXPERIMENTS, paths.RUNS)
TITLES = ("Shop", "shop ", "Kiosk")


def one_sweep(store: Store) -> None:
    """The sweep, and the tasks of its that mend views."""
    sweep(store.cloud, store.fake.clock)
    steps: dict[str, Callable[..., object]] = {
        "repair": lambda payload: repair(store.cloud, store.fake.clock, at_once=1),
        "history": lambda payload: write_history(store.cloud, store.fake.clock, str(payload.get("since", ""))),
    }
    store.fake.drain(lambda task: steps.get(task.step, lambda payload: None)(task.payload))


def from_facts_alone(store: Store) -> Store:
    """A store that has nothing but the facts, and views made of them."""
    fresh, mine = Store(FakeCloud()), store.fake.storage
    fresh.fake.clock.time = store.fake.clock.time
    for name, kept in mine.objects.items():
        if name.startswith(FACTS):
            fresh.fake.storage.objects[name] = kept
            if name in mine.lines:
                fresh.fake.storage.lines[name] = mine.lines[name]
    repair(fresh.cloud, fresh.fake.clock, thorough=True, at_once=1)
    return fresh


def seen(store: Store) -> dict[str, Any]:
    """What people see: lists, and what every name leads to."""
    storage, found = store.storage, dict[str, Any]()
    found["runs"] = [run.model_dump() for run in list_runs(storage)]
    found["datasets"] = [one.model_dump() for one in list_datasets(storage)]
    found["experiments"] = [one.model_dump() for one in list_experiments(storage)]
    for title in TITLES:
        with suppress(NotFound):
            found[f"dataset {title}"] = find_dataset(storage, title).id
    for number in range(6):
        with suppress(NotFound):
            found[f"experiment {number}"] = find_experiment(storage, f"fr_{number}").revision
    with suppress(NotFound):
        found["runs of FR_1"] = [run.id for run in find_runs(storage, "FR_1")]
    return found


def views_of(store: Store) -> dict[str, tuple[bytes, object]]:
    """Every view: its bytes and its line, that of the history, too."""
    csv = store.fake.storage.objects.get(paths.HISTORY)
    return {**store.views(), **({paths.HISTORY: (csv[0], None)} if csv else {})}
