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
    """A model that ends before the rows which it is to tell. spend_names: (C,) spend columns of its channels.

    draws: what its media do.
    """

    problem: Problem
    model: Model
    draws: MediaDraws
    spend_names: tuple[str, ...]


def refit(inputs: Inputs, decomposition: Decomposition, *, seed: int) -> Refit | None:
    """Train in short on inputs that were cut off, with a decomposition of these inputs.

    None where no model comes out: no paid channel had moved yet, too few rows for the columns, a KPI that never moves,
    or no model in which paid media have any effect.
    """
    spends = inputs.config.paid_media_spends
    if not spends or len(inputs.window) <= len(inputs.config.drivers) + 3:
        return None
    problem = make_problem(inputs, decomposition)
    space = space_of(inputs.ranges, unnamed_order(problem))
    if np.ptp(problem.y) == 0:
        return None
    if inputs.config.selection == "evidence":
        evidence = select_by_evidence(
            problem, space, YEAR[inputs.interval], seed=seed, windows=False, first=SWEEPS, most=SWEEPS, chains=CHAINS
        )
        return Refit(problem, evidence.model, draws_of(problem, evidence.model, evidence.draws), spends)
    found = Task(problem, space, "fast", SEARCHED, seed).run(1, lambda *_: None)
    if not eligible_models(found, inputs.config.calibration_constraint).any():
        return None
    model = _by_robyns_rule(problem, space, found, inputs.config)
    return Refit(problem, model, draws_of(problem, model, None), spends)


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
