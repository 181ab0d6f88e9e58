"""How the time of one fit grows with periods and channels.

`python -m bench.growth` prints one line of JSON: microseconds per fit by periods and channels, on made-up data with
four columns beside the media, and whether the time grows no faster than the periods. Weibull adstock is a convolution
with as many weights as matter, so its time depends on how long effects last; it is measured on the same sizes.
"""

import json
import statistics
import time

import numpy as np

from engine.model.fit.candidate import Evaluator
from engine.model.fit.problem import Problem, limits
from engine.model.fit.space import space_of

PERIODS, CHANNELS = (100, 200, 400, 1000), (5, 10, 30)
BASE = ("trend", "season", "price", "event")
RANGES = {
    "geometric": {"alphas": (0.5, 3.0), "gammas": (0.3, 1.0), "thetas": (0.0, 0.5)},
    "weibull_pdf": {"alphas": (0.5, 3.0), "gammas": (0.3, 1.0), "shapes": (0.0, 10.0), "scales": (0.0, 0.1)},
}
CANDIDATES, REPEATS = 400, 5


def main() -> None:
    """Measure and print."""
    times = {
        kind: {
            str(channels): {str(periods): _fit_time(kind, periods, channels) for periods in PERIODS}
            for channels in CHANNELS
        }
        for kind in RANGES
    }
    grown = [row[str(PERIODS[-1])] / row[str(PERIODS[0])] for row in times["geometric"].values()]
    at_most_linear = max(grown) <= PERIODS[-1] / PERIODS[0]
    print(json.dumps({"bench": "growth", "us_per_fit": times, "at_most_linear_in_periods": at_most_linear}))


def _fit_time(kind: str, periods: int, channels: int) -> float:
    problem = _problem(kind, periods, channels)
    space = space_of({f"{name}_{one}": ends for name in problem.media_names for one, ends in RANGES[kind].items()})
    units = np.random.default_rng(2).random((CANDIDATES, len(space.names)))
    # As in the second half of a search: hardly shrunk, which takes the most sweeps.
    units[:, -1] *= 0.01
    evaluator, values = Evaluator(problem, space), space.low + units * (space.high - space.low)
    evaluator.many(values[:1])
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        evaluator.many(values)
        seconds.append(time.perf_counter() - began)
    return round(1e6 * statistics.median(seconds) / CANDIDATES, 1)


def _problem(kind: str, periods: int, channels: int) -> Problem:
    draws = np.random.default_rng(periods * 100 + channels)
    year = np.arange(periods) / 52
    base = np.column_stack([100 + 10 * year, 10 * np.sin(2 * np.pi * year), draws.normal(5, 1, periods),
                            draws.random(periods) < 0.1]).astype(float)  # fmt: skip
    spend = draws.gamma(1.5, 100.0, (periods, channels)) * (draws.random((periods, channels)) < 0.7)
    y = base[:, :2].sum(axis=1) + 3 * base[:, 2] + 0.02 * spend.sum(axis=1) + draws.normal(0, 5, periods)
    lower, upper = limits(BASE[:2], BASE, channels, {})
    return Problem(BASE, tuple(f"channel{c}" for c in range(channels)), y, base, np.ascontiguousarray(spend.T), spend,
                   slice(0, periods), lower, upper, adstock=kind, trend=0)  # fmt: skip


if __name__ == "__main__":
    main()
