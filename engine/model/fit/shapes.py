"""From hyperparameters to what transforms a medium, and back: alpha, gamma, the adstock's two parameters, its kind.

The only place that knows which hyperparameter means what. A medium's hyperparameters are named `{medium}_{parameter}`;
where all media have one adstock, only its parameters are searched; under `adstock: auto` those of every kind are, and
`kinds`, whose whole part says which kind it is and so which of the others count.
"""

import numpy as np

from engine.model.fit.compiled import Matrix, Numbers, Vector, compiled
from engine.model.fit.problem import Problem
from engine.model.fit.space import LAMBDA, Space
from engine.model.fit.transforms import ADSTOCKS, DELAYED, GEOMETRIC

PARAMETERS = ("alphas", "gammas", "thetas", "peaks", "shapes", "scales", "kinds")
ALPHA, GAMMA, THETA, PEAK, SHAPE, SCALE, KIND = range(len(PARAMETERS))
# What makes a medium's effect: alpha, gamma, first, second, kind.
WIDTH = 5
# No one kind: each medium has its own.
AUTO = -1


def kind_of_all(problem: Problem) -> int:
    """Return the adstock of every medium, as in `transforms.ADSTOCKS`, or AUTO where it is searched."""
    return ADSTOCKS.get(problem.adstock, AUTO)


def places(problem: Problem, space: Space) -> Numbers:
    """Return (M, 7) where each medium's PARAMETERS stand among the space's hyperparameters, -1 where there is none."""
    rows = [[space.place(f"{medium}_{name}") for name in PARAMETERS] for medium in problem.media_names]
    return np.array(rows, dtype=np.int64).reshape(-1, len(PARAMETERS))


def parameters_of(kind: int) -> tuple[int, int]:
    """Return which of PARAMETERS are an adstock's first and second one; -1: it has no second."""
    if kind == GEOMETRIC:
        return THETA, -1
    return (THETA, PEAK) if kind == DELAYED else (SHAPE, SCALE)


@compiled
def read_shapes(values: Vector, at: Numbers, kind: int, out: Matrix) -> None:
    """Write each medium's alpha, gamma, first, second and kind into `out`, (M, 5).

    values: (H,). at: (M, 7) as `places`. kind: of all media, or AUTO: then a medium's own, the whole part of `kinds`.
    """
    for m in range(len(out)):
        own = kind
        if own == AUTO:
            own = min(max(int(values[at[m, KIND]]), 0), DELAYED)
        if own == GEOMETRIC:
            first, second = at[m, THETA], -1
        elif own == DELAYED:
            first, second = at[m, THETA], at[m, PEAK]
        else:
            first, second = at[m, SHAPE], at[m, SCALE]
        out[m, 0] = values[at[m, ALPHA]]
        out[m, 1] = values[at[m, GAMMA]]
        out[m, 2] = values[first]
        out[m, 3] = values[second] if second >= 0 else 0.0
        out[m, 4] = own


def shapes_of(problem: Problem, space: Space, values: Vector) -> Matrix:
    """Return (M, 5) alpha, gamma, first, second and kind of each medium for (H,) hyperparameters."""
    out = np.zeros((len(problem.media_names), WIDTH))
    read_shapes(np.asarray(values, dtype=np.float64), places(problem, space), kind_of_all(problem), out)
    return out


def values_of_shapes(problem: Problem, space: Space, shapes: Matrix) -> Vector:
    """Return (H,) hyperparameters that say (M, 5) shapes, each clipped to its searched range.

    What a medium's kind does not use is in the middle of its range, as is everything that is no medium's; lambda is
    at its lowest. Under `auto` a kind outside of the searched ones becomes the nearest of them.
    """
    at, values = places(problem, space), (space.low + space.high) / 2
    for m, (alpha, gamma, first, second, own) in enumerate(shapes):
        kind = int(own)
        if at[m, KIND] >= 0:
            # The middle of a kind's stretch, as far as the range holds it.
            values[at[m, KIND]] = np.clip(kind + 0.5, space.low[at[m, KIND]], space.high[at[m, KIND]])
        one, other = parameters_of(kind)
        for parameter, value in ((ALPHA, alpha), (GAMMA, gamma), (one, first), (other, second)):
            place = at[m, parameter] if parameter >= 0 else -1
            if place >= 0:
                values[place] = np.clip(value, space.low[place], space.high[place])
    if (place := space.place(LAMBDA)) >= 0:
        values[place] = space.low[place]
    return values


def used(problem: Problem, space: Space, values: Matrix) -> Matrix:
    """Return (K, H) values in which what no medium's kind uses is in the middle of its range: equal models are equal.

    Without `adstock: auto` everything is used.
    """
    if kind_of_all(problem) != AUTO:
        return values
    found, at, middle = values.copy(), places(problem, space), (space.low + space.high) / 2
    for k, row in enumerate(values):
        for m, shape in enumerate(shapes_of(problem, space, row)):
            kept = parameters_of(int(shape[4]))
            for parameter in (THETA, PEAK, SHAPE, SCALE):
                if parameter not in kept:
                    found[k, at[m, parameter]] = middle[at[m, parameter]]
            # Any number of a kind's stretch is the same kind.
            found[k, at[m, KIND]] = shape[4]
    return found
