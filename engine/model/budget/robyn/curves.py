"""Robyn's response curves: other spends on top of the mean carryover, which stays as it was."""

import numpy as np

from engine.model.budget.curves import Curve, NextUnit
from engine.model.budget.robyn.response import Responses
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.transforms import immediate

POINTS = 51
# The grid ends here, as a multiple of the largest spend seen.
REACH = 1.25


def mean_carryover(problem: Problem, model: Model, medium: int) -> float:
    """Return what earlier periods carry into a period of the window, on average, in units of the medium's input."""
    raw, rows = problem.media[medium], problem.rows
    own = immediate(raw, *model.adstock_of(medium))
    return float((model.felt[medium, rows] - own[rows]).mean())


def robyns_curve(problem: Problem, model: Model, channel: int) -> Curve:
    """Return the curve of paid channel `channel`, its mean spend among the points."""
    return curve_of(
        float(model.coefficients[len(problem.base_names) + channel]),
        float(model.shapes[channel, 0]),
        float(model.halves[channel]),
        mean_carryover(problem, model, channel),
        problem.spend[problem.rows, channel],
    )


def curve_of(coef: float, alpha: float, inflexion: float, carryover: float, spent: Vector) -> Curve:
    """Return the curve over a grid of spends up to beyond the largest. spent: (N,) per period of the window.

    response: coef / (1 + (inflexion / (spend + carryover))^alpha); marginal_roi: of one more unit.
    """
    mean, largest = float(spent.mean()), float(spent.max())
    grid = np.linspace(0, REACH * largest, POINTS)
    grid = np.sort(np.append(grid[np.abs(grid - mean) > 1e-9 * largest], mean))
    responses = Responses(*(np.full(len(grid), value) for value in (coef, alpha, inflexion, carryover)))
    marginal, is_mean = responses.marginal(grid), np.asarray(grid == mean)
    unknown = np.full(len(grid), np.nan)
    return Curve(
        spend=grid,
        response=responses.value(grid),
        low=unknown,
        high=unknown,
        marginal_roi=marginal,
        is_mean=is_mean,
        beyond=np.asarray(grid > largest),
        carried=np.full(len(grid), float(responses.value(np.zeros(len(grid)))[0])),
        next_unit=NextUnit(float(marginal[is_mean][0]), np.nan, np.nan),
    )
