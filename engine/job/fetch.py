"""Bring what a training reads from the bucket, and make sure that it is what was confirmed and checked."""

import json
from hashlib import sha256
from pathlib import Path

from engine.cloud.storage import Storage
from engine.errors import BrokenState
from engine.job.settings import JobSettings


def fetch(storage: Storage, settings: JobSettings, folder: Path) -> None:
    """Write a trainer's IN folder. Raises NotFound, BrokenState, OSError where the disk is full."""
    config = storage.require(settings.config, "The configuration of this run is gone.").body
    digest = sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    if digest != settings.config_sha:
        raise BrokenState("The configuration is not the one that was confirmed.", "Start the run again.")
    (folder / "job_config.json").write_text(json.dumps(config, indent=1))
    data = folder / "input_data.parquet"
    stored = storage.get_file(config["data"]["path"], data)
    # pandas is heavy: a container that lost the claim never pays for it.
    import pandas as pd

    frame = pd.read_parquet(data)
    if stored.crc32c != config["data"]["crc32c"] or len(frame) != config["data"]["rows"]:
        raise BrokenState("The data is not what was staged.", "Start the run again.")
    frame.to_csv(folder / "input_data.csv", index=False)
