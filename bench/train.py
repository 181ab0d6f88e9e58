"""How long a training takes, and how good its search is.

`python -m bench.train [--seeds N] [--iterations N] [--trials N]` trains in processes of their own, faithfully on one
and on two workers and with the fast search, once per seed, and prints one line of JSON: medians, and the values of all
seeds under the same name with `_all`. Seconds are those of whole processes, from start to end, all outputs included.

`seconds_to_robyn_front_w2` is the time of the fast search alone, on two threads, until hypervolume 0.666, which Robyn
has after 10,000 evaluations; `optimiser_share` is the part of the faithful search that is not spent in fits.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.reference import REFERENCE, make_input
from engine.model.fit.candidate import Candidates, Evaluator
from engine.model.fit.kernel import NRMSE, RSSD
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space
from engine.model.read.inputs import read_inputs
from engine.model.search.hypervolume import hypervolume
from engine.model.search.nevergrad_search import search
from engine.model.search.trials import Task
from engine.model.train import prepare
from engine.results.summary import Summary

# Further apart than the trials of one run, which search with seed + 1, seed + 2, ….
SEEDS = (123, 1123, 2123, 3123, 4123)
ROBYNS_FRONT = 0.666
# When a fit is timed: processes, and passes over all models in each.
PROCESSES, PASSES = 3, 5
CORNER = np.array([1.0, 1.0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.train")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help=f"how many of {SEEDS}")
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--fit-time", type=Path, metavar="IN", help="only time a fit on this folder, and print that")
    given = parser.parse_args()
    if given.fit_time:
        print(_fit_time(*prepare(given.fit_time, read_inputs(given.fit_time))))
        return
    size = {"iterations": given.iterations, "trials": given.trials}
    seeds = SEEDS[: given.seeds]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = make_input(folder / "faithful", search="nevergrad", **size)
        make_input(folder / "fast", search="fast", **size)
        make_input(folder / "decomposed", decomposed=True, **size)
        # Compiles what is not compiled yet, once per installation, and is not counted.
        _train(folder / "fast", folder / "warm", SEEDS[0], workers=2)
        one = [_train(folder / "faithful", folder / f"one{seed}", seed, workers=1) for seed in seeds]
        two = [_train(folder / "faithful", folder / f"two{seed}", seed, workers=2) for seed in seeds]
        fast = [_train(folder / "fast", folder / f"fast{seed}", seed, workers=2) for seed in seeds]
        fits = [_fit_time_apart(folder / "decomposed") for _ in seeds]
        problem, space = prepare(folder / "decomposed", read_inputs(folder / "decomposed"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    measured: dict[str, list[float | None]] = {
        "seconds_faithful_w1": [run["seconds"] for run in one],
        "seconds_faithful_w2": [run["seconds"] for run in two],
        "seconds_to_robyn_front_w2": [_seconds_to_front(problem, space, seed) for seed in seeds],
        "seconds_fast_process": [run["seconds"] for run in fast],
        "us_per_candidate": fits,
        "optimiser_share": [_optimiser_share(problem, space, seed) for seed in seeds],
        "hypervolume_faithful": [run["hypervolume"] for run in two],
        "hypervolume_fast": [run["hypervolume"] for run in fast],
    }
    print(
        json.dumps(
            {"bench": "train", "data": data, **size, "seeds": seeds}
            | {key: _median(values) for key, values in measured.items()}
            | {"peak_mb": round(peak, 1)}
            | {f"{key}_all": values for key, values in measured.items()}
            | {"phases_faithful_w2": two[0]["phases"], "phases_fast": fast[0]["phases"]}
        )
    )


def _train(folder_in: Path, folder_out: Path, seed: int, *, workers: int) -> dict[str, Any]:
    """Train in a process of its own; its seconds from start to end, those by phase, and the hypervolume it found."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "engine.model", str(folder_in), str(folder_out)]
    subprocess.run([*command, "--workers", str(workers), "--seed", str(seed)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    summary = Summary.model_validate_json((folder_out / "results" / "summary.json").read_bytes())
    evaluated = pd.read_parquet(folder_out / "results" / "convergence.parquet")
    phases = dict(summary.durations)
    phases["starting and ending"] = round(seconds - phases.pop("total"), 3)
    volume = hypervolume(evaluated[["nrmse", "decomp.rssd"]].to_numpy(), CORNER)
    return {"seconds": round(seconds, 2), "phases": phases, "hypervolume": round(volume, 4)}


def _seconds_to_front(problem: Problem, space: Space, seed: int) -> float | None:
    """Search fast on two threads, a trial each, until both together have Robyn's hypervolume. None: not reached."""
    task, seen = Task(problem, space, "fast", iterations=10_000, seed=seed), []

    def run(number: int) -> Candidates:
        return task.run(number, lambda done, *_: seen.append((time.perf_counter(), number, done)))

    run(0)  # compiled, and its results are forgotten
    seen.clear()
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(run, (1, 2)))
    seen.sort()

    def reached(moment: int) -> bool:
        done = {number: count for _, number, count in seen[:moment]}
        parts = [found[number - 1].metrics[:count, [NRMSE, RSSD]] for number, count in done.items()]
        return hypervolume(np.concatenate(parts), CORNER) >= ROBYNS_FRONT

    if not reached(len(seen)):
        return None
    first = bisect_left(range(1, len(seen)), True, key=reached) + 1
    return round(seen[first - 1][0] - began, 3)


def _fit_time_apart(folder: Path) -> float:
    """Time a fit in processes of their own and take the best: a busy neighbour of the core costs up to a half more."""
    command = [sys.executable, "-m", "bench.train", "--fit-time", str(folder)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(PROCESSES)]
    return min(float(run.stdout) for run in runs)


def _fit_time(problem: Problem, space: Space) -> float:
    """Microseconds of one fit on one core: all models of Robyn's recorded run, or as many drawn ones.

    The best of a few passes: what else the machine does only adds to it.
    """
    if REFERENCE.is_dir():
        values = pd.read_csv(REFERENCE / "all_candidates.csv.gz")[list(space.column_names)].to_numpy()
    else:
        draws = np.random.default_rng(1)
        values = space.low + draws.random((10_000, len(space.names))) * (space.high - space.low)
    evaluator, seconds = Evaluator(problem, space), []
    evaluator.many(values[:1])
    for _ in range(PASSES):
        began = time.perf_counter()
        evaluator.many(values)
        seconds.append(time.perf_counter() - began)
    return round(1e6 * min(seconds) / len(values), 2)


def _optimiser_share(problem: Problem, space: Space, seed: int) -> float:
    """The share of a faithful trial's time that is not spent in fits."""
    began = time.perf_counter()
    found = search(problem, space, number=1, iterations=500, seed=seed, told=lambda *_: None)
    whole = time.perf_counter() - began
    evaluator = Evaluator(problem, space)
    began = time.perf_counter()
    for k in range(len(found)):
        evaluator.into(found, k, k + 1)
    return round(1 - (time.perf_counter() - began) / whole, 4)


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 4) if known else None


if __name__ == "__main__":
    main()
