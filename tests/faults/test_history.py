"""The history of runs: one row each, and a CSV of all that costs the same whatever comes between."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.errors import Unavailable
from engine.pipeline.history import (
    look_after_history,
    queue_history,
    rebuild_history,
    write_history,
    write_row,
)
from engine.runs.line import read_line
from engine.runs.row import COLUMNS, row_of
from engine.runs.run import Run, State
from tests.earlier_store import FAILED, STOPPED_TRAINING, STOPPED_WAITING, SUCCEEDED, into_memory
from tests.faults.fake_cloud import NOON, FakeCloud, Task

DAY = timedelta(days=1)


class Work:
    """A worker with nothing to do but to keep the history."""

    def __init__(self) -> None:
        self.fake = FakeCloud()
        self.cloud = cast(Cloud, self.fake)
        self.ended: list[Run] = []

    def end(self, run_id: str, at: datetime | None = None, **more: Any) -> Run:
        """End a run now, or have it ended at some time and written down only now."""
        run = run_at(run_id, at or self.fake.clock.time, **more)
        write_row(self.cloud, self.fake.clock, run)
        self.ended.append(run)
        return run

    def write(self, since: str = "") -> None:
        write_history(self.cloud, self.fake.clock, since)

    def sweep(self) -> None:
        look_after_history(self.cloud, self.fake.clock)

    def drain(self) -> None:
        self.fake.drain(self.perform, hours=1)

    def perform(self, task: Task) -> None:
        assert task.step == "history"
        self.write(task.payload.get("since", ""))

    @property
    def calls(self) -> list[str]:
        return self.fake.world.calls

    @property
    def table(self) -> list[dict[str, str]]:
        """The CSV as it stands."""
        return list(csv.DictReader(io.StringIO(self.fake.storage.objects[paths.HISTORY][0].decode())))

    @property
    def runs(self) -> list[str]:
        return [row["run"] for row in self.table]

    def check(self) -> None:
        """The CSV holds every run that ended, once, the oldest first, below one head."""
        text = self.fake.storage.objects[paths.HISTORY][0].decode()
        assert text.startswith(",".join(COLUMNS) + "\n") and text.count("run,state,") == 1
        expected = sorted(self.ended, key=lambda run: run.changed_at)
        assert sorted(self.runs) == sorted(run.id for run in expected)
        assert [row["end_time"] for row in self.table] == [run.changed_at.isoformat() for run in expected]


@pytest.fixture
def work() -> Work:
    return Work()


def run_at(run_id: str, at: datetime, **more: Any) -> Run:
    base = {"id": run_id, "workspace": "T1", "revision": "FR_1", "dataset_id": "fr/x", "country": "fr", "who": "U1"}
    base |= {"ts": "20260105T120000Z-aaaa", "channel": "C1", "created_at": at - timedelta(minutes=5)}
    return Run.model_validate({**base, "state": State.SUCCEEDED, "changed_at": at, **more})


def some_days(work: Work, days: int = 6) -> None:
    """Two runs a day, each day's written on that day; a day without any among them."""
    for n in range(days):
        if n != 2:
            work.end(f"r{n}a")
            work.fake.clock.time += timedelta(hours=1)
            work.end(f"r{n}b")
            work.drain()
        work.fake.clock.time = NOON + (n + 1) * DAY
    work.fake.clock.time -= DAY


# What a row says


@pytest.mark.parametrize(
    "more",
    [
        {"verdict": "usable", "started_at": NOON},
        {"state": State.FAILED, "reason": "No data.", "attempt": 3},
        {"state": State.CANCELLED, "reason": "Stopped by <@U2>.", "stopped_by": "U2"},
        {"state": State.FAILED, "reason": "Cloud Run says: " + "no " * 300},
        {"state": State.FAILED, "reason": "Very long. " * 900},
        {"state": State.FAILED, "reason": "長" * 1990},
    ],
    ids=["succeeded", "failed", "stopped", "a long reason", "a reason that no line holds", "long in bytes"],
)
def test_the_csv_says_the_same_by_the_listing_as_by_the_row_itself(work: Work, more: dict[str, Any]) -> None:
    run = work.end("r1", **more)
    work.drain()
    body = work.fake.storage.look(paths.row(run.changed_at, "r1")) or {}
    assert set(body) == set(COLUMNS)
    assert work.table == [{name: str(value) for name, value in body.items()}]
    assert body["message"] == run.reason
    assert read_line(row_of(run).line) is not None


def test_only_a_reason_that_no_listing_shows_is_read_from_its_row(work: Work) -> None:
    short, long = work.end("r2", reason="x" * 2000), work.end("r1", reason="x" * 2001)
    work.drain()
    assert {call for call in work.calls if call.startswith("read ")} == {f"read {paths.row(long.changed_at, 'r1')}"}
    assert [row["message"] for row in work.table] == [short.reason, long.reason]


def test_a_spreadsheet_runs_no_cell_as_a_formula(work: Work) -> None:
    work.end("r1", state=State.FAILED, reason="=1+1")
    work.drain()
    assert work.table[0]["message"] == "'=1+1"


def test_a_row_that_cannot_be_read_hides_no_other(work: Work) -> None:
    work.end("r1")
    work.fake.storage.put(paths.row(NOON, "rbad"), b"{ half")
    work.end("r2")
    work.drain()
    work.check()


# What it costs


@pytest.mark.parametrize("before", [10, 900, 5000])
def test_an_end_costs_one_write_and_the_csv_three_requests_however_many_runs_there_were(
    work: Work, before: int
) -> None:
    for n in range(before):
        row = row_of(run_at(f"b{n}", NOON - 10 * DAY + timedelta(seconds=n)))
        work.fake.storage.put(row.path, b"{}")
        work.fake.storage.lines[row.path] = row.line
    work.write()
    work.calls.clear()
    work.end("r1")
    work.drain()
    assert work.calls == [
        f"create {paths.row(NOON, 'r1')}",
        "enqueue history",
        "list robyn-jobs/",
        f"overwrite {paths.OPEN_HISTORY}",
        f"compose {paths.HISTORY}",
    ]
    assert len(work.runs) == before + 1


def test_what_ends_within_the_same_moments_is_written_once(work: Work) -> None:
    for n in range(100):
        work.end(f"r{n:03d}")
    assert len(work.fake.tasks.waiting) == 1
    work.drain()
    work.check()
    assert work.calls.count(f"compose {paths.HISTORY}") == 2  # the first one ever made the closed part first


def test_closing_a_day_costs_the_same_however_many_runs_there_were(work: Work) -> None:
    some_days(work, 9)
    work.calls.clear()
    work.fake.clock.time += DAY
    work.end("r1")
    work.drain()
    assert len(work.calls) <= 15
    work.check()


# Whatever comes between


def test_a_hundred_runs_that_end_at_once_leave_a_hundred_rows(work: Work) -> None:
    """Each ends while the one before is between two requests of its end."""
    ends = iter(range(100))

    def another(call: str) -> None:
        if (n := next(ends, None)) is not None:
            work.end(f"r{n:03d}")
            work.write()

    work.fake.world.before = another
    work.write()
    work.drain()
    assert len(work.ended) == 100
    work.check()
    rows = [path for path in work.fake.storage.objects if path.startswith(paths.HISTORY_ROWS)]
    assert len(rows) == 100


def at_every_call(prepare: Callable[[], Work], act: Callable[[Work], None], then: Callable[[Work, int], None]) -> int:
    """Do `act` with something else happening at each of its calls; returns how many there are."""
    work = prepare()
    before = len(work.calls)
    act(work)
    calls = len(work.calls) - before
    for n in range(calls):
        then(prepare(), n)
    return calls


def closed_tomorrow() -> Work:
    """Five days of runs, and one that ends on the day after: its CSV needs a part that is not there yet."""
    work = Work()
    some_days(work, 5)
    work.fake.clock.time += DAY
    work.end("rnew")
    return work


def late() -> Work:
    """Five days of runs, and a row that came days too late."""
    work = Work()
    some_days(work, 5)
    work.end("rlate", at=NOON + timedelta(minutes=30))
    return work


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("prepare", [closed_tomorrow, late])
def test_a_worker_that_dies_at_any_request_leaves_nothing_wrong(prepare: Callable[[], Work], moment: str) -> None:
    def die(work: Work, n: int) -> None:
        work.fake.world.crash = (len(work.calls) + n + 1, moment)
        work.drain()
        assert work.fake.world.crashed == 1
        work.check()

    assert at_every_call(prepare, Work.drain, die) > 5


@pytest.mark.parametrize("prepare", [closed_tomorrow, late])
def test_a_run_that_ends_between_any_two_requests_is_in_the_csv_as_well(prepare: Callable[[], Work]) -> None:
    def meanwhile(work: Work, n: int) -> None:
        at = len(work.calls) + n

        def other(call: str) -> None:
            if len(work.calls) == at:
                work.fake.world.before = lambda call: None
                work.end("rother")
                work.write()

        work.fake.world.before = other
        work.drain()
        work.check()

    assert at_every_call(prepare, Work.drain, meanwhile) > 5


@pytest.mark.parametrize("prepare", [closed_tomorrow, late])
def test_a_late_row_between_any_two_requests_is_in_the_csv_as_well(prepare: Callable[[], Work]) -> None:
    def meanwhile(work: Work, n: int) -> None:
        at = len(work.calls) + n

        def other(call: str) -> None:
            if len(work.calls) == at:
                work.fake.world.before = lambda call: None
                work.end("rother", at=NOON + timedelta(minutes=20))
                work.write(f"{NOON:%Y-%m-%d}")

        work.fake.world.before = other
        work.drain()
        work.check()
        work.fake.clock.time += DAY
        work.end("rnext")
        work.drain()
        work.check()

    assert at_every_call(prepare, Work.drain, meanwhile) > 5


@pytest.mark.parametrize("days", [0, 1, 2, 3, 4, 30])
def test_a_row_is_in_the_csv_however_late_it_comes(work: Work, days: int) -> None:
    some_days(work, 5)
    work.fake.clock.time += timedelta(hours=3)
    work.end("rlate", at=work.fake.clock.time - days * DAY)
    work.drain()
    work.check()
    work.fake.clock.time += DAY
    work.end("rnext")
    work.drain()
    work.check()


def test_a_row_that_is_written_at_midnight_is_in_the_csv(work: Work) -> None:
    """The day that it belongs to is closed between its being written and the CSV's."""
    some_days(work, 5)
    work.fake.clock.time = datetime(2026, 1, 9, 23, 59, 59, tzinfo=UTC)
    run = run_at("rlate", work.fake.clock.time - 2 * DAY)
    work.end("rother")
    work.fake.clock.time += timedelta(seconds=2)
    work.write()  # closes the day before the row is there
    work.fake.clock.time -= timedelta(seconds=2)
    write_row(work.cloud, work.fake.clock, run)
    work.ended.append(run)
    work.drain()
    work.check()


def test_who_is_always_overtaken_comes_again(work: Work) -> None:
    work.end("r1")
    work.drain()

    def other(call: str) -> None:
        if call == f"compose {paths.HISTORY}":
            work.fake.storage.put(paths.HISTORY, b"another's")

    work.fake.world.before = other
    with pytest.raises(Unavailable):
        work.write()


# Damage


def gone(storage: Any, path: str) -> None:
    storage.drop(path)


def garbled(storage: Any, path: str) -> None:
    storage.put(path, b"\x00\xff")


def truncated(storage: Any, path: str) -> None:
    storage.put(path, storage.objects[path][0][:-9])


@pytest.mark.parametrize("damage", [gone, garbled, truncated])
@pytest.mark.parametrize("view", ["csv", "closed", "closed before", "open", "closing"])
def test_what_is_lost_or_damaged_is_right_again_after_a_sweep(
    work: Work, view: str, damage: Callable[[Any, str], None]
) -> None:
    some_days(work, 6)
    path = {
        "csv": paths.HISTORY,
        "closed": paths.closed_history("2026-01-07"),
        "closed before": paths.closed_history("2026-01-06"),
        "open": paths.OPEN_HISTORY,
        "closing": paths.CLOSING_HISTORY,
    }[view]
    assert path in work.fake.storage.objects
    damage(work.fake.storage, path)
    work.sweep()
    work.drain()
    work.check()
    for n in range(3):
        work.fake.clock.time += DAY
        work.end(f"rnext{n}")
        work.drain()
        work.check()


def test_a_damaged_part_that_was_joined_before_anybody_saw_it_is_made_again(work: Work) -> None:
    some_days(work, 6)
    truncated(work.fake.storage, paths.closed_history("2026-01-07"))
    work.end("rnew")
    work.drain()
    work.sweep()
    work.drain()
    work.check()


@pytest.mark.parametrize("hours", [0, 6, 50, 90])
def test_a_csv_whose_task_was_lost_is_written_after_a_sweep(work: Work, hours: int) -> None:
    some_days(work, 4)
    work.fake.clock.time += timedelta(hours=5)
    work.end("rnew", at=work.fake.clock.time - timedelta(hours=hours))
    work.fake.tasks.purge()
    work.sweep()
    work.drain()
    work.check()


def test_a_sweep_of_a_history_that_is_in_order_costs_three_requests_and_no_task(work: Work) -> None:
    some_days(work, 6)
    work.calls.clear()
    work.sweep()
    assert [call.split()[0] for call in work.calls] == ["list"] * 3


def test_a_store_without_runs_is_in_order(work: Work) -> None:
    work.sweep()
    assert work.fake.tasks.waiting == []


def test_repair_says_what_was_wrong(work: Work) -> None:
    some_days(work, 6)
    assert rebuild_history(work.cloud, work.fake.clock) == []
    truncated(work.fake.storage, paths.HISTORY)
    assert rebuild_history(work.cloud, work.fake.clock) == [
        f"{paths.HISTORY} lacked: 1 lines",
        f"{paths.HISTORY} had too many: 1 lines",
    ]
    work.check()
    gone(work.fake.storage, paths.HISTORY)
    assert rebuild_history(work.cloud, work.fake.clock) == [f"{paths.HISTORY} lacked: 11 lines"]
    work.check()


# The release before


OLD = {SUCCEEDED, FAILED, STOPPED_TRAINING, STOPPED_WAITING}


@pytest.fixture
def upgraded() -> Work:
    """The worker of this release on a store of the one before."""
    work = Work()
    into_memory(work.fake.storage)
    work.fake.clock.time = datetime(2026, 11, 30, 18, tzinfo=UTC)
    return work


def old_rows(work: Work) -> list[str]:
    return [path for path in work.fake.storage.objects if path.startswith(paths.OLD_ROWS)]


def test_rows_of_the_release_before_get_names_that_sort_and_the_csv_stays_whole(upgraded: Work) -> None:
    before = upgraded.table
    assert len(old_rows(upgraded)) == 4
    upgraded.end("rnew")
    upgraded.drain()
    assert old_rows(upgraded) == []
    assert upgraded.runs[-1] == "rnew"
    assert sorted(upgraded.table[:-1], key=lambda row: row["run"]) == sorted(before, key=lambda row: row["run"])
    assert {row["run"] for row in before} == OLD
    lines = upgraded.fake.storage.lines
    assert {line["id"] for path, line in lines.items() if path.startswith(paths.HISTORY_ROWS)} == OLD | {"rnew"}


def test_a_long_reason_of_the_release_before_stays_whole(upgraded: Work) -> None:
    storage, reason = upgraded.fake.storage, "Cloud Run says: " + "no " * 300
    state, row = paths.run_state(FAILED), next(path for path in old_rows(upgraded) if FAILED in path)
    for path, name in ((state, "reason"), (row, "message")):
        storage.put(path, json.dumps({**(storage.look(path) or {}), name: reason}).encode())
    upgraded.sweep()
    upgraded.drain()
    assert [one["message"] for one in upgraded.table if one["run"] == FAILED] == [reason]


def test_a_sweep_has_them_moved_without_any_run(upgraded: Work) -> None:
    upgraded.sweep()
    upgraded.drain()
    assert old_rows(upgraded) == []
    assert set(upgraded.runs) == OLD


def test_a_worker_that_dies_while_rows_are_moved_loses_none() -> None:
    def prepare() -> Work:
        work = Work()
        into_memory(work.fake.storage)
        work.fake.clock.time = datetime(2026, 12, 20, 18, tzinfo=UTC)
        queue_history(work.cloud, work.fake.clock)
        return work

    def die(work: Work, n: int) -> None:
        work.fake.world.crash = (len(work.calls) + n + 1, "after")
        work.drain()
        assert work.fake.world.crashed == 1
        assert sorted(work.runs) == sorted(OLD) and old_rows(work) == []

    assert at_every_call(prepare, Work.drain, die) > 10


def test_many_of_them_are_moved_portion_by_portion(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pipeline.history.PORTION", 7)
    for n in range(20):
        at = NOON - 20 * DAY + n * DAY
        body = row_of(run_at(f"b{n:02d}", at)).body
        work.fake.storage.put(paths.history_row(f"{at:%Y-%m-%d}", f"b{n:02d}"), json.dumps(body).encode())
    before = b"the CSV as the release before left it"
    work.fake.storage.put(paths.HISTORY, before)
    work.sweep()
    seen = set()

    def look(call: str) -> None:
        seen.add(work.fake.storage.objects[paths.HISTORY][0])

    work.fake.world.before = look
    work.drain()
    assert work.runs == [f"b{n:02d}" for n in range(20)]
    assert seen == {before}  # never half


def test_a_worker_of_the_release_before_that_still_writes_is_followed(work: Work) -> None:
    some_days(work, 6)
    run = run_at("rold", NOON + timedelta(minutes=3))
    body = row_of(run).body
    work.fake.storage.put(paths.history_row("2026-01-05", "rold"), json.dumps(body).encode())
    work.ended.append(run)
    work.sweep()
    work.drain()
    work.check()
