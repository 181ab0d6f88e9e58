"""What is searched: the hyperparameters, their order and their ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.experiment.hyperparameters import Range
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem

TRAIN_SIZE, LAMBDA, PENALTY = "train_size", "lambda", "_penalty"


@dataclass(frozen=True)
class Space:
    """Names in Robyn's order and the range of each, (H,). A range may be one value: then it is fixed, not searched."""

    names: tuple[str, ...]
    low: Vector
    high: Vector

    @property
    def free(self) -> Vector:
        """(H,) whether a hyperparameter is searched or fixed."""
        return np.asarray(self.high > self.low)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names as results call them: `lambda_hp` is in [0, 1], `lambda` the penalty made of it."""
        return tuple("lambda_hp" if name == LAMBDA else name for name in self.names)

    def place(self, name: str) -> int:
        """Where a hyperparameter stands; -1 if there is none of that name."""
        return self.names.index(name) if name in self.names else -1

    def scaled(self, units: Vector) -> Vector:
        """Return values for `units` in [0, 1], (..., number of free ones); fixed ones are filled in. (..., H)."""
        free = self.free
        values = np.broadcast_to(self.low, (*units.shape[:-1], len(self.names))).copy()
        values[..., free] += units * (self.high - self.low)[free]
        return values


def unnamed_order(problem: Problem) -> tuple[str, ...]:
    """Return the media by how unevenly they were used: an order that hangs on no name, no unit and no column's place.

    A search that takes its chances in this order finds the same, whatever a channel is called.
    """
    window = problem.media[:, problem.rows]
    mean = np.abs(window.mean(axis=1))
    uneven = np.round(window.std(axis=1) / np.where(mean > 0, mean, 1.0), 9)
    order = sorted(range(len(uneven)), key=lambda m: (uneven[m], problem.media_names[m]))
    return tuple(problem.media_names[m] for m in order)


def space_of(ranges: Mapping[str, Range], media: Sequence[str] = ()) -> Space:
    """Return the space over `ranges` and lambda, which is searched in [0, 1] unless a refresh narrows it.

    Robyn's order: media by name without regard to case, then train_size, lambda, penalty factors. media: the order of
    the media in place of that by name.
    """
    at = {medium: place for place, medium in enumerate(media)}

    def order(name: str) -> tuple[int, int, str, str]:
        last = 1 if name == TRAIN_SIZE else 2 if name == LAMBDA else 3 if name.endswith(PENALTY) else 0
        medium, _, parameter = name.rpartition("_")
        if last == 0 and medium in at:
            return (last, at[medium], parameter, "")
        # Penalty factors keep the order of the model's columns, in which they are given.
        return (last, 0, "", "") if last == 3 else (last, 0, name.casefold(), name)

    bounds = {LAMBDA: (0.0, 1.0), **ranges}
    names = sorted(bounds, key=order)
    low, high = np.array([bounds[name] for name in names], dtype=np.float64).T
    return Space(tuple(names), np.ascontiguousarray(low), np.ascontiguousarray(high))
