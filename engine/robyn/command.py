"""How the R trainer is called: the command, and what it finds in its environment."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "r" / "run_all.R"


def command(folder_in: Path, folder_out: Path) -> list[str]:
    """Return the call that trains on `folder_in` and writes `folder_out`."""
    return ["Rscript", str(SCRIPT), str(folder_in), str(folder_out)]


def environment(workers: int) -> dict[str, str]:
    """Return our own environment, and in it the Python that R calls back and how many trials may run side by side."""
    return {**os.environ, "MMM_PYTHON": sys.executable, "MMM_JOB_WORKERS": str(workers)}
