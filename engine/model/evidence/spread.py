"""How far a model's answer moves when something is varied: the trial, the window, the noise. Each is its own question.

None of these is a confidence interval: each holds everything else fixed, above all the kind of model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.model.fit import kernel
from engine.model.fit.candidate import Evaluator, Model, room
from engine.model.fit.compiled import Matrix, Numbers, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import LAMBDA, Space

TRIALS = "best models of the trials"
WINDOWS = "shifted windows"
RESIDUALS = "block bootstrap of residuals"
# Windows are this share shorter than the whole, and at least so many periods; they start at so many places.
SHORTER, LEAST_SHORTER, PLACES = 0.15, 4, 9
# Blocks are about as long as a shock that outlasts its period, by the length of a period in days.
BLOCK_DAYS, SHORTEST_BLOCK = 56, 3
DRAWS = 200
# The middle of what was drawn: the few odd ones are left out.
OUTSIDE = 0.025


@dataclass(frozen=True)
class Spread:
    """(C,) lowest and highest ROAS per paid channel over `n` variations of one thing, in KPI per unit of spend.

    Missing where there was none to try.
    """

    over: str
    low: Vector
    high: Vector
    n: int


def over_trials(problem: Problem, effects: Matrix, trial: Numbers, score: Vector) -> Spread:
    """Compare each trial's own best model: what another seed would have chosen.

    effects: (K, C) of all candidates. trial, score: (K,), the smaller the better, infinite for what cannot be chosen.
    """
    return _spread(TRIALS, _of_trials(problem, effects, trial, score))


def trial_agreement(problem: Problem, effects: Matrix, trial: Numbers, score: Vector) -> float | None:
    """Return the share of channel pairs that two trials' best models rank alike, on average over pairs of trials.

    Arguments as in `over_trials`. None with one trial or one channel.
    """
    roas = _of_trials(problem, effects, trial, score)
    if len(roas) < 2 or roas.shape[1] < 2:
        return None
    first, second = np.triu_indices(roas.shape[1], 1)
    order = np.sign(roas[:, first] - roas[:, second])
    one, other = np.triu_indices(len(roas), 1)
    return float((order[one] == order[other]).mean())


def _of_trials(problem: Problem, effects: Matrix, trial: Numbers, score: Vector) -> Matrix:
    """(trials, C) ROAS of the own best model of each trial that has one."""
    best = [int(np.flatnonzero(trial == one)[np.argmin(score[trial == one])]) for one in np.unique(trial)]
    return np.asarray(effects[[one for one in best if np.isfinite(score[one])]] / problem.total_spend)


def _spread(over: str, roas: Matrix) -> Spread:
    """The lowest and highest of (n, C) ROAS."""
    nothing = np.full(roas.shape[1], np.nan)
    return Spread(
        over, roas.min(axis=0) if len(roas) else nothing, roas.max(axis=0) if len(roas) else nothing, len(roas)
    )


def over_windows(problem: Problem, space: Space, values: Vector) -> Spread:
    """Refit one model's hyperparameters on shorter windows that begin earlier or later. values: (H,)."""
    roas = [_roas(one, space, values) for one in shifted(problem)]
    return _spread(WINDOWS, np.array(roas).reshape(-1, len(problem.paid_names)))


def shifted(problem: Problem) -> Iterator[Problem]:
    """The problem on windows that are a little shorter and move through the whole one."""
    start, stop = problem.rows.start, problem.rows.stop
    slack = min(max(LEAST_SHORTER, round(SHORTER * (stop - start))), (stop - start) // 3)
    for offset in dict.fromkeys(np.linspace(0, slack, PLACES).round().astype(int).tolist()):
        rows = slice(start + offset, stop - slack + offset)
        # A channel that pauses or never changes through all of it says nothing about itself.
        if problem.spend[rows].any(axis=0).all() and np.ptp(problem.media[:, rows], axis=1).all():
            # A lift test may lie outside; it was for choosing the model, which is chosen.
            yield replace(problem, rows=rows, studies=())


def _roas(problem: Problem, space: Space, values: Vector) -> Vector:
    return np.asarray(Evaluator(problem, space).many(values[None]).effects[0] / problem.total_spend)


def over_residuals(problem: Problem, space: Space, model: Model, *, days: int, seed: int) -> Spread:
    """Refit on what the data say plus blocks of residuals in another order: other noise of the same kind.

    days: length of a period. Blocks of about eight weeks keep what outlasts a period together. The transformation
    of the media stays as it is, and so does the strength of the penalty. What the data say is a fit with the least
    penalty: drawn around the model itself, which is shrunk, every refit would be shrunk twice, and its own ROAS lie
    outside of the range.
    """
    evaluator, unshrunk = Evaluator(problem, space), model.values.copy()
    unshrunk[space.place(LAMBDA)] = 0.0
    said = evaluator.model(unshrunk).fitted
    residuals = problem.y - said
    draws, values = np.random.default_rng(seed), model.values[None]
    found = room(DRAWS, problem, space)
    found.values[:] = values
    work = evaluator.work
    for k in range(DRAWS):
        data = evaluator.data._replace(y=said + _blocks(residuals, days, draws))
        # The bench holds products with the y before.
        work.rows[0] = 0
        row = slice(k, k + 1)
        kernel.fit_many(data, work, found.values[row], found.metrics[row], found.effects[row], found.coefficients[row])
    roas = found.effects / problem.total_spend
    low, high = np.quantile(roas, [OUTSIDE, 1 - OUTSIDE], axis=0)
    return Spread(RESIDUALS, low, high, DRAWS)


def _blocks(residuals: Vector, days: int, draws: np.random.Generator) -> Vector:
    """Return as many residuals, in blocks that begin anywhere and go on from the start behind the end."""
    count = len(residuals)
    length = min(max(SHORTEST_BLOCK, round(BLOCK_DAYS / days)), count)
    starts = draws.integers(0, count, -(-count // length))
    taken = (starts[:, None] + np.arange(length)) % count
    return np.asarray(residuals[taken.reshape(-1)[:count]])
