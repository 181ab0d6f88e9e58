"""Response curves: what a paid channel would bring at other levels of spend."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.candidate import Model
from engine.model.compiled import Vector
from engine.model.problem import Problem
from engine.model.transforms import hill, immediate

POINTS = 51
# The grid ends here, as a multiple of the largest spend seen.
REACH = 1.25


@dataclass(frozen=True)
class Curve:
    """One channel of one model. spend, response: (G,) per period, by rising spend; carryover: input, per period.

    response is on top of the mean carryover: coef / (1 + (inflexion / (spend + carryover))^alpha), Robyn's.
    """

    spend: Vector
    response: Vector
    is_mean: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    carryover: float
    carryover_response: float
    marginal: float


def mean_carryover(problem: Problem, model: Model, medium: int) -> float:
    """Return what earlier periods carry into a period of the window, on average, in units of the medium's input."""
    raw, rows = problem.media[medium], problem.rows
    own = immediate(raw, problem.adstock, float(model.shapes[medium, 2]), float(model.shapes[medium, 3]))
    return float((model.felt[medium, rows] - own[rows]).mean())


def response_curve(problem: Problem, model: Model, channel: int) -> Curve:
    """Return the curve of paid channel `channel`, its mean spend among the points."""
    coefficient = float(model.coefficients[len(problem.base_names) + channel])
    alpha, half = float(model.shapes[channel, 0]), float(model.halves[channel])
    carryover = mean_carryover(problem, model, channel)
    spent = problem.spend[problem.rows, channel]
    mean, largest = float(spent.mean()), float(spent.max())
    grid = np.linspace(0, REACH * largest, POINTS)
    grid = np.sort(np.append(grid[np.abs(grid - mean) > 1e-9 * largest], mean))

    def responses(spend: Vector) -> Vector:
        return np.asarray(coefficient * hill(spend + carryover, alpha, half))

    now, more = responses(np.array([mean, mean + 1]))
    return Curve(
        spend=grid,
        response=responses(grid),
        is_mean=np.asarray(grid == mean),
        beyond=np.asarray(grid > largest),
        carryover=carryover,
        carryover_response=float(responses(np.zeros(1))[0]),
        marginal=float(more - now),
    )
