"""A store of the release before becomes one of ours: whole, once, wherever it breaks off, while others still write."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.data.listed import find_dataset, list_datasets
from engine.experiment.listed import list_experiments
from engine.index.entry import Wanted
from engine.pipeline.history import write_history
from engine.pipeline.repair import repair
from engine.pipeline.sweep import sweep
from engine.pipeline.upgrade import upgrade
from engine.runs.line import read_line
from engine.runs.listed import find_runs, list_runs
from engine.runs.state import read_state
from tests import earlier_store
from tests.earlier_store import LATEST, STOPPED_TRAINING, SUCCEEDED, TRAINING, WAITING, into_memory
from tests.faults.fake_cloud import Crash, FakeCloud, Task

# The whole recorded store is upgraded once for every request of that.
pytestmark = pytest.mark.slow

OURS = ("upgrade", "repair", "history", "sweep")


class Earlier:
    """The recorded store in memory, and the worker's steps that bring it along. Nobody else works on it."""

    def __init__(self) -> None:
        self.fake = FakeCloud(workspace="T0MMMLOCAL", max_running=2)
        into_memory(self.fake.storage)
        self.fake.clock.time = LATEST

    @property
    def cloud(self) -> Cloud:
        return cast(Cloud, self.fake)

    @property
    def storage(self) -> Storage:
        return cast(Storage, self.fake.storage)

    def sweep(self) -> None:
        sweep(self.cloud, self.fake.clock)

    def perform(self, task: Task) -> None:
        steps: dict[str, Callable[[], object]] = {
            "upgrade": lambda: upgrade(self.cloud, self.fake.clock, task.payload["after"], portion=1, at_once=1),
            "repair": lambda: repair(self.cloud, self.fake.clock, at_once=1),
            "history": lambda: write_history(self.cloud, self.fake.clock, str(task.payload.get("since", ""))),
            "sweep": self.sweep,
        }
        if task.step in OURS:
            steps[task.step]()

    def drain(self) -> None:
        self.fake.drain(self.perform)

    def facts(self) -> dict[str, dict[str, Any]]:
        """What the facts say, without what only we wrote beside it."""
        kept = (paths.DATASETS, paths.EXPERIMENTS, "metadata/", "robyn/", "training-", "drafts")
        return {
            name: json.loads(data)
            for name, (data, *_) in self.fake.storage.objects.items()
            if name.startswith(kept) and name.endswith(".json") and name != paths.LATEST_CONFIG
        }

    def views(self) -> dict[str, object]:
        """What every view says: its line, or that it has none."""
        folders = (paths.INDEX, paths.ACTIVE, paths.SLOTS, paths.HISTORY_ROWS)
        names = [name for name in self.fake.storage.objects if name.startswith(folders)]
        apart = (paths.CHECKED, paths.UPGRADED, paths.HISTORY_PARTS)
        return {name: self.fake.storage.lines.get(name) for name in names if not name.startswith(apart)}

    def rows_of_csv(self) -> list[str]:
        return sorted(self.fake.storage.objects[paths.HISTORY][0].decode().splitlines())


def upgraded() -> Earlier:
    store = Earlier()
    store.sweep()
    store.drain()
    return store


def test_everything_of_the_release_before_is_listed_and_found() -> None:
    before = Earlier()
    store = upgraded()
    assert store.facts() == before.facts()
    runs = {run.id: run for run in list_runs(store.storage)}
    assert runs.keys() == {one.name.split("/")[1] for one in earlier_store.earlier_store() if "/state.json" in one.name}
    for run in runs.values():
        now = read_state(store.storage, run.id).run
        assert (run.revision, run.title, run.who, run.over) == (now.revision, now.title, now.who, now.over)
        assert not run.over or run.state == now.state
    assert {one.revision for one in list_experiments(store.storage)} == {
        "FR_1",
        "FR_2",
        "FR_3",
        *(f"DE_{n}" for n in (1, 2, 3, 4)),
    }
    titles = [one.title for one in list_datasets(store.storage)]
    assert len(titles) == 2 and find_dataset(store.storage, titles[0].upper()).title == titles[0]
    assert [run.id for run in find_runs(store.storage, "FR_1")] == [SUCCEEDED]


def test_nothing_of_the_release_before_is_left() -> None:
    store = upgraded()
    objects, lines = store.fake.storage.objects, store.fake.storage.lines
    assert not [name for name in objects if name.startswith(f"{paths.HISTORY_ROWS}dt=")]
    rows = [name for name in objects if name.startswith(paths.HISTORY_ROWS)]
    assert len(rows) == 4 and all(read_line(lines[name]) for name in rows)
    assert all(read_line(lines[paths.active(run)]) for run in (*TRAINING, WAITING))
    states = [name for name in objects if paths.run_of(name)]
    assert len(states) == 7
    assert all(json.loads(objects[name][0])["schema_version"] == 2 and read_line(lines[name]) for name in states)
    holders = [lines[name] for name in objects if name.startswith(paths.SLOTS)]
    assert sorted(holder["run"] for holder in holders) == sorted(TRAINING)
    assert store.rows_of_csv() == Earlier().rows_of_csv()
    # What it had done with passes; its objects of runs and datasets never do.
    passing = {name.partition("/")[0] for name in store.fake.storage.passing}
    assert passing == {"drafts", "drafts-answered", "outbox", "outbox-tries", "outbox-pictures", "requests"}


def test_it_is_done_once() -> None:
    store = upgraded()
    said = store.fake.storage.look(paths.UPGRADED)
    assert said and said["done"]
    store.fake.world.calls.clear()
    store.sweep()
    assert store.fake.storage.look(paths.UPGRADED) == said
    assert not [call for call in store.fake.world.calls if "/dt=" in call and not call.startswith("list")]
    assert not [call for call in store.fake.world.calls if call.startswith(("swap runs/", "swap experiments/"))]


def test_portions_end_as_one_task_does() -> None:
    right = upgraded().views()
    store = Earlier()
    upgrade(store.cloud, store.fake.clock, portion=1, at_once=1)
    said = store.fake.storage.look(paths.UPGRADED)
    assert said and not said["done"]
    store.drain()
    store.sweep()
    store.drain()
    assert store.views() == right


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_request_loses_nothing(when: str) -> None:
    right, csv = upgraded().views(), Earlier().rows_of_csv()
    whole = Earlier()
    upgrade(whole.cloud, whole.fake.clock, at_once=1)
    for k in range(1, len(whole.fake.world.calls) + 1):
        store = Earlier()
        store.fake.world.crash = (k, when)
        with pytest.raises(Crash):
            upgrade(store.cloud, store.fake.clock, at_once=1)
        store.sweep()
        store.drain()
        call = store.fake.world.calls[k - 1]
        assert store.views() == right, f"crash {when} call {k}, {call}"
        assert store.rows_of_csv() == csv, f"crash {when} call {k}, {call}"


def test_it_may_be_delivered_again_in_the_midst_of_itself() -> None:
    right = upgraded().views()
    whole = Earlier()
    upgrade(whole.cloud, whole.fake.clock, at_once=1)
    for k in range(1, len(whole.fake.world.calls) + 1, 3):
        store = Earlier()
        left = [k]

        def again(call: str, store: Earlier = store, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                upgrade(store.cloud, store.fake.clock, at_once=1)

        store.fake.world.before = again
        upgrade(store.cloud, store.fake.clock, at_once=1)
        store.drain()
        assert store.views() == right, f"delivered again at call {k}, {store.fake.world.calls[k - 1]}"


def end_as_the_release_before(store: Earlier, run_id: str) -> bool:
    """A worker of the release before ends a run. It refuses one that was brought along: its task comes to a new one."""
    storage = store.fake.storage
    state = storage.look(paths.run_state(run_id)) or {}
    if state["schema_version"] != 1 or state["state"] != "RUNNING":
        return False
    at = LATEST.isoformat()
    row = {"run": run_id, "state": "FAILED", "revision": state["revision"], "country": state["country"], "end_time": at}
    storage.put(paths.run_state(run_id), json.dumps({**state, "state": "FAILED", "changed_at": at, "seq": 9}).encode())
    storage.put(paths.history_row(f"{LATEST:%Y-%m-%d}", run_id), json.dumps(row).encode())
    for number in range(2):
        if (storage.look(paths.slot(number)) or {}).get("run") == run_id:
            storage.put(paths.slot(number), b"{}")
    if paths.active(run_id) in storage.objects:
        storage.drop(paths.active(run_id))
    return True


def test_workers_of_the_release_before_may_still_write() -> None:
    whole = Earlier()
    upgrade(whole.cloud, whole.fake.clock, at_once=1)
    ended = 0
    for k in range(1, len(whole.fake.world.calls) + 2):
        store = Earlier()
        left, done = [k], list[bool]()

        def write(call: str, store: Earlier = store, left: list[int] = left, done: list[bool] = done) -> None:
            left[0] -= 1
            if left[0] == 0:
                done.append(end_as_the_release_before(store, TRAINING[0]))

        store.fake.world.before = write
        upgrade(store.cloud, store.fake.clock, at_once=1)
        store.drain()
        for _ in range(3):
            store.sweep()
            store.drain()
        if not any(done):
            continue
        ended += 1
        what = f"written at call {k}"
        listed = {run.id: run for run in list_runs(store.storage)}
        assert len(listed) == 7 and listed[TRAINING[0]].state == "FAILED", what
        rows = [name for name in store.fake.storage.objects if name.startswith(paths.HISTORY_ROWS)]
        assert len(rows) == 5 and sum(TRAINING[0] in name for name in rows) == 1, what
        assert paths.active(TRAINING[0]) not in store.fake.storage.objects, what
        assert store.fake.storage.objects[paths.HISTORY][0].decode().count(f"\n{TRAINING[0]},") == 1, what
        assert [run.id for run in list_runs(store.storage) if run.id == STOPPED_TRAINING], what
    assert ended > 5


def test_the_recorded_store_is_brought_along_through_the_real_client(bucket: Storage) -> None:
    earlier_store.into_bucket(bucket)
    fake = FakeCloud(workspace="T0MMMLOCAL")
    cloud = cast(Cloud, fake)
    fake.storage = bucket  # type: ignore[assignment]
    fake.clock.time = LATEST
    assert upgrade(cloud, fake.clock)
    assert len(list_runs(bucket)) == 7 and len(list_datasets(bucket)) == 2 and len(list_experiments(bucket)) == 7
    assert not repair(cloud, fake.clock, thorough=True).differences
    assert Wanted(paths.index_whole(paths.DATASET_INDEX)).path in {entry.path for entry in bucket.list(paths.INDEX)}
