"""A native model as Robyn would fit it: for Robyn to fit again, and to hold against what Robyn made of it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.model.fit.candidate import evaluate
from engine.model.fit.space import LAMBDA, TRAIN_SIZE, space_of
from engine.model.read.features import read_time_features, time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.lift import studies
from engine.model.read.modelling_table import make_problem
from engine.model.read.prophet import Decomposition
from engine.results.contract import INTERCEPT
from engine.robyn.dated import Dated
from engine.robyn.fitted import Fitted
from engine.robyn.prepare import as_robyn_takes_it


@dataclass(frozen=True)
class StandIn:
    """fitted: what Robyn is given. coefficients, shares: of the native fit, by variable, the intercept included.

    apart: how far Robyn's time effects and factors lie from ours at most, as a share of the KPI's largest value; None
    where ours were taken.
    """

    fitted: Fitted
    nrmse: float
    coefficients: dict[str, float]
    shares: dict[str, float]
    apart: float | None = None


def stand_in(folder_in: Path, fitted: Fitted, robyns_time: Path | None = None) -> StandIn:
    """Fit the model's hyperparameters natively as Robyn would, with its quirks and an adstock that it has.

    What that adstock has and the model has not is in the middle of its range. robyns_time: the table of time effects
    and factors that Robyn fitted with, in place of ours. Prophet stops a little before its optimum, in R and in Python
    at different points, and what trend and intercept share changes with it: with the same columns two fits are
    comparable.
    """
    inputs = as_robyn_takes_it(read_inputs(folder_in))
    config = inputs.config.model_copy(update={"robyn_quirks": True})
    inputs = replace(inputs, config=config, studies=studies(config, inputs.begins, inputs.interval))
    ours, apart = time_features(folder_in, inputs), None
    used = ours
    if robyns_time is not None:
        dated = Dated.of(inputs)
        used = read_time_features(robyns_time, inputs, [dated.row(day) for day in inputs.days])
        apart = _apart(ours, used) / float(np.abs(inputs.numbers[config.dep_var]).max())
    problem, space = make_problem(inputs, used), space_of(inputs.ranges)
    values = (space.low + space.high) / 2
    known = {**fitted.hyperparameters, TRAIN_SIZE: fitted.train_size}
    for place, name in enumerate(space.names):
        if name in known:
            values[place] = np.clip(known[name], space.low[place], space.high[place])
    lowest = problem.penalty(0.0)
    values[space.place(LAMBDA)] = np.clip((fitted.penalty - lowest) / (problem.lambda_max - lowest), 0.0, 1.0)
    model = evaluate(problem, space, values)
    totals = np.append(model.intercept * len(problem.y), model.parts.sum(axis=0))
    names, coefficients = (INTERCEPT, *problem.names), (model.intercept, *model.coefficients)
    given = dict(zip(space.names, map(float, values), strict=True))
    return StandIn(
        Fitted(
            model=fitted.model,
            chosen=False,
            hyperparameters={name: value for name, value in given.items() if name not in (LAMBDA, TRAIN_SIZE)},
            penalty=model.metrics["lambda"],
            train_size=given.get(TRAIN_SIZE, 1.0),
        ),
        model.nrmse,
        dict(zip(names, map(float, coefficients), strict=True)),
        dict(zip(names, map(float, totals / totals.sum()), strict=True)),
        apart,
    )


def _apart(ours: Decomposition, theirs: Decomposition) -> float:
    """The largest difference of any column in any row, in units of the KPI."""
    pairs = [(column, theirs.columns[name]) for name, column in ours.columns.items()]
    pairs += [(column, theirs.factors[name]) for name, column in ours.factors.items()]
    return max((float(np.abs(one - other).max()) for one, other in pairs), default=0.0)
