"""A fitted model as the plain numbers that the allocator and the forecast work on."""

from collections.abc import Sequence

import numpy as np

from engine.model.budget.allocation import Channel
from engine.model.budget.curves import mean_carryover
from engine.model.fit.candidate import Model
from engine.model.fit.problem import Problem
from engine.model.fit.transforms import lag_weights
from engine.model.forecast.continuation import Kind, Part
from engine.model.forecast.forecast import Adstock, Medium, by_weights, geometric

_KINDS: dict[str, Kind] = {
    "trend": "trend",
    "season": "season",
    "monthly": "monthly",
    "weekday": "weekday",
    "holiday": "holiday",
}


def channels_of(problem: Problem, model: Model, spend_names: Sequence[str]) -> list[Channel]:
    """Return the paid channels for the allocator. spend_names: (C,) their spend columns."""
    first = len(problem.base_names)
    return [
        Channel(
            name=name,
            spend_name=spend_names[c],
            coef=float(model.coefficients[first + c]),
            alpha=float(model.shapes[c, 0]),
            inflexion=float(model.halves[c]),
            carryover=mean_carryover(problem, model, c),
            modelled=problem.media[c, problem.rows],
            spent=problem.spend[problem.rows, c],
            mean_response=float(model.parts[:, first + c].mean()),
        )
        for c, name in enumerate(problem.paid_names)
    ]


def media_of(problem: Problem, model: Model, spend_names: Sequence[str]) -> list[Medium]:
    """Return all media for the forecast, the (C,) paid ones first."""
    first, paid = len(problem.base_names), len(problem.paid_names)
    return [
        Medium(
            name=name,
            spend_name=spend_names[m] if m < paid else name,
            history=problem.media[m],
            adstock=_adstock(problem, model, m),
            coef=float(model.coefficients[first + m]),
            alpha=float(model.shapes[m, 0]),
            inflexion=float(model.halves[m]),
            largest=float(problem.media[m, problem.rows].max()),
            paid=m < paid,
        )
        for m, name in enumerate(problem.media_names)
    ]


def parts_of(problem: Problem, model: Model, prophet_vars: Sequence[str]) -> list[Part]:
    """Return the parts of the baseline for the forecast: time effects by their kind, everything else as context."""
    return [
        Part(name, _KINDS[name] if name in prophet_vars else "context", np.asarray(model.parts[:, column]))
        for column, name in enumerate(problem.base_names)
    ]


def _adstock(problem: Problem, model: Model, medium: int) -> Adstock:
    kind, first, second = model.adstock_of(medium)
    if kind == "geometric":
        return geometric(first)
    return by_weights(lag_weights(kind, first, second, problem.media.shape[1]))
