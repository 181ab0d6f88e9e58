"""Runs in the bucket, through the real client, and the requests that make them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine import paths
from engine.clock import SystemClock
from engine.cloud.storage import Storage
from engine.errors import BrokenState, IllegalTransition, NotFound
from engine.runs.line import line_of
from engine.runs.listed import find_run, list_runs
from engine.runs.queue import ahead_of, free_slots, release_all, take_slot
from engine.runs.records import folder_of, read_card, read_progress, read_run
from engine.runs.run import NEWEST, VERSION, Run, State, happened, move
from engine.runs.state import change_held, change_run, create_run, read_state, record_event, upgrade_run
from tests.faults.fake_cloud import FakeCloud
from tests.faults.service import Service
from tests.stored import keep_run

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Still:
    """A clock that stands."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def stamp(self) -> str:
        return SystemClock().stamp()


def run(name: str = "r1234567", minutes: int = 0, **changes: Any) -> Run:
    at = NOW + timedelta(minutes=minutes)
    given = {"id": name, "workspace": "T1", "revision": "DE_1", "dataset_id": "de/1", "country": "de", "ts": "t1"}
    given |= {"who": "U1", "channel": "C1", "created_at": at, "changed_at": at}
    return Run.model_validate(given | changes)


def test_a_run_is_made_once(bucket: Storage) -> None:
    assert create_run(bucket, run()) == run()
    assert create_run(bucket, run(who="U2")) == run()
    assert read_run(bucket, "r1234567") == run()


def test_a_run_that_is_not_there(bucket: Storage) -> None:
    with pytest.raises(NotFound, match="no run r0"):
        read_run(bucket, "r0")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"schema_version": NEWEST + 1}, "newer version", id="newer"),
        pytest.param({"id": "r1"}, "cannot be read", id="half"),
    ],
)
def test_a_state_that_cannot_be_read_says_so(bucket: Storage, body: dict[str, Any], says: str) -> None:
    bucket.create(paths.run_state("r1"), body)
    with pytest.raises(BrokenState, match=says):
        read_run(bucket, "r1")


def test_writers_at_once_lose_no_change(bucket: Storage) -> None:
    create_run(bucket, run())

    def grow(_: int) -> None:
        change_run(bucket, "r1234567", lambda now: now.model_copy(update={"seq": now.seq + 1}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(grow, range(8)))
    assert read_run(bucket, "r1234567").seq == 8


def test_a_run_that_is_held_is_changed_without_reading_it_again() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    create_run(storage, run())
    held = read_state(storage, "r1234567")
    fake.world.calls.clear()
    staged = change_held(storage, held, lambda now: move(now, State.STAGED, NOW))
    again = change_held(storage, staged, lambda now: move(now, State.LAUNCHING, NOW))
    assert len(fake.world.calls) == 2
    assert read_state(storage, "r1234567") == again


def test_a_run_that_is_held_and_was_written_by_others_is_read_again(bucket: Storage) -> None:
    create_run(bucket, run())
    held = read_state(bucket, "r1234567")
    change_run(bucket, "r1234567", lambda now: now.model_copy(update={"waiting": "so"}))
    changed = change_held(bucket, held, lambda now: move(now, State.STAGED, NOW))
    assert (changed.run.waiting, changed.run.state) == ("so", State.STAGED)


def test_a_state_is_written_with_its_line(bucket: Storage) -> None:
    create_run(bucket, run())
    [entry] = bucket.list(paths.run_state("r1234567"))
    assert entry.line == line_of(run())
    moved = change_run(bucket, "r1234567", lambda now: move(now, State.STAGED, NOW))
    [entry] = bucket.list(paths.run_state("r1234567"))
    assert entry.line == line_of(moved)


def test_a_change_that_changes_nothing_writes_nothing(bucket: Storage) -> None:
    create_run(bucket, run())
    before = bucket.require(paths.run_state("r1234567"), "").generation
    change_run(bucket, "r1234567", lambda now: now)
    assert bucket.require(paths.run_state("r1234567"), "").generation == before


def test_a_move_that_is_not_possible_leaves_the_run(bucket: Storage) -> None:
    create_run(bucket, run())
    with pytest.raises(IllegalTransition):
        change_run(bucket, "r1234567", lambda now: move(now, State.SUCCEEDED, NOW))
    assert read_run(bucket, "r1234567").state is State.QUEUED


def test_runs_are_listed_newest_first_without_those_that_cannot_be_read(bucket: Storage) -> None:
    for number in range(3):
        keep_run(bucket, run(f"r{number}", number))
    bucket.create(paths.active("rbroken"), {})
    bucket.create(paths.run_state("rbroken"), {"schema_version": 9})
    assert [one.id for one in list_runs(bucket)] == ["r2", "r1", "r0"]
    assert len(list_runs(bucket, limit=2)) == 2  # what cannot be read takes nobody's place


@pytest.mark.parametrize(
    "body",
    [b"{ half", b"[1]", b"", b"\xff\xfe", b'{"schema_version": 3}', b'{"id": 3}', b"[" * 100_000],
    ids=["not JSON", "no object", "empty", "not text", "newer", "not what it should be", "nested without end"],
)
def test_one_unreadable_run_breaks_nothing(bucket: Storage, body: bytes) -> None:
    made = keep_run(bucket, run("r0000001"))
    path = paths.run_state("r0000002")
    bucket.put_bytes(path, body, "application/json")
    bucket.create(paths.active("r0000002"), {})
    found = list_runs(bucket)
    assert ([one.id for one in found], found.unreadable) == (["r0000001"], (path,))
    assert find_run(bucket, "DE_1") == find_run(bucket, "r0000001") == made
    assert ahead_of(bucket, made) == 0
    with pytest.raises(BrokenState):
        find_run(bucket, "r0000002")


def test_a_run_under_another_ones_name_is_left_out(bucket: Storage) -> None:
    made = keep_run(bucket, run("r0000001"))
    bucket.create(paths.active("r0000002"), {}, line=line_of(made))
    bucket.create(paths.run_state("r0000002"), made)
    found = list_runs(bucket)
    assert ([one.id for one in found], found.unreadable) == (["r0000001"], (paths.run_state("r0000002"),))


def test_progress_that_cannot_be_read_is_none(bucket: Storage) -> None:
    bucket.put_bytes(paths.status(folder_of(run())), b"{ half", "application/json")
    assert read_progress(bucket, run()) is None


def test_a_place_that_cannot_be_read_stays_taken_and_the_others_are_given(bucket: Storage) -> None:
    bucket.put_bytes(paths.slot(0), b"{ half", "application/json")
    create_run(bucket, run("r0000001", state=State.FAILED))
    assert take_slot(bucket, "r0000001", 1, places=2)
    assert not take_slot(bucket, "r0000002", 1, places=2)
    free_slots(bucket, NOW)
    assert take_slot(bucket, "r0000002", 1, places=2)
    release_all(bucket, "r0000002")
    assert take_slot(bucket, "r0000003", 1, places=2)


@pytest.mark.parametrize(
    "text",
    [
        *("r0000002", " R0000002 ", "de_2", "DE_2", "#r0000002", "`R0000002`", "*de_2*", "“r0000002”", "'DE_2'."),
        *("_de_2_", "r0000002…", "“#r0000002”"),
    ],
    ids=range(12),
)
def test_a_run_is_found_by_its_id_or_its_experiment(bucket: Storage, text: str) -> None:
    keep_run(bucket, run("r0000001", 0, revision="DE_2"))
    keep_run(bucket, run("r0000002", 5, revision="DE_2"))
    keep_run(bucket, run("r0000003", 9, revision="DE_3"))
    assert find_run(bucket, text).id == "r0000002"


@pytest.mark.parametrize(("text", "todo"), [("r0000009", "Did you mean r0000001"), ("zzz", "/mmm status")])
def test_a_run_that_is_not_found_comes_with_advice(bucket: Storage, text: str, todo: str) -> None:
    keep_run(bucket, run("r0000001"))
    with pytest.raises(NotFound) as caught:
        find_run(bucket, text)
    assert todo in caught.value.todo


def test_an_event_is_kept_and_logged_once_per_state(bucket: Storage, caplog: pytest.LogCaptureFixture) -> None:
    create_run(bucket, run())
    with caplog.at_level("INFO"):
        first = record_event(bucket, Still(), run(), "previewed", who="U1")
        record_event(bucket, Still(NOW + timedelta(hours=1)), run(), "previewed", who="U2")
        record_event(bucket, Still(NOW + timedelta(hours=1)), first, "previewed", who="U2")
    [event] = read_run(bucket, "r1234567").events
    assert (event.more, event.at, event.attempt, event.state) == ({"who": "U1"}, NOW, 1, "QUEUED")
    assert [record.event for record in caplog.records] == ["run_previewed"]  # type: ignore[attr-defined]


def test_a_move_that_others_make_first_is_logged_once(bucket: Storage, caplog: pytest.LogCaptureFixture) -> None:
    create_run(bucket, run())
    held = read_state(bucket, "r1234567")

    def staged(now: Run) -> Run:
        return now if now.state is State.STAGED else move(now, State.STAGED, NOW)

    with caplog.at_level("INFO"):
        change_held(bucket, held, staged)
        change_held(bucket, held, staged)
    assert [record.event for record in caplog.records] == ["run_staged"]  # type: ignore[attr-defined]


def test_each_attempt_has_its_folder() -> None:
    assert folder_of(run()) == "robyn/DE_1/de/t1/"
    assert folder_of(run(attempt=2)) == "robyn/DE_1/de/t1-a2/" == folder_of(run(), 2)


def test_progress_is_what_the_trainer_last_said(bucket: Storage) -> None:
    assert read_progress(bucket, run()) is None
    bucket.create(paths.status(folder_of(run())), {"phase": "search", "trial": 2, "secret": 1})
    assert read_progress(bucket, run()) == {"phase": "search", "trial": 2}
    assert read_progress(bucket, run(attempt=2)) is None


@pytest.mark.parametrize(
    ("kept", "stands"),
    [
        ({"channel": "C1", "ts": "1"}, True),
        ({"state": "done", "channel": "C1", "ts": "1", "first": "then"}, True),
        ({"state": "trying", "first": "then", "at": "now"}, False),
        ({"state": "trying", "gone": {"channel": "C1", "ts": "1"}}, False),
        ({"state": "idle"}, False),
    ],
    ids=["of an earlier release", "posted", "being posted", "being posted anew", "not posted"],
)
def test_a_card_stands_where_it_was_posted_and_nowhere_while_it_is(
    bucket: Storage, kept: dict[str, Any], stands: bool
) -> None:
    assert read_card(bucket, "r1") is None
    bucket.create(paths.run_card("r1"), kept)
    assert read_card(bucket, "r1") == ({"channel": "C1", "ts": "1"} if stands else None)


# Requests


def test_the_same_request_is_the_same_run() -> None:
    service = Service()
    first = service.submit(key="k")
    assert service.submit(key="k") == first
    assert len(service.fake.tasks.waiting) == 2  # the stage and the card


@pytest.mark.parametrize("marked", [True, False], ids=["all has followed", "its end broke off"])
def test_a_request_whose_run_is_over_begins_nothing_again(marked: bool) -> None:
    service = Service()
    over = move(service.submit(key="k"), State.FAILED, NOW)
    service.fake.storage.put(paths.run_state(over.id), over.model_dump_json().encode())
    if marked:
        service.fake.storage.drop(paths.active(over.id))
    service.fake.tasks.purge()
    service.fake.tasks.names.clear()
    assert service.submit(key="k") == over
    assert not service.fake.tasks.waiting
    assert (paths.active(over.id) in service.fake.storage.objects) is not marked


def test_two_requests_with_the_same_short_name_are_two_runs() -> None:
    service = Service()
    first = service.submit(key="k")
    taken = first.model_copy(update={"key": "somebody else's"})
    service.fake.storage.put(paths.run_state(first.id), taken.model_dump_json().encode())
    second = service.submit(key="k")
    assert second.id != first.id and second.id.startswith(first.id)
    assert service.submit(key="k").id == second.id
    assert service.run(first.id) == taken


def test_a_run_of_an_experiment_that_is_gone_leaves_nothing() -> None:
    service = Service()
    del service.fake.storage.objects[paths.experiment("FR_1")]
    before = set(service.fake.storage.objects)
    with pytest.raises(NotFound):
        service.submit()
    assert set(service.fake.storage.objects) == before


def test_a_marker_without_a_run_goes_after_a_while() -> None:
    service = Service()
    service.fake.storage.put(paths.active("r1"), b"{}")
    service.sweep()
    assert paths.active("r1") in service.fake.storage.objects
    service.fake.clock.time += timedelta(hours=2)
    service.sweep()
    assert paths.active("r1") not in service.fake.storage.objects


def test_a_run_whose_data_only_this_release_can_make_is_refused_by_the_one_before_until_they_are_made(
    bucket: Storage,
) -> None:
    """The release before reads up to VERSION, and would train without the recipe."""
    create_run(bucket, run(schema_version=NEWEST))
    found = read_run(bucket, "r1234567")
    assert found.schema_version == NEWEST and not upgrade_run(bucket, found.id)
    assert happened(found, "submitted", NOW).schema_version == NEWEST
    for to in (State.STAGED, State.LAUNCHING, State.CANCELLED):
        assert move(found, to, NOW).schema_version == VERSION
