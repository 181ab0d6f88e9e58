"""How long a training takes, and how good its best models are.

`python -m bench.train [--iterations N] [--trials N] [--workers N] [--input IN]` trains on a folder, or on the weeks of
the sample data, in a process of its own, and prints one line of JSON: seconds by phase, time per candidate, peak of
memory, and the fit of the chosen model.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.results.summary import Summary
from local.sample import weekly_csv

CONFIG = {
    "country": "FR",
    "date_var": "DATE",
    "dep_var": "REVENUE",
    "paid_media_spends": ["TV_COST", "FACEBOOK_COST", "SEARCH_COST", "YOUTUBE_COST", "OOH_COST", "PRINT_COST"],
    "organic_vars": ["NEWSLETTER_SENDS"],
    "context_vars": ["PROMO_FLAG", "PRICE_INDEX", "TEMPERATURE", "COMPETITOR_INDEX"],
}


def main() -> None:
    """Train once and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.train")
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--input", type=Path, help="a folder with job_config.json and input_data")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_input(folder / "in", given.input, iterations=given.iterations, trials=given.trials)
        began = time.perf_counter()
        command = [sys.executable, "-m", "engine.model", str(folder / "in"), str(folder / "out")]
        subprocess.run([*command, "--workers", str(given.workers)], check=True, capture_output=True)
        seconds = time.perf_counter() - began
        summary = Summary.model_validate_json((folder / "out" / "results" / "summary.json").read_bytes())
    evaluated = summary.selection.evaluated
    print(
        json.dumps(
            {
                "bench": "train",
                "rows": summary.window.periods,
                "variables": summary.data.variables,
                "iterations": given.iterations,
                "trials": given.trials,
                "workers": given.workers,
                "seconds": round(seconds, 2),
                "phases": summary.durations,
                "ms_per_candidate": round(1000 * summary.durations["searching"] / evaluated, 3),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
                "nrmse": summary.metrics["nrmse"],
                "decomp.rssd": summary.metrics["decomp.rssd"],
            }
        )
    )


def _make_input(folder: Path, source: Path | None, *, iterations: int, trials: int) -> None:
    folder.mkdir()
    config = CONFIG
    if source is None:
        (folder / "input_data.csv").write_bytes(weekly_csv("FR"))
    else:
        config = json.loads((source / "job_config.json").read_text())
        for path in source.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "job_config.json").write_text(json.dumps({**config, "iterations": iterations, "trials": trials}))


if __name__ == "__main__":
    main()
