"""Candidates: from hyperparameters to coefficients, contributions and the errors the search minimises."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.model.fit import kernel
from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.ridge import ROBYN_TOLERANCE
from engine.model.fit.space import Space
from engine.model.fit.transforms import NAMES


@dataclass(frozen=True)
class Candidates:
    """K evaluated candidates in order; H hyperparameters, C paid channels, P columns.

    values: (K, H) in the space's order, `lambda` as its value in [0, 1]. metrics: (K, 12) as `kernel.METRICS`.
    effects: (K, C) total contribution of each paid channel. coefficients: (K, 1 + P), the intercept first.
    """

    values: Matrix
    metrics: Matrix
    effects: Matrix
    coefficients: Matrix

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nrmse(self) -> Vector:
        """(K,) what is minimised: on the validation rows if there are any, else on the training rows."""
        return np.asarray(self.metrics[:, kernel.NRMSE])

    @property
    def rssd(self) -> Vector:
        """(K,) DECOMP.RSSD."""
        return np.asarray(self.metrics[:, kernel.RSSD])

    @property
    def mape(self) -> Vector:
        """(K,) mean relative miss of the lift tests; 0 without any."""
        return np.asarray(self.metrics[:, kernel.MAPE])

    @property
    def penalty(self) -> Vector:
        """(K,) lambda as given to the fit."""
        return np.asarray(self.metrics[:, kernel.PENALTY_USED])

    def metric(self, name: str) -> Vector:
        """(K,) one of `kernel.METRICS`."""
        return np.asarray(self.metrics[:, kernel.METRICS.index(name)])


def room(count: int, problem: Problem, space: Space) -> Candidates:
    """Return empty arrays for `count` candidates."""
    return Candidates(
        np.empty((count, len(space.names))),
        np.full((count, len(kernel.METRICS)), np.nan),
        np.empty((count, len(problem.paid_names))),
        np.empty((count, 1 + len(problem.names))),
    )


@dataclass(frozen=True)
class Evaluator:
    """Fits candidates of one problem and space. Not for several threads at once: each takes its own."""

    problem: Problem
    space: Space
    tolerance: float = ROBYN_TOLERANCE

    @cached_property
    def data(self) -> kernel.Data:
        return kernel.make_data(self.problem, self.space, self.tolerance)

    @cached_property
    def work(self) -> kernel.Work:
        return kernel.make_work(self.problem)

    def into(self, found: Candidates, first: int, last: int) -> None:
        """Fit the values in rows first:last of `found` and fill in the rest of these rows."""
        rows = slice(first, last)
        kernel.fit_many(
            self.data, self.work, found.values[rows], found.metrics[rows], found.effects[rows], found.coefficients[rows]
        )

    def many(self, values: Matrix) -> Candidates:
        """Fit (K, H) values."""
        found = room(len(values), self.problem, self.space)
        found.values[:] = values
        self.into(found, 0, len(values))
        return found

    def model(self, values: Vector) -> "Model":
        """Fit (H,) values and keep everything about the model."""
        found = self.many(np.asarray(values, dtype=np.float64)[None])
        work, metrics = self.work, dict(zip(kernel.METRICS, map(float, found.metrics[0]), strict=True))
        return Model(
            values=found.values[0],
            x=np.ascontiguousarray(work.x.T),
            felt=work.felt.copy(),
            shapes=work.shapes.copy(),
            halves=work.halves.copy(),
            intercept=float(found.coefficients[0, 0]),
            coefficients=found.coefficients[0, 1:].copy(),
            effects=found.effects[0],
            metrics=metrics,
        )


@dataclass(frozen=True)
class Model:
    """One fitted candidate. M media, C of them paid, N rows of the window, P columns.

    values: (H,) hyperparameters. x: (N, P) design matrix. felt: (M, T') adstocked media up to the window's end.
    shapes: (M, 5) alpha, gamma, the adstock's first and second parameter, its kind. halves: (M,) inflexions, in
    units of the medium's input. coefficients: (P,). effects: (C,) totals of the paid channels. metrics: by name, as
    in `kernel.METRICS`.
    """

    values: Vector
    x: Matrix
    felt: Matrix
    shapes: Matrix
    halves: Vector
    intercept: float
    coefficients: Vector
    effects: Vector
    metrics: dict[str, float]

    @property
    def nrmse(self) -> float:
        return self.metrics["nrmse"]

    @property
    def rssd(self) -> float:
        return self.metrics["decomp.rssd"]

    @property
    def rsq(self) -> float:
        """Adjusted R² on the training rows."""
        return self.metrics["rsq_train"]

    @property
    def dropped(self) -> bool:
        """Whether the intercept came out negative and was left out."""
        return bool(self.metrics["dropped"])

    def adstock_of(self, medium: int) -> tuple[str, float, float]:
        """Return the kind of a medium's adstock and its parameters, as `transforms.lag_weights` takes them."""
        first, second, kind = self.shapes[medium, 2:]
        return NAMES[int(kind)], float(first), float(second)

    @property
    def parts(self) -> Matrix:
        """(N, P) contribution of each column per period, without the intercept's."""
        return np.asarray(self.x * self.coefficients)

    @property
    def fitted(self) -> Vector:
        """(N,) what the model says."""
        return np.asarray(self.intercept + self.parts.sum(axis=1))


def evaluate(problem: Problem, space: Space, values: Vector, tolerance: float = ROBYN_TOLERANCE) -> Model:
    """Fit and measure one candidate; for many, keep an Evaluator."""
    return Evaluator(problem, space, tolerance).model(values)
