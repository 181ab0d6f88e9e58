"""The command line: what each verb says and returns."""

import json
from pathlib import Path

import pytest

from bot import cli
from local.addresses import Addresses
from tests.training_folder import training_folder


def test_train_and_check_results_work_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_in, folder_out = training_folder(tmp_path / "in"), tmp_path / "out"
    assert cli.main(["train", str(folder_in), str(folder_out), "--trainer", "native", "--seed", "7"]) == 0
    assert cli.main(["check-results", str(folder_out)]) == 0
    assert "the contract holds" in capsys.readouterr().out
    assert json.loads((folder_out / "results" / "summary.json").read_text())["seed"] == 7


def test_broken_results_are_listed_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-results", str(tmp_path)]) == 1
    assert "summary.json is missing" in capsys.readouterr().out


def test_bad_input_is_told_in_words_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", str(tmp_path), str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("mmm: There is no job_config.json")
    assert "Traceback" not in told


def test_serve_names_every_missing_setting_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("WORKSPACE", "PROJECT", "BUCKET"):
        monkeypatch.delenv(f"MMM_{name}", raising=False)
    assert cli.main(["serve", "bot"]) == 1
    told = capsys.readouterr().err
    assert "MMM_WORKSPACE" in told and "MMM_PROJECT" in told and "MMM_BUCKET" in told


def test_ports_are_neighbours() -> None:
    at = Addresses(9000, "word")
    assert at.slack == "http://127.0.0.1:9000/door/word"
    assert [at.google, at.snowflake, at.bot, at.worker] == [f"http://127.0.0.1:{9001 + n}" for n in range(4)]
