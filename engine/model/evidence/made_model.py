"""A model made for given effects of media: the transformations are drawn ones, the baseline is fitted around them.

Its context variables count from their mean in the window, so that the intercept is what is sold in the average
situation, and their contributions say what is more or less than that.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import lsq_linear

from engine.model.evidence.baseline import PROPHET
from engine.model.fit.candidate import Evaluator, Model
from engine.model.fit.compiled import Vector
from engine.model.fit.measure import lift_miss, misfit, share_distance
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space


def with_effects(problem: Problem, space: Space, values: Vector, totals: Vector) -> Model:
    """Return the model of `values`, (H,), whose media bring `totals`, (M,), in the window.

    Its baseline is fitted to what they leave, by least squares within the problem's limits. Its errors are those of the
    whole window; there are none of held-back rows, as it was fitted on all.
    """
    evaluator = Evaluator(problem, space)
    given, base, count = evaluator.model(values), len(problem.base_names), len(problem.y)
    coefficients = given.coefficients.copy()
    sums = given.x[:, base:].sum(axis=0)
    coefficients[base:] = np.where(sums > 0, totals / np.where(sums > 0, sums, 1.0), 0.0)
    lower, upper = problem.lower[:base].copy(), problem.upper[:base].copy()
    if problem.quirks and problem.trend is not None and given.x[:, problem.trend].sum() < 0:
        lower[problem.trend], upper[problem.trend] = -1.0, 0.0
    left = problem.y - given.x[:, base:] @ coefficients[base:]
    x = given.x.copy()
    context = [column for column, name in enumerate(problem.base_names) if name not in PROPHET]
    x[:, context] -= x[:, context].mean(axis=0)
    columns = np.column_stack([np.ones(count), x[:, :base]])
    scales = np.sqrt((columns**2).mean(axis=0))
    scales[scales == 0] = 1.0
    bounds = np.append(0.0, lower) * scales, np.append(np.inf, upper) * scales
    solved = lsq_linear(columns / scales, left, bounds).x / scales
    coefficients[:base] = solved[1:]
    fitted = columns @ solved + given.x[:, base:] @ coefficients[base:]
    nrmse, rsq = misfit(problem.y, fitted, 0, count, count, len(problem.names), False)
    effects = (given.x[:, base:] @ np.diag(coefficients[base:])).sum(axis=0)[: len(problem.paid_names)]
    data, work = evaluator.data, evaluator.work
    mape = lift_miss(
        data.media, work.felt, work.x, data.start, base, coefficients, work.shapes, work.halves, data.quirks,
        data.spans, data.lifts, data.ratios, data.immediate, data.members, work.weights, work.carried,
    )  # fmt: skip
    metrics = dict.fromkeys(given.metrics, float("nan")) | {
        "nrmse": nrmse,
        "nrmse_train": nrmse,
        "decomp.rssd": share_distance(effects, problem.spend_share, problem.zero_penalty),
        "mape": mape,
        "rsq_train": rsq,
        "lambda": 0.0,
        "dropped": 0.0,
        "sweeps": 0.0,
    }
    return replace(given, x=x, intercept=float(solved[0]), coefficients=coefficients, effects=effects, metrics=metrics)
