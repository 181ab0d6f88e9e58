"""What a sweep does for what is open, and what it costs where nothing is."""

from datetime import timedelta

import pytest

from engine import paths
from engine.pipeline.sweep import sweep
from engine.runs.run import State
from tests.facts_alone import one_sweep
from tests.faults.service import Service, quick_results
from tests.harms import HARMS, delete
from tests.stored_facts import filled

__all__ = ["quick_results"]
SECOND = 1 / 3600


def test_an_idle_sweep_costs_the_same_at_any_age_of_the_store() -> None:
    counts = []
    for ended in (10, 1200):
        store = filled(datasets=ended // 20 or 1, experiments=ended // 2, ended=ended, open=0)
        store.fake.clock.time += timedelta(days=30)
        for _ in range(3):
            one_sweep(store)
        asked = []
        for _ in range(6):
            store.fake.world.calls.clear()
            sweep(store.cloud, store.fake.clock)
            asked.append(len(store.fake.world.calls))
        counts.append(max(asked))
    assert max(counts) - min(counts) <= 2
    assert max(counts) <= 22


# Below a line that says who has it, a place may hold anything.
@pytest.mark.parametrize("harm", [one for one in HARMS if one != "garbled"])
@pytest.mark.usefixtures("quick_results")
def test_a_place_that_was_lost_comes_back_while_its_run_trains(harm: str) -> None:
    service = Service()
    run = service.submit()
    service.drain(hours=60 * SECOND)
    assert service.run(run.id).state is State.RUNNING
    [place] = [name for name in service.fake.storage.objects if name.startswith(paths.SLOTS)]
    HARMS[harm](service.fake.storage, [place])
    service.sweep()
    held = service.fake.storage.look(place)
    assert held and held["run"] == run.id
    service.drain()
    for _ in range(2):
        service.sweep()
    service.check_ended(run.id)
    assert place not in service.fake.storage.objects


@pytest.mark.usefixtures("quick_results")
def test_a_marker_that_was_lost_gives_no_place_away_and_comes_back() -> None:
    service = Service(max_running=1)
    service.sweep()
    run = service.submit()
    service.drain(hours=60 * SECOND)
    service.sweep()
    delete(service.fake.storage, [paths.active(run.id)])
    service.sweep()
    assert paths.active(run.id) in service.fake.storage.objects
    other = service.submit("k2")
    service.drain(hours=60 * SECOND)
    assert service.run(other.id).state is State.STAGED
    service.drain()
    for one in (run, other):
        service.check_ended(one.id)
    assert service.fake.jobs.most_at_once == 1


@pytest.mark.usefixtures("quick_results")
def test_a_place_that_says_nothing_and_that_nobody_has_is_free_again() -> None:
    service = Service(max_running=1)
    service.fake.storage.put(paths.slot(0), b"garbage")
    run = service.submit()
    service.drain(hours=60 * SECOND)
    assert service.run(run.id).state is State.STAGED
    service.fake.clock.time += timedelta(minutes=10)
    service.sweep()
    service.drain()
    service.check_ended(run.id)
