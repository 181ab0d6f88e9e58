"""Runs of the release before, under way when ours comes: they go on, end once, and are rewritten when they change."""

import json
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.pipeline.cancel import request_cancel
from engine.runs.line import line_of
from engine.runs.queue import upgrade_slots
from engine.runs.records import folder_of, read_run
from engine.runs.run import VERSION
from engine.runs.state import read_state, upgrade_run
from tests import earlier_store
from tests.faults.fake_cloud import Container, FakeCloud
from tests.faults.service import Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

SECOND = 1 / 3600
# What version 1 did not have.
NEWER = ("title", "units", "experiment", "launch", "slot", "stopping_by", "events")


def downgrade(service: Service, run_id: str, **changes: Any) -> None:
    """Have a run lie as the release before left it: its lease beside its state, and nothing with a line."""
    storage = service.fake.storage
    body = storage.look(paths.run_state(run_id)) or {}
    if body["launch"]:
        known = {name: value for name, value in body["launch"].items() if value is not None}
        storage.put(paths.run_launch(run_id, body["attempt"]), json.dumps(known).encode())
    old = {name: value for name, value in body.items() if name not in NEWER}
    storage.put(paths.run_state(run_id), json.dumps({**old, "schema_version": 1, **changes}).encode())
    storage.lines.clear()


def version(service: Service, run_id: str) -> int:
    return (service.fake.storage.look(paths.run_state(run_id)) or {})["schema_version"]


STATES = [
    pytest.param(-1, {}, "QUEUED", id="queued"),
    pytest.param(-1, {"state": "STAGING", "seq": 1}, "STAGING", id="staging"),
    pytest.param(0, {}, "LAUNCHING", id="launching"),
    pytest.param(100, {}, "RUNNING", id="running"),
]


@pytest.mark.parametrize(("seconds", "changes", "state"), STATES)
def test_a_run_under_way_goes_on_and_ends(seconds: float, changes: dict[str, Any], state: str) -> None:
    service = Service(max_running=1)
    run_id = service.submit().id
    service.drain(hours=seconds * SECOND)
    downgrade(service, run_id, **changes)
    assert (service.run(run_id).state, version(service, run_id)) == (state, 1)
    service.drain()
    service.check_ended(run_id)
    assert version(service, run_id) == VERSION
    run = service.run(run_id)
    assert (run.title, run.experiment["revision"], run.attempt) == ("Shop", "FR_1", 1)
    # Its place is free for the next one.
    second = service.submit(key="k2")
    service.drain()
    service.check_ended(second.id)


@pytest.mark.parametrize(("seconds", "changes", "state"), STATES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_while_it_goes_on_changes_nothing(
    seconds: float, changes: dict[str, Any], state: str, when: str
) -> None:
    def begun() -> tuple[Service, str]:
        service = Service()
        run_id = service.submit().id
        service.drain(hours=seconds * SECOND)
        downgrade(service, run_id, **changes)
        service.fake.world.calls.clear()
        return service, run_id

    service, run_id = begun()
    service.drain()
    for k in range(1, len(service.fake.world.calls) + 1):
        service, run_id = begun()
        service.fake.world.crash = (k, when)
        service.drain()
        try:
            service.check_ended(run_id)
            assert service.run(run_id).attempt == 1
        except AssertionError as error:
            error.add_note(f"crash {when} call {k}, {service.fake.world.calls[k - 1]}")
            raise


@pytest.mark.parametrize("seconds", [-1, 0, 100], ids=["queued", "launching", "running"])
def test_a_wish_to_stop_that_the_release_before_noted_is_carried_out(seconds: float) -> None:
    service = Service()
    run_id = service.submit().id
    service.drain(hours=seconds * SECOND)
    wish = json.dumps({"who": "U2", "at": service.fake.clock.now().isoformat()})
    service.fake.storage.put(paths.run_cancel(run_id), wish.encode())
    downgrade(service, run_id)
    service.sweep()
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    assert service.run(run_id).stopped_by == "U2"


def test_a_run_that_waited_for_room_keeps_since_when() -> None:
    service = Service()
    service.fake.jobs.replies = ["busy"] * 2
    run_id = service.submit().id
    service.drain(hours=0)
    since = service.fake.clock.now()
    downgrade(service, run_id)
    service.drain(hours=70 * SECOND)
    lease = service.run(run_id).launch
    assert lease is not None and (lease.no_room_since, lease.no_room_times) == (since, 2)
    service.drain()
    service.check_ended(run_id)


def test_an_older_lease_that_cannot_be_read_costs_no_second_training() -> None:
    service = Service()
    service.fake.jobs.starts_after = [100.0]
    run_id = service.submit().id
    service.drain(hours=0)
    downgrade(service, run_id)
    service.fake.storage.put(paths.run_launch(run_id, 1), b"{ half")
    service.drain()
    service.check_ended(run_id)


def test_a_run_is_upgraded_in_place_once() -> None:
    service = Service()
    storage = cast(Storage, service.fake.storage)
    run_id = service.submit().id
    service.drain(hours=100 * SECOND)
    before = service.run(run_id)
    downgrade(service, run_id)
    assert upgrade_run(storage, run_id)
    assert not upgrade_run(storage, run_id)
    after = service.run(run_id)
    # What it did not note is not made up.
    assert after == before.model_copy(update={"events": (), "slot": None})
    assert service.fake.storage.lines[paths.run_state(run_id)] == line_of(after)
    service.drain()
    service.check_ended(run_id)


def test_an_upgrade_that_meets_a_writer_loses_nothing() -> None:
    service = Service()
    storage = cast(Storage, service.fake.storage)
    run_id = service.submit().id
    downgrade(service, run_id)
    done = list[bool]()

    def before(call: str) -> None:
        if call.startswith("swap") and not done:
            done.append(True)
            request_cancel(service.cloud, service.fake.clock, run_id, "U2")

    service.fake.world.before = before
    upgrade_run(storage, run_id)
    assert service.run(run_id).stopping_by == "U2"
    service.drain()
    service.check_ended(run_id, "CANCELLED")


# The recorded store of the release before


def recorded() -> Service:
    """The store with its two containers, which train on, in a cloud that has lost every task."""
    service = Service(workspace="T0MMMLOCAL")
    fake = service.fake
    earlier_store.into_memory(fake.storage)
    fake.clock.time = earlier_store.LATEST
    for run_id in earlier_store.TRAINING:
        run = service.run(run_id)
        name = str((fake.storage.look(paths.claim(folder_of(run))) or {})["execution"])
        env = {"MMM_RUN": run_id, "MMM_ATTEMPT": "1", "MMM_FOLDER": folder_of(run), "MMM_TRAINER": "native"}
        fake.jobs.containers.append(Container(name, env, earlier_store.LATEST, "train", claimed=True))
        fake.jobs.trainings[run_id, "1"] = 1
        fake.tasks.add("container", {"name": name}, 60)
    return service


def test_open_runs_of_a_store_of_the_release_before_go_on_and_end() -> None:
    service = recorded()
    assert read_run(cast(Storage, service.fake.storage), earlier_store.WAITING).state == "STAGED"
    service.sweep()
    service.drain(hours=0.1)
    for run_id in earlier_store.TRAINING:
        service.check_ended(run_id)
    service.drain()
    service.check_ended(earlier_store.WAITING)
    assert [path for path in service.fake.storage.objects if path.startswith(paths.SLOTS)] == []
    assert service.fake.jobs.most_at_once <= 2


def test_places_and_runs_of_a_store_of_the_release_before_are_upgraded_under_way() -> None:
    service = recorded()
    storage = cast(Storage, service.fake.storage)
    assert upgrade_slots(storage) == 2
    ids = [paths.run_of(path) for path in list(service.fake.storage.objects) if paths.run_of(path)]
    assert len(ids) == 7 and all(upgrade_run(storage, run_id) for run_id in ids)
    for run_id in ids:
        held = read_state(storage, run_id)
        assert held.run.title and held.run.experiment["revision"] == held.run.revision
    service.sweep()
    service.drain()
    for run_id in (*earlier_store.TRAINING, earlier_store.WAITING):
        service.check_ended(run_id)


def test_reading_an_ended_run_of_the_release_before_looks_for_no_lease() -> None:
    fake = FakeCloud()
    earlier_store.into_memory(fake.storage)
    read_run(cast(Storage, fake.storage), earlier_store.SUCCEEDED)
    assert not [call for call in fake.world.calls if "attempts/" in call or "cancel" in call]
