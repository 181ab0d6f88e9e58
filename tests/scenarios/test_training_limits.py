"""A training that takes more than the machine has: memory and disk run out for real, and the thread is told which.

Where Robyn's R is stood in for, it is by a script that ends as R does; its real scripts have tests of their own.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from engine import paths
from tests.training_attempt import Attempt

IN_A_MOUNT = ("unshare", "--user", "--map-root-user", "--mount")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder on which a small disk can be mounted, as only this test's processes see it."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed: apt-get install util-linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    tried = subprocess.run([*IN_A_MOUNT, *mounted(folder, "1m"), "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"nobody may mount a disk here: {tried.stderr.strip()}")
    return folder


def mounted(folder: Path, size: str) -> list[str]:
    """The start of a command that is run with a disk of that size on `folder`."""
    return ["sh", "-c", f'mount -t tmpfs -o size={size} tmpfs "{folder}" && exec "$@"', "sh"]


def rscript(folder: Path, text: str) -> dict[str, str]:
    """Make an Rscript whose OUT folder is $3, as run_all.R is called; returns the environment that finds it."""
    folder.mkdir()
    script = folder / "Rscript"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "MMM_TRAINER": "robyn"}


@pytest.mark.parametrize(
    "size",
    [pytest.param("24k", id="while-fetching"), pytest.param("8m", id="before-training")],
)
def test_a_full_disk_is_told_as_such(attempt: Attempt, disk: Path, tmp_path: Path, size: str) -> None:
    attempt.stage(tmp_path / "data.parquet")
    assert attempt.run(*IN_A_MOUNT, *mounted(disk, size), TMPDIR=str(disk)) == 0
    manifest = attempt.manifest
    assert manifest and (manifest.kind, manifest.what) == ("failed", "The training's disk is full.")
    assert "more room" in manifest.todo


def test_a_disk_that_fills_while_training_is_told_as_such(attempt: Attempt, disk: Path, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet")
    env = rscript(tmp_path / "bin", 'dd if=/dev/zero of="$3/big" bs=1M count=200 2>/dev/null; echo R broke off; exit 1')
    assert attempt.run(*IN_A_MOUNT, *mounted(disk, "100m"), TMPDIR=str(disk), **env) == 0
    manifest = attempt.manifest
    assert manifest and (manifest.kind, manifest.what) == ("failed", "The training's disk is full.")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("echo Error: cannot allocate vector of size 3.1 Gb; exit 1", "ran out of memory", id="r-says-so"),
    ],
)
def test_lack_of_memory_is_told_as_such(attempt: Attempt, tmp_path: Path, text: str, what: str) -> None:
    attempt.stage(tmp_path / "data.parquet")
    assert attempt.run(**rscript(tmp_path / "bin", text)) == 0
    manifest = attempt.manifest
    assert manifest and manifest.kind == "failed"
    assert what in manifest.what
    assert "larger training machine" in manifest.todo


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            """echo '{"phase": "trials", "cause": "Trial 2 was killed (exit status 137).", "remedy": "?"}' \
> "$3/status.json"; exit 1""",
            id="a-trial-is-killed",
        ),
        pytest.param("kill -9 $$", id="r-is-killed"),
        pytest.param("kill -15 $$", id="r-is-told-to-end"),
    ],
)
def test_a_kill_from_outside_is_told_as_such_and_left_to_another_attempt(
    attempt: Attempt, tmp_path: Path, text: str
) -> None:
    attempt.stage(tmp_path / "data.parquet")
    assert attempt.run(**rscript(tmp_path / "bin", text)) == 0
    manifest = attempt.manifest
    assert manifest and manifest.kind == "lost"
    assert "killed from outside" in manifest.what and "memory" not in manifest.what


def test_a_process_of_the_native_trainer_that_is_killed_is_left_to_another_attempt(
    attempt: Attempt, tmp_path: Path
) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20_000, trials=20, search="nevergrad")
    with attempt.start(MMM_JOB_WORKERS="2") as job:
        os.kill(_worker_of(job.pid), signal.SIGKILL)
        output, _ = job.communicate(timeout=120)
    assert job.returncode == 0, output
    manifest = attempt.manifest
    assert manifest and manifest.kind == "lost" and "killed from outside" in manifest.what


def test_what_r_says_of_its_failure_reaches_the_manifest(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet")
    told = """echo '{"what": "No model came out.", "todo": "Take a longer window."}' > "$3/error.json"; exit 1"""
    assert attempt.run(**rscript(tmp_path / "bin", told)) == 0
    manifest = attempt.manifest
    assert manifest and (manifest.what, manifest.todo) == ("No model came out.", "Take a longer window.")
    assert [file.name for file in manifest.files] == ["robyn_console.log"]


def test_a_silent_trainer_is_signed_for_and_not_taken_for_dead(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet")
    env = rscript(tmp_path / "bin", """echo '{"phase": "writing"}' > "$3/status.json"; exec sleep 60""")
    with attempt.start(MMM_BEAT_SECONDS="0.5", **env) as job:
        attempt.wait_for(paths.status(attempt.folder))
        first = _status(attempt, lambda status: status["phase"] == "writing")
        later = _status(attempt, lambda status: _seconds(first["at"], status["at"]) > 1)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
    assert later["changed_at"] == first["changed_at"]
    assert later["trainer"] == "robyn"


def _status(attempt: Attempt, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    end = time.monotonic() + 60
    while not wanted(status := attempt.look(paths.status(attempt.folder))):
        assert time.monotonic() < end, status
        time.sleep(0.1)
    return status


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _worker_of(pid: int) -> int:
    """A process in which a trial is searched: a child of the trainer, which is a child of the container's main."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        for trainer in _children(pid):
            for child in _children(trainer):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
        time.sleep(0.1)
    raise AssertionError("no process searches a trial")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []
