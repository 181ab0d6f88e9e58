"""A hundred runs end at once, in many threads, on Cloud Storage's stand-in: a hundred rows, once each."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.errors import Unavailable
from engine.pipeline.history import write_history, write_row
from tests.faults.fake_cloud import FakeCloud
from tests.faults.test_history import run_at

AT_ONCE = 16


@pytest.fixture
def worker(bucket: Storage) -> FakeCloud:
    """A worker with the bucket of the stand-in; its tasks wait."""
    fake = FakeCloud()
    vars(fake).update(storage=bucket, tasks=SimpleNamespace(enqueue=lambda *given, **more: None))
    return fake


def test_a_hundred_runs_that_end_at_once_leave_a_hundred_rows(worker: FakeCloud, bucket: Storage) -> None:
    cloud, clock = cast(Cloud, worker), worker.clock

    def end(n: int) -> bool:
        new = write_row(cloud, clock, run_at(f"r{n % 100:03d}", clock.time))
        try:
            write_history(cloud, clock)
        except Unavailable:
            return new  # too many at once: its task comes again
        return new

    with ThreadPoolExecutor(AT_ONCE) as threads:
        # Some of them are delivered twice.
        assert sum(threads.map(end, range(120))) == 100
    write_history(cloud, clock)
    lines = bucket.get_bytes(paths.HISTORY).decode().splitlines()
    assert lines[0].startswith("run,state,")
    assert sorted(line.split(",")[0] for line in lines[1:]) == [f"r{n:03d}" for n in range(100)]
