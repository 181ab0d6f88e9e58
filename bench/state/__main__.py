"""`python -m bench.state [--runs N …] [--trace]`: one line of JSON; or every request of a run, and its step."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.state.measure import TITLE, Run, measure, run_of, templates
from bench.state.meter import Request
from bench.state.product import product
from bench.state.work import make_dataset

RUNS = (10, 1000, 10_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.state", description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=list(RUNS))
    parser.add_argument(
        "--trace", action="store_true", help="print each request of a run in a new store, with its step"
    )
    given = parser.parse_args()
    if given.trace:
        trace(_first_run())
    else:
        print(json.dumps(state(given.runs)))


def state(sizes: Sequence[int]) -> dict[str, object]:
    """Measure stores of these many runs; a list per key, in their order."""
    with TemporaryDirectory(prefix="mmm-state-") as name:
        folder, scratch = Path(name) / "state", Path(name) / "scratch"
        scratch.mkdir()
        made, last = templates(folder, scratch, _say)
        measured = [measure(runs, made, folder, _say) for runs in sizes]
    told, last = [one[0] for one in measured], measured[-1][1] or last
    lists = {key: [one[key] for one in told] for key in told[0]}
    # Of the last store: what each step of a run asks for, and how often it is taken.
    steps = {"requests_by_step": last.by_step(), "tasks_by_step": dict(last.steps)}
    return {"bench": "state", "runs": list(sizes), **lists, **steps}


def _first_run() -> Run:
    with TemporaryDirectory(prefix="mmm-state-") as name, product(Path(name)) as at:
        make_dataset(at, Path(name), TITLE, "fr")
        return run_of(at, TITLE)


def trace(one: Run) -> None:
    """Print the requests of a run in their order, then how many each step made."""
    for request in one.until:
        print(request)
    print("--- the charts are there")
    for request in one.after:
        print(request)
    print(f"--- {len(one.until)} until the charts ({_steps(one.until)}),")
    print(f"    {len(one.after)} after them ({_steps(one.after)})")


def _steps(requests: Sequence[Request]) -> str:
    return ", ".join(f"{step} {count}" for step, count in Counter(one.step for one in requests).items())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
