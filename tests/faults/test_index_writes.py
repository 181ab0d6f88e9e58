"""Every write of a view, and of what mends views, may be the last thing that a process does, or come twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import TypeVar

import pytest

from engine import paths
from engine.pipeline.conclude import conclude
from engine.pipeline.history import write_history
from engine.pipeline.portion import HANDFUL
from engine.pipeline.repair import repair
from engine.pipeline.sweep import sweep
from engine.runs.records import read_run
from engine.runs.run import Run, State, move
from engine.runs.state import change_run
from tests.facts_alone import from_facts_alone, one_sweep, seen, views_of
from tests.faults.fake_cloud import Crash
from tests.harms import corrupt, delete
from tests.stored_facts import Store, filled

# Each story is told once for every request that it makes.
pytestmark = pytest.mark.slow

T = TypeVar("T")


def with_losses(many: bool) -> Store:
    """A store whose views were harmed: a handful, or more than a sweep mends."""
    store = filled(datasets=HANDFUL + 5 if many else 4, experiments=3, ended=4, open=2)
    one_sweep(store)
    names = sorted(name for name in store.views() if name.startswith(paths.DATASET_INDEX))
    delete(store.fake.storage, names if many else names[:1])
    corrupt(store.fake.storage, sorted(name for name in store.views() if name.startswith(paths.EXPERIMENT_INDEX))[:1])
    delete(store.fake.storage, sorted(name for name in store.views() if name.startswith(paths.HISTORY_ROWS))[:1])
    return store


def a_dataset(store: Store) -> None:
    store.dataset(50, "Kiosk")


def an_experiment(store: Store) -> None:
    store.experiment(50)


def a_run(store: Store) -> None:
    store.run(50, State.QUEUED)


def an_end(store: Store) -> None:
    def failed(run: Run) -> Run:
        return run if run.over else move(run, State.FAILED, store.fake.clock.now(), reason="It broke.")

    conclude(store.cloud, store.fake.clock, change_run(store.storage, f"r{1000:07x}", failed))


def a_sweep(store: Store) -> None:
    sweep(store.cloud, store.fake.clock)


def a_repair(store: Store) -> None:
    repair(store.cloud, store.fake.clock, thorough=True, at_once=1)


def small() -> Store:
    return filled(datasets=3, experiments=3, ended=3, open=2)


STORIES: dict[str, tuple[Callable[[], Store], Callable[[Store], None]]] = {
    "a-dataset-is-made": (small, a_dataset),
    "an-experiment-is-made": (small, an_experiment),
    "a-run-begins": (small, a_run),
    "a-run-ends": (small, an_end),
    "a-first-sweep": (small, a_sweep),
    "a-sweep-mends": (lambda: with_losses(many=False), a_sweep),
    "a-sweep-asks-for-a-repair": (lambda: with_losses(many=True), a_sweep),
    "a-repair": (lambda: with_losses(many=True), a_repair),
}


def calls_of(story: str) -> int:
    begin, go = STORIES[story]
    store = begin()
    store.fake.world.calls.clear()
    go(store)
    return len(store.fake.world.calls)


@pytest.mark.parametrize("comes_again", [pytest.param(True, id="comes-again"), pytest.param(False, id="never-again")])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_request_is_healed_by_one_sweep(story: str, when: str, comes_again: bool) -> None:
    begin, go = STORIES[story]
    for k in range(1, calls_of(story) + 1):
        store = begin()
        world = store.fake.world
        world.crash = (len(world.calls) + k, when)
        with pytest.raises(Crash):
            go(store)
        call = world.calls[-1]
        if comes_again and story != "an-experiment-is-made":
            go(store)
        # What nobody finished is old by then.
        store.fake.clock.time += timedelta(hours=2)
        one_sweep(store)
        fresh = from_facts_alone(store)
        assert seen(store) == seen(fresh), f"crash {when} call {k}, {call}"
        a_repair(store)
        assert views_of(store) == views_of(fresh), f"crash {when} call {k}, {call}"


@pytest.mark.parametrize("story", [one for one in STORIES if one != "an-experiment-is-made"])
def test_what_comes_again_in_the_midst_of_itself_changes_nothing(story: str) -> None:
    begin, go = STORIES[story]
    for k in range(1, calls_of(story) + 1):
        store = begin()
        left = [k]

        def again(call: str, store: Store = store, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                go(store)

        store.fake.world.before = again
        go(store)
        store.fake.world.before = lambda call: None
        store.fake.clock.time += timedelta(hours=2)
        one_sweep(store)
        fresh = from_facts_alone(store)
        assert seen(store) == seen(fresh), f"again at call {k}"
        a_repair(store)
        assert views_of(store) == views_of(fresh), f"again at call {k}"


@contextmanager
def one_request_at_a_time(store: Store) -> Iterator[None]:
    """Each request is one thing, as in the service; between any two of one thread, others make theirs."""
    world, lock = store.fake.world, Lock()
    reach = world.reach

    def alone(call: str, effect: Callable[[], T]) -> T:
        with lock:
            return reach(call, effect)

    world.reach = alone  # type: ignore[method-assign]
    yield
    world.reach = reach  # type: ignore[method-assign]


def test_a_hundred_endings_at_once_leave_a_hundred_rows_and_lines_once_each() -> None:
    store = filled(datasets=1, experiments=1, ended=0, open=0)
    names = [store.run(number, State.QUEUED) for number in range(100)]
    ids = [paths.run_of(name) for name in names]

    def end(run_id: str) -> None:
        def failed(run: Run) -> Run:
            return run if run.over else move(run, State.FAILED, store.fake.clock.now(), reason="It broke.")

        run = change_run(store.storage, run_id, failed)
        conclude(store.cloud, store.fake.clock, run)
        conclude(store.cloud, store.fake.clock, run)

    def write() -> None:
        write_history(store.cloud, store.fake.clock)

    with one_request_at_a_time(store), ThreadPoolExecutor(16) as pool:
        work = [pool.submit(end, run_id) for run_id in ids]
        work += [pool.submit(write) for _ in range(3)]
        for one in work:
            one.result()
    one_sweep(store)
    rows = [name for name in store.fake.storage.objects if name.startswith(paths.HISTORY_ROWS)]
    assert sorted(name.rpartition("-")[2].removesuffix(".json") for name in rows) == sorted(ids)
    lines = store.fake.storage.objects[paths.HISTORY][0].decode().splitlines()[1:]
    assert sorted(line.split(",")[0] for line in lines) == sorted(ids)
    assert not [name for name in store.fake.storage.objects if name.startswith(paths.ACTIVE)]
    assert all(read_run(store.storage, run_id).over for run_id in ids)


EVENTS: dict[str, Callable[[Store], None]] = {
    "a-dataset-is-made": a_dataset,
    "an-experiment-is-made": an_experiment,
    "a-run-begins": a_run,
    "a-run-ends": an_end,
    "a-sweep": a_sweep,
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("work", [pytest.param(a_repair, id="repair"), pytest.param(a_sweep, id="sweep")])
def test_people_go_on_working_beside_what_mends(work: Callable[[Store], None], event: str) -> None:
    whole = with_losses(many=True)
    whole.fake.world.calls.clear()
    work(whole)
    for k in range(1, len(whole.fake.world.calls) + 1, 2):
        store = with_losses(many=True)
        left = [k]

        def happen(call: str, store: Store = store, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                EVENTS[event](store)

        store.fake.world.before = happen
        work(store)
        store.fake.world.before = lambda call: None
        store.fake.clock.time += timedelta(hours=2)
        one_sweep(store)
        fresh = from_facts_alone(store)
        assert seen(store) == seen(fresh), f"{event} at call {k}"
        a_repair(store)
        assert views_of(store) == views_of(fresh), f"{event} at call {k}"
