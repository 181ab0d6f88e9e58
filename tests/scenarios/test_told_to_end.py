"""A trainer that is told to end, is interrupted, or whose starter is gone takes all its processes with it, with words.

Real processes: R's own scripts with the double of Robyn, which hangs in a trial or while it draws, and Python's. Each
case lives for as long as its programs need to start.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.robyn.command import REPOSITORY, command
from tests.living import NAME, mark, marked, nothing_left, until
from tests.robyn_double import RECORDED, install_double, needs_r, needs_recorded
from tests.robyn_reference import demo_folder
from tests.training_attempt import Attempt
from tests.training_folder import CONFIG, weeks

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are told apart by /proc")
OUTSIDE = "ended from outside"

# R's part alone, without Robyn: a command beside it, a fork that forks, and Python's place.
PARTS = """
home <- "{home}"
for (file in list.files(file.path(home, "R"), full.names = TRUE)) source(file)
out <- fresh_folder("{out}")
start_guard(home, out)
progress <- new_progress(out)
status <- with_failures(progress, {{
  start_apart(home, file.path(out, "log"), file.path(out, "exit"), c("sh", "-c", shQuote("sleep 601 & sleep 602")))
  in_phase(progress, "drawing", apart("Pictures", function() {{
    parallel::mcparallel(Sys.sleep(603))
    file.create(file.path(out, "hangs"))
    Sys.sleep(604)
  }}))
}})
end_started(home)
quit(save = "no", status = status)
"""


@pytest.fixture
def own() -> Iterator[str]:
    """The mark of all that a test starts; what is left at its end is killed, and the test has failed by then."""
    value = mark()
    yield value
    for pid in marked(value):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which Robyn is the recorded one."""
    library = tmp_path_factory.mktemp("library")
    install_double(library)
    return {"R_LIBS": str(library), "ROBYN_RECORDED": str(RECORDED), "MMM_PYTHON": sys.executable}


def begin(program: list[Any], own: str, log: Path, **env: str) -> "subprocess.Popen[bytes]":
    # Whoever runs the tests behind other work may have had these signals ignored, which a program takes over.
    heard = ["env", "--default-signal=INT,HUP", *program]
    with log.open("wb") as file:
        return subprocess.Popen(
            heard, env={**os.environ, **env, NAME: own}, stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )


def words(out: Path) -> tuple[str, str]:
    """What error.json says, once it and status.json say the same."""
    error = json.loads((out / "error.json").read_text())
    status = json.loads((out / "status.json").read_text())
    assert (status["cause"], status["remedy"]) == (error["what"], error["todo"])
    assert error["todo"]
    return error["what"], status["phase"]


@needs_r
@pytest.mark.parametrize(
    ("told", "said"),
    [(signal.SIGTERM, OUTSIDE), (signal.SIGKILL, OUTSIDE), (signal.SIGINT, "was interrupted")],
    ids=["TERM", "KILL", "INT"],
)
def test_r_takes_what_it_started_and_what_it_forked_with_it(tmp_path: Path, own: str, told: int, said: str) -> None:
    out = tmp_path / "out"
    process = begin(["Rscript", "-e", PARTS.format(home=REPOSITORY / "r", out=out)], own, tmp_path / "log")
    until((out / "hangs").exists, why=(tmp_path / "log").read_text)
    assert sum("sleep 60" in line for line in marked(own).values()) >= 2
    process.send_signal(told)
    process.wait(10)
    nothing_left(own)
    what, phase = words(out)
    assert said in what and phase == "drawing"


@needs_r
def test_r_ends_when_the_program_that_waits_for_it_is_gone(tmp_path: Path, own: str) -> None:
    out = tmp_path / "out"
    starter = "import sys, time\nfrom engine.process_tree import start\nstart(sys.argv[1:])\ntime.sleep(600)"
    program = [sys.executable, "-c", starter, "Rscript", "-e", PARTS.format(home=REPOSITORY / "r", out=out)]
    process = begin(program, own, tmp_path / "log")
    until((out / "hangs").exists, why=(tmp_path / "log").read_text)
    process.kill()
    process.wait(10)
    nothing_left(own)
    assert OUTSIDE in words(out)[0]


# What hangs, and how one sees that it does.
Hangs = tuple[dict[str, str], Callable[[Path, str], bool]]
IN_A_TRIAL: Hangs = ({"ROBYN_DOUBLE_SECONDS": "600"}, lambda out, own: len(list(out.glob("trials/trial_*.pid"))) == 2)
DRAWING: Hangs = (
    {"ROBYN_DOUBLE_FAIL": "stuck"},
    # R itself, the process that draws, and the one that it has started.
    lambda out, own: _phase(out) == "drawing" and sum("run_all.R" in line for line in marked(own).values()) >= 3,
)


def _phase(out: Path) -> str:
    try:
        return str(json.loads((out / "status.json").read_text())["phase"])
    except (OSError, ValueError, KeyError):
        return ""


@needs_r
@needs_recorded
@pytest.mark.parametrize(
    ("program", "hangs", "told", "status", "said"),
    [
        ("Rscript", IN_A_TRIAL, signal.SIGTERM, -signal.SIGTERM, OUTSIDE),
        ("mmm", IN_A_TRIAL, signal.SIGKILL, -signal.SIGKILL, OUTSIDE),
        ("mmm", DRAWING, signal.SIGTERM, 128 + signal.SIGTERM, "told to end (SIGTERM)"),
    ],
    ids=["Rscript-trial-TERM", "mmm-trial-KILL", "mmm-drawing-TERM"],
)
def test_a_training_with_robyn_ends_with_all_its_processes(
    double: dict[str, str], tmp_path: Path, own: str, program: str, hangs: Hangs, told: int, status: int, said: str
) -> None:
    folder_in, out = demo_folder(tmp_path / "in", trials=2, seed=125), tmp_path / "out"
    mmm = [sys.executable, "-m", "bot.cli", "train", str(folder_in), str(out), "--trainer", "robyn", "--workers", "2"]
    started = mmm if program == "mmm" else command(folder_in, out)
    env, sees = hangs
    process = begin(started, own, tmp_path / "log", **double, **env)
    until(lambda: sees(out, own), 120, (tmp_path / "log").read_text)
    process.send_signal(told)
    assert process.wait(10) == status
    nothing_left(own)
    assert said in words(out)[0]


@needs_r
@needs_recorded
@pytest.mark.parametrize(
    ("before", "told", "status"),
    [
        ((), signal.SIGKILL, -signal.SIGKILL),
        ((str(REPOSITORY / "docker" / "training_entrypoint.sh"),), signal.SIGTERM, 128 + signal.SIGTERM),
    ],
    ids=["the job is killed", "the container is told to end"],
)
def test_a_job_takes_robyn_with_it(
    double: dict[str, str],
    attempt: Attempt,
    tmp_path: Path,
    own: str,
    before: tuple[str, ...],
    told: int,
    status: int,
) -> None:
    config = json.loads((demo_folder(tmp_path / "in", trials=1, seed=125) / "job_config.json").read_text())
    attempt.stage(tmp_path / "data.parquet", frame=demo_frame(), config=config)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**double, "ROBYN_DOUBLE_SECONDS": "600", "MMM_TRAINER": "robyn", "PATH": path, "TMPDIR": str(tmp_path)}
    with attempt.start(*before, **env, **{NAME: own}) as job:
        until(lambda: any("trial.R" in line for line in marked(own).values()), 120)
        job.send_signal(told)
        job.communicate(timeout=20)
    assert job.returncode == status
    nothing_left(own)


def demo_frame() -> pd.DataFrame:
    return pd.read_csv(RECORDED / "dt_simulated_weekly.csv", parse_dates=["DATE"])


def native_folder(folder: Path) -> Path:
    """IN of a training that takes minutes, in two processes."""
    folder.mkdir()
    weeks().to_parquet(folder / "input_data.parquet")
    settings = {"iterations": 20_000, "trials": 2, "search": "nevergrad"}
    (folder / "job_config.json").write_text(json.dumps({**CONFIG, **settings}, default=list))
    return folder


# What the native trainer does, without the minute that it takes to begin: a pool that computes, and threads.
POOL = """
import sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from engine.told_to_end import heeding_the_end
out = Path(sys.argv[1])
with heeding_the_end(out), ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
    waits = [pool.submit(time.sleep, 600) for _ in range(2)]
    threading.Thread(target=time.sleep, args=(600,)).start()
    while not all(one.running() for one in waits):
        time.sleep(0.05)
    (out / "status.json").write_text('{"phase": "searching", "trial": 2}')
    waits[0].result()
"""
STARTER = (
    "import sys, time; from engine.process_tree import start; start([sys.executable, *sys.argv[1:]]); time.sleep(600)"
)


@pytest.mark.parametrize(
    ("starter", "told", "status", "said"),
    [
        ((), signal.SIGTERM, 143, "The training was told to end (SIGTERM)."),
        ((), signal.SIGINT, 130, "The training was told to end (SIGINT)."),
        ((), signal.SIGHUP, 129, "The training was told to end (SIGHUP)."),
        (("-c", STARTER), signal.SIGKILL, -9, "The training was ended, because the program that started it is gone."),
    ],
    ids=["TERM", "INT", "HUP", "the starter is killed"],
)
def test_a_pool_and_threads_end_with_their_program(
    tmp_path: Path, own: str, starter: tuple[str, ...], told: int, status: int, said: str
) -> None:
    process = begin([sys.executable, *starter, "-c", POOL, str(tmp_path)], own, tmp_path / "log")
    until(lambda: _phase(tmp_path) and len(marked(own)) >= 3, why=(tmp_path / "log").read_text)
    process.send_signal(told)
    assert process.wait(10) == status
    nothing_left(own)
    assert words(tmp_path) == (said, "searching")
    assert json.loads((tmp_path / "status.json").read_text())["trial"] == 2


def test_the_native_trainer_ends_with_its_pool(tmp_path: Path, own: str) -> None:
    """Its start takes most of the time: it compiles what it finds no machine code of."""
    out = tmp_path / "out"
    program = ["-m", "bot.cli", "train", str(native_folder(tmp_path / "in")), str(out), "--workers", "2"]
    process = begin([sys.executable, *program], own, tmp_path / "log")
    until(lambda: _phase(out) == "searching" and len(marked(own)) >= 3, 120, (tmp_path / "log").read_text)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    nothing_left(own)
    assert words(out) == ("The training was told to end (SIGTERM).", "searching")
