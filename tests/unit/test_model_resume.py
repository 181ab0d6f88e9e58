"""A training that is killed goes on after its last finished trial, and ends as if nothing had happened."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.model.fit.candidate import Candidates
from engine.model.read.inputs import read_inputs
from engine.model.search import trials
from engine.model.search.kept_trials import KeptTrials
from engine.model.search.trials import Task
from engine.model.train import prepare, train
from engine.model.unseen.refit import SEARCHED
from engine.results.contract import TABLES
from tests.training_folder import training_folder

pytestmark = pytest.mark.slow

# Long enough to be killed in the second trial.
SETTINGS: dict[str, Any] = {"prophet_vars": [], "factor_vars": [], "iterations": 600, "trials": 3, "seed": 5}
PATIENCE = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return training_folder(tmp_path_factory.mktemp("in"), **SETTINGS)


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    train(folder, out)
    return out


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the trials that are really searched."""
    numbers: list[int] = []
    run = Task.run

    def noting(task: Task, number: int, told: Any) -> Candidates:
        # Nothing is kept of the backtest's short searches.
        if task.iterations != SEARCHED:
            numbers.append(number)
        return run(task, number, told)

    monkeypatch.setattr(Task, "run", noting)
    return numbers


def same_results(one: Path, other: Path) -> None:
    for table in TABLES:
        first, second = (pd.read_parquet(out / "results" / table.file) for out in (one, other))
        pd.testing.assert_frame_equal(first, second, check_exact=True)
    left_out = {"started_at", "finished_at", "durations"}
    summaries = [json.loads((out / "results" / "summary.json").read_text()) for out in (one, other)]
    first, second = ({key: value for key, value in one.items() if key not in left_out} for one in summaries)
    assert first == second


def test_a_killed_training_goes_on_after_the_last_finished_trial(
    folder: Path, undisturbed: Path, tmp_path: Path, searched: list[int]
) -> None:
    kept = tmp_path / "trials"
    with subprocess.Popen([sys.executable, "-m", "engine.model", str(folder), str(tmp_path)]) as process:
        began = time.monotonic()
        while not (kept / "trial_1.npz").exists():
            assert process.poll() is None, "the training ended before it was killed"
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert json.loads((tmp_path / "status.json").read_text())["phase"] == "searching"
    assert not (tmp_path / "results" / "summary.json").exists()
    done = sorted(int(path.stem.split("_")[1]) for path in kept.glob("trial_*.npz"))
    assert done == list(range(1, len(done) + 1)) and len(done) < 3

    train(folder, tmp_path)
    assert searched == [number for number in (1, 2, 3) if number not in done]
    same_results(undisturbed, tmp_path)
    assert not kept.exists()


def test_the_progress_of_a_resumed_training_counts_what_is_kept(folder: Path) -> None:
    inputs = read_inputs(folder)
    task = Task(*prepare(folder, inputs), "nevergrad", 20, 5)
    told: list[int] = []

    class Kept(KeptTrials):
        def load(self, number: int) -> Candidates | None:
            return task.run(number, lambda *now: None) if number == 1 else None

        def save(self, number: int, found: Candidates) -> None:
            assert number == 2

    trials.run_trials(task, trials=2, workers=1, progress=lambda done, *best: told.append(done),
                      kept=Kept(Path("unused"), task.fingerprint))  # fmt: skip
    assert told == list(range(21, 41))


def interrupted(out: Path, folder: Path, number: int = 1, times: float = 0.5, **changes: Any) -> KeptTrials:
    """Leave behind a trial of a task with `changes`, its numbers spoilt, so that whoever takes it is found out."""
    inputs = read_inputs(folder)
    problem, space = prepare(folder, inputs)
    config = inputs.config
    task = replace(Task(problem, space, config.search, config.iterations, config.seed), **changes)
    found = task.run(number, lambda *now: None)
    kept = KeptTrials(out / "trials", task.fingerprint)
    kept.save(number, Candidates(**{field.name: getattr(found, field.name) * times for field in fields(Candidates)}))
    return kept


SHORT = SETTINGS | {"iterations": 40, "trials": 2}


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """IN and OUT of a short training that nothing disturbed."""
    given, out = training_folder(tmp_path_factory.mktemp("short"), **SHORT), tmp_path_factory.mktemp("out")
    train(given, out)
    return given, out


def test_a_trial_of_the_same_training_is_taken_as_it_is(
    short: tuple[Path, Path], tmp_path: Path, searched: list[int]
) -> None:
    interrupted(tmp_path, short[0])
    searched.clear()
    train(short[0], tmp_path)
    assert searched == [2]


def test_a_fast_search_goes_on_as_well(tmp_path: Path, searched: list[int]) -> None:
    folder = training_folder(tmp_path / "in", **SHORT | {"search": "fast"})
    train(folder, tmp_path / "undisturbed")
    interrupted(tmp_path / "out", folder, number=2, times=1.0)
    searched.clear()
    train(folder, tmp_path / "out")
    assert searched == [1]
    same_results(tmp_path / "undisturbed", tmp_path / "out")


@pytest.mark.parametrize("changed", ["seed", "iterations", "data", "ranges", "quirks", "objective", "signs", "release"])
def test_a_trial_of_another_training_is_ignored(
    short: tuple[Path, Path], tmp_path: Path, searched: list[int], changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, undisturbed = short
    problem, space = prepare(given, read_inputs(given))
    y = problem.dep_var.copy()
    y[3] += 1e-9 * y[3]
    high = space.high.copy()
    high[0] += 1e-9
    changes: dict[str, dict[str, Any]] = {
        "seed": {"seed": 6},
        "iterations": {"iterations": 39},
        "data": {"problem": replace(problem, dep_var=y)},
        "ranges": {"space": replace(space, high=high)},
        "quirks": {"problem": replace(problem, quirks=False)},
        "objective": {"problem": replace(problem, zero_penalty=False)},
        "signs": {"problem": replace(problem, lower=np.full_like(problem.lower, -np.inf))},
        "release": {},
    }
    with monkeypatch.context() as before:
        if changed == "release":
            before.setattr(trials, "versions", lambda: {"mmm-bot": "0.0.1"})
        interrupted(tmp_path, given, **changes[changed])
    searched.clear()
    train(given, tmp_path)
    assert searched == [1, 2]
    same_results(undisturbed, tmp_path)


@pytest.mark.parametrize("torn", ["half", "empty", "no archive", "one byte other"])
def test_a_file_that_is_torn_is_ignored(
    short: tuple[Path, Path], tmp_path: Path, searched: list[int], torn: str
) -> None:
    given, undisturbed = short
    interrupted(tmp_path, given)
    path = tmp_path / "trials" / "trial_1.npz"
    content = path.read_bytes()
    middle = len(content) // 2
    torn_content = {
        "half": content[:middle],
        "empty": b"",
        "no archive": b"trial 1",
        "one byte other": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
    }
    path.write_bytes(torn_content[torn])
    searched.clear()
    train(given, tmp_path)
    assert searched == [1, 2]
    same_results(undisturbed, tmp_path)
    assert not (tmp_path / "trials").exists()


def test_what_is_kept_comes_back_to_the_last_digit_or_not_at_all(tmp_path: Path) -> None:
    """Every single byte of a file may be another one."""
    draws = np.random.default_rng(0)
    found = Candidates(*(draws.normal(size=(3, width)) for width in (3, 12, 2, 4)))
    kept = KeptTrials(tmp_path, "mine")
    kept.save(1, found)
    path = tmp_path / "trial_1.npz"
    content = path.read_bytes()
    loaded = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x81]) + content[place + 1 :])
        again = kept.load(1)
        if again is not None:
            loaded += 1
            for field in fields(Candidates):
                assert (getattr(again, field.name) == getattr(found, field.name)).all()
    assert loaded < len(content) / 10
    assert kept.load(2) is None
