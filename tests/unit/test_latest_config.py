"""`training-configs/latest/`: the newest configuration, for people, at one request a sweep where nothing changed."""

import json
from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.pipeline.latest import copy_latest
from tests.faults.fake_cloud import FakeCloud


@pytest.fixture
def fake() -> FakeCloud:
    return FakeCloud()


def staged(fake: FakeCloud, name: str) -> str:
    ts = fake.clock.stamp()
    fake.storage.put(paths.job_config(ts), json.dumps({"revision": name}).encode())
    fake.clock.time += timedelta(minutes=1)
    return ts


def copy(fake: FakeCloud) -> bool:
    fake.world.calls.clear()
    return copy_latest(cast(Cloud, fake), fake.clock)


def test_the_newest_configuration_is_copied_once(fake: FakeCloud) -> None:
    for name in ("DE_1", "DE_2"):
        staged(fake, name)
    assert copy(fake)
    assert fake.storage.look(paths.LATEST_CONFIG) == {"revision": "DE_2"}
    assert not copy(fake) and len(fake.world.calls) == 1
    staged(fake, "DE_3")
    assert copy(fake) and len(fake.world.calls) == 3
    assert fake.storage.look(paths.LATEST_CONFIG) == {"revision": "DE_3"}


def test_old_configurations_cost_nothing(fake: FakeCloud) -> None:
    for number in range(1500):
        staged(fake, f"DE_{number}")
    fake.clock.time += timedelta(days=1)
    assert not copy(fake) and len(fake.world.calls) == 1
    staged(fake, "FR_1")
    assert copy(fake)
    assert fake.storage.look(paths.LATEST_CONFIG) == {"revision": "FR_1"}


def test_a_copy_of_an_earlier_release_is_replaced_and_one_that_was_lost_made_again(fake: FakeCloud) -> None:
    fake.storage.put(paths.LATEST_CONFIG, b"{ half")
    staged(fake, "DE_1")
    assert copy(fake)
    fake.storage.drop(paths.LATEST_CONFIG)
    assert copy(fake)
    assert fake.storage.look(paths.LATEST_CONFIG) == {"revision": "DE_1"}


def test_a_configuration_that_cannot_be_read_leaves_the_copy_alone(fake: FakeCloud) -> None:
    staged(fake, "DE_1")
    copy(fake)
    fake.storage.put(paths.job_config(fake.clock.stamp()), b"{ half")
    assert not copy(fake)
    assert fake.storage.look(paths.LATEST_CONFIG) == {"revision": "DE_1"}
