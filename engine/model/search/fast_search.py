"""The fast search: a population that moves towards the whole Pareto front at once, a generation at a time.

Differential evolution (Storn and Price 1997) among neighbours on the front, as in MOEA/D-DE (Li and Zhang 2009), with
step and crossover that adapt themselves (jDE: Brest and others 2006) and the survivors of SMS-EMOA (Beume, Naujoks,
Emmerich 2007). Three things are fitted to this problem. Lambda is searched on a logarithmic scale. Good models have
many hyperparameters on the border of their range, so that a candidate may be put there. And the population is
small: larger ones come slower to fronts that are no better, and every candidate is returned, not just the last ones.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.model.fit.compiled import Matrix, Numbers, Vector, compiled
from engine.model.fit.problem import LAMBDA_MIN_RATIO
from engine.model.fit.space import LAMBDA, Space
from engine.model.search.hypervolume import survivors

# Fits candidates: hyperparameters (K, H) in the space's order to objectives (K, M), smaller is better.
Evaluate = Callable[[Matrix], Matrix]
# Called after every generation with its objectives.
Told = Callable[[Matrix], None]

POPULATION = 20
CHILDREN = 20
NEIGHBOURS = 5
# A child's step is the difference of two others, times a number between these.
STEP = (0.5, 1.0)
# How likely a hyperparameter is taken from the moved candidate rather than the parent: a number between these. Low,
# because a medium's hyperparameters act almost independently of another's.
CROSSOVER = (0.05, 0.5)
# How likely a child draws its own step, and its own crossover, rather than inheriting its parent's.
OWN_HABIT = 0.1
# How likely the parent moves towards a neighbour, rather than a neighbour in its place.
TOWARDS = 0.1
# How likely one of a child's hyperparameters is drawn anew.
ANEW = 0.1
# How likely a hyperparameter that left its range is put on the border, rather than between border and parent.
ON_BORDER = 0.5
# The first generation is drawn from ranges this much wider on each side, and put on the border from there.
MARGIN = 0.15
# Random numbers a child needs for itself, beside three for each of its hyperparameters.
DRAWS = 12


class Found(NamedTuple):
    """Every candidate in the order of its evaluation. values: (K, H) in the space's order. objectives: (K, M)."""

    values: Matrix
    objectives: Matrix


def search_fast(
    space: Space, evaluate: Evaluate, *, iterations: int, seed: int, objectives: int = 2, told: Told | None = None
) -> Found:
    """Evaluate `iterations` candidates, one generation after the other, each bred from the best so far.

    space: H hyperparameters; those with one value keep it. objectives: M, 2 or 3. Depends on its arguments only,
    so that `evaluate` may share a generation among threads. An objective may be infinite; NaN counts as that.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    free, lambda_at = int(space.free.sum()), space.place(LAMBDA)
    values, measured = np.empty((iterations, len(space.names))), np.empty((iterations, objectives))
    units, habits, errors = np.empty((0, free)), np.empty((0, 2)), np.empty((0, objectives))
    lambda_unit = int(space.free[:lambda_at].sum()) if lambda_at >= 0 and space.free[lambda_at] else -1
    done = 0
    while done < iterations:
        count = min(CHILDREN if done else POPULATION, iterations - done)
        if done:
            children, theirs = breed(units, habits, errors, rng.random((count, DRAWS + 3 * free)), lambda_unit)
        else:
            children = np.clip(rng.random((count, free)) * (1 + 2 * MARGIN) - MARGIN, 0.0, 1.0)
            low, high = np.transpose([STEP, CROSSOVER])
            theirs = low + (high - low) * rng.random((count, 2))
        now = slice(done, done + count)
        values[now] = values_of(children, space.low, space.high, lambda_at)
        measured[now] = evaluate(values[now])
        units, habits = np.concatenate([units, children]), np.concatenate([habits, theirs])
        errors = np.concatenate([errors, np.where(np.isnan(measured[now]), np.inf, measured[now])])
        kept = survivors(errors, POPULATION)
        units, habits, errors = units[kept], habits[kept], errors[kept]
        done += count
        if told is not None:
            told(measured[now])
    return Found(values, measured)


@compiled
def values_of(units: Matrix, low: Vector, high: Vector, lambda_at: int) -> Matrix:
    """Return (K, H) hyperparameters between low and high, (H,), for `units`, (K, free ones) in [0, 1].

    lambda_at: where lambda stands, -1 if nowhere. All but lambda are linear in their unit. Equal steps of lambda's unit
    multiply the penalty by an equal factor: good models lie at a hundredth to a ten-thousandth of the largest
    penalty, where a linear scale hardly ever looks.
    """
    values = np.empty((len(units), len(low)))
    at = 0
    for h in range(len(low)):
        values[:, h] = low[h]
        if high[h] > low[h]:
            for k in range(len(units)):
                part = units[k, at]
                if h == lambda_at:
                    first = LAMBDA_MIN_RATIO + (1 - LAMBDA_MIN_RATIO) * low[h]
                    last = LAMBDA_MIN_RATIO + (1 - LAMBDA_MIN_RATIO) * high[h]
                    part = first * ((last / first) ** part - 1) / (last - first)
                values[k, h] = min(low[h] + part * (high[h] - low[h]), high[h])
            at += 1
    return values


@compiled
def breed(units: Matrix, habits: Matrix, errors: Matrix, draws: Matrix, lambda_unit: int) -> tuple[Matrix, Matrix]:
    """Return (K, D) children of a population, and (K, 2) their habits.

    units: (P, D) in [0, 1]. habits: (P, 2), the step and the crossover each was made with. errors: (P, M).
    draws: (K, DRAWS + 3 D) uniform random numbers, all the chance there is.
    lambda_unit: which unit is lambda's, -1 if none. It is never put on the border and more often drawn anew: where the
    penalty is smallest it has no slope, and a population that gathers there does not find out again.
    A near neighbour of the parent, moved by the difference of any two, is crossed with the parent.
    """
    population, width = units.shape
    children, theirs = np.empty((len(draws), width)), np.empty((len(draws), 2))
    order = np.argsort(draws[:, 0], kind="mergesort")
    scaled = _scaled(errors)
    for k in range(len(draws)):
        own, cross, border, between = (
            draws[k, :DRAWS],
            draws[k, DRAWS::3],
            draws[k, DRAWS + 1 :: 3],
            draws[k, DRAWS + 2 :: 3],
        )
        parent = order[k] % population
        nearest = _nearest(scaled, parent, min(NEIGHBOURS + 1, population))
        near = nearest[int(own[1] * len(nearest))]
        one, other = int(own[2] * population), int(own[3] * population)
        step = STEP[0] + (STEP[1] - STEP[0]) * own[5] if own[4] < OWN_HABIT else habits[parent, 0]
        crossover = CROSSOVER[0] + (CROSSOVER[1] - CROSSOVER[0]) * own[7] if own[6] < OWN_HABIT else habits[parent, 1]
        theirs[k, 0], theirs[k, 1] = step, crossover
        towards, always = own[8] < TOWARDS, int(own[9] * width)
        for d in range(width):
            before = units[parent, d]
            moved = before
            if cross[d] < crossover or d == always:
                start = before + step * (units[near, d] - before) if towards else units[near, d]
                moved = start + step * (units[one, d] - units[other, d])
            if moved < 0:
                moved = 0.0 if border[d] < ON_BORDER and d != lambda_unit else before * between[d]
            elif moved > 1:
                moved = 1.0 if border[d] < ON_BORDER and d != lambda_unit else before + (1 - before) * between[d]
            children[k, d] = moved
        if own[10] < ANEW and width > 0:
            # Half of the time it is lambda.
            which = 2 * own[10] / ANEW
            at = lambda_unit if which < 1 and lambda_unit >= 0 else int(which % 1 * width)
            children[k, at] = own[11]
    return children, theirs


@compiled
def _scaled(errors: Matrix) -> Matrix:
    """Return errors (P, M) with each objective's finite ones in [0, 1] and the others at 2."""
    scaled = np.full(errors.shape, 2.0)
    for m in range(errors.shape[1]):
        finite = np.isfinite(errors[:, m])
        if not np.any(finite):
            continue
        column = errors[:, m][finite]
        low, span = np.min(column), np.max(column) - np.min(column)
        for i in range(len(errors)):
            if finite[i]:
                scaled[i, m] = (errors[i, m] - low) / span if span > 0 else 0.0
    return scaled


@compiled
def _nearest(scaled: Matrix, parent: int, count: int) -> Numbers:
    """Return the `count` members of the population nearest to a parent in the objectives, itself among them."""
    distance = np.zeros(len(scaled))
    for i in range(len(scaled)):
        for m in range(scaled.shape[1]):
            distance[i] += abs(scaled[i, m] - scaled[parent, m])
    return np.argsort(distance, kind="mergesort")[:count]
