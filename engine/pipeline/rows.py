"""A snapshot's rows on this machine, as they were checked."""

from pathlib import Path

from engine import paths
from engine.cloud.cloud import Cloud
from engine.data.dataset import Dataset
from engine.errors import BrokenState


def raw_of(cloud: Cloud, dataset: Dataset, folder: Path) -> Path:
    """Fetch a snapshot's rows into `folder`. Raises BrokenState where they are not those that were checked."""
    raw = folder / f"{dataset.country}-{dataset.ts}.parquet"
    stored = cloud.storage.get_file(paths.raw_data(dataset.country, dataset.ts), raw)
    if stored.crc32c != dataset.crc32c:
        raise BrokenState(f"The rows of {dataset.title} are not those that were checked.", "Make it again.")
    return raw
