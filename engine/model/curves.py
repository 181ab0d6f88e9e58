"""Response curves: what a paid channel would bring at other levels of spend."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.candidate import Model, Problem, Shape
from engine.model.compiled import Vector
from engine.model.transforms import geometric_adstock, hill, inflexion

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


def mean_carryover(problem: Problem, shape: Shape, medium: int) -> float:
    """Return what earlier periods carry into a period of the window, on average, in units of the medium's input."""
    raw = problem.media[medium]
    felt = geometric_adstock(raw, float(shape.thetas[medium]))
    return float((felt - raw)[problem.rows].mean())


def response_curve(problem: Problem, shape: Shape, model: Model, channel: int) -> Curve:
    """Return the curve of paid channel `channel`, its mean spend among the points."""
    coefficient = float(model.coefficients[len(problem.base_names) + channel])
    felt = geometric_adstock(problem.media[channel], float(shape.thetas[channel]))[problem.rows]
    half = inflexion(felt, float(shape.gammas[channel]))
    alpha = float(shape.alphas[channel])
    carryover = mean_carryover(problem, shape, channel)
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
