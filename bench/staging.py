"""How fast rows reach a Parquet file from the warehouse and what a training reads is made of them; that memory does
not grow with them.

`python -m bench.staging [--rows N]` streams N and 4·N rows from the local warehouse, prepares them with a mapping alone
and with a recipe, each in a process of its own, and prints one line of JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq

from engine.cloud.connection import default_of
from engine.cloud.snowflake import Snowflake
from engine.data.made import Made
from engine.data.mapping import Mapping
from engine.data.prepare import prepare, write_input
from engine.data.recipe import Clip, Recipe, recipe_of
from engine.settings import Settings
from local.guard import new_word
from local.serving import free_port
from local.snowflake.keys import key_pair

SQL = (
    "SELECT d.DATE, d.COUNTRY, d.TV_COST + g.N AS TV_COST, d.TV_IMPRESSIONS, d.FACEBOOK_COST, d.SEARCH_CLICKS, "
    "d.PRICE_INDEX, d.REVENUE FROM MMM.MARKETING.DAILY d "
    "CROSS JOIN (SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => {copies}))) g LIMIT {rows}"
)
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("PAID_COST",),
    organic_vars=("SEARCH_CLICKS",),
    context_vars=("PRICE_INDEX",),
    country_var="COUNTRY",
    made=(Made(name="PAID_COST", parts=("TV_COST", "FACEBOOK_COST")),),
)
RECIPE = recipe_of(MAPPING).model_copy(
    update={
        "resample": "W",
        "week_starts": "sun",
        "aggregation": {"PRICE_INDEX": "max"},
        "fill": {"PRICE_INDEX": "previous"},
        "clip": {"PAID_COST": Clip(low=0.01, high=0.99)},
        "start": date(2022, 6, 1),
    }
)
PREPARED = ("mapping", "recipe")
DAYS = 3 * 1092
FACTOR = 4


def main() -> None:
    """Measure both sizes and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.staging")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", choices=["mapping", "recipe"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        print(json.dumps(prepared(given.folder, RECIPE if given.prepare == "recipe" else None)))
        return
    if given.port:
        print(json.dumps(stage(given.rows, given.port, given.folder)))
        return
    with tempfile.TemporaryDirectory() as name, _server(Path(name)) as port:
        runs = [_measure(rows, port, Path(name)) for rows in (given.rows, FACTOR * given.rows)]
    small, large = runs
    print(
        json.dumps(
            {
                "bench": "staging",
                "runs": runs,
                "rows_per_second": round(large["rows"] / large["seconds"]),
                **{f"rows_per_second_with_{how}": round(large["rows"] / large[how]["seconds"]) for how in PREPARED},
                "peak_mb_per_further_million_rows": round(
                    (large["peak_mb"] - small["peak_mb"]) / (large["rows"] - small["rows"]) * 1e6, 1
                ),
            }
        )
    )


def stage(rows: int, port: int, folder: Path) -> dict[str, float]:
    """Stream `rows` rows to a Parquet file, as staging does; say how long it took and the peak of memory."""
    settings = _settings(port)
    default = default_of(settings)
    assert default is not None
    warehouse = Snowflake(default, settings, _Key(folder))
    warehouse.preview("SELECT 1 AS N")
    before, started = _peak_mb(), time.perf_counter()
    with warehouse.stream(SQL.format(copies=rows // DAYS + 1, rows=rows), tag={"bench": "staging"}) as stream:
        first = 0.0
        with pq.ParquetWriter(folder / "raw.parquet", stream.schema) as writer:
            for batch in stream:
                first = first or time.perf_counter() - started
                writer.write_batch(batch)
    seconds = time.perf_counter() - started
    assert pq.read_metadata(folder / "raw.parquet").num_rows == rows
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "seconds_to_first_row": round(first, 2),
        "idle_mb": round(before, 1),
        "peak_mb": round(_peak_mb(), 1),
        "parquet_mb": round((folder / "raw.parquet").stat().st_size / 1e6, 1),
    }


def prepared(folder: Path, recipe: Recipe | None) -> dict[str, float]:
    """Make what a training reads of the rows, with a mapping alone or a recipe, too: how long, the peak of memory."""
    before, started = _peak_mb(), time.perf_counter()
    made = prepare(folder / "raw.parquet", MAPPING, "de", recipe=recipe)
    write_input(made, folder / "input")
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "periods": len(made.frame),
        "idle_mb": round(before, 1),
        "peak_mb": round(_peak_mb(), 1),
    }


def _measure(rows: int, port: int, folder: Path) -> dict[str, Any]:
    given = ["--rows", str(rows), "--folder", str(folder)]
    measured = _asked(*given, "--port", str(port))
    return measured | {how: _asked(*given, "--prepare", how) for how in PREPARED}


def _asked(*given: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.staging", *given]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    measured: dict[str, Any] = json.loads(out.splitlines()[-1])
    return measured


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """Run the local Snowflake in a process of its own."""
    port, keys = free_port(), key_pair(folder)
    command = [sys.executable, "-m", "local.snowflake", "--state", str(folder / "state"), "--port", str(port)]
    (folder / "word").write_text(new_word())
    server = subprocess.Popen([*command, "--user", f"svc={keys.public}", "--word", str(folder / "word")])
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(10)


class _Key:
    """The private key in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, reference: str) -> str:
        return (self._folder / reference).read_text()

    refresh = read


def _settings(port: int) -> Settings:
    return Settings(
        workspace="T0MMMLOCAL",
        project="mmm-local",
        bucket="mmm-local",
        worker_url="http://127.0.0.1",
        tasks_account="tasks@mmm-local.example",
        slack_signing_secret="unused",
        slack_token_secret="unused",
        snowflake_account="local",
        snowflake_user="svc",
        snowflake_database="MMM",
        snowflake_schema="MARKETING",
        snowflake_key_secret="snowflake_key.pem",
        snowflake_host="127.0.0.1",
        snowflake_port=port,
        snowflake_protocol="http",
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
