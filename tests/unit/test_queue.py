"""Places for running trainings, and who is ahead in line."""

from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.runs.queue import ahead_of, release_slots, take_slot
from engine.runs.run import Run, State
from tests.faults.fake_cloud import NOON, FakeCloud, FakeStorage


@pytest.fixture
def fake() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def storage(fake: FakeCloud) -> Storage:
    return cast(Storage, fake.storage)


def holders(fake: FakeStorage) -> list[str]:
    slots = sorted(path for path in fake.objects if path.startswith("slots/"))
    return [f"{body['run']}.{body['attempt']}" if body else "" for body in map(fake.look, slots)]


def test_places_are_taken_until_none_is_left(fake: FakeCloud, storage: Storage) -> None:
    assert [take_slot(storage, name, 1, 2) for name in ("a", "b", "c")] == [True, True, False]
    assert holders(fake.storage) == ["a.1", "b.1"]


def test_an_attempt_takes_one_place_however_often_it_asks(fake: FakeCloud, storage: Storage) -> None:
    assert take_slot(storage, "a", 1, 2) and take_slot(storage, "a", 1, 2)
    assert holders(fake.storage) == ["a.1"]


def test_a_later_attempt_takes_over_its_runs_place(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)
    assert take_slot(storage, "a", 2, 1)
    assert holders(fake.storage) == ["a.2"]


def test_a_place_given_back_is_taken_by_the_next(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)
    release_slots(storage, "a", 1)
    release_slots(storage, "a", 1)
    assert take_slot(storage, "b", 1, 1)
    assert holders(fake.storage) == ["b.1"]


@pytest.mark.parametrize(
    ("run", "attempt", "left"),
    [
        pytest.param("a", 1, ["a.2"], id="another-attempt"),
        pytest.param("b", None, ["a.2"], id="another-run"),
        pytest.param("a", 2, [""], id="this-attempt"),
        pytest.param("a", None, [""], id="the-run"),
    ],
)
def test_only_the_holder_gives_back(
    fake: FakeCloud, storage: Storage, run: str, attempt: int | None, left: list[str]
) -> None:
    take_slot(storage, "a", 2, 1)
    release_slots(storage, run, 1, attempt)
    assert holders(fake.storage) == left


@pytest.mark.parametrize("rival", ["a", "b"])
@pytest.mark.parametrize("places", [1, 2])
def test_two_who_ask_at_once_never_share_a_place(fake: FakeCloud, storage: Storage, rival: str, places: int) -> None:
    """The rival, another run or the same step delivered twice, asks between any two calls of the first."""
    for k in range(places + 1):
        fake = FakeCloud()
        storage, done = cast(Storage, fake.storage), list[bool]()

        def before(call: str, fake: FakeCloud = fake, k: int = k, done: list[bool] = done) -> None:
            if len(fake.world.calls) == k and not done:
                done.append(True)
                take_slot(cast(Storage, fake.storage), rival, 1, places)

        fake.world.before = before
        took = take_slot(storage, "a", 1, places)
        held = holders(fake.storage)
        assert took == ("a.1" in held)
        assert len(held) == len(set(held))


def test_a_place_lost_while_giving_it_back_is_left_alone(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)

    def before(call: str) -> None:
        if call.startswith("swap"):
            fake.storage.put(paths.slot(0), b'{"run": "b", "attempt": 1}')

    fake.world.before = before
    release_slots(storage, "a", 1)
    assert holders(fake.storage) == ["b.1"]


def add(fake: FakeCloud, name: str, minutes: int, state: State = State.QUEUED) -> Run:
    at = NOON + timedelta(minutes=minutes)
    run = Run(
        id=name,
        workspace="T1",
        revision="DE_1",
        dataset_id="de/1",
        country="de",
        ts="1",
        state=state,
        who="U1",
        channel="C1",
        created_at=at,
        changed_at=at,
    )
    fake.storage.put(paths.run_state(name), run.model_dump_json().encode())
    fake.storage.put(paths.active(name), b"{}")
    return run


def test_those_who_wait_and_came_earlier_are_ahead(fake: FakeCloud, storage: Storage) -> None:
    add(fake, "r1", 0, State.RUNNING)
    second = add(fake, "r2", 1, State.STAGED)
    third = add(fake, "r3", 2)
    fourth = add(fake, "r4", 3, State.STAGING)
    assert [ahead_of(storage, run) for run in (second, third, fourth)] == [0, 1, 2]


def test_nobody_is_ahead_of_a_run_that_does_not_wait(fake: FakeCloud, storage: Storage) -> None:
    add(fake, "r1", 0)
    assert ahead_of(storage, add(fake, "r2", 1, State.RUNNING)) == 0


def test_a_run_that_cannot_be_read_is_ahead_of_nobody(fake: FakeCloud, storage: Storage) -> None:
    fake.storage.put(paths.run_state("r0"), b"{")
    fake.storage.put(paths.active("r0"), b"{}")
    fake.storage.put(paths.active("rgone"), b"{}")
    assert ahead_of(storage, add(fake, "r2", 1)) == 0
