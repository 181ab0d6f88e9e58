"""Native first, then Robyn, in one container: the preview is there at once, and what becomes of it afterwards.

Robyn is R's own scripts with the package that answers with Robyn's recorded results, where R is installed. What must
hold without R is shown where there is none.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine import paths
from engine.clock import SystemClock
from engine.data.dataset import Dataset, Source
from engine.data.intake.file import to_parquet
from engine.data.mapping import Mapping
from engine.data.records import save_dataset
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.pipeline.submit import submit
from engine.results.read import load_results
from engine.results.second_opinion import OPINION_FILE, Agreement, read_opinion
from engine.robyn.command import REPOSITORY
from engine.robyn.verify import verify
from engine.runs.findings import found_at
from engine.runs.records import read_run
from local.workspace import ANA, MARKETING
from tests.robyn_double import RECORDED, install_double, needs_r, needs_recorded
from tests.robyn_reference import CONFIG, PAID, SPENDS, bounds, demo_folder, table
from tests.stack import Stack, stack
from tests.training_attempt import Attempt

NO_R = {"PATH": "", "MMM_TRAINER": "both"}


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which Robyn is the recorded one."""
    library = tmp_path_factory.mktemp("library")
    install_double(library)
    libraries = os.pathsep.join([str(library), *filter(None, [os.environ.get("R_LIBS")])])
    return {"R_LIBS": libraries, "ROBYN_RECORDED": str(RECORDED)}


def generations(attempt: Attempt, prefix: str) -> dict[str, int]:
    return {entry.path: entry.generation for entry in attempt.storage.list(prefix)}


def demo_config(**changes: Any) -> dict[str, Any]:
    """The recorded training, with the settings that only the native trainer knows set to its own ways."""
    return {**CONFIG, "custom_hyperparameters": bounds(), "search": "fast", "selection": "evidence", **changes}


# Without Robyn


def test_a_robyn_that_cannot_train_leaves_the_preview(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20, trials=1)
    assert attempt.run(**NO_R) == 0
    manifest = attempt.manifest
    assert manifest and (manifest.kind, manifest.what) == ("failed", "This training image holds no Robyn.")
    preview = attempt.left(tmp_path / "preview", folder=paths.preview(attempt.folder))
    assert preview and preview.kind == "succeeded"
    assert {"results/summary.json", "timings.csv"} <= {file.name for file in preview.files}
    assert attempt.look(paths.status(attempt.folder))["trainer"] == "native"


def test_what_the_person_must_correct_ends_both_before_a_preview(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", dep_var="NO_SUCH")
    assert attempt.run(**NO_R) == 0
    manifest = attempt.manifest
    assert manifest and "NO_SUCH" in f"{manifest.what} {manifest.todo}"
    assert not attempt.storage.exists(paths.result_pack(paths.preview(attempt.folder)))


def test_a_container_started_again_goes_on_from_its_preview(attempt: Attempt, tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", iterations=20, trials=1)
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "Rscript").write_text("#!/bin/sh\nexec sleep 600\n")
    (slow / "Rscript").chmod(0o755)
    prefix = paths.preview(attempt.folder)
    with attempt.start(PATH=f"{slow}{os.pathsep}{os.environ['PATH']}", MMM_TRAINER="both") as job:
        attempt.wait_for(paths.result_pack(prefix), seconds=300)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM
    assert attempt.manifest is None
    first = generations(attempt, prefix)
    assert attempt.run(**NO_R) == 0
    assert generations(attempt, prefix) == first


# With Robyn's recorded answers


@needs_r
@needs_recorded
def test_a_model_that_robyn_fitted_is_fitted_alike_again(double: dict[str, str], tmp_path: Path) -> None:
    folder_in, out = demo_folder(tmp_path / "in"), tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in double.items():
            patch.setenv(name, value)
        command = ["Rscript", str(REPOSITORY / "r" / "run_all.R"), str(folder_in), str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        results = load_results(out)
        (tmp_path / "verify").mkdir()
        found = verify(folder_in, results, tmp_path / "verify")
    assert (found.model, found.chosen, found.version) == (results.chosen, True, "3.12.1")
    assert found.alike and len(found.coefficients) > 4
    assert found.largest is not None and found.largest.difference < 1e-6
    assert abs(found.nrmse_difference) < 1e-6


@needs_r
@needs_recorded
def test_a_preview_that_fails_costs_robyn_nothing(attempt: Attempt, double: dict[str, str], tmp_path: Path) -> None:
    attempt.stage(tmp_path / "data.parquet", frame=table("dt_simulated_weekly.csv"), config=demo_config())
    with attempt.start(MMM_TRAINER="both", **double) as job:
        os.kill(native_trainer_of(job.pid), signal.SIGKILL)
        output, _ = job.communicate(timeout=900)
    assert job.returncode == 0, output
    manifest = attempt.manifest
    assert manifest and manifest.kind == "succeeded", manifest
    assert not attempt.storage.exists(paths.result_pack(paths.preview(attempt.folder)))
    attempt.left(tmp_path / "out")
    opinion = read_opinion(tmp_path / "out" / "results" / OPINION_FILE)
    assert opinion and "killed from outside" in opinion.missing


def native_trainer_of(pid: int) -> int:
    """The container's child that trains natively, as soon as there is one."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(FileNotFoundError):
                if b"engine.model" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        time.sleep(0.05)
    raise AssertionError("nobody trains natively")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, double: dict[str, str]) -> Iterator[Stack]:
    """The whole product, whose training image holds both trainers."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in double.items():
            patch.setenv(name, value)
        with stack(tmp_path_factory.mktemp("product"), trainers='["native", "robyn"]') as running:
            yield running


@needs_r
@needs_recorded
def test_the_thread_gets_the_preview_then_robyns_result_and_a_second_opinion(product: Stack, tmp_path: Path) -> None:
    run_id, card = started(product, tmp_path)
    storage = product.cloud.storage
    replies = product.ana.wait(lambda: finished(product, card), "the second opinion", 900.0)
    texts = [reply["text"] for reply in replies]
    run = read_run(storage, run_id)
    assert run.state == "SUCCEEDED", run.reason

    kinds = ("Preview of ", "Preview charts of ", "Second opinion on ", "Charts of ")
    for kind in kinds:
        assert sum(text.startswith(kind) for text in texts) == 1
    # The preview came while Robyn still trained, so it comes first.
    assert texts[0].startswith("Preview of ")
    assert len(texts) == len(kinds) + 1
    assert "Preview by the native trainer" in str(replies[0]["blocks"])

    folder = paths.training_folder(run.revision, run.country, run.ts, 1)
    findings = found_at(storage, folder)
    opinion = findings and findings.second_opinion
    assert findings and opinion
    assert {one.channel for one in opinion.channels} == set(PAID)
    assert all(one.agreement in Agreement for one in opinion.channels)
    # The preview goes by evidence, Robyn by its rule. Our trainer's own answer by that rule is compared: it walks
    # the recorded search's path, so it finds the very model that Robyn found, and Robyn fits it alike.
    assert opinion.two_methods and all(one.rule is not None for one in opinion.channels)
    assert opinion.names(Agreement.AGREE) and not opinion.names(Agreement.DIFFER)
    check = opinion.verification
    assert check is not None, opinion.unverified
    assert (check.stands_in, check.chosen, check.alike) == (True, False, True)
    preview = found_at(storage, paths.preview(folder))
    assert preview and preview.headline.model != findings.headline.model


def started(product: Stack, folder: Path) -> tuple[str, str]:
    """Start a run on the recorded data: staged as recorded, since no form asks for its exact ranges."""
    storage, clock = product.cloud.storage, Fixed()
    frame = table("dt_simulated_weekly.csv")
    frame.to_parquet(folder / "data.parquet")
    stored = storage.put_file(paths.input_data(clock.ts), folder / "data.parquet")
    about = {"path": stored.path, "rows": len(frame), "crc32c": stored.crc32c}
    storage.create(paths.job_config(clock.ts), demo_config(data=about))
    mapping = Mapping(date_var="DATE", dep_var="revenue", paid_media_spends=SPENDS)
    frame.to_csv(folder / "raw.csv", index=False)
    to_parquet(folder / "raw.csv", folder / "raw.parquet", needed=mapping.model_columns)
    raw = storage.put_file(paths.raw_data("de", clock.ts), folder / "raw.parquet")
    dataset = Dataset(
        workspace=product.settings.workspace,
        title="Robyn's demo",
        country="de",
        ts=clock.ts,
        source=Source(kind="csv"),
        mapping=mapping,
        columns=(),
        rows=len(frame),
        bytes=raw.size,
        crc32c=raw.crc32c,
        first_date=date(2015, 11, 23),
        last_date=date(2019, 11, 11),
        interval="week",
        who=ANA.id,
        channel=MARKETING.id,
        created_at=clock.now(),
    )
    save_dataset(storage, dataset)
    form = ExperimentForm(dataset_id=dataset.id, trainer="both", tag="DEMO", channel=MARKETING.id)
    experiment = create_experiment(storage, form, key="demo", who=ANA.id, at=clock.now())
    run = submit(product.cloud, clock, experiment, dataset, key="demo", who=ANA.id, channel=form.channel)
    return run.id, product.ana.wait_for_message(form.channel, experiment.revision)["ts"]


def finished(product: Stack, card: str) -> list[dict[str, Any]] | None:
    """The replies once the last of them is there; a run that failed shows why at once."""
    replies = product.ana.thread(MARKETING.id, card)[1:]
    assert not any(" failed: " in reply["text"] for reply in replies), [reply["text"] for reply in replies]
    texts = [reply["text"] for reply in replies]
    last = ("Charts of ", "Second opinion on ")
    return replies if all(any(text.startswith(one) for text in texts) for one in last) else None


class Fixed(SystemClock):
    """A clock whose names are known beforehand."""

    ts = "20260105T120000Z-demo"

    def stamp(self) -> str:
        return self.ts
