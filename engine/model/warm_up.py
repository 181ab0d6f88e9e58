"""Compile everything that a training needs, once per installation, so that nobody's first run waits for it."""

import numpy as np

from engine.model.budget.curves import response_curve
from engine.model.budget.flights import World
from engine.model.evidence.choice import select
from engine.model.fit.problem import Problem, limits
from engine.model.fit.space import space_of
from engine.model.planning import draws_of, window_flights
from engine.model.search.trials import Task, run_trials
from engine.model.select.clusters import cluster
from engine.model.select.score import errors_of

WEEKS, CHANNELS = 60, ("one", "two")
RANGES = {"alphas": (0.5, 3.0), "gammas": (0.3, 1.0), "thetas": (0.0, 0.6)}


def warm_up() -> None:
    """Search, group, choose and answer on a few made-up weeks; what is compiled on the way is kept on disk."""
    problem = _problem()
    space = space_of({f"{name}_{kind}": ends for name in CHANNELS for kind, ends in RANGES.items()})
    task = Task(problem, space, "fast", iterations=60, seed=1)
    candidates = run_trials(task, trials=1, workers=1, progress=lambda *_: None).candidates
    cluster(candidates.values, errors_of(candidates))
    found = select(problem, space, 52.18, first=40, most=40)
    world = World(draws_of(problem, found.model, found.draws), WEEKS)
    for channel in window_flights(problem, CHANNELS):
        response_curve(world, channel)


def _problem() -> Problem:
    draws = np.random.default_rng(1)
    spend = draws.gamma(2.0, 50.0, (WEEKS, len(CHANNELS)))
    trend = np.linspace(100.0, 160.0, WEEKS)[:, None]
    y = trend[:, 0] + spend @ np.array([0.2, 0.1]) + draws.normal(0.0, 2.0, WEEKS)
    lower, upper = limits(("trend",), ("trend",), len(CHANNELS), signs={})
    return Problem(("trend",), CHANNELS, y, trend, np.ascontiguousarray(spend.T), spend, slice(4, WEEKS), lower, upper,
                   trend=0)  # fmt: skip
