"""One attempt of a run on the local Google Cloud, and the container that may train it: a process of its own."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from engine import paths
from engine.cloud.result import Manifest, read_result
from engine.cloud.storage import Storage, file_crc32c
from local import workspace
from tests.training_folder import CONFIG, weeks

EXECUTION = f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}/executions/mmm-1"


@dataclass
class Attempt:
    """One attempt of a run whose configuration and data are staged, and the container that may train it."""

    storage: Storage
    url: str
    root: str
    folder: str = "robyn/TEST_1/fr/t1/"
    env: dict[str, str] = field(default_factory=dict)

    def look(self, path: str) -> dict[str, Any]:
        return self.storage.require(path, f"{path} is not there").body

    def stage(
        self, file: Path, *, frame: pd.DataFrame | None = None, config: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        """Put the sample's weeks (or `frame`) and their configuration (or `config`) where the container looks."""
        rows = weeks() if frame is None else frame
        rows.to_parquet(file)
        self.storage.put_file(paths.input_data("t1"), file)
        about = {"path": paths.input_data("t1"), "rows": len(rows), "crc32c": file_crc32c(file)}
        config = {**(config or CONFIG), "data": about} | settings
        self.storage.create(paths.job_config("t1"), config)
        self.env["MMM_CONFIG_SHA"] = sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()

    def start(self, *before: str, **env: str) -> "subprocess.Popen[str]":
        """Start the container; `before` is a command that starts it."""
        return subprocess.Popen(
            [*before, sys.executable, "-m", "engine.training_job"],
            env={**os.environ, **self.told(), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def told(self) -> dict[str, str]:
        """What the container is told by its environment."""
        given = {
            "MMM_PROJECT": workspace.PROJECT,
            "MMM_REGION": workspace.REGION,
            "MMM_BUCKET": workspace.BUCKET,
            "MMM_BUCKET_ROOT": self.root,
            "MMM_STORAGE_URL": self.url,
            "MMM_RUN": "r1",
            "MMM_ATTEMPT": "1",
            "MMM_LAUNCH_TOKEN": "token",
            "MMM_CONFIG": paths.job_config("t1"),
            "MMM_FOLDER": self.folder,
            "MMM_JOB_WORKERS": "1",
            "MMM_PACKED": "1",
            "MMM_STATUS_SECONDS": "0.2",
            # A test does not wait for what a training of hours has time for.
            "MMM_NEWS_SECONDS": "0.2",
            "MMM_BEAT_SECONDS": "1",
            "MMM_KEEP_SECONDS": "0",
            "CLOUD_RUN_JOB": workspace.JOB,
            "CLOUD_RUN_EXECUTION": "mmm-1",
        }
        return {**given, **self.env}

    def run(self, *before: str, seconds: float = 300, **env: str) -> int:
        with self.start(*before, **env) as job:
            output, _ = job.communicate(timeout=seconds)
        print(output)
        return job.returncode

    def wait_for(self, path: str, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not self.storage.exists(path):
            assert time.monotonic() < end, f"{path} does not come"
            time.sleep(0.1)

    def left(self, into: Path, *, folder: str = "") -> Manifest | None:
        """All that the training left, verified and unpacked below `into`; or the one at `folder`."""
        return read_result(self.storage, folder or self.folder, into, whole=True)

    @property
    def manifest(self) -> Manifest | None:
        with TemporaryDirectory() as folder:
            return self.left(Path(folder))
