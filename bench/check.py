"""How long `/mmm check` works: `python -m bench.check [--rows N] [--columns N]` prints one line of JSON.

Daily data with what a check finds in them (copies, holes, far values, late channels, levels that change) are checked as
the worker does it: rows read, every finding, what each remedy would do, and the columns in numbers. The time is that of
the processor with one thread of BLAS, so that a machine with others on it tells the same.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from engine.data.check.applied import Applied
from engine.data.check.profiles import BALANCED
from engine.data.check.report import check, columns_of
from engine.data.mapping import Mapping
from engine.data.recipe import recipe_of

ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
FIRST = date(2023, 1, 2)


def main() -> None:
    """Measure in a process of its own, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.check")
    parser.add_argument("--rows", type=int, default=1_100)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.rows, given.columns)))
        return
    asked = [
        sys.executable,
        "-m",
        "bench.check",
        "--measure",
        "--rows",
        f"{given.rows}",
        "--columns",
        f"{given.columns}",
    ]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    print(json.dumps({"bench": "check", "rows": given.rows, "columns": given.columns, **json.loads(done.stdout)}))


def measure(rows: int, columns: int) -> dict[str, float]:
    """Check once; returns seconds of the processor and of the clock, and what was found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw.parquet"
        frame = made(rows, columns)
        frame.to_parquet(path)
        mapping = _roles(frame)
        work, clock = time.process_time(), time.monotonic()
        applied = Applied(path, mapping, "fr", today=FIRST + timedelta(days=rows + 5))
        report = check(applied, recipe_of(mapping), BALANCED, today=FIRST + timedelta(days=rows + 5))
        facts = columns_of(report.looked)
        spent, passed = time.process_time() - work, time.monotonic() - clock
    return {
        "cpu_seconds": round(spent, 2),
        "clock_seconds": round(passed, 2),
        "findings": len(report.items),
        "remedies": sum(len(one.remedies) for one in report.items),
        "columns_told": len(facts),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def made(rows: int, columns: int) -> pd.DataFrame:
    """Daily data of a date, a goal, and channels and context half and half, some of them with faults."""
    rng = np.random.default_rng(1)
    days = pd.date_range(FIRST, periods=rows).strftime("%Y-%m-%d")
    frame: dict[str, object] = {"date": days}
    half = (columns - 2) // 2
    common = rng.gamma(3, 60, rows)
    for at in range(half):
        values = rng.gamma(2, 50, rows) + (common if at % 6 == 0 else 0)
        values = np.where(rng.random(rows) < 0.6, values, 0.0) if at % 5 == 1 else values
        values[: rows // 3] *= 0.0 if at % 7 == 2 else 1.0
        values[rows // 2] *= 40 if at % 4 == 3 else 1
        frame[f"CHANNEL{at}_COST"] = values
    frame["CHANNEL1_COST"] = 1.19 * np.asarray(frame["CHANNEL0_COST"])
    for at in range(columns - 2 - half):
        values = rng.normal(100, 5, rows)
        values[rows // 2 :] += 90 if at % 8 == 3 else 0
        values[rng.random(rows) < 0.3] = np.nan if at % 5 == 0 else values[0]
        frame[f"context_{at}"] = values
    season = 900 * np.sin(2 * np.pi * np.arange(rows) / 365.25)
    frame["REVENUE"] = 5_000 + season + 2 * common + rng.normal(0, 200, rows)
    return pd.DataFrame(frame)


def _roles(frame: pd.DataFrame) -> Mapping:
    return Mapping(
        date_var="date",
        dep_var="REVENUE",
        paid_media_spends=tuple(name for name in frame if name.endswith("_COST")),
        context_vars=tuple(name for name in frame if name.startswith("context_")),
    )


if __name__ == "__main__":
    main()
