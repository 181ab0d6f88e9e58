"""`mmm train --trainer robyn`: what is told of R's end, with a program in R's place that ends as it is told to."""

import json
import os
import sys

import pytest

from bot.cli import main
from engine.errors import BadInput, TrainingFailed
from engine.robyn.command import command, environment
from engine.robyn.train import train_with_robyn
from tests.made_results import made_results

pytestmark = pytest.mark.slow

ANSWER = "jsonlite=1.8.4\nRobyn=3.12.1\nnevergrad=there"


@pytest.fixture
def rscript(tmp_path, monkeypatch):
    """Put an Rscript on the PATH that has everything, and in place of a training runs a piece of Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def trains(code):
        (folder / "Rscript").write_text(
            f"#!{sys.executable}\n"
            "import json, os, pathlib, signal, sys, time\n"
            f"if sys.argv[1] == '-e':\n    print({ANSWER!r})\n    sys.exit(0)\n"
            "script, given, out = map(pathlib.Path, sys.argv[1:])\n"
            f"{code}\n"
        )
        (folder / "Rscript").chmod(0o755)

    return trains


def test_r_is_told_the_folders_and_its_environment(tmp_path):
    program, script, *folders = command(tmp_path / "in", tmp_path / "out")
    assert (program, script.split(os.sep)[-2:]) == ("Rscript", ["r", "run_all.R"])
    assert folders == [str(tmp_path / "in"), str(tmp_path / "out")]
    told = environment(3)
    assert (told["MMM_PYTHON"], told["MMM_JOB_WORKERS"]) == (sys.executable, "3")
    assert told["PATH"] == os.environ["PATH"]


def test_a_training_that_ends_well_ends_with_its_summary(rscript, tmp_path, capfd):
    summary = tmp_path / "summary.json"
    summary.write_text(made_results(trainer="robyn").summary.model_dump_json())
    rscript(
        "print('Running trial 1 of 2 with', os.environ['MMM_JOB_WORKERS'], flush=True)\n"
        "assert os.environ['MMM_PYTHON'] == sys.executable\n"
        f"(out / 'results').mkdir()\n(out / 'results' / 'summary.json').write_text(open({str(summary)!r}).read())"
    )
    assert main(["train", "IN", str(tmp_path / "out"), "--trainer", "robyn", "--workers", "2"]) == 0
    said = capfd.readouterr().out
    assert "Running trial 1 of 2 with 2" in said
    assert f"Results are in {tmp_path / 'out' / 'results'}." in said
    assert train_with_robyn(tmp_path, tmp_path / "again").trainer == "robyn"


def test_what_r_says_and_how_far_it_is_goes_to_the_console(rscript, tmp_path, capfd):
    out = tmp_path / "out"
    out.mkdir()
    (out / "robyn_console.log").write_text("an earlier training\n")
    (out / "status.json").write_text(json.dumps({"phase": "done"}))
    status = {"phase": "searching", "trials": 2, "iterations": 300, "trial": 2, "iteration": 65}
    rscript(
        "log = (out / 'robyn_console.log').open('a')\n"
        "log.write('Fitting time series'); log.flush(); time.sleep(0.7)\n"
        f"(out / 'status.json').write_text({json.dumps(status)!r}); time.sleep(0.7)\n"
        "log.write(' …\\nlast words\\n'); log.close(); sys.exit(1)"
    )
    with pytest.raises(TrainingFailed):
        train_with_robyn(tmp_path, out)
    # Which comes first depends on when it is looked at.
    said = capfd.readouterr().out.splitlines()
    assert sorted(said) == ["Fitting time series …", "last words", "searching: 60 % of 600 models …"]


def test_what_a_person_must_correct_is_bad_input(rscript, tmp_path, capsys):
    rscript("(out / 'error.json').write_text(json.dumps({'what': 'No dates.', 'todo': 'Add some.'})); sys.exit(2)")
    with pytest.raises(BadInput) as bad:
        train_with_robyn(tmp_path, tmp_path / "out")
    assert (bad.value.what, bad.value.todo) == ("No dates.", "Add some.")
    assert main(["train", "IN", str(tmp_path / "out"), "--trainer", "robyn"]) == 1
    assert capsys.readouterr().err == "mmm: No dates. Add some.\n"


def test_what_nobody_could_foresee_is_a_failed_training(rscript, tmp_path):
    rscript("(out / 'error.json').write_text(json.dumps({'what': 'Robyn broke off.', 'todo': 'Again.'})); sys.exit(1)")
    with pytest.raises(TrainingFailed) as failed:
        train_with_robyn(tmp_path, tmp_path / "out")
    assert (failed.value.what, failed.value.todo) == ("Robyn broke off.", "Again.")


def test_without_a_word_of_error_the_status_tells_cause_and_remedy(rscript, tmp_path):
    status = {"phase": "searching", "cause": "The disk is full.", "remedy": "Make room."}
    rscript(f"(out / 'status.json').write_text({json.dumps(status)!r}); sys.exit(1)")
    with pytest.raises(TrainingFailed) as failed:
        train_with_robyn(tmp_path, tmp_path / "out")
    assert (failed.value.what, failed.value.todo) == ("The disk is full.", "Make room.")


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("sys.exit(3)", "Robyn broke off (exit status 3)."),
        ("(out / 'error.json').write_text('{\"what'); sys.exit(1)", "Robyn broke off (exit status 1)."),
        ("sys.exit(2)", "Robyn broke off (exit status 2)."),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Robyn was killed from outside (signal 9)."),
        ("pass", "Robyn left no summary that can be read."),
    ],
    ids=["status", "half an error", "nothing said", "killed", "no summary"],
)
def test_an_end_without_words_is_told_all_the_same(rscript, tmp_path, end, told):
    rscript(end)
    with pytest.raises(TrainingFailed) as failed:
        train_with_robyn(tmp_path, tmp_path / "out")
    assert failed.value.what == told and failed.value.todo


def test_what_an_earlier_training_left_is_not_taken_for_this_ones(rscript, tmp_path):
    out = tmp_path / "out"
    (out / "results").mkdir(parents=True)
    (out / "results" / "summary.json").write_text(made_results(trainer="robyn").summary.model_dump_json())
    (out / "error.json").write_text(json.dumps({"what": "Old news.", "todo": ""}))
    rscript("pass")
    with pytest.raises(TrainingFailed, match="no summary"):
        train_with_robyn(tmp_path, out)
    rscript("sys.exit(1)")
    with pytest.raises(TrainingFailed, match="broke off"):
        train_with_robyn(tmp_path, out)


def test_a_seed_is_the_native_trainers(rscript, tmp_path, capsys):
    assert main(["train", "IN", str(tmp_path / "out"), "--trainer", "robyn", "--seed", "4"]) == 1
    assert "Set seed in job_config.json." in capsys.readouterr().err
