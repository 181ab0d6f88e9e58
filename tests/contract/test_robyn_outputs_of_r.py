"""What R leaves behind, read by the Python that reads every result: the same contract as for the native trainer.

R runs its real scripts; in Robyn's place stands a package that answers with what Robyn returned for its own demo data.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from engine.charts.gallery import draw_all
from engine.results.check import check_results
from engine.results.contract import TABLES
from engine.results.headline import headline
from engine.results.read import Results, load_results
from engine.results.verdict import judge
from engine.robyn.command import REPOSITORY, command, environment
from tests.robyn_double import RECORDED, install_double, needs_r, needs_recorded
from tests.robyn_reference import PAID, SPENDS, demo_folder, table

MMM_TRAIN = [sys.executable, "-m", "bot.cli", "train", "--trainer", "robyn", "--workers", "2"]

pytestmark = [needs_r, needs_recorded, pytest.mark.slow]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of R packages in which Robyn is the recorded one."""
    folder = tmp_path_factory.mktemp("library")
    install_double(folder)
    return folder


@pytest.fixture(scope="module")
def out(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OUT of a training on Robyn's demo data, as a person starts it."""
    folder_in, folder_out = (
        demo_folder(tmp_path_factory.mktemp("in"), revision="DEMO_1"),
        tmp_path_factory.mktemp("out"),
    )
    done = run([*MMM_TRAIN, str(folder_in), str(folder_out)], library)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Results are in {folder_out / 'results'}." in done.stdout
    assert "[trial 5]" in done.stdout
    return folder_out


@pytest.fixture(scope="module")
def results(out: Path) -> Results:
    return load_results(out)


def run(words: list[str], library: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command with the recorded Robyn in the place of Robyn."""
    libraries = os.pathsep.join([str(library), *filter(None, [os.environ.get("R_LIBS")])])
    given = {**environment(2), "R_LIBS": libraries, "ROBYN_RECORDED": str(RECORDED)}
    return subprocess.run(words, env=given, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=1200)


def test_the_outputs_keep_the_contract(out: Path) -> None:
    assert check_results(out) == []
    assert {path.name for path in (out / "results").glob("*.parquet")} == {
        table.file for table in TABLES if not table.later
    }
    assert list((out / "results").glob("*.csv")) == []


def test_the_files_beside_the_results_are_there(out: Path) -> None:
    assert json.loads((out / "status.json").read_text())["phase"] == "done"
    assert "total" in (out / "timings.csv").read_text()
    assert (out / "robyn_console.log").stat().st_size > 0
    assert not (out / "error.json").exists()
    assert any((out / "results" / "robyn").iterdir())


def test_the_summary_says_what_was_trained(results: Results) -> None:
    summary = results.summary
    assert (summary.trainer, summary.revision, summary.country, summary.interval) == ("robyn", "DEMO_1", "DE", "week")
    assert (summary.window.start, summary.window.end, summary.window.periods) == ("2016-01-04", "2018-12-31", 157)
    assert tuple(channel.channel for channel in summary.channels) == PAID
    assert tuple(channel.spend for channel in summary.channels) == SPENDS
    assert (summary.iterations, summary.trials, summary.seed) == (2000, 5, 123)
    assert summary.hyperparameters["tv_S_thetas"] == (0.3, 0.8)
    assert set(summary.convergence) == {"nrmse", "decomp.rssd"}
    assert summary.versions["Robyn"] == "3.12.1"


def test_the_numbers_are_those_that_robyn_returned(results: Results) -> None:
    robyn = table("recorded_outputs/pareto_hyperparameters.csv").set_index("solID")
    ours = results.candidates.set_index("solID")
    assert set(ours.index) == set(robyn.index)
    for name in ("nrmse", "decomp.rssd", "rsq_train", "lambda", "tv_S_thetas", "newsletter_alphas"):
        pd.testing.assert_series_equal(ours[name], robyn[name].reindex(ours.index), rtol=1e-6)


def test_everything_that_reads_results_can_read_these(results: Results) -> None:
    said = headline(results)
    assert {one.channel for one in said.channels} == set(PAID)
    for one in said.channels:
        assert one.low is None or one.high is None or one.low <= one.high
    assert judge(said).sentence
    charts = draw_all(results, "Robyn's demo data")
    assert len(charts) >= 7
    assert all(chart.png.startswith(b"\x89PNG") for chart in charts)


def test_what_the_person_must_correct_comes_through_r(library: Path, tmp_path: Path) -> None:
    folder_in, folder_out = demo_folder(tmp_path / "in", context_vars=["weather"], adstock="weibull"), tmp_path / "out"
    assert run(command(folder_in, folder_out), library).returncode == 2
    told, status = (json.loads((folder_out / f"{name}.json").read_text()) for name in ("error", "status"))
    assert "weather" in told["todo"] and "adstock" in told["todo"]
    assert (status["phase"], status["cause"], status["remedy"]) == ("reading", told["what"], told["todo"])
    done = run([*MMM_TRAIN, str(folder_in), str(folder_out)], library)
    assert done.returncode == 1
    assert f"mmm: {told['what']} {told['todo']}" in done.stderr
