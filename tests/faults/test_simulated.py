"""The simulation of a day has the steps that the pipeline has: the same runs, done by both, make as many tasks."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.simulated import product as simulated
from bench.simulated.costs import costs_of
from bench.simulated.day import Wish
from bench.simulated.product import Product
from bench.simulated.setup import setup
from tests.faults.fake_cloud import Task
from tests.faults.service import Service, quick_results
from tests.unit.test_bench_simulate import AT_ONCE, STATE

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")


def really(runs: int) -> Counter[str]:
    """What the worker was called for, by runs that are asked for at once; a container is there after ten seconds."""
    service, called = Service(), Counter[str]()
    ids = [service.submit(f"k{number}").id for number in range(runs)]

    def perform(task: Task) -> None:
        called[task.step] += 1
        service.perform(task)

    service.fake.drain(perform)
    for run in ids:
        service.check_ended(run)
    return called


def test_a_look_and_a_try_for_a_place_ask_storage_no_more_than_the_simulation_says() -> None:
    service, asked = Service(), dict[str, list[int]]()
    for number in range(3):
        service.submit(f"k{number}")

    def perform(task: Task) -> None:
        before = len(service.fake.world.calls)
        service.perform(task)
        calls = service.fake.world.calls[before:]
        stored = [call for call in calls if call.split()[0] not in ("enqueue", "execution", "run", "deliver", "redraw")]
        asked.setdefault(task.step, []).append(len(stored))

    service.fake.drain(perform, hours=0.02)
    # Most looks find it training, and most tries no place; the first of each does more.
    for step, cost in (("watch", simulated.LOOK), ("launch", simulated.NO_PLACE), ("card", simulated.REDRAW)):
        assert sorted(asked[step])[len(asked[step]) // 2] <= cost.all, step


def simulate(runs: int, monkeypatch: pytest.MonkeyPatch) -> Product:
    monkeypatch.setattr(simulated, "BROKEN", 10**12)
    times = replace(AT_ONCE, container_start=10.0)
    product = Product(setup(), costs_of(STATE), times, seed=1, several=False, raised={})
    for _ in range(runs):
        product.want(Wish(at=0.0, workspace=0, person=0, kind="standard", seconds=300.0, scheduled=True))
    product.clock.run()
    return product


@pytest.mark.parametrize("runs", [1, 2, 5], ids=["one", "as many as there are places", "more than there are places"])
def test_a_run_has_the_tasks_that_the_pipeline_makes(runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, product = really(runs), simulate(runs, monkeypatch)
    queues, done = product.queues, product.told.steps
    assert queues["stage"].tasks == real["stage"] == runs
    # Whoever finds no place comes again as often, in both.
    assert queues["launch"].tasks == real["launch"]
    assert done["finish"] == real["finish"] == done["notify"] == runs
    assert 1 <= done["history"] <= real["history"] + 2
    # A look more or less: where the pipeline numbers them, the simulation begins at the launch.
    assert abs(done["watch"] - real["watch"]) <= runs
    # The simulation draws a card for each look, since a training always has news: the container in memory has none.
    assert real["card"] <= done["card"] <= real["card"] + real["watch"]
