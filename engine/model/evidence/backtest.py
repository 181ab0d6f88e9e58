"""How well a model tells periods that it has not seen: refitted up to a day, it tells the next periods."""

from dataclasses import dataclass, replace

import numpy as np

from engine.model.fit.candidate import Evaluator
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space
from engine.model.fit.transforms import adstock, hill

# So many stretches at the window's end are told, each of this share of the window.
FOLDS, SHARE, SHORTEST = 4, 0.08, 2


@dataclass(frozen=True)
class Backtest:
    """folds stretches of `horizon` periods. nrmse: typical miss / range of the KPI in the window, each period told
    once by a model that ended before it. naive: the same of telling the last seen year's value, or the mean where
    there is no year before. bias: mean miss / mean KPI, above 0 where the model tells too much."""

    folds: int
    horizon: int
    nrmse: float
    naive: float
    bias: float


def backtest(problem: Problem, space: Space, values: Vector, *, year: int) -> Backtest:
    """Refit (H,) values on ever longer windows and tell what comes next. year: periods in one.

    The time decomposition was fitted on all rows, as Robyn does: trend and season of the told periods are known to the
    model, so this tests what media and context add, and is kinder than a true forecast.
    """
    start, stop = problem.rows.start, problem.rows.stop
    horizon = max(SHORTEST, round(SHARE * (stop - start)))
    told, seen, naive = [], [], []
    folds = 0
    for fold in range(FOLDS, 0, -1):
        cut = stop - fold * horizon
        window = slice(start, cut)
        if cut - start <= len(problem.names) + 3 or not _speaks(problem, window):
            continue
        folds += 1
        ahead = slice(cut, cut + horizon)
        told.append(_tell(replace(problem, rows=window, studies=()), space, values, ahead))
        seen.append(problem.dep_var[ahead])
        naive.append(_last_year(problem, cut, horizon, year))
    if not folds:
        return Backtest(0, horizon, float("nan"), float("nan"), float("nan"))
    truth, reach = np.concatenate(seen), float(np.ptp(problem.y))
    missed, simple = np.concatenate(told) - truth, np.concatenate(naive) - truth
    return Backtest(
        folds,
        horizon,
        float(np.sqrt(np.mean(missed**2)) / reach),
        float(np.sqrt(np.mean(simple**2)) / reach),
        float(missed.mean() / truth.mean()),
    )


def _speaks(problem: Problem, rows: slice) -> bool:
    return bool(np.ptp(problem.media[:, rows], axis=1).all() and np.ptp(problem.dep_var[rows]) > 0)


def _tell(problem: Problem, space: Space, values: Vector, ahead: slice) -> Vector:
    """Fit on the problem's window and return what the model says of the rows `ahead`."""
    model = Evaluator(problem, space).model(values)
    base = len(problem.base_names)
    said = model.intercept + problem.base[ahead] @ model.coefficients[:base]
    for m, series in enumerate(problem.media):
        felt = adstock(series, *model.adstock_of(m))[ahead]
        said += model.coefficients[base + m] * hill(felt, float(model.shapes[m, 0]), float(model.halves[m]))
    return np.asarray(said)


def _last_year(problem: Problem, cut: int, horizon: int, year: int) -> Vector:
    known = problem.dep_var[problem.rows.start : cut]
    if cut - year < 0:
        return np.full(horizon, known.mean())
    return np.asarray(problem.dep_var[np.arange(cut, cut + horizon) - year * max(1, -(-horizon // year))])
