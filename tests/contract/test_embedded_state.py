"""A team's state: who may use the folder, what a backup holds and a restore accepts, what a migration checks."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import paths
from engine.errors import BadInput, BadSettings, BrokenState, MmmError
from local import workspace
from local.embedded.backup import backup
from local.embedded.folder import FORMAT, Folder
from local.embedded.migrate import migrate
from local.embedded.restore import restore
from local.embedded.server import serve
from local.faults import Fault
from local.google.executions import Executions, Process
from local.google.objects import Objects
from local.google.queues import Queues
from local.google.stored import Match
from tests.embedded_state import QUEUE, TOKEN, State
from tests.local_google import Google, google

pytestmark = pytest.mark.slow


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state")
    made.put("runs/r1/state.json", b'{"state": "SUCCEEDED"}')
    made.put("robyn/FR_1/fr/t/results/summary.json", b'{"chosen": "1_2_3"}')
    yield made
    made.close()


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Google]:
    """The team's bucket in Google Cloud, as the real client sees it."""
    with google(tmp_path / "target") as running:
        yield running


def contents(path: Path) -> dict[str, bytes]:
    """Every object of a state folder, each held against its checksum."""
    objects = Objects(path / "google" / "storage")
    try:
        found = {stored.name: objects.read(stored) for stored in objects.all()}
        assert all(objects.require(name).size == len(data) for name, data in found.items())
        return found
    finally:
        objects.close()


# The folder


def test_a_folder_is_used_by_one_server_and_its_parts_at_a_time(state: State) -> None:
    with state.folder.lock(), pytest.raises(BadSettings, match=f"Another server uses .* \\(process {os.getpid()}\\)"):
        state.folder.lock()
    state.folder.lock().close()


def test_the_lock_lasts_as_long_as_any_part_and_no_longer(state: State) -> None:
    with state.folder.lock() as lock:
        part = subprocess.Popen(["sleep", "60"], pass_fds=(lock.fileno(),))
    with pytest.raises(BadSettings):
        state.folder.lock()
    part.send_signal(signal.SIGKILL)
    part.wait()
    state.folder.lock(wait=5).close()


def test_a_folder_of_a_newer_release_is_left_alone(state: State) -> None:
    state.folder.about.write_text(json.dumps({"format": 99}))
    with pytest.raises(BadSettings, match="newer release"):
        state.folder.read()
    state.folder.about.write_text("{")
    with pytest.raises(BrokenState):
        state.folder.read()


# Backup and restore


def test_a_backup_restores_the_same_objects_tasks_and_workspace(state: State, tmp_path: Path) -> None:
    state.queue("notify", "n1")
    state.folder.write(port=9100, env_file="/etc/mmm.env")
    done = backup(state.path, tmp_path / "b.tar")
    restored = restore(tmp_path / "b.tar", tmp_path / "new")
    assert (done.files, done.size) == (restored.files, restored.size)
    assert contents(tmp_path / "new") == contents(state.path)
    queues = Queues(tmp_path / "new" / "google")
    assert [task.name for task in queues.waiting(f"{QUEUE}notify")] == [f"{QUEUE}notify/tasks/n1"]
    queues.close()
    known = Folder(tmp_path / "new").read()
    assert known == {"format": FORMAT, "workspace": workspace.TEAM_ID}, "where it ran is not where this one will"


def test_a_backup_is_for_its_owner_and_holds_no_token(state: State, tmp_path: Path) -> None:
    backup(state.path, tmp_path / "b.tar")
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600
    assert TOKEN.encode() not in (tmp_path / "b.tar").read_bytes()
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (tmp_path / "new").rglob("*"))
    assert sorted(path.name for path in state.path.iterdir()) == [
        *(".gitignore", "embedded.json", "google", "logs", "secrets")
    ]


def test_a_backup_taken_while_much_is_written_is_one_moment(state: State, tmp_path: Path) -> None:
    """The writer makes `b/N` only after `a/N` is there, and rewrites one object all the time."""
    ending, begun = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not ending.is_set():
            for name in (f"a/{number}", f"b/{number}"):
                state.put(name, f"{number}".encode() * 500)
            state.put("hot", f"{number}".encode() * 2000)
            number += 1
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # However slow the machine is: there is something to back up.
        assert begun.wait(60)
        for number in range(5):
            backup(state.path, tmp_path / f"{number}.tar")
    finally:
        ending.set()
        writer.join()
    sizes = []
    for number in range(5):
        restore(tmp_path / f"{number}.tar", tmp_path / f"r{number}")
        found = contents(tmp_path / f"r{number}")
        assert all(name.replace("b/", "a/") in found for name in found if name.startswith("b/"))
        sizes.append(len(found))
    assert sizes == sorted(sizes) and sizes[-1] > 2


def test_trainings_that_ran_then_are_not_taken_over_by_the_restored_server(state: State, tmp_path: Path) -> None:
    ours = Executions(state.folder.google, ["sleep", "60"], {}, state.path)
    process = ours.start("projects/p/locations/r/jobs/j", {}, 60)
    backup(state.path, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    theirs = Executions(tmp_path / "new" / "google", ["true"], {}, tmp_path)
    theirs.look()
    assert theirs.running() == []
    found: Process | None = theirs.find(process.name)
    assert found is not None and found.term_signal == signal.SIGKILL
    theirs.stop()
    ours.look()
    assert [one.name for one in ours.running()] == [process.name], "the first server's training goes on"
    ours.stop()


def test_nothing_is_written_over(state: State, tmp_path: Path) -> None:
    backup(state.path, tmp_path / "b.tar")
    with pytest.raises(BadInput, match="exists already"):
        backup(state.path, tmp_path / "b.tar")
    with pytest.raises(BadInput, match="is not empty"):
        restore(tmp_path / "b.tar", state.path)
    with pytest.raises(BadInput, match="holds no state"):
        backup(tmp_path / "nowhere", tmp_path / "c.tar")
    with pytest.raises(BadInput, match="There is no"):
        restore(tmp_path / "nowhere.tar", tmp_path / "new")


def test_an_object_that_the_disk_lost_is_named_and_no_backup_is_written(state: State, tmp_path: Path) -> None:
    stored = state.objects.require("runs/r1/state.json")
    path = state.objects.folder / "bytes" / stored.file
    path.write_bytes(b'{"state": "SUCCEEDEX"}')
    with pytest.raises(BrokenState, match=r"runs/r1/state\.json is damaged on this disk"):
        backup(state.path, tmp_path / "b.tar")
    path.unlink()
    with pytest.raises(BrokenState, match=r"runs/r1/state\.json is damaged on this disk"):
        backup(state.path, tmp_path / "b.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]


# Migration


def test_a_migration_copies_everything_and_closes_the_folder(state: State, bucket: Google) -> None:
    said: list[str] = []
    storage = bucket.storage()
    done = migrate(state.path, storage, "gs://b", said.append)
    assert (done.objects, done.copied) == (2, 2) and "2 object(s) to copy." in said
    run = storage.read("runs/r1/state.json")
    assert run is not None and run.body == {"state": "SUCCEEDED"}
    with pytest.raises(BadSettings, match="moved to gs://b"):
        serve(state.path)
    again = migrate(state.path, storage, "gs://b", said.append)
    assert (again.objects, again.copied) == (2, 0)
    with pytest.raises(BadInput, match="moved to gs://b already"):
        migrate(state.path, storage, "gs://other", said.append)
    storage.close()


def test_a_migration_takes_along_what_lists_show_and_what_may_go_after_a_time(state: State, bucket: Google) -> None:
    about = {"write_id": "w", "line": '{"id": "r1"}'}
    state.objects.put("robyn-jobs/rows/1-r1.json", b"{}", content_type="application/json", metadata=about)
    state.objects.put("outbox/r1.json", b"{}", content_type="application/json", metadata={}, custom_time=1.0)
    storage = bucket.storage()
    migrate(state.path, storage, "gs://b", print)
    lines = {entry.path: entry.line for entry in storage.list("")}
    assert lines["robyn-jobs/rows/1-r1.json"] == {"id": "r1"}
    assert lines["outbox/r1.json"] is None
    there = Objects(bucket.state / "storage")
    since = {one.name: one.custom_time for one in there.all()}
    there.close()
    assert since["outbox/r1.json"] is not None and since["outbox/r1.json"] > 1.0, "it begins to wait anew"
    assert since["robyn-jobs/rows/1-r1.json"] is None
    storage.close()


def test_a_broken_migration_goes_on_where_it_was(state: State, bucket: Google) -> None:
    for number in range(6):
        state.put(f"datasets/{number}", b"x" * number)
    storage = bucket.storage()
    bucket.faults.add(Fault("storage.objects.insert", "before", times=99, skip=3))
    with pytest.raises(MmmError):
        migrate(state.path, storage, "gs://b", print)
    assert "moved_to" not in state.folder.read()
    there = len(list(storage.list("")))
    assert 0 < there < 8
    bucket.faults.clear()
    bucket.faults.add(Fault("storage.objects.insert", "after", times=1))
    done = migrate(state.path, storage, "gs://b", print)
    assert (done.objects, done.copied) == (8, 8 - there)
    storage.close()


def test_a_migration_begins_only_when_all_is_quiet(state: State, bucket: Google) -> None:
    storage = bucket.storage()

    def refused(words: str) -> None:
        with pytest.raises(MmmError, match=words):
            migrate(state.path, storage, "gs://b", print)
        assert [entry.path for entry in storage.list("")] == []

    with state.folder.lock():
        refused("Another server uses")
    state.put(paths.active("r9"), b"{}")
    refused("1 run.* under way: r9")
    state.objects.delete(paths.active("r9"), Match())
    state.queue("notify", "n1")
    refused("1 step.* still wait")
    state.queues.purge(f"{QUEUE}notify")
    state.queue("watch", "w1")
    assert migrate(state.path, storage, "gs://b", print).copied == 2
    storage.close()


def test_a_bucket_with_anything_else_in_it_is_refused(state: State, bucket: Google) -> None:
    storage = bucket.storage()
    storage.create("runs/r1/state.json", {"state": "another"})
    with pytest.raises(BadInput, match=r"not of this state: runs/r1/state\.json"):
        migrate(state.path, storage, "gs://b", print)
    assert len(list(storage.list(""))) == 1
    below = bucket.storage("workspaces/T1")
    assert migrate(state.path, below, "gs://b/workspaces/T1", print).copied == 2
    storage.close()
    below.close()


def test_a_damaged_disk_is_noticed(state: State, bucket: Google) -> None:
    stored = state.objects.require("runs/r1/state.json")
    (state.objects.folder / "bytes" / stored.file).write_bytes(b'{"state": "SUCCEEDEX"}')
    storage = bucket.storage()
    with pytest.raises(BrokenState, match="damaged on this disk"):
        migrate(state.path, storage, "gs://b", print)
    assert "moved_to" not in state.folder.read()
    storage.close()


def test_the_verbs_do_it_and_say_what_is_left(state: State, bucket: Google, tmp_path: Path) -> None:
    def mmm(*arguments: str) -> str:
        command = [sys.executable, "-m", "bot.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "no tokens" in mmm("backup", "--state", str(state.path), str(tmp_path / "b.tar"))
    assert "verified" in mmm("restore", str(tmp_path / "b.tar"), "--state", str(tmp_path / "new"))
    to = ["--bucket", workspace.BUCKET, "--project", workspace.PROJECT, "--storage-url", bucket.url]
    told = mmm("migrate", "--state", str(tmp_path / "new"), *to)
    assert "2 objects" in told and "2 copied now" in told
    assert "Secret Manager" in told and "mmm manifest --url" in told
