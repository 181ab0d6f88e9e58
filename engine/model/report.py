"""A search and what was selected from it: what every table and every number of the results is read from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.model.candidate import Evaluator, Model
from engine.model.compiled import Numbers, Vector
from engine.model.pareto import Selected
from engine.model.problem import Problem
from engine.model.ranges import Range, near_tied
from engine.model.space import Space
from engine.model.trials import Searched


@dataclass(frozen=True)
class Report:
    """All candidates, (K,), their error score, and the models kept."""

    problem: Problem
    space: Space
    searched: Searched
    score: Vector
    selected: Selected

    @cached_property
    def ranked(self) -> Numbers:
        """The positions of the kept models, the smallest error score first."""
        kept = self.selected.kept
        return np.asarray(kept[np.argsort(self.score[kept], kind="stable")])

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The kept models, in the order of `ranked`."""
        evaluator = Evaluator(self.problem, self.space)
        return tuple(evaluator.model(values) for values in self.searched.candidates.values[self.ranked])

    @cached_property
    def sol_ids(self) -> tuple[str, ...]:
        """The names of the kept models, in the order of `ranked`."""
        return tuple(self.searched.sol_id(int(which)) for which in self.ranked)

    def range(self, which: int) -> Range:
        """How far models that are near-tied with the candidate at position `which` disagree."""
        return near_tied(self.searched.candidates, which)
