"""A full disk is called so, wherever it is met, in one sentence: no stack trace, and nobody's file is to blame."""

import errno
import gzip
import logging
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest

from bot import cli
from bot.act import Services
from bot.tasks import TRIES, perform
from engine import training_job
from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.result import read_result
from engine.cloud.storage import Storage
from engine.data.intake.unpack import gunzip, unzip
from engine.job.settings import JobSettings
from engine.model import __main__ as native
from tests.faults.fake_cloud import FakeCloud
from tests.faults.service import Service


def no_room(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")


def no_quota(*_: Any, **__: Any) -> Any:
    raise OSError(errno.EDQUOT, "Disk quota exceeded", "/tmp/x")


def wrapped(*_: Any, **__: Any) -> Any:
    try:
        no_room()
    except OSError as error:
        raise RuntimeError("cannot write the table") from error


FULL = pytest.mark.parametrize("full", [no_room, no_quota, wrapped])


@FULL
def test_the_native_trainer_says_it_in_one_line(
    full: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.model.train.train", full)
    assert native.main([str(tmp_path), str(tmp_path / "out")]) == errno.ENOSPC
    said = capsys.readouterr().err
    assert said.startswith("The disk is full") and len(said.splitlines()) == 1


@FULL
def test_a_verb_of_the_command_line_says_it_in_one_line(
    full: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.model.train.train", full)
    assert cli.main(["train", str(tmp_path), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "The disk is full" in said[0]


@FULL
@pytest.mark.parametrize("part", ["fetch", "train", "leave_results"])
def test_every_part_of_the_training_job_says_it_in_the_result(
    full: Any, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("fetch", "train", "leave_results"):
        monkeypatch.setattr(training_job, name, full if name == part else lambda *_, **__: None)
    settings = JobSettings.model_construct(trainer="native", folder="f/", project="p", region="l", run="r1")
    storage = cast(Storage, FakeCloud().storage)
    assert training_job._work(storage, settings, KeptInBucket(storage, "trials/"), again=False) == "failed"
    told = read_result(storage, "f/", tmp_path)
    assert told and (told.kind, told.what) == ("failed", "The training's disk is full.")
    assert "more room" in told.todo


@FULL
def test_a_step_of_the_worker_says_it_without_a_stack_trace_and_ends_in_words(
    full: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service()
    run = service.submit()
    services = cast(Services, type("Its", (), {"cloud": service.cloud, "clock": service.fake.clock}))
    payload = {"run": run.id}
    for tried in range(TRIES):
        assert perform(services, "stage", full, payload, tried).status_code == 500, "another instance may have room"
    assert perform(services, "stage", full, payload, TRIES).status_code == 200
    ended = service.run(run.id)
    assert ended.state == "FAILED" and ended.reason == "The disk of this service is full."
    assert "whoever runs this service" in ended.todo
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors and not any(record.exc_info for record in errors)
    assert all("disk of this service is full" in record.message for record in errors)


def test_a_packed_file_that_finds_no_room_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.data.intake.unpack._copy", no_room)
    with gzip.open(tmp_path / "a.csv.gz", "wb") as packed:
        packed.write(b"a,b\n")
    with pytest.raises(OSError, match="No space left"):
        gunzip(tmp_path / "a.csv.gz", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, pytest.raises(OSError, match="No space left"):
        unzip(archive, archive.infolist()[0], 1000)
