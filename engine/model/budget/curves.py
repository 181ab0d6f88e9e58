"""Response curves: what a paid channel would bring at other levels of spend, and each further unit of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.budget.response import Responses
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.transforms import immediate

POINTS = 51
# The grid ends here, as a multiple of the largest spend seen.
REACH = 1.25


@dataclass(frozen=True)
class Curve:
    """One channel of one model. spend, response: (G,) per period, by rising spend; carryover: input, per period.

    response is on top of the mean carryover: coef / (1 + (inflexion / (spend + carryover))^alpha), Robyn's.
    marginal_roi: (G,) response to one more unit at each spend; marginal: the same at the mean spend.
    """

    spend: Vector
    response: Vector
    marginal_roi: Vector
    is_mean: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    carryover: float
    carryover_response: float
    marginal: float


def mean_carryover(problem: Problem, model: Model, medium: int) -> float:
    """Return what earlier periods carry into a period of the window, on average, in units of the medium's input."""
    raw, rows = problem.media[medium], problem.rows
    own = immediate(raw, *model.adstock_of(medium))
    return float((model.felt[medium, rows] - own[rows]).mean())


def response_curve(problem: Problem, model: Model, channel: int) -> Curve:
    """Return the curve of paid channel `channel`, its mean spend among the points."""
    return curve_of(
        float(model.coefficients[len(problem.base_names) + channel]),
        float(model.shapes[channel, 0]),
        float(model.halves[channel]),
        mean_carryover(problem, model, channel),
        problem.spend[problem.rows, channel],
    )


def curve_of(coef: float, alpha: float, inflexion: float, carryover: float, spent: Vector) -> Curve:
    """Return the curve over a grid of spends up to beyond the largest. spent: (N,) per period of the window."""
    mean, largest = float(spent.mean()), float(spent.max())
    grid = np.linspace(0, REACH * largest, POINTS)
    grid = np.sort(np.append(grid[np.abs(grid - mean) > 1e-9 * largest], mean))
    responses = Responses(*(np.full(len(grid), value) for value in (coef, alpha, inflexion, carryover)))
    marginal, is_mean = responses.marginal(grid), np.asarray(grid == mean)
    return Curve(
        spend=grid,
        response=responses.value(grid),
        marginal_roi=marginal,
        is_mean=is_mean,
        beyond=np.asarray(grid > largest),
        carryover=carryover,
        carryover_response=float(responses.value(np.zeros(len(grid)))[0]),
        marginal=float(marginal[is_mean][0]),
    )
