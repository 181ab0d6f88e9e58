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
# How much a stretch counts beside the one before: its model is nearer to the one that is reported, and it is nearer to
# what comes.
NEARER = 2.0


@dataclass(frozen=True)
class Backtest:
    """How well `folds` stretches of `horizon` periods were told.

    starts: (folds,) the first row of each stretch. misses: (folds, horizon) told less actual, in units of the KPI, each
    period told once by a model that ended before its stretch; guesses: the same of telling the last seen year's value,
    or the mean where there is no year before. reach: range of the KPI in the window. mean: of the KPI in the stretches.
    """

    folds: int
    horizon: int
    starts: tuple[int, ...]
    misses: Matrix
    guesses: Matrix
    reach: float
    mean: float

    @property
    def each(self) -> Vector:
        """(folds,) typical miss / range of the KPI."""
        return _typical(self.misses) / self.reach

    @property
    def each_naive(self) -> Vector:
        """(folds,) the same of the naive guess."""
        return _typical(self.guesses) / self.reach

    @property
    def nrmse(self) -> float:
        """Typical miss / range of the KPI, later stretches counting more."""
        return _together(self.each)

    @property
    def naive(self) -> float:
        """The same of the naive guess."""
        return _together(self.each_naive)

    @property
    def bias(self) -> float:
        """Mean miss / mean KPI, above 0 where the model tells too much."""
        return float(self.misses.mean() / self.mean) if self.folds else float("nan")


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

    with _several(workers) as run:
        fitted = run(fit, shorter, parts)
        told = {cut: _tell(inputs, found, horizon) for cut, found in zip(cuts, fitted, strict=True) if found}
    truth = np.array([kpi[cut : cut + horizon] for cut in told]).reshape(-1, horizon)
    simple = np.array([_last_year(kpi, start, cut, horizon, year) for cut in told]).reshape(-1, horizon)
    return Backtest(
        folds=len(told),
        horizon=horizon,
        starts=tuple(told),
        misses=np.array([*told.values()]).reshape(-1, horizon) - truth,
        guesses=simple - truth,
        reach=float(np.ptp(kpi[inputs.rows])),
        mean=float(truth.mean()) if told else float("nan"),
    )


def _typical(misses: Matrix) -> Vector:
    return np.asarray(np.sqrt((misses**2).mean(axis=1)))


def _together(each: Vector) -> float:
    """Return one number for (folds,) stretches; missing without any."""
    if not len(each):
        return float("nan")
    return float(np.sqrt(np.average(each**2, weights=NEARER ** np.arange(len(each)))))


Run = Callable[..., Iterator["Refit | None"]]


@contextmanager
def _several(workers: int) -> Iterator[Run]:
    """Give a `map` that does so many at a time. What comes out does not depend on it."""
    if workers < 2:
        yield map
        return
    with ThreadPoolExecutor(workers) as threads:
        yield threads.map


def _tell(inputs: Inputs, found: Refit, horizon: int) -> Vector:
    """Return (H,) what a shorter model forecasts for the periods after its window."""
    problem, model = found.problem, found.model
    ahead = slice(problem.rows.stop, problem.rows.stop + horizon)
    told = foresee(
        media_of(problem, found.draws, found.spend_names),
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
