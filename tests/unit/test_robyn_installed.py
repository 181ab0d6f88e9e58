"""What a machine lacks for Robyn, and how it is told: asked of an Rscript on the PATH, whatever that answers."""

import os
import sys
import time

import pytest

from bot.cli import main
from engine.robyn.installed import INSTALL, NEVERGRAD, missing

pytestmark = pytest.mark.slow

ALL_THERE = "jsonlite=1.8.4\nRobyn=3.12.1\nnevergrad=there\n"


@pytest.fixture
def rscript(tmp_path, monkeypatch):
    """Put an Rscript on the PATH, alone, that runs a piece of Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def answers(code):
        (folder / "Rscript").write_text(f"#!{sys.executable}\nimport os, sys, time\n{code}\n")
        (folder / "Rscript").chmod(0o755)

    return answers


def test_nothing_is_missing_where_all_is_there(rscript):
    rscript(f"print({ALL_THERE!r})")
    assert missing() == ()


def test_a_robyn_that_does_without_python_needs_no_nevergrad(rscript):
    rscript(f"print({ALL_THERE.replace('there', 'not needed')!r})")
    assert missing() == ()


def test_without_r_everything_is_missing(rscript):
    assert [one.what for one in missing()] == [
        "R", "jsonlite for R", "Robyn 3.12.1", "nevergrad for the Python that R uses"
    ]  # fmt: skip


def test_each_part_is_missed_by_itself_with_the_way_to_get_it(rscript):
    for name, how in (
        ("jsonlite", "r-cran-jsonlite"),
        ("Robyn", f"then Rscript {INSTALL}"),
        ("nevergrad", f"pip install --require-hashes --no-deps -r {NEVERGRAD}"),
    ):
        lines = [f"{name}=" if line.startswith(name) else line for line in ALL_THERE.splitlines()]
        rscript("print({!r})".format("\n".join(lines)))
        [one] = missing()
        assert name in one.what and how in one.how


def test_what_is_told_to_be_run_is_there():
    assert INSTALL.is_file() and NEVERGRAD.is_file()
    assert "nevergrad==" in NEVERGRAD.read_text()


def test_another_version_of_robyn_is_not_ours(rscript):
    rscript(f"print({ALL_THERE.replace('3.12.1', '3.11.0')!r})")
    [one] = missing()
    assert one.what == "Robyn 3.12.1 (there is 3.11.0)"


def test_what_r_says_besides_does_not_disturb(rscript):
    rscript(f"print('Loading required package: a=b'); print({ALL_THERE!r}); print('bye', file=sys.stderr)")
    assert missing() == ()


def test_an_r_that_does_not_work_is_told_with_its_last_words(rscript):
    rscript("print('cannot find libR.so', file=sys.stderr); sys.exit(1)")
    [one] = missing()
    assert (one.what, one.how) == ("an R that works", "Rscript says: cannot find libR.so")


def test_an_r_that_cannot_be_started_is_told(rscript, tmp_path):
    (tmp_path / "bin" / "Rscript").write_text("#!/nowhere/R\n")
    (tmp_path / "bin" / "Rscript").chmod(0o755)
    [one] = missing()
    assert one.what == "an R that can be started"


@pytest.mark.parametrize(
    "hangs",
    ["time.sleep(90)", "import subprocess; subprocess.run([sys.executable, '-c', 'import time; time.sleep(90)'])"],
    ids=["itself", "in a program of its own"],
)
def test_an_r_that_hangs_is_not_waited_for(rscript, hangs):
    rscript(hangs)
    began = time.monotonic()
    [one] = missing(seconds=1)
    assert one.what == "an answer of R within 1 seconds"
    assert time.monotonic() - began < 30


def test_r_is_asked_without_letting_it_download_a_python(rscript):
    rscript(f"print({ALL_THERE!r}) if os.environ['RETICULATE_USE_MANAGED_VENV'] == 'no' else sys.exit(1)")
    assert missing() == ()
    assert "RETICULATE_USE_MANAGED_VENV" not in os.environ


@pytest.mark.parametrize("verb", [["train", "IN", "OUT"], ["demo", "--once", "--out", "OUT"]], ids=["train", "demo"])
def test_the_command_line_says_what_is_missing_before_it_starts_anything(rscript, capsys, tmp_path, verb):
    rscript("print('jsonlite=1.8.4\\nRobyn=\\nnevergrad=')")
    out = tmp_path / "out"
    assert main([str(out) if word == "OUT" else word for word in verb] + ["--trainer", "robyn"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(
        "mmm: Robyn cannot train on this machine. It lacks Robyn 3.12.1 and nevergrad for the Python that R uses."
    )
    assert said[1].startswith("- Robyn 3.12.1: apt-get install r-base-dev r-cran-")
    assert said[2].startswith("- nevergrad for the Python that R uses: python3 -m venv")
    assert "training image" in said[3]
    assert not out.exists()
