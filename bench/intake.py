"""How fast a dropped file is read: `python -m bench.intake [--rows N]` prints one line of JSON.

Two files of twelve columns are written and read as an upload reads them, each in a process of its own: one as
programs write (points, ISO dates), one as offices do (German marks and dates, half of the amounts in euros).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

from engine.data.intake.file import Asked, inspect, to_parquet

COLUMNS = 11
WAYS = ("plain", "german")


def main() -> None:
    """Measure both files and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.intake")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file:
        print(json.dumps(read(given.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = {way: _measure(_written(way, given.rows, Path(folder))) for way in WAYS}
    print(json.dumps({"bench": "intake", "rows": given.rows, "columns": COLUMNS + 1, **runs}))


def read(path: Path) -> dict[str, float]:
    """Read a file once to look at it and once to keep it; returns seconds of the processor and the peak of memory."""
    began = time.process_time()
    inspect(path, Asked(country="de"))
    looked = time.process_time()
    to_parquet(path, path.with_suffix(".parquet"), Asked(country="de"))
    kept = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "inspect_cpu_seconds": round(looked - began, 2),
        "to_parquet_cpu_seconds": round(kept - looked, 2),
        "peak_mb": round(peak, 1),
        "file_mb": round(path.stat().st_size / 1e6, 1),
    }


def _measure(path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.intake", "--file", str(path)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _written(way: str, rows: int, folder: Path) -> Path:
    random, path = Random(7), folder / f"{way}.csv"
    names = ["date", *(f"channel_{n}_spend" for n in range(COLUMNS - 1)), "revenue"]
    mark = "," if way == "plain" else ";"
    with path.open("w", encoding="utf-8") as file:
        file.write(mark.join(names) + "\n")
        for number in range(rows):
            day = date(2020, 1, 1) + timedelta(days=number % 1500)
            amounts = [random.uniform(0, 50_000) for _ in range(COLUMNS)]
            if way == "plain":
                cells = [day.isoformat(), *(f"{one:.2f}" for one in amounts)]
            else:
                cells = [f"{day:%d.%m.%Y}", *(_german(one, euros=n % 2 == 0) for n, one in enumerate(amounts))]
            file.write(mark.join(cells) + "\n")
    return path


def _german(amount: float, *, euros: bool) -> str:
    written = f"{amount:,.2f}".replace(",", "\0").replace(".", ",").replace("\0", ".")
    return f"{written} €" if euros else written


if __name__ == "__main__":
    main()
