"""One trial: TwoPointsDE proposes hyperparameters, a fit answers with its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.experiment.hyperparameters import KINDS, Range
from engine.model.candidate import Model, Problem, Shape, evaluate
from engine.model.compiled import Matrix, Numbers, Vector
from engine.model.ridge import ROBYN_TOLERANCE

# Called after every candidate with its iteration (from 1), NRMSE and DECOMP.RSSD.
Told = Callable[[int, float, float], None]


@dataclass(frozen=True)
class Space:
    """What is searched: names in Robyn's order, the penalty last, and the range of each. A range may be one value."""

    names: tuple[str, ...]
    low: Vector
    high: Vector

    @property
    def free(self) -> Vector:
        """(H,) whether a hyperparameter is searched or fixed."""
        return np.asarray(self.high > self.low)


@dataclass(frozen=True)
class Trial:
    """Every candidate of one trial, in order; K candidates, H hyperparameters, C paid channels.

    hyperparameters: (K, H) in the space's order, `lambda` as its value in [0, 1]. penalty: (K,) lambda as fitted.
    effects: (K, C) total contribution per paid channel.
    """

    number: int
    hyperparameters: Matrix
    penalty: Vector
    nrmse: Vector
    rssd: Vector
    rsq: Vector
    effects: Matrix


def space_of(ranges: Mapping[str, Range]) -> Space:
    """Return the space over `ranges` and lambda. Robyn sorts by name, without regard to case."""
    names = sorted(ranges, key=lambda name: (name.casefold(), name))
    bounds = np.array([*(ranges[name] for name in names), (0.0, 1.0)])
    return Space((*names, "lambda"), bounds[:, 0], bounds[:, 1])


def shape_of(problem: Problem, space: Space, values: Vector) -> Shape:
    """Return the transformation that `values`, (H,) in the space's order, describe."""
    by_name = dict(zip(space.names, values, strict=True))
    return Shape(*(np.array([by_name[f"{medium}_{kind}"] for medium in problem.media_names]) for kind in KINDS))


def refit(problem: Problem, space: Space, values: Vector) -> Model:
    """Return the model of a candidate's hyperparameters."""
    return evaluate(problem, shape_of(problem, space, values), problem.penalty(float(values[-1])))


def search(problem: Problem, space: Space, *, number: int, iterations: int, seed: int, told: Told) -> Trial:
    """Run trial `number` (from 1). The same problem, space and seed give the same candidates."""
    import nevergrad as ng

    free = space.free
    array = ng.p.Array(shape=(int(free.sum()),), lower=0, upper=1)
    # What nevergrad would do itself after numpy's global seed was set, without touching that.
    first = np.random.RandomState(seed + number).randint(2**32, dtype=np.uint32)
    array.random_state = np.random.RandomState(first)
    optimizer = ng.optimizers.registry["TwoPointsDE"](array, budget=iterations, num_workers=1)
    optimizer.tell(ng.p.MultiobjectiveReference(), (1.0, 1.0))

    trial = _empty(number, iterations, len(space.names), len(problem.paid_names))
    for k in range(iterations):
        asked = optimizer.ask()
        values = space.low.copy()
        values[free] = space.low[free] + rounded(asked.value) * (space.high[free] - space.low[free])
        penalty = problem.penalty(float(values[-1]))
        model = evaluate(problem, shape_of(problem, space, values), penalty, ROBYN_TOLERANCE)
        optimizer.tell(asked, (model.nrmse, model.rssd))
        trial.hyperparameters[k], trial.penalty[k], trial.effects[k] = values, penalty, model.effects
        trial.nrmse[k], trial.rssd[k], trial.rsq[k] = model.nrmse, model.rssd, model.rsq
        told(k + 1, model.nrmse, model.rssd)
    return trial


def pool(trials: list[Trial]) -> tuple[Trial, Numbers, Numbers]:
    """Put all trials after each other. Returns the candidates, and of each its trial and iteration from 1."""
    ordered = sorted(trials, key=lambda trial: trial.number)
    numbers = np.repeat(np.array([one.number for one in ordered]), [len(one.nrmse) for one in ordered])
    iterations = np.concatenate([np.arange(1, len(one.nrmse) + 1, dtype=np.int64) for one in ordered])
    columns = ("hyperparameters", "penalty", "nrmse", "rssd", "rsq", "effects")
    joined = {name: np.concatenate([getattr(one, name) for one in ordered]) for name in columns}
    return replace(ordered[0], number=0, **joined), numbers, iterations


def rounded(values: Vector) -> Vector:
    """Round to ten significant digits, as Robyn does before it scales a proposal."""
    return np.array([float(f"{value:.9e}") for value in values])


def _empty(number: int, candidates: int, width: int, paid: int) -> Trial:
    numbers = {name: np.empty(candidates) for name in ("penalty", "nrmse", "rssd", "rsq")}
    return Trial(number, np.empty((candidates, width)), effects=np.empty((candidates, paid)), **numbers)
