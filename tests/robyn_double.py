"""R with the double of Robyn, which answers with recorded outputs: where it can be used, and how it gets there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.robyn.command import REPOSITORY
from tests.robyn_reference import FOLDER

RECORDED = Path(os.environ.get("ROBYN_RECORDED", FOLDER))
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed: apt-get install r-base-core")
needs_recorded = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="Robyn's recorded outputs are not beside this project"
)


def install_double(library: Path) -> None:
    """Make the recorded Robyn a package of a library of R's."""
    source = REPOSITORY / "r" / "tests" / "double"
    install = ["R", "CMD", "INSTALL", "--no-docs", "--no-test-load", f"--library={library}", str(source)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
