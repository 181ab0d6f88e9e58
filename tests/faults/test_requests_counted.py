"""What a run costs of Cloud Storage from the form to the launched training, and how little a look at it costs."""

from contextlib import suppress
from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.data.records import read_dataset
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.pipeline.cancel import request_cancel
from engine.pipeline.stage import stage
from engine.pipeline.submit import submit
from engine.pipeline.watch import watch
from tests.faults.fake_cloud import Crash, Task
from tests.faults.service import TS, Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

REQUESTS = {"create", "swap", "replace", "read", "put", "overwrite", "get", "list", "exists", "delete", "compose"}
SECOND = 1 / 3600


def asked(service: Service) -> list[str]:
    """The requests since the last call of this, each as what and the first part of where."""
    calls = [call.split() for call in service.fake.world.calls]
    service.fake.world.calls.clear()
    return [f"{what} {where[0].split('/')[0]}" for what, *where in calls if what in REQUESTS]


def send_the_form(service: Service, key: str) -> str:
    storage, clock = cast(Storage, service.fake.storage), service.fake.clock
    form = ExperimentForm(dataset_id=f"fr/{TS}", preset="quick", channel="C1")
    dataset = read_dataset(storage, form.dataset_id)
    experiment = create_experiment(storage, form, key=key, who="U1", at=clock.now())
    return submit(service.cloud, clock, experiment, dataset, key=key, who="U1", channel="C1").id


def full(service: Service, runs: int) -> None:
    """A store in which many runs have ended and some go on."""
    for number in range(runs):
        send_the_form(service, f"k{number}")
        service.drain()


@pytest.mark.parametrize("runs", [6, 30])
def test_a_sent_form_costs_six_requests(runs: int) -> None:
    service = Service()
    full(service, runs)
    asked(service)
    send_the_form(service, "new")
    reads, writes = ["read datasets", "list index"], ["create experiments", "overwrite index", "create active"]
    assert asked(service) == [*reads, *writes, "create runs"]


@pytest.mark.parametrize("runs", [0, 30])
def test_staging_and_launching_cost_eight_requests(runs: int) -> None:
    service = Service()
    full(service, runs)
    run_id = send_the_form(service, "new")
    asked(service)
    stage(service.cloud, service.fake.clock, run_id)
    run = service.run(run_id)
    assert run.state == "LAUNCHING" and run.launch is not None and run.launch.execution
    reads = ["read runs", "read datasets", "get datasets"]
    assert asked(service) == [
        *reads,
        *("put training-data", "create training-configs", "create slots", "swap runs", "swap runs"),
    ]


def test_a_run_that_waits_for_a_place_costs_few_requests_a_look() -> None:
    service = Service(max_running=1)
    service.submit(key="k1")
    service.drain(hours=0)
    waits = [send_the_form(service, f"k{number}") for number in range(2, 20)]
    service.drain(hours=1 * SECOND)
    asked(service)
    [task] = [task for task in service.fake.tasks.waiting if task.step == "launch" and task.payload["run"] == waits[-1]]
    service.perform(task)
    # The run, a place that is taken, all places, and the line: places and whoever is under way.
    assert asked(service) == ["read runs", "create slots", "list slots", "list slots", "list active"]


def test_whoever_waits_far_behind_asks_more_seldom() -> None:
    service, runs = Service(max_running=2), list[str]()
    for number in range(20):
        runs.append(service.submit(key=f"k{number}").id)
        service.fake.clock.time += timedelta(milliseconds=10)
    service.drain(hours=0)
    due = {task.payload["run"]: task for task in service.fake.tasks.waiting if task.step == "launch"}
    waits = [due[run].due - service.fake.clock.now() for run in runs if run in due]
    looks = [wait.total_seconds() / service.cloud.settings.watch_seconds for wait in waits]
    assert len(looks) == 18 and max(looks) == 8
    service.drain()
    for run in runs:
        service.check_ended(run)


@pytest.mark.parametrize("seconds", [20, 100], ids=["claimed just now", "running"])
def test_a_look_at_a_training_costs_a_read_and_a_listing(seconds: float) -> None:
    service = Service()
    service.fake.jobs.takes = 900
    run_id = service.submit().id
    service.drain(hours=seconds * SECOND)
    asked(service)
    watch(service.cloud, service.fake.clock, run_id, 1, 10**9)
    assert asked(service)[:2] == ["read runs", "list robyn"]
    watch(service.cloud, service.fake.clock, run_id, 1, 2 * 10**9)
    assert "read robyn" not in (again := asked(service)) or len(again) <= 3


def test_a_look_at_a_run_that_succeeded_costs_one_request() -> None:
    service = Service()
    run_id = service.submit().id
    service.drain()
    asked(service)
    watch(service.cloud, service.fake.clock, run_id, 1, 10**9)
    assert asked(service) == ["read runs"]


def test_the_first_look_comes_soon_and_finish_is_done_once() -> None:
    service = Service()
    service.fake.jobs.takes, done = 12.0, list[Task]()
    perform = service.perform

    def noting(task: Task) -> None:
        done.append(task)
        perform(task)

    service.perform = noting  # type: ignore[method-assign]
    run_id = service.submit().id
    begun = service.fake.clock.now()
    service.drain()
    service.check_ended(run_id)
    first = next(task for task in done if task.step == "watch")
    assert (first.due - begun).total_seconds() == 10
    assert sum(task.step == "finish" for task in done) == 1


@pytest.mark.parametrize("seconds", [-1, 5, 100], ids=["queued", "launching", "running"])
def test_nobody_looks_for_a_wish_to_stop_that_the_run_itself_tells_of(seconds: float) -> None:
    service = Service()
    run_id = service.submit().id
    service.drain(hours=seconds * SECOND)
    service.cancel(run_id)
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    wish = paths.run_cancel(run_id)
    assert [call for call in service.fake.world.calls if wish in call] == [f"create {wish}"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_wish_to_stop_that_broke_off_is_the_first_ones_when_it_comes_again(when: str) -> None:
    for k in range(1, 5):
        service = Service()
        run_id = service.submit().id
        service.drain(hours=100 * SECOND)
        service.fake.world.calls.clear()
        service.fake.world.crash = (k, when)
        with suppress(Crash):
            request_cancel(service.cloud, service.fake.clock, run_id, "U2")
        noted = paths.run_cancel(run_id) in service.fake.storage.objects
        outcome, run = request_cancel(service.cloud, service.fake.clock, run_id, "U3")
        assert (outcome, run.stopping_by) == (("asked before", "U2") if noted else ("asked", "U3"))
        service.drain()
        service.check_ended(run_id, "CANCELLED")
        assert service.run(run_id).stopped_by == run.stopping_by
