"""The training container's main, as a process of its own, against the local Google Cloud: real, small trainings."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from engine import paths
from engine.cloud.storage import file_crc32c
from engine.results.check import check_results
from local.faults import Fault
from tests.local_google import Google
from tests.training_attempt import EXECUTION, Attempt
from tests.training_folder import weeks


def test_a_training_leaves_results_and_a_manifest_that_vouches_for_them(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet")
    assert attempt.run() == 0
    claim = attempt.storage.require(paths.claim(attempt.folder), "").body
    assert (claim["kind"], claim["execution"], claim["token"]) == ("training", EXECUTION, "token")
    manifest = attempt.manifest
    assert manifest and (manifest.kind, manifest.execution) == ("succeeded", EXECUTION)
    names = {file.name for file in manifest.files}
    assert {"timings.csv", "robyn_console.log", "status.json", "results/summary.json"} <= names
    assert attempt.left(tmp_path / "out") == manifest
    for file in manifest.files:
        assert (tmp_path / "out" / file.name).stat().st_size == file.size
    assert check_results(tmp_path / "out") == []
    status = attempt.storage.require(paths.status(attempt.folder), "").body
    assert status["phase"]


def test_a_container_started_again_goes_on_once_and_leaves_one_result(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20, trials=1)
    attempt.storage.create(paths.claim(attempt.folder), {"kind": "training", "execution": EXECUTION})
    attempt.storage.create(paths.status(attempt.folder), {"phase": "searching"})
    assert attempt.run() == 0
    manifest = attempt.manifest
    assert manifest and manifest.kind == "succeeded"
    first = [(entry.path, entry.generation) for entry in attempt.storage.list(attempt.folder)]
    assert attempt.run() == 0
    assert [(entry.path, entry.generation) for entry in attempt.storage.list(attempt.folder)] == first


@pytest.mark.parametrize(
    ("changes", "env", "what", "todo"),
    [
        pytest.param({}, {"MMM_CONFIG_SHA": "other"}, "not the one that was confirmed", "Start", id="other-config"),
        pytest.param({}, {"MMM_CONFIG": "gone.json"}, "configuration of this run is gone", "", id="no-config"),
        pytest.param({"dep_var": "NO_SUCH"}, {}, "NO_SUCH", "", id="bad-input"),
        pytest.param({"trials": -1}, {}, "job_config.json cannot be used", "trials", id="bad-key"),
        pytest.param({}, {"MMM_TRAINER": "robyn", "PATH": ""}, "holds no Robyn", "native", id="no-robyn"),
    ],
)
def test_what_the_person_must_mend_is_in_the_manifest(
    attempt: Attempt, tmp_path: Path, changes: dict[str, Any], env: dict[str, str], what: str, todo: str
) -> None:
    attempt.stage(tmp_path / "data.parquet", **changes)
    assert attempt.run(**env) == 0
    manifest = attempt.manifest
    assert manifest and manifest.kind == "failed"
    assert what in f"{manifest.what} {manifest.todo}"
    assert todo in manifest.todo


@pytest.mark.parametrize("wrong", [{"rows": 3}, {"crc32c": "AAAAAA=="}])
def test_data_that_are_not_those_that_were_staged_are_not_trained_on(
    attempt: Attempt, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    data = tmp_path / "data.parquet"
    weeks().to_parquet(data)
    about = {"path": paths.input_data("t1"), "rows": len(weeks()), "crc32c": file_crc32c(data)}
    attempt.stage(data, data={**about, **wrong})
    assert attempt.run() == 0
    manifest = attempt.manifest
    assert manifest and manifest.what == "The data is not what was staged."
    assert not attempt.storage.exists(paths.status(attempt.folder))


@pytest.mark.parametrize("claim", [{"kind": "training", "execution": "another"}, {"kind": "revoked"}])
def test_who_lost_the_claim_does_not_train(attempt: Attempt, tmp_path: Path, claim: dict[str, str]) -> None:
    attempt.stage(tmp_path / "data.parquet")
    attempt.storage.create(paths.claim(attempt.folder), claim)
    assert attempt.run() == 0
    assert attempt.manifest is None
    assert [entry.path for entry in attempt.storage.list(attempt.folder)] == [paths.claim(attempt.folder)]


def test_a_wish_to_stop_ends_a_training(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20_000, trials=20)
    with attempt.start() as job:
        attempt.wait_for(paths.status(attempt.folder))
        attempt.storage.create(paths.run_cancel("r1"), {"who": "U1"})
        job.communicate(timeout=60)
    assert job.returncode == 0
    manifest = attempt.manifest
    assert manifest and (manifest.kind, manifest.what) == ("cancelled", "The training was stopped.")
    assert "robyn_console.log" in [file.name for file in manifest.files]


def test_a_machine_that_goes_down_leaves_no_manifest(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20_000, trials=20)
    with attempt.start() as job:
        attempt.wait_for(paths.status(attempt.folder))
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM
    assert attempt.manifest is None


def test_the_next_attempt_goes_on_after_the_last_finished_trial(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=400, trials=6)
    first = f"{paths.run_trials('r1')}trial_1.npz"
    with attempt.start() as job:
        attempt.wait_for(first)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
    assert attempt.manifest is None
    kept = [entry.path for entry in attempt.storage.list(paths.run_trials("r1"))]
    assert first in kept

    attempt.folder = "robyn/TEST_1/fr/t1-2/"
    with attempt.start(CLOUD_RUN_EXECUTION="mmm-2", MMM_ATTEMPT="2", MMM_FOLDER=attempt.folder) as job:
        output, _ = job.communicate(timeout=120)
    assert job.returncode == 0
    assert f"{len(kept)} trials of earlier attempts are here" in output
    manifest = attempt.manifest
    assert manifest and manifest.kind == "succeeded"
    assert list(attempt.storage.list(paths.run_trials("r1"))) == []


def test_a_trainer_that_is_killed_says_so(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20_000, trials=20)
    with attempt.start() as job:
        attempt.wait_for(paths.status(attempt.folder))
        children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        job.communicate(timeout=60)
    manifest = attempt.manifest
    assert job.returncode == 0
    assert manifest and manifest.kind == "lost"
    assert "killed from outside (signal 9)" in manifest.what and "memory" not in manifest.what


def test_lost_replies_change_nothing(cloud: Google, attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20, trials=1)
    # The claim, the first files and the manifest among them: each is written, and the reply does not arrive.
    cloud.faults.add(Fault(match="storage.objects.insert", kind="after", times=6))
    assert attempt.run() == 0
    assert not cloud.faults.planned
    manifest = attempt.manifest
    assert manifest and manifest.kind == "succeeded"


def test_a_worker_that_does_not_answer_is_no_failure(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20, trials=1)
    assert attempt.run(MMM_WORKER_URL="http://127.0.0.1:9") == 0
    manifest = attempt.manifest
    assert manifest and manifest.kind == "succeeded"
