"""The whole training once more, in short, on what came before a day.

Everything that a training finds out is found out again: the time decomposition, the price of exposures, the
hyperparameters, the posterior. Nothing of the long training comes in, as it has seen what is to be told.
"""

from dataclasses import dataclass

import numpy as np

from engine.data.dates import YEAR
from engine.experiment.job_config import JobConfig
from engine.model.evidence.choice import select as select_by_evidence
from engine.model.fit.candidate import Candidates, Model, evaluate
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of, unnamed_order
from engine.model.planning import draws_of
from engine.model.read.inputs import Inputs
from engine.model.read.modelling_table import make_problem
from engine.model.read.prophet import Decomposition
from engine.model.response.draws import MediaDraws
from engine.model.search.trials import Task
from engine.model.select.pareto import eligible_models, select
from engine.model.select.score import error_score, errors_of

# Models that the short search looks at, and how many chains of which length.
SEARCHED, CHAINS, SWEEPS = 500, 2, 300


@dataclass(frozen=True)
class Refit:
    """A model that ends before the rows which it is to tell, and what its media do, draw by draw."""

    problem: Problem
    model: Model
    draws: MediaDraws


def refit(inputs: Inputs, decomposition: Decomposition, *, seed: int) -> Refit | None:
    """Train in short on inputs that were cut off, with a decomposition of these inputs.

    None where no model comes out: too few rows for the columns, a medium or the KPI that never moves, or no model in
    which paid media have any effect.
    """
    problem = make_problem(inputs, decomposition)
    space = space_of(inputs.ranges, unnamed_order(problem))
    if len(problem.y) <= len(problem.names) + 3 or not _speaks(problem):
        return None
    if inputs.config.selection == "evidence":
        evidence = select_by_evidence(
            problem, space, YEAR[inputs.interval], seed=seed, windows=False, first=SWEEPS, most=SWEEPS, chains=CHAINS
        )
        return Refit(problem, evidence.model, draws_of(problem, evidence.model, evidence.draws))
    found = Task(problem, space, "fast", SEARCHED, seed).run(1, lambda *_: None)
    if not eligible_models(found, inputs.config.calibration_constraint).any():
        return None
    model = _by_robyns_rule(problem, space, found, inputs.config)
    return Refit(problem, model, draws_of(problem, model, None))


def _speaks(problem: Problem) -> bool:
    return bool(np.ptp(problem.media[:, problem.rows], axis=1).all() and np.ptp(problem.y) > 0)


def _by_robyns_rule(problem: Problem, space: Space, found: Candidates, config: JobConfig) -> Model:
    selected = select(
        found,
        fronts=config.pareto_fronts,
        enough=config.min_candidates,
        near_lifts=config.calibration_constraint,
    )
    score = error_score(errors_of(found), quirks=config.robyn_quirks)
    best = min(selected.kept.tolist(), key=lambda which: float(score[which]))
    return evaluate(problem, space, found.values[best])
