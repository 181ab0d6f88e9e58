"""One trial of the faithful search: Nevergrad's TwoPointsDE proposes hyperparameters, a fit answers with its errors."""

from collections.abc import Callable

import numpy as np

from engine.model.fit.candidate import Candidates, Evaluator, room
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space

# Called after every candidate with its iteration (from 1), NRMSE and DECOMP.RSSD.
Told = Callable[[int, float, float], None]


# Of NRMSE, the change of shares and the miss of lift tests, while a refresh searches.
REFRESH_WEIGHTS = (0.0, 1.0, 1.0)


def search(problem: Problem, space: Space, *, number: int, iterations: int, seed: int, told: Told) -> Candidates:
    """Run trial `number` (from 1). The same problem, space and seed give the same candidates.

    Two objectives, NRMSE and DECOMP.RSSD, and the miss of lift tests as a third where there are any.
    """
    import nevergrad as ng

    free = space.free
    array = ng.p.Array(shape=(int(free.sum()),), lower=0, upper=1)
    # What nevergrad would do itself after numpy's global seed was set, without touching that.
    first = np.random.RandomState(seed + number).randint(2**32, dtype=np.uint32)
    array.random_state = np.random.RandomState(first)
    optimizer = ng.optimizers.registry["TwoPointsDE"](array, budget=iterations, num_workers=1)
    objectives = 3 if problem.studies else 2
    optimizer.tell(ng.p.MultiobjectiveReference(), (1.0,) * objectives)

    if problem.previous is not None:
        # In a refresh Robyn looks at how far the shares move, and no longer at the fit.
        optimizer.set_objective_weights(REFRESH_WEIGHTS[:objectives])

    evaluator, found = Evaluator(problem, space), room(iterations, problem, space)
    nrmse, rssd, mape = found.nrmse, found.rssd, found.mape
    for k in range(iterations):
        asked = optimizer.ask()
        found.values[k] = space.scaled(rounded(asked.value))
        evaluator.into(found, k, k + 1)
        optimizer.tell(asked, (float(nrmse[k]), float(rssd[k]), float(mape[k]))[:objectives])
        told(k + 1, float(nrmse[k]), float(rssd[k]))
    return found


def rounded(values: Vector) -> Vector:
    """Round to ten significant digits, as Robyn does before it scales a proposal."""
    return np.array([float(f"{value:.9e}") for value in values])
