"""The training container on the bucket in memory: what it asks for, and that it may die at every request.

The trainer is a process that writes an OUT folder at once; everything around it is the container's own code.
"""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from engine import paths, training_job
from engine.cloud.result import Manifest, read_result
from engine.cloud.storage import Storage, file_crc32c
from engine.job import both, trainer
from engine.job.settings import JobSettings
from tests.faults.fake_cloud import Crash, FakeCloud
from tests.faults.service import Service, quick_results

__all__ = ["quick_results"]

# Each start is a process that trains, and another for each time that it dies.
pytestmark = pytest.mark.slow

FOLDER = "robyn/BASE_1/de/t/"
TRIAL = paths.run_trials("r1") + "trial_1.npz"
# What the trainer does: argv is its OUT folder.
WELL = """
import pathlib, sys
out = pathlib.Path(sys.argv[1])
for name in ("trials/trial_1.npz", "robyn_console.log", "timings.csv", "results/summary.json"):
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text(name)
(out / "status.json").write_text('{"phase": "searching"}')
"""
BADLY = WELL + "sys.exit(3)"
KILLED = WELL + "import os; os.kill(os.getpid(), 9)"
# It goes on until it was looked at; and until it is ended.
LOOKED_AT = (
    WELL
    + """
import time
while not (out / "seen").exists():
    time.sleep(0.01)
"""
)
LONG = WELL + "import time; time.sleep(600)"


class Container:
    """An attempt that is staged, and the container that may train it, as often as it is started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str = WELL, **changes: Any) -> None:
        self.fake = FakeCloud()
        self.storage = cast(Storage, self.fake.storage)
        self.trained = 0
        self.told: list[str] = []
        self.out = Path()
        frame = pd.DataFrame({"DATE": ["2026-01-05"], "REVENUE": [1.0]})
        frame.to_parquet(tmp_path / "data.parquet")
        self.fake.storage.put(paths.input_data("t"), (tmp_path / "data.parquet").read_bytes())
        data = {"path": paths.input_data("t"), "rows": 1, "crc32c": file_crc32c(tmp_path / "data.parquet")}
        config = {"data": data}
        self.fake.storage.put(paths.job_config("t"), json.dumps(config).encode())
        given: dict[str, Any] = {"project": "p", "region": "l", "bucket": "b", "run": "r1", "attempt": 1}
        given |= {"launch_token": "token", "config": paths.job_config("t"), "folder": FOLDER, "packed": True}
        given |= {"config_sha": sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()}
        self.settings = JobSettings(**given | {"status_seconds": 0.02} | changes)

        def call(one: str, settings: JobSettings, folder_in: Path, out: Path) -> tuple[list[str], None]:
            self.trained, self.out = self.trained + 1, out
            return [sys.executable, "-c", does, str(out)], None

        monkeypatch.setattr(trainer, "_call", call)
        monkeypatch.setattr(training_job, "Storage", lambda *_, **__: self.storage)
        monkeypatch.setattr(training_job, "heed_sigterm", lambda: None)
        for module in (training_job, both):
            monkeypatch.setattr(module, "call_back", lambda settings, news: self.told.append(news))

    def dies(self, call: str, when: str) -> None:
        """Have it die at its next request of that name."""
        world = self.fake.world

        def look(asked: str) -> None:
            if asked == call and not world.crashed:
                world.crash = (len(world.calls) + 1, when)
            # The last of what is asked in a look, once there was something to keep.
            if asked == f"exists {paths.run_cancel('r1')}" and TRIAL in self.fake.storage.objects:
                (self.out / "seen").touch()

        world.before = look

    def start(self) -> int:
        return training_job._attempt(self.settings)

    def left(self, into: Path) -> Manifest | None:
        return read_result(self.storage, FOLDER, into, whole=True)

    @property
    def calls(self) -> list[str]:
        return self.fake.world.calls


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Container]:
    return lambda *does, **changes: Container(monkeypatch, tmp_path, *does, **changes)


def test_a_quick_training_is_four_requests_and_at_most_one_status(container: Callable[..., Container]) -> None:
    quick = container()
    assert quick.start() == 0
    assert quick.calls == [
        f"create {paths.claim(FOLDER)}",
        f"read {paths.job_config('t')}",
        f"get {paths.input_data('t')}",
        f"put {paths.result_pack(FOLDER)}",
    ]
    assert quick.told == ["finished"]


ENDINGS = [
    pytest.param(WELL, "succeeded", id="well"),
    pytest.param(BADLY, "failed", id="badly"),
    pytest.param(KILLED, "lost", id="killed"),
]


@pytest.mark.parametrize(("does", "kind"), ENDINGS)
def test_whoever_was_launched_by_the_release_before_leaves_what_that_reads(
    container: Callable[..., Container], does: str, kind: str
) -> None:
    """A release brings the training's image first: until the worker follows, and where it does not."""
    its = container(does, packed=JobSettings.model_fields["packed"].default)
    assert its.start() in (0, 1)
    left = its.fake.storage.look(paths.result(FOLDER)) or {}
    assert (left["kind"], left["schema_version"]) == (kind, 1)
    assert {f"{FOLDER}{one['name']}" for one in left["files"]} <= its.fake.storage.objects.keys()
    assert paths.result_pack(FOLDER) not in its.fake.storage.objects


@pytest.mark.usefixtures("quick_results")
def test_a_launch_says_that_its_worker_reads_a_result_of_one_object() -> None:
    service = Service()
    service.submit()
    service.drain(hours=1 / 60)
    assert [one.env["MMM_PACKED"] for one in service.fake.jobs.containers] == ["1"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_result_for_the_release_before_survives_a_crash_at_any_request(
    container: Callable[..., Container], when: str
) -> None:
    whole = container(packed=False)
    whole.start()
    for k in range(1, len(whole.calls) + 1):
        its = container(packed=False)
        its.fake.world.crash = (k, when)
        with pytest.raises(Crash):
            its.start()
        its.start()
        assert (its.fake.storage.look(paths.result(FOLDER)) or {})["kind"] == "succeeded", (
            f"{when} {whole.calls[k - 1]}"
        )


@pytest.mark.parametrize(("does", "kind"), ENDINGS)
def test_however_it_ends_what_it_said_is_left_with_one_request(
    container: Callable[..., Container], tmp_path: Path, does: str, kind: str
) -> None:
    one = container(does)
    assert one.start() == 0
    told = one.left(tmp_path / "in")
    assert told and told.kind == kind
    assert {"robyn_console.log", "timings.csv", "status.json"} <= {file.name for file in told.files}
    assert ("results/summary.json" in {file.name for file in told.files}) is (kind == "succeeded")
    written = [call for call in one.calls if call.startswith(("put", "create", "swap", "replace"))]
    # Where a training that did not end well got to is written once more.
    expected = [
        paths.claim(FOLDER),
        *([] if kind == "succeeded" else [paths.status(FOLDER)]),
        paths.result_pack(FOLDER),
    ]
    assert [call.split()[1] for call in written] == expected


def eager(container: Callable[..., Container], *does: str) -> Container:
    """A container that signs, keeps trials and asks for a wish at every look."""
    return container(*does, news_seconds=0.0, beat_seconds=0.0, keep_seconds=0.0)


CALLS = [
    f"create {paths.claim(FOLDER)}",
    f"read {paths.job_config('t')}",
    f"get {paths.input_data('t')}",
    f"create {paths.status(FOLDER)}",
    f"exists {paths.run_cancel('r1')}",
    f"put {TRIAL}",
    f"put {paths.result_pack(FOLDER)}",
    f"delete {TRIAL}",
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_a_container_that_dies_at_any_request_goes_on_when_it_is_started_again(
    container: Callable[..., Container], tmp_path: Path, call: str, when: str
) -> None:
    one = eager(container, LOOKED_AT)
    one.dies(call, when)
    with pytest.raises(Crash):
        one.start()
    there = paths.result_pack(FOLDER) in one.fake.storage.objects
    trained = one.trained
    assert one.start() == 0
    told = one.left(tmp_path / "in")
    assert told and told.kind == "succeeded" and (tmp_path / "in/results/summary.json").exists()
    assert one.trained == (trained if there else trained + 1), "what is left is not trained again"
    assert one.told[-1] == "finished"
    assert one.fake.storage.objects[paths.claim(FOLDER)][1] == min(
        generation for path, (_, generation, _) in one.fake.storage.objects.items() if path.startswith(FOLDER)
    )


def test_trials_of_a_container_that_died_are_there_for_its_next_start(container: Callable[..., Container]) -> None:
    one = eager(container, LOOKED_AT)
    one.dies(f"put {paths.result_pack(FOLDER)}", "before")
    with pytest.raises(Crash):
        one.start()
    assert TRIAL in one.fake.storage.objects
    one.calls.clear()
    one.start()
    assert f"get {TRIAL}" in one.calls and TRIAL not in one.fake.storage.objects


def test_a_wish_to_stop_ends_it_and_what_it_said_is_left(container: Callable[..., Container], tmp_path: Path) -> None:
    one = eager(container, LONG)
    one.fake.storage.put(paths.run_cancel("r1"), b"{}")
    assert one.start() == 0
    told = one.left(tmp_path / "in")
    assert told and (told.kind, told.what) == ("cancelled", "The training was stopped.")
    assert one.told == ["finished"]


@pytest.mark.parametrize("wished", [True, False])
def test_a_container_that_is_told_to_end_leaves_a_result_only_where_somebody_wished_it(
    container: Callable[..., Container], tmp_path: Path, wished: bool
) -> None:
    one = eager(container, LONG)

    def told_to_end(asked: str) -> None:
        if asked.endswith("trial_1.npz") and "stopped" not in one.told:
            one.told.append("stopped")
            if wished:
                one.fake.storage.put(paths.run_cancel("r1"), b"{}")
            trainer.stop(15, None)

    one.fake.world.before = told_to_end
    assert one.start() == (0 if wished else 143)
    told = one.left(tmp_path / "in")
    assert (told.kind if told else None) == ("cancelled" if wished else None)
    assert one.told == (["stopped", "finished"] if wished else ["stopped"])


def test_a_container_that_is_told_to_end_after_its_work_loses_nothing(
    container: Callable[..., Container], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = container()
    monkeypatch.setattr(training_job, "call_back", lambda *_: trainer.stop(15, None))
    assert one.start() == 143
    told = one.left(tmp_path / "in")
    assert told and told.kind == "succeeded"


def test_a_preview_is_left_as_one_object_and_found_again(container: Callable[..., Container], tmp_path: Path) -> None:
    one = container(trainer="both")
    one.dies(f"put {paths.result_pack(paths.preview(FOLDER))}", "after")
    with pytest.raises(Crash):
        one.start()
    assert one.trained == 1
    one.start()
    assert one.trained == 2, "Robyn only"
    assert one.told == ["preview", "finished"]
    told = one.left(tmp_path / "in")
    assert told and "results/second_opinion.json" in {file.name for file in told.files}
