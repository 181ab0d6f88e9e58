"""`python -m bench.state [--runs N …] [--trace]`: one line of JSON; or every request of a run, and its step."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.state.meter import Request
from bench.state.product import product
from bench.state.work import make_dataset, run

TITLE = "Weekly France"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.state", description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--trace", action="store_true", help="print every request of a run, and the step that made it")
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mmm-state-") as name:
        with product(Path(name)) as at:
            make_dataset(at, Path(name), TITLE, "fr")
            until, after = run(at, TITLE)
        trace(until, after)


def trace(until: Sequence[Request], after: Sequence[Request]) -> None:
    """Print the requests of a run in their order, then how many each step made."""
    for one in until:
        print(one)
    print("--- the charts are there")
    for one in after:
        print(one)
    steps = Counter(one.step for one in until)
    print(f"--- {len(until)} until the charts ({', '.join(f'{step} {n}' for step, n in steps.items())}),")
    print(f"    {len(after)} after them ({', '.join(f'{s} {n}' for s, n in Counter(o.step for o in after).items())})")


if __name__ == "__main__":
    sys.exit(main())
