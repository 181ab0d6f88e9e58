"""The fast search: a population that moves towards the whole Pareto front at once, a generation at a time.

Differential evolution (Storn and Price 1997) with the environmental selection of SMS-EMOA (Beume, Naujoks, Emmerich
2007).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.model.compiled import Matrix, Numbers, Vector, compiled
from engine.model.hypervolume import survivors
from engine.model.problem import LAMBDA_MIN_RATIO
from engine.model.space import LAMBDA, Space

# Fits candidates: hyperparameters (K, H) in the space's order to objectives (K, M), smaller is better.
Evaluate = Callable[[Matrix], Matrix]
# Called after every generation with its objectives.
Told = Callable[[Matrix], None]

POPULATION = 20
CHILDREN = 20
NEIGHBOURS = 5
# A child's step is the difference of two others, times a number between these.
STEP_LOW, STEP_HIGH = 0.5, 1.0
# How likely a hyperparameter is taken from the moved candidate rather than the parent.
CROSSOVER = 0.5
# How likely one that left its range is put on the border rather than between border and parent.
ON_BORDER = 0.5
# The first generation is drawn from a range this much wider on each side, and put on the border from there.
MARGIN = 0.15
# How likely one of a child's hyperparameters is drawn anew.
ANEW = 0.1


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
    free = int(space.free.sum())
    values, measured = np.empty((iterations, len(space.names))), np.empty((iterations, objectives))
    units, errors = np.empty((0, free)), np.empty((0, objectives))
    lambda_at, done = space.place(LAMBDA), 0
    while done < iterations:
        count = min(CHILDREN if done else POPULATION, iterations - done)
        if done:
            children = breed(units, errors, rng.random((count, _draws(free))))
        else:
            children = np.clip(rng.random((count, free)) * (1 + 2 * MARGIN) - MARGIN, 0.0, 1.0)
        now = slice(done, done + count)
        values[now] = values_of(children, space.low, space.high, lambda_at)
        measured[now] = evaluate(values[now])
        units = np.concatenate([units, children])
        errors = np.concatenate([errors, np.where(np.isnan(measured[now]), np.inf, measured[now])])
        kept = survivors(errors, POPULATION)
        units, errors = units[kept], errors[kept]
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


def _draws(free: int) -> int:
    """How many random numbers a child needs."""
    return 7 + 3 * free


@compiled
def breed(units: Matrix, errors: Matrix, draws: Matrix) -> Matrix:
    """Return (K, D) children of a population.

    units: (P, D) in [0, 1]. errors: (P, M). draws: (K, 7 + 3 D) uniform random numbers, all the chance there is.
    A parent's near neighbour along the front, moved by the difference of any two, is crossed with the parent.
    """
    population, width = units.shape
    children = np.empty((len(draws), width))
    order = np.argsort(draws[:, 0], kind="mergesort")
    scaled = _scaled(errors)
    for k in range(len(draws)):
        parent = order[k] % population
        near = _nearest(scaled, parent, min(NEIGHBOURS + 1, population))
        base = near[int(draws[k, 1] * len(near))]
        one, other = int(draws[k, 2] * population), int(draws[k, 3] * population)
        step = STEP_LOW + (STEP_HIGH - STEP_LOW) * draws[k, 4]
        always = int(draws[k, 5] * width)
        for d in range(width):
            before = units[parent, d]
            moved = before
            if draws[k, 7 + d] < CROSSOVER or d == always:
                moved = units[base, d] + step * (units[one, d] - units[other, d])
            border = draws[k, 7 + width + d] < ON_BORDER
            between = draws[k, 7 + 2 * width + d]
            if moved < 0:
                moved = 0.0 if border else before * between
            elif moved > 1:
                moved = 1.0 if border else before + (1 - before) * between
            children[k, d] = moved
        if draws[k, 6] < ANEW and width:
            children[k, int(draws[k, 6] / ANEW * width)] = draws[k, 7 + always]
    return children


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
