"""How well such a model tells periods that it has not seen: trained anew up to a day, it tells the next periods.

What is tested is the forecast: the same code carries trend and season on, on the same assumptions. Only what a person
would plan or know is given to it, which is what was spent, and the context of those periods.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from engine.model.fit.compiled import Matrix, Vector
from engine.model.forecast.forecast import foresee
from engine.model.planning import media_of
from engine.model.read.inputs import Inputs
from engine.model.read.prophet import Decomposition, decompose
from engine.model.unseen.cut import known_parts, known_plan, until
from engine.model.unseen.refit import Refit, refit

# So many stretches at the window's end are told, each of this share of the window.
FOLDS, SHARE, SHORTEST = 4, 0.08, 2


@dataclass(frozen=True)
class Backtest:
    """folds stretches of `horizon` periods. nrmse: typical miss / range of the KPI in the window, each period told
    once by a model that ended before it. naive: the same of telling the last seen year's value, or the mean where
    there is no year before. bias: mean miss / mean KPI, above 0 where the model tells too much.

    starts: (folds,) the first row of each stretch. misses: (folds, horizon) told less actual, in units of the KPI.
    """

    folds: int
    horizon: int
    nrmse: float
    naive: float
    bias: float
    starts: tuple[int, ...]
    misses: Matrix


def backtest(inputs: Inputs, *, year: int, seed: int, workers: int = 1) -> Backtest:
    """Train on ever longer windows and tell what comes next. year: periods in one; workers: trainings at a time."""
    start, stop = inputs.rows.start, inputs.rows.stop
    horizon = max(SHORTEST, round(SHARE * (stop - start)))
    kpi = inputs.numbers[inputs.config.dep_var]
    cuts = [cut for fold in range(FOLDS, 0, -1) if (cut := stop - fold * horizon) > start + SHORTEST]
    shorter = [until(inputs, cut) for cut in cuts]
    # One after the other: Prophet has one log for all, and waits for a process of its own most of the time.
    parts = [decompose(one) for one in shorter]

    def fit(one: Inputs, decomposition: Decomposition) -> Refit | None:
        return refit(one, decomposition, seed=seed)

    with _together(workers) as run:
        fitted = run(fit, shorter, parts)
        told = {cut: _tell(inputs, found, horizon) for cut, found in zip(cuts, fitted, strict=True) if found}
    if not told:
        missing = float("nan")
        return Backtest(0, horizon, missing, missing, missing, (), np.zeros((0, horizon)))
    truth = np.array([kpi[cut : cut + horizon] for cut in told])
    misses = np.array([*told.values()]) - truth
    simple = np.array([_last_year(kpi, start, cut, horizon, year) for cut in told]) - truth
    reach = float(np.ptp(kpi[inputs.rows]))
    return Backtest(
        len(told),
        horizon,
        float(np.sqrt(np.mean(misses**2)) / reach),
        float(np.sqrt(np.mean(simple**2)) / reach),
        float(misses.mean() / truth.mean()),
        tuple(told),
        misses,
    )


Run = Callable[..., Iterator["Refit | None"]]


@contextmanager
def _together(workers: int) -> Iterator[Run]:
    """Give a `map` that does so many at a time. What comes out does not depend on it."""
    if workers < 2:
        yield map
        return
    with ThreadPoolExecutor(workers) as threads:
        yield threads.map


def _tell(inputs: Inputs, found: Refit, horizon: int) -> Vector:
    """Return (H,) what a shorter model forecasts for the periods after its window."""
    problem, model, config = found.problem, found.model, inputs.config
    ahead = slice(problem.rows.stop, problem.rows.stop + horizon)
    told = foresee(
        media_of(problem, found.draws, config.paid_media_spends),
        known_parts(problem, model, inputs, ahead),
        model.intercept,
        inputs.days[: ahead.start],
        problem.rows,
        known_plan(problem, inputs, ahead),
        inputs.days[ahead],
        inputs.interval,
        residuals=problem.y - model.fitted,
    )
    return told.total


def _last_year(kpi: Vector, start: int, cut: int, horizon: int, year: int) -> Vector:
    known = kpi[start:cut]
    if cut - year < 0:
        return np.full(horizon, known.mean())
    return np.asarray(kpi[np.arange(cut, cut + horizon) - year * max(1, -(-horizon // year))])
