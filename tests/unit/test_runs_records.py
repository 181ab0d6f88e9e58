"""Runs in the bucket, through the real client, and the requests that make them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine import paths
from engine.clock import SystemClock
from engine.cloud.storage import Storage
from engine.errors import BrokenState, IllegalTransition, NotFound
from engine.runs.line import line_of
from engine.runs.listed import find_run, list_runs
from engine.runs.queue import ahead_of, free_slots, release_slots, take_slot
from engine.runs.records import (
    change_run,
    create_run,
    folder_of,
    read_card,
    read_progress,
    read_run,
    record_event,
    remember_card,
)
from engine.runs.run import Run, State, move
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
        pytest.param({"schema_version": 2}, "newer version", id="newer"),
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
    [b"{ half", b"[1]", b"", b"\xff\xfe", b'{"schema_version": 2}', b'{"id": 3}', b"[" * 100_000],
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
    free_slots(bucket, 2)
    assert take_slot(bucket, "r0000002", 1, places=2)
    release_slots(bucket, "r0000002", 2)
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


def test_an_event_is_kept_once_per_state(bucket: Storage) -> None:
    record_event(bucket, Still(), run(), "submitted", who="U1")
    record_event(bucket, Still(NOW + timedelta(hours=1)), run(), "submitted", who="U2")
    body = bucket.require(paths.run_event("r1234567", "00000-submitted"), "").body
    assert (body["who"], body["at"], body["attempt"]) == ("U1", NOW.isoformat(), 1)


def test_each_attempt_has_its_folder() -> None:
    assert folder_of(run()) == "robyn/DE_1/de/t1/"
    assert folder_of(run(attempt=2)) == "robyn/DE_1/de/t1-a2/" == folder_of(run(), 2)


def test_progress_is_what_the_trainer_last_said(bucket: Storage) -> None:
    assert read_progress(bucket, run()) is None
    bucket.create(paths.status(folder_of(run())), {"phase": "search", "trial": 2, "secret": 1})
    assert read_progress(bucket, run()) == {"phase": "search", "trial": 2}
    assert read_progress(bucket, run(attempt=2)) is None


def test_the_first_place_of_a_card_counts(bucket: Storage) -> None:
    assert read_card(bucket, "r1") is None
    assert remember_card(bucket, "r1", {"channel": "C1", "ts": "1"})["ts"] == "1"
    assert remember_card(bucket, "r1", {"channel": "C1", "ts": "2"})["ts"] == "1"
    assert read_card(bucket, "r1") == {"channel": "C1", "ts": "1"}


# Requests


def test_the_same_request_is_the_same_run() -> None:
    service = Service()
    first = service.submit(key="k")
    assert service.submit(key="k") == first
    assert len(service.fake.tasks.waiting) == 2  # the stage and the card


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
