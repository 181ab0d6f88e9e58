"""A training by Robyn itself, in R, on this machine."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from engine.errors import BadConfig, MmmError, TrainingFailed
from engine.results.summary import Summary
from engine.robyn.command import command, environment
from engine.robyn.installed import require_robyn

# R's exit status where the person has to correct something.
CORRECTABLE = 2


def train_with_robyn(folder_in: Path, folder_out: Path, *, workers: int = 1) -> Summary:
    """Train on a folder with `job_config.json` and `input_data.parquet` or `.csv`, and write the results.

    R's output goes to our console. workers: trials that run side by side. Raises BadSettings where Robyn is not
    installed, BadInput for what the person can correct, TrainingFailed where no model came out.
    """
    require_robyn()
    folder_out.mkdir(parents=True, exist_ok=True)
    (folder_out / "error.json").unlink(missing_ok=True)
    (folder_out / "results" / "summary.json").unlink(missing_ok=True)
    with subprocess.Popen(command(folder_in, folder_out), env=environment(workers)) as trainer:
        try:
            code = trainer.wait()
        except BaseException:
            trainer.terminate()
            raise
    if code:
        raise _failure(code, folder_out)
    try:
        return Summary.model_validate_json((folder_out / "results" / "summary.json").read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingFailed("Robyn left no summary that can be read.", "Start it again.", detail=str(error)) from error


def _failure(code: int, folder_out: Path) -> MmmError:
    """What R's bad end means: what it has told, else what its exit status tells."""
    error, status = _told(folder_out / "error.json"), _told(folder_out / "status.json")
    what = str(error.get("what") or status.get("cause") or "")
    todo = str(error.get("todo") or status.get("remedy") or "")
    if code == -signal.SIGKILL:
        return TrainingFailed(
            "Robyn was killed, most likely for lack of memory.", "Choose fewer workers, iterations or trials."
        )
    if code == CORRECTABLE and what:
        return BadConfig(what, todo)
    return TrainingFailed(what or f"Robyn broke off (exit status {code}).", todo or "Its output tells more.")


def _told(path: Path) -> dict[str, Any]:
    """What a file of the trainer says; nothing if it is not there or broken off."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
