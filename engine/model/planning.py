"""A fitted model as the plain numbers that the allocator and the forecast work on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.model.budget.flights import Flights
from engine.model.budget.robyn.allocation import Channel
from engine.model.budget.robyn.curves import mean_carryover
from engine.model.fit.candidate import Model
from engine.model.fit.problem import Problem
from engine.model.forecast.continuation import Kind, Part
from engine.model.forecast.forecast import Medium
from engine.model.response.draws import MediaDraws, anchored, one_draw
from engine.model.response.respond import respond

# So many draws are enough for a mean and the middle 90 %, and each costs time.
DRAWS = 400

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


def window_flights(problem: Problem, spend_names: Sequence[str]) -> list[Flights]:
    """Return the paid channels as the window saw them: what was spent, and the input that it bought."""
    rows = problem.rows
    return [
        Flights(
            name=name,
            spend_name=spend_names[c],
            place=c,
            history=problem.media[c, : rows.start],
            planned=problem.media[c, rows],
            money=problem.spend[rows, c],
            largest=float(problem.spend[rows, c].max()),
        )
        for c, name in enumerate(problem.paid_names)
    ]


def planned_flights(problem: Problem, spend_names: Sequence[str], periods: slice) -> list[Flights]:
    """Return the paid channels' money of some of the window's periods once more, after all of the data.

    As in a forecast's plan, an exposure is bought at the window's average cost.
    """
    return [
        replace(one, history=problem.media[c], money=one.money[periods], planned=one.money[periods])
        for c, one in enumerate(window_flights(problem, spend_names))
    ]


def draws_of(problem: Problem, model: Model, found: MediaDraws | None) -> MediaDraws:
    """Return what each medium does: draws from the posterior, on average as the model tells it, or the model alone."""
    if found is None:
        return one_draw(model, problem.media_names)
    found = found.thinned(DRAWS)
    rows, trained = problem.rows, problem.media.shape[1]
    effects = [
        respond(found, m, series[: rows.start], series[rows], trained=trained).sum(axis=1)
        for m, series in enumerate(problem.media)
    ]
    return anchored(found, np.array(effects).T, model.parts[:, len(problem.base_names) :].sum(axis=0))


def media_of(problem: Problem, draws: MediaDraws, spend_names: Sequence[str]) -> list[Medium]:
    """Return all media for the forecast, the (C,) paid ones first."""
    paid = len(problem.paid_names)
    return [
        Medium(
            name=name,
            spend_name=spend_names[m] if m < paid else name,
            history=problem.media[m],
            draws=draws,
            place=m,
            trained=problem.media.shape[1],
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
