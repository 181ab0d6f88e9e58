"""How soon a review is there: `python -m bench.review [--rows N] [--columns N]` prints one line of JSON.

Every look is made of a snapshot of daily rows as the worker makes it, from Parquet to picture and words; only what
Cloud Storage and Slack need is not counted. The first look of a process also loads the libraries: it is told apart.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

LOOKS = ("goal", "channels", "parts", "changes", "funnel", "metric", "missing", "columns")


def main() -> None:
    """Measure each look, in one process after a first one."""
    parser = argparse.ArgumentParser(prog="python -m bench.review")
    parser.add_argument("--rows", type=int, default=1_100)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(json.dumps(measure(given.rows, given.columns)))
        return
    again = [sys.executable, "-m", "bench.review", "--rows", str(given.rows), "--columns", str(given.columns), "--once"]
    done = subprocess.run(again, check=True, capture_output=True, text=True)
    print(json.dumps({"bench": "review", "rows": given.rows, "columns": given.columns, **json.loads(done.stdout)}))


def measure(rows: int, columns: int) -> dict[str, Any]:
    """Seconds of each look, and of the very first one with everything that is loaded for it."""
    began = time.perf_counter()
    from engine.pipeline import review

    with TemporaryDirectory() as folder:
        scene = _scene(Path(folder), rows, columns)
        loaded = time.perf_counter()
        _look(review, scene, "goal")
        first = time.perf_counter() - loaded
        seconds = {}
        for look in LOOKS:
            at = time.perf_counter()
            _look(review, scene, look)
            seconds[look] = round(time.perf_counter() - at, 3)
    return {
        "load_seconds": round(loaded - began, 2),
        "first_look_seconds": round(first, 2),
        "look_seconds": seconds,
        "slowest_seconds": max(seconds.values()),
    }


def _look(review: Any, work: Any, look: str) -> None:
    work.about["filters"] = {"look": look}
    made = review.review(work)
    json.dumps(dict(made.data))


def _scene(folder: Path, rows: int, columns: int) -> Any:
    """A snapshot in a store that is a folder: so many days, a goal and channels with what they bought."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.cloud.storage import file_crc32c
    from engine.columns import Column
    from engine.data.dataset import Dataset, Source
    from engine.data.guess import guess
    from engine.data.mapping import Mapping

    random, start = Random(7), date(2022, 1, 3)
    kinds = ("COST", "IMPRESSIONS", "CLICKS", "SESSIONS")
    named = [f"CHANNEL{n // 4}_{kinds[n % 4]}" for n in range(columns - 2)]
    made: dict[str, Any] = {"DATE": [start + timedelta(days=n) for n in range(rows)]}
    made |= {name: [random.uniform(0, 5_000) for _ in range(rows)] for name in (*named, "REVENUE")}
    frame = pd.DataFrame(made)
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    described = tuple(Column(name=name, type="date" if name == "DATE" else "number", distinct=999) for name in frame)
    mapping = Mapping.model_validate(guess(described, "de").model_dump(include=set(Mapping.model_fields)))
    dataset = Dataset(
        workspace="T0", title="Bench", country="de", ts="20260101T000000Z-0000", source=Source(kind="csv"),
        mapping=mapping, columns=described, rows=rows, bytes=path.stat().st_size, crc32c=file_crc32c(path),
        first_date=start, last_date=made["DATE"][-1], interval="day", who="U0", channel="C0",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    store = _Folder(dataset, path)
    clock = SimpleNamespace(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    about = {"dataset": dataset.id, "others": []}
    return SimpleNamespace(cloud=SimpleNamespace(storage=store), clock=clock, folder=folder, about=about)


class _Folder:
    """A store that holds one dataset."""

    def __init__(self, dataset: Any, rows: Path) -> None:
        self._dataset, self._rows = dataset, rows

    def read(self, path: str) -> Any:
        return SimpleNamespace(path=path, body=self._dataset.model_dump(mode="json"), generation=1)

    def get_file(self, path: str, into: Path) -> Any:
        into.write_bytes(self._rows.read_bytes())
        return SimpleNamespace(crc32c=self._dataset.crc32c)


if __name__ == "__main__":
    main()
