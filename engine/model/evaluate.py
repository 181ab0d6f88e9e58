"""Given hyperparameters instead of searched ones: what the model says about each set of them.

A file of models is JSON lines: `{"hyperparameters": {"tv_S_alphas": …}, "lambda_hp": 0.02}`, and what else you like.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadConfig, BadInput
from engine.experiment.hyperparameters import outside
from engine.model.fit.candidate import Evaluator, Model
from engine.model.fit.compiled import Matrix
from engine.model.fit.problem import Problem
from engine.model.fit.space import LAMBDA, TRAIN_SIZE, Space, space_of
from engine.model.read.features import time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem
from engine.results.contract import INTERCEPT

# So many problems of a file are told in full.
TOLD = 10


def evaluate_file(folder: Path, models: Path) -> Iterator[dict[str, Any]]:
    """Fit every model of a file on a trainer's IN folder; yield one dict per model, in order.

    Each holds `hyperparameters`, `lambda_hp`, the model's other keys, every metric (missing ones as None),
    `coefficients` and `xDecompAgg` by variable. Raises BadInput with every problem before anything is fitted.
    """
    inputs = read_inputs(folder)
    space = space_of(inputs.ranges)
    given = read_models(models)
    values = values_of(given, space)
    problem = make_problem(inputs, time_features(folder, inputs))
    evaluator = Evaluator(problem, space)
    for one, row in zip(given, values, strict=True):
        model = evaluator.model(row)
        measured = {name: _present(value) for name, value in model.metrics.items()}
        yield {**one, **measured, **_parts(problem, model)}


def read_models(path: Path) -> list[dict[str, Any]]:
    """Read a file of models. Raises BadInput that names the lines at fault."""
    try:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read.", str(error)) from error
    found, wrong = [], []
    for number, line in enumerate(lines, 1):
        try:
            one = json.loads(line)
            if not (isinstance(one, dict) and isinstance(one["hyperparameters"], dict) and "lambda_hp" in one):
                raise KeyError
            found.append(one)
        except (ValueError, KeyError):
            wrong.append(f"line {number}")
    if wrong:
        raise BadInput(
            f"{path.name} holds lines that are no models: {_some(wrong)}.",
            'Write each as {"hyperparameters": {…}, "lambda_hp": 0.02} on one line.',
        )
    if not found:
        raise BadInput(f"{path.name} holds no models.", "Give one JSON object per line.")
    return found


def values_of(models: list[dict[str, Any]], space: Space) -> Matrix:
    """Return (K, H) values. Raises BadConfig with every name that is missing, unknown or outside Robyn's limits."""
    names = [name for name in space.names if name != LAMBDA]
    problems: dict[str, None] = {}
    values = np.zeros((len(models), len(space.names)))
    for k, model in enumerate(models):
        # Where rows are held back, their share may also stand beside the hyperparameters, as in Robyn's tables.
        beside = {TRAIN_SIZE: model[TRAIN_SIZE]} if TRAIN_SIZE in model and TRAIN_SIZE in names else {}
        given: Mapping[str, Any] = beside | model["hyperparameters"]
        for name in names:
            if name not in given:
                problems[f"{name} is missing"] = None
        for name in given:
            if name not in names and name != LAMBDA:
                near = get_close_matches(name, names, n=1)
                problems[f"{name} belongs to no medium{f'; did you mean {near[0]}' if near else ''}"] = None
        for place, name in enumerate(space.names):
            value = model["lambda_hp"] if name == LAMBDA else given.get(name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                if value is not None:
                    problems[f"{name}: {value!r} is no number"] = None
                continue
            if name == LAMBDA and not 0 <= value <= 1:
                problems[f"lambda_hp: {value:g} must be at least 0 and at most 1"] = None
            elif name != LAMBDA:
                problems |= dict.fromkeys(outside(name, value))
            values[k, place] = value
    if problems:
        raise BadConfig("These models cannot be evaluated.", f"Correct: {_some(list(problems))}.")
    return values


def _parts(problem: Problem, model: Model) -> dict[str, dict[str, float]]:
    names = (INTERCEPT, *problem.names)
    totals = (model.intercept * len(problem.y), *model.parts.sum(axis=0))
    coefficients = (model.intercept, *model.coefficients)
    return {
        "coefficients": dict(zip(names, map(float, coefficients), strict=True)),
        "xDecompAgg": dict(zip(names, map(float, totals), strict=True)),
    }


def _present(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - TOLD} more" if len(texts) > TOLD else ""
    return f"{'; '.join(texts[:TOLD])}{more}"
