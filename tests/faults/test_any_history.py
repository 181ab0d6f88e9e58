"""Any history of events, any loss of views: one sweep later lists and look-ups are those of the facts, and after a
repair every view is, byte for byte, what one would make of the facts alone."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import paths
from engine.errors import NotFound
from engine.pipeline.check import check
from engine.pipeline.conclude import conclude
from engine.pipeline.repair import repair
from engine.pipeline.sweep import sweep
from engine.runs.listed import list_runs
from engine.runs.records import read_run
from engine.runs.run import State, move
from engine.runs.state import change_run
from tests.facts_alone import TITLES, from_facts_alone, one_sweep, seen, views_of
from tests.faults.fake_cloud import NOON, Crash, FakeCloud
from tests.harms import HARMS
from tests.stored_facts import VIEWS, Store

# Some thousand small stores are made and mended.
pytestmark = pytest.mark.slow

ENDS = (State.FAILED, State.CANCELLED)

numbers = st.integers(0, 5)
# A crash comes before or after the effect of the call it is set for; what was asked comes again, or never does.
crashes = st.none() | st.tuples(st.integers(1, 8), st.sampled_from(["before", "after"]), st.booleans())
events = st.one_of(
    st.tuples(st.just("dataset"), numbers, st.sampled_from(TITLES), crashes),
    st.tuples(st.just("removed"), numbers, st.none(), crashes),
    st.tuples(st.just("experiment"), numbers, st.none(), crashes),
    st.tuples(st.just("run"), numbers, st.none(), crashes),
    st.tuples(st.just("ended"), numbers, st.sampled_from(ENDS), crashes),
    st.tuples(st.just("swept"), st.none(), st.none(), crashes),
    st.tuples(st.just("checked"), st.integers(3, 6), st.none(), crashes),
)
losses = st.tuples(
    st.sampled_from([*VIEWS, paths.INDEX, paths.HISTORY, paths.HISTORY_PARTS]),
    st.sampled_from(sorted(HARMS)),
    st.integers(1, 3),
)


def happen(store: Store, event: tuple[Any, ...]) -> None:
    """Let something happen. Who is told to come again does, and so does who asks."""
    what, number, more, crash = event
    if crash:
        world = store.fake.world
        world.crash = (len(world.calls) + crash[0], crash[1])
    try:
        do(store, what, number, more)
    except Crash:
        if crash[2]:
            do(store, what, number, more)
    store.fake.world.crash = None


def do(store: Store, what: str, number: int, more: Any) -> None:
    if what == "dataset":
        store.dataset(number, more)
    elif what == "removed":
        remove_dataset(store, number)
    elif what == "experiment":
        with suppress(Exception):
            store.experiment(number)
    elif what == "run":
        store.run(number, State.QUEUED)
    elif what == "ended":
        with suppress(NotFound):
            run = change_run(store.storage, f"r{number:07x}", lambda run: end(store, run, more))
            conclude(store.cloud, store.fake.clock, run)
    elif what == "swept":
        sweep(store.cloud, store.fake.clock)
    else:
        check(store.cloud, store.fake.clock, store.markers(), page=number)
    store.fake.clock.time += timedelta(seconds=7)


def end(store: Store, run: Any, state: State) -> Any:
    return run if run.over else move(run, state, store.fake.clock.now(), reason="It broke.")


def remove_dataset(store: Store, number: int) -> None:
    """Its manifest goes first: so nobody finds what is half gone."""
    names = [
        name for name in store.fake.storage.objects if name.startswith(paths.DATASETS) and f"-{number:04x}/" in name
    ]
    for name in names:
        store.storage.delete(name)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(events, min_size=5, max_size=16), st.lists(losses, max_size=5))
def test_any_history_and_any_loss_of_views(history: list[tuple[Any, ...]], lost: list[tuple[str, str, int]]) -> None:
    store = Store(FakeCloud())
    for event in history:
        happen(store, event)
    # Who died did so some time ago: what was never finished is finished by the sweep, or was never there.
    store.fake.clock.time = max(store.fake.clock.time, NOON) + timedelta(hours=2)
    for folder, harm, step in lost:
        names = sorted(name for name in store.fake.storage.objects if name.startswith(folder))
        HARMS[harm](store.fake.storage, names[::step])
    one_sweep(store)
    fresh = from_facts_alone(store)
    assert seen(store) == seen(fresh)
    repair(store.cloud, store.fake.clock, thorough=True, at_once=1)
    assert views_of(store) == views_of(fresh)
    # And there is nothing left to be mended.
    assert repair(store.cloud, store.fake.clock, thorough=True, at_once=1).differences == ()
    one_sweep(store)
    assert views_of(store) == views_of(fresh)


def said(views: dict[str, tuple[bytes, object]]) -> dict[str, object]:
    return {name: line for name, (_, line) in views.items()}


def test_a_run_that_never_was_is_not_listed_for_long() -> None:
    store = Store(FakeCloud())
    store.run(1, State.QUEUED)
    store.fake.storage.drop(paths.run_state(f"r{1:07x}"))
    store.fake.clock.time += timedelta(hours=2)
    one_sweep(store)
    assert not list_runs(store.storage)


def test_a_marker_that_says_something_else_is_right_after_one_sweep() -> None:
    for harm in HARMS.values():
        store = Store(FakeCloud())
        for number in range(3):
            store.run(number, State.QUEUED)
        one_sweep(store)
        right = store.views()
        harm(store.fake.storage, sorted(name for name in store.fake.storage.objects if name.startswith(paths.ACTIVE)))
        one_sweep(store)
        # What a marker holds beside its line, nobody reads: a repair looks at that, too.
        assert {name: line for name, (_, line) in store.views().items()} == {
            name: line for name, (_, line) in right.items()
        }
        repair(store.cloud, store.fake.clock, thorough=True, at_once=1)
        assert store.views() == right
        assert read_run(store.storage, f"r{1:07x}").state is State.QUEUED
