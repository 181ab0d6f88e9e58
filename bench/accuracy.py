"""How near the chosen model's ROAS are to the truth, by Robyn's rule and by ours.

`python -m bench.accuracy [--quick] [--families A,B] [--seeds 11,12] [--iterations N] [--trials N] [--search fast]`
generates sets of data with known ROAS, searches each once, lets both rules choose from the same candidates, and prints
one line of JSON. `log_error_…`: mean over channels of |log(estimated / true)|, then over sets. An estimate below
FLOOR of the set's mean true ROAS, 0 included, counts as that floor, for both rules. `ranked_right_…`: share of the
pairs of channels whose ROAS are in the true order. `inside_range`: share of true ROAS within the range of draws that
our rule gives, which is meant to hold 90 %. `families`: the same for each kind of set.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from engine.model.evidence.choice import select as select_by_evidence
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of
from engine.model.read.features import time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.search.trials import Searched, Task, run_trials
from engine.model.select.pareto import select as select_by_fronts
from engine.model.select.score import error_score, errors_of
from local.sample.truths import FAMILIES, Truth, generate

FLOOR = 0.01
SEEDS = (11, 12, 13, 14, 15)
# Of `--quick`: one seed of the small families.
QUICK = ("weekly_small", "confounded", "spread")


@dataclass(frozen=True)
class Case:
    """A generated set as a training sees it. roas: (C,) the truth."""

    problem: Problem
    space: Space
    periods_per_year: float
    roas: Vector


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy")
    parser.add_argument("--quick", action="store_true", help="one seed of three families, short searches")
    parser.add_argument("--families", type=lambda text: text.split(","), default=None)
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=None)
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--search", default="nevergrad")
    given = parser.parse_args()
    families = given.families or (QUICK if given.quick else tuple(FAMILIES))
    seeds = given.seeds or (SEEDS[:1] if given.quick else SEEDS)
    iterations = given.iterations or (300 if given.quick else 1000)
    trials = given.trials or (2 if given.quick else 3)

    rows: dict[str, list[Vector]] = {}
    seconds = []
    for family in families:
        for seed in seeds:
            case = make_case(generate(family, seed))
            task = Task(case.problem, case.space, given.search, iterations, seed=123)
            searched = run_trials(task, trials=trials, workers=1, progress=lambda *numbers: None)
            robyn = robyn_roas(case.problem, searched)
            began = time.perf_counter()
            found = select_by_evidence(
                case.problem, case.space, searched.candidates, case.periods_per_year, windows=False
            )
            ours, drawn = found.roas, found.ranges[0]
            seconds.append(time.perf_counter() - began)
            rows.setdefault(family, []).append(np.array([
                log_error(robyn, case.roas), log_error(ours, case.roas),
                ranked_right(robyn, case.roas), ranked_right(ours, case.roas),
                float(((drawn.low <= case.roas) & (case.roas <= drawn.high)).mean()),
            ]))  # fmt: skip
    every = [row for one in rows.values() for row in one]
    print(
        json.dumps(
            {
                "bench": "accuracy",
                "sets": len(every),
                **_named(every),
                "ratio": round(float(np.mean(every, axis=0)[1] / np.mean(every, axis=0)[0]), 3),
                "families": {name: {**_named(one), "sets": len(one)} for name, one in rows.items()},
                "search": f"{given.search} {iterations} x {trials}",
                "seconds_evidence": round(float(np.median(seconds)), 2),
            }
        )
    )


def make_case(truth: Truth) -> Case:
    """Read a generated set as a training reads its folder, the time decomposition by Prophet included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth.frame.to_csv(folder / "input_data.csv", index=False)
        (folder / "job_config.json").write_text(json.dumps(truth.config))
        inputs = read_inputs(folder)
        problem = make_problem(inputs, time_features(folder, inputs))
    roas = np.array([truth.roas[name] for name in inputs.config.paid_media_spends])
    year = {"day": 365.25, "week": 365.25 / 7, "month": 12.0}[inputs.interval]
    return Case(problem, space_of(inputs.ranges), year, roas)


def robyn_roas(problem: Problem, searched: Searched) -> Vector:
    """Return (C,) the ROAS of Robyn's choice: the smallest error_score among the models on the kept fronts."""
    found = searched.candidates
    kept, score = select_by_fronts(found).kept, error_score(errors_of(found))
    best = kept[np.argsort(score[kept], kind="stable")[0]]
    return np.asarray(found.effects[best] / problem.total_spend)


def log_error(estimated: Vector, true: Vector) -> float:
    """Return the mean of |log(estimated / true)|, estimates no lower than the floor."""
    return float(np.abs(np.log(np.maximum(estimated, FLOOR * true.mean()) / true)).mean())


def ranked_right(estimated: Vector, true: Vector) -> float:
    """Return the share of pairs in the true order. Equal estimates rank nothing."""
    pairs = [*combinations(range(len(true)), 2)]
    return float(np.mean([(estimated[i] - estimated[j]) * (true[i] - true[j]) > 0 for i, j in pairs]))


def _named(rows: Sequence[Vector]) -> dict[str, float]:
    names = ("log_error_robyn", "log_error_evidence", "ranked_right_robyn", "ranked_right_evidence", "inside_range")
    return {name: round(float(value), 4) for name, value in zip(names, np.mean(rows, axis=0), strict=True)}


if __name__ == "__main__":
    main()
