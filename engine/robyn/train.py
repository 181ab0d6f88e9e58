"""A training by Robyn itself, in R, on this machine."""

import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import BadConfig, MmmError, TrainingFailed
from engine.process_tree import end, start
from engine.results.summary import Summary
from engine.results.told import told, why_it_failed
from engine.robyn.command import command, environment
from engine.robyn.installed import require_robyn
from engine.told_to_end import heeding_the_end

LOOK_SECONDS = 0.5
# R's exit status where the person has to correct something.
CORRECTABLE = 2


def train_with_robyn(folder_in: Path, folder_out: Path, *, workers: int = 1) -> Summary:
    """Train on a folder with `job_config.json` and `input_data.parquet` or `.csv`, and write the results.

    What R says and how far it is goes to our console. workers: trials that run side by side. Raises BadSettings where
    Robyn is not installed, BadInput for what the person can correct, TrainingFailed where no model came out.
    """
    require_robyn()
    folder_out.mkdir(parents=True, exist_ok=True)
    (folder_out / "error.json").unlink(missing_ok=True)
    (folder_out / "results" / "summary.json").unlink(missing_ok=True)
    console = Console(folder_out)
    trainer = start(command(folder_in, folder_out), environment(workers))
    with heeding_the_end(folder_out, lambda: end(trainer)):
        try:
            while (code := trainer.poll()) is None:
                console.pass_on()
                with suppress(subprocess.TimeoutExpired):
                    trainer.wait(LOOK_SECONDS)
        finally:
            end(trainer)
    console.pass_on()
    if code:
        raise _failure(code, folder_out)
    try:
        return Summary.model_validate_json((folder_out / "results" / "summary.json").read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingFailed("Robyn left no summary that can be read.", "Start it again.", detail=str(error)) from error


class Console:
    """What a training in R says: it writes all of it to its own log, and how far it is to its status."""

    def __init__(self, folder_out: Path) -> None:
        self.log, self.status = folder_out / "robyn_console.log", folder_out / "status.json"
        # An earlier training's words are no news.
        self.read = self.log.stat().st_size if self.log.exists() else 0
        self.status.unlink(missing_ok=True)
        self.told = ""

    def pass_on(self) -> None:
        """Print what is new since the last look."""
        if self.log.exists():
            with self.log.open("rb") as file:
                file.seek(self.read)
                # What is written only in part is for the next look.
                news, newline, _ = file.read().rpartition(b"\n")
            self.read += len(news) + len(newline)
            print(news.decode(errors="replace"), end="\n" if newline else "")
        if (line := _progress(told(self.status))) != self.told:
            self.told = line
            print(line, flush=True)


def _progress(status: Mapping[str, Any]) -> str:
    """The phase, and of the search which tenth of the models is done."""
    phase = str(status.get("phase", ""))
    models = int(status.get("trials", 0)) * int(status.get("iterations", 0))
    if phase != "searching" or not models:
        return phase and f"{phase} …"
    done = (int(status.get("trial", 1)) - 1) * int(status["iterations"]) + int(status.get("iteration", 0))
    return f"{phase}: {done * 10 // models * 10} % of {models:,} models …"


def _failure(code: int, folder_out: Path) -> MmmError:
    """What R's bad end means: what it has told, else what its exit status tells."""
    what, todo = why_it_failed(folder_out)
    if code == -signal.SIGKILL:
        # By whom and why nobody says: the system does that where memory is short, and people do.
        return TrainingFailed(
            "Robyn was killed from outside (signal 9).", "Start it again; watch the machine's memory."
        )
    if code == CORRECTABLE and what:
        return BadConfig(what, todo)
    return TrainingFailed(what or f"Robyn broke off (exit status {code}).", todo or "Its output tells more.")
