"""A training's data as they were before a day, and what was known of the periods after it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.experiment.job_config import JobConfig
from engine.experiment.presets import PARAMETERS
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.forecast.continuation import Part
from engine.model.planning import parts_of
from engine.model.read.inputs import Inputs


def until(inputs: Inputs, stop: int) -> Inputs:
    """Return the inputs without the rows from `stop` on: the KPI, media, context, factors and lift tests of then.

    stop: a row of the window. What the training knew from elsewhere is left out where it had seen those rows: an
    earlier result that a refresh goes on from, and doubts about the data. So is a medium that had not yet moved in the
    window: nobody could have known what it does.
    """
    rows = slice(inputs.rows.start, stop)
    media = (*inputs.config.modelled_media, *inputs.config.organic_vars)
    still = {name for name in media if np.ptp(inputs.numbers[name][rows]) == 0}
    still |= {name for name, spend in _paid(inputs.config) if not inputs.numbers[spend][rows].any()}
    places = {m: new for new, m in enumerate(m for m, name in enumerate(media) if name not in still)}
    return replace(
        inputs,
        config=_without(inputs.config, still),
        ranges={name: ends for name, ends in inputs.ranges.items() if name not in _hyperparameters(still)},
        days=inputs.days[:stop],
        begins=inputs.begins[:stop],
        rows=rows,
        numbers={name: values[:stop] for name, values in inputs.numbers.items()},
        factors={name: values[:stop] for name, values in inputs.factors.items()},
        studies=tuple(
            replace(one, media=tuple(places[m] for m in one.media))
            for one in inputs.studies
            if one.stop <= stop and all(m in places for m in one.media)
        ),
        earlier=None,
        doubts=(),
    )


def _paid(config: JobConfig) -> list[tuple[str, str]]:
    """Return the paid channels' names and their spend columns."""
    return [*zip(config.modelled_media, config.paid_media_spends, strict=True)]


def _without(config: JobConfig, still: set[str]) -> JobConfig:
    """Return the configuration without some media, and without the earlier result it goes on from."""
    paid = [(name, spend) for name, spend in _paid(config) if name not in still]
    organic = [name for name in config.organic_vars if name not in still]
    return config.model_copy(
        update={
            "refresh": None,
            "paid_media_spends": tuple(spend for _, spend in paid),
            "paid_media_vars": tuple(name for name, _ in paid),
            "paid_media_signs": tuple(config.signs[name] for name, _ in paid),
            "organic_vars": tuple(organic),
            "organic_signs": tuple(config.signs[name] for name in organic),
        }
    )


def _hyperparameters(media: set[str]) -> set[str]:
    return {f"{name}_{kind}" for name in media for kind in (*PARAMETERS, "penalty")}


def known_plan(problem: Problem, inputs: Inputs, ahead: slice) -> dict[str, Vector]:
    """Return what was spent in the rows `ahead`, and what organic media did, in the units of a shorter problem's media.

    Exposures cost what they did on average before: the factor is that of the problem's own window.
    """
    seen, plan = problem.rows, {}
    for medium, name in zip(problem.media, problem.media_names, strict=True):
        raw = inputs.numbers[name]
        total = raw[seen].sum()
        plan[name] = raw[ahead] * (medium[seen].sum() / total if total else 1.0)
    return plan


def known_parts(problem: Problem, model: Model, inputs: Inputs, ahead: slice) -> list[Part]:
    """Return the parts of a shorter model's baseline; of its context the future is known, of all else it is not."""
    found = []
    for column, part in enumerate(parts_of(problem, model, inputs.config.prophet_vars)):
        future = None
        if part.kind == "context" and part.name in inputs.factors:
            future = _by_category(part.contribution, inputs.factors[part.name], problem.rows, ahead)
        elif part.kind == "context":
            # From the last value on, wherever the model counts the column from.
            moved = inputs.numbers[part.name][ahead] - inputs.numbers[part.name][problem.rows.stop - 1]
            future = part.contribution[-1] + model.coefficients[column] * moved
        found.append(replace(part, future=future))
    return found


def _by_category(contribution: Vector, categories: tuple[str, ...], seen: slice, ahead: slice) -> Vector:
    """Return what each category brought when it was seen, and the usual for one that was not."""
    of: Mapping[str, float] = dict(zip(categories[seen], contribution.tolist(), strict=True))
    usual = float(contribution.mean())
    return np.array([of.get(one, usual) for one in categories[ahead]])
