"""Places for running trainings, and who is ahead in line."""

import json
from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.pipeline.places import restore_places
from engine.runs.line import line_of
from engine.runs.queue import ahead_of, free_slots, release, release_all, take_slot, upgrade_slots
from engine.runs.run import Run, Slot, State
from tests.faults.fake_cloud import NOON, FakeCloud, FakeStorage


@pytest.fixture
def fake() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def storage(fake: FakeCloud) -> Storage:
    return cast(Storage, fake.storage)


def holders(fake: FakeStorage) -> list[str]:
    """Who has the places, by their lines, which say the same as what is in them."""
    slots = sorted(path for path in fake.objects if path.startswith("slots/"))
    assert all(fake.lines[path] == fake.look(path) for path in slots)
    return [f"{fake.lines[path]['run']}.{fake.lines[path]['attempt']}" for path in slots]


def place(number: int, fake: FakeCloud) -> Slot:
    return Slot(number=number, generation=fake.storage.objects[paths.slot(number)][1])


def test_places_are_taken_until_none_is_left(fake: FakeCloud, storage: Storage) -> None:
    took = [take_slot(storage, name, 1, 2) for name in ("a", "b", "c")]
    assert [slot is not None for slot in took] == [True, True, False]
    assert sorted(holders(fake.storage)) == ["a.1", "b.1"]


def test_a_free_place_is_taken_with_one_request(fake: FakeCloud, storage: Storage) -> None:
    assert take_slot(storage, "a", 1, 2)
    assert len(fake.world.calls) == 1


def test_a_taken_place_costs_one_listing_however_many_there_are(fake: FakeCloud, storage: Storage) -> None:
    for number in range(99):
        take_slot(storage, f"r{number}", 1, 100)
    fake.world.calls.clear()
    assert take_slot(storage, "a", 1, 100)
    assert len(fake.world.calls) <= 3


def test_an_attempt_takes_one_place_however_often_it_asks(fake: FakeCloud, storage: Storage) -> None:
    assert take_slot(storage, "a", 1, 2) == take_slot(storage, "a", 1, 2)
    assert holders(fake.storage) == ["a.1"]


def test_a_later_attempt_takes_over_its_runs_place(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)
    assert take_slot(storage, "a", 2, 1) == place(0, fake)
    assert holders(fake.storage) == ["a.2"]


def test_a_place_given_back_is_gone_and_taken_by_the_next(fake: FakeCloud, storage: Storage) -> None:
    had = add(fake, "a", 0, State.RUNNING).model_copy(update={"slot": take_slot(storage, "a", 1, 1)})
    release(storage, had)
    assert paths.slot(0) not in fake.storage.objects
    assert take_slot(storage, "b", 1, 1)
    release(storage, had)
    assert holders(fake.storage) == ["b.1"], "whoever took it since keeps it"


def test_a_run_that_does_not_know_its_place_gives_it_back_all_the_same(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)
    release(storage, add(fake, "a", 0))
    assert holders(fake.storage) == []


def test_a_place_that_was_made_anew_is_given_back_too(fake: FakeCloud, storage: Storage) -> None:
    noted = add(fake, "a", 0, State.RUNNING).model_copy(update={"slot": take_slot(storage, "a", 2, 1)})
    fake.storage.drop(paths.slot(0))
    assert restore_places(storage, [noted.model_copy(update={"attempt": 2})], {}) == [paths.slot(0)]
    release(storage, noted, 1)
    assert holders(fake.storage) == ["a.2"], "the place of another attempt"
    release(storage, noted)
    assert holders(fake.storage) == []


@pytest.mark.parametrize(
    ("run", "attempt", "left"),
    [
        pytest.param("a", 1, ["a.2"], id="another-attempt"),
        pytest.param("b", None, ["a.2"], id="another-run"),
        pytest.param("a", 2, [], id="this-attempt"),
        pytest.param("a", None, [], id="the-run"),
    ],
)
def test_only_the_holder_gives_back(
    fake: FakeCloud, storage: Storage, run: str, attempt: int | None, left: list[str]
) -> None:
    take_slot(storage, "a", 2, 1)
    release_all(storage, run, attempt)
    assert holders(fake.storage) == left


@pytest.mark.parametrize("rival", ["a", "b"])
@pytest.mark.parametrize("places", [1, 2, 3])
def test_two_who_ask_at_once_never_share_a_place(rival: str, places: int) -> None:
    """The rival, another run or the same step delivered twice, asks between any two calls of the first."""
    for k in range(places + 2):
        fake = FakeCloud()
        storage, done = cast(Storage, fake.storage), list[bool]()
        take_slot(storage, "other", 1, places)
        fake.world.calls.clear()

        def before(call: str, fake: FakeCloud = fake, k: int = k, done: list[bool] = done) -> None:
            if len(fake.world.calls) == k and not done:
                done.append(True)
                take_slot(cast(Storage, fake.storage), rival, 1, places)

        fake.world.before = before
        took = take_slot(storage, "a", 1, places)
        held = holders(fake.storage)
        assert (took is not None) == ("a.1" in held)
        assert len(held) == len(set(held)) <= places


def test_a_place_lost_while_giving_it_back_is_left_alone(fake: FakeCloud, storage: Storage) -> None:
    take_slot(storage, "a", 1, 1)

    def before(call: str) -> None:
        if call.startswith("delete"):
            holder = {"run": "b", "attempt": 1}
            fake.storage.put(paths.slot(0), json.dumps(holder).encode())
            fake.storage.lines[paths.slot(0)] = holder

    fake.world.before = before
    release_all(storage, "a")
    assert holders(fake.storage) == ["b.1"]


# Places of earlier releases, which had no lines and were emptied instead of deleted


def test_a_place_that_was_emptied_is_free_and_one_without_a_line_is_its_holders(
    fake: FakeCloud, storage: Storage
) -> None:
    fake.storage.put(paths.slot(0), b"{}")
    fake.storage.put(paths.slot(1), b'{"run": "old", "attempt": 2}')
    assert take_slot(storage, "a", 1, 2) == place(0, fake)
    assert take_slot(storage, "b", 1, 2) is None
    assert take_slot(storage, "old", 2, 2) == place(1, fake)
    release_all(storage, "old")
    assert holders(fake.storage) == ["a.1"]


def test_places_are_upgraded_once(fake: FakeCloud, storage: Storage) -> None:
    fake.storage.put(paths.slot(0), b"{}")
    fake.storage.put(paths.slot(1), b'{"run": "old", "attempt": 2}')
    fake.storage.put(paths.slot(2), b"{ half")
    take_slot(storage, "a", 1, 4)
    assert upgrade_slots(storage) == 2
    fake.storage.drop(paths.slot(2))
    assert sorted(holders(fake.storage)) == ["a.1", "old.2"]
    assert upgrade_slots(storage) == 0


# What the sweep gives back


def test_only_places_of_runs_that_are_over_or_gone_are_freed(fake: FakeCloud, storage: Storage) -> None:
    for name in ("over", "trains", "gone", "unmarked"):
        assert take_slot(storage, name, 1, 9)
    add(fake, "trains", 0, State.RUNNING)
    add(fake, "over", 0, State.FAILED)
    add(fake, "unmarked", 0, State.RUNNING)
    fake.storage.drop(paths.active("over"))
    fake.storage.drop(paths.active("unmarked"))
    free_slots(storage, NOON)
    assert sorted(holders(fake.storage)) == ["trains.1", "unmarked.1"]


def test_places_of_runs_that_train_cost_two_requests_to_look_at(fake: FakeCloud, storage: Storage) -> None:
    free_slots(storage, NOON)
    assert len(fake.world.calls) == 1
    for number in range(20):
        take_slot(storage, f"r{number}", 1, 50)
        add(fake, f"r{number}", 0, State.RUNNING)
    fake.world.calls.clear()
    free_slots(storage, NOON)
    assert len(fake.world.calls) == 2


def test_a_second_place_of_a_run_is_freed_once_it_has_noted_the_other(fake: FakeCloud, storage: Storage) -> None:
    for number in (0, 1):
        storage.create(paths.slot(number), {"run": "a", "attempt": 1}, line={"run": "a", "attempt": 1})
    run = add(fake, "a", 0, State.RUNNING)
    free_slots(storage, NOON + timedelta(hours=1))
    assert len(holders(fake.storage)) == 2, "nobody knows yet which one it goes on in"
    noted = run.model_copy(update={"slot": place(1, fake)})
    fake.storage.put(paths.run_state("a"), noted.model_dump_json().encode())
    free_slots(storage, NOON)
    assert len(holders(fake.storage)) == 2, "it may be noting the newer one just now"
    free_slots(storage, NOON + timedelta(hours=1))
    assert [path for path in fake.storage.objects if path.startswith("slots/")] == [paths.slot(1)]


# The line


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
    fake.storage.lines[paths.active(name)] = line_of(run.model_copy(update={"state": State.QUEUED}))
    return run


def test_those_without_a_place_who_came_earlier_are_ahead(fake: FakeCloud, storage: Storage) -> None:
    add(fake, "r1", 0, State.RUNNING)
    take_slot(storage, "r1", 1, 1)
    second = add(fake, "r2", 1, State.STAGED)
    third = add(fake, "r3", 2, State.STAGED)
    add(fake, "r4", 3)
    fifth = add(fake, "r5", 4, State.STAGED)
    assert [ahead_of(storage, run) for run in (second, third, fifth)] == [0, 1, 3]


def test_a_place_in_line_costs_two_requests_and_none_where_nobody_waits_for_one(
    fake: FakeCloud, storage: Storage
) -> None:
    for number in range(300):
        add(fake, f"r{number}", number, State.STAGED)
    assert ahead_of(storage, add(fake, "last", 1000, State.STAGED)) == 300
    assert len(fake.world.calls) == 2
    for state in State:
        if state is not State.STAGED:
            assert ahead_of(storage, add(fake, "other", 2000, state)) == 0
    assert len(fake.world.calls) == 2


def test_a_marker_of_an_earlier_release_is_as_old_as_its_run(fake: FakeCloud, storage: Storage) -> None:
    fake.storage.put(paths.active("r0"), b"{}")
    assert ahead_of(storage, add(fake, "r1", -5, State.STAGED)) == 0
    assert ahead_of(storage, add(fake, "r2", 5, State.STAGED)) == 2
