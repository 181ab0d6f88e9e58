"""From a training's inputs and its time decomposition to the arrays that are searched over."""

import numpy as np

from engine.model.candidate import Problem, limits
from engine.model.inputs import Inputs
from engine.model.prophet import Decomposition


def make_problem(inputs: Inputs, decomposition: Decomposition) -> Problem:
    """Put columns in Robyn's order and scale each exposure to the spend it cost in the window."""
    config, numbers, rows = inputs.config, inputs.numbers, inputs.rows
    base = dict(decomposition.columns)
    base |= {name: {**numbers, **decomposition.factors}[name] for name in inputs.context_vars}
    media = {}
    for spend, modelled in zip(config.paid_media_spends, config.modelled_media, strict=True):
        factor = 1.0 if spend == modelled else numbers[spend][rows].sum() / numbers[modelled][rows].sum()
        media[modelled] = numbers[modelled] * factor
    media |= {name: numbers[name] for name in config.organic_vars}
    count = len(inputs.days)
    columns = np.column_stack([*base.values()]) if base else np.zeros((count, 0))
    lower, upper = limits(columns, config.prophet_vars, tuple(base), len(media), rows)
    return Problem(
        base_names=tuple(base),
        media_names=tuple(media),
        dep_var=numbers[config.dep_var],
        base=columns,
        media=np.array([*media.values()]),
        spend=np.column_stack([numbers[name] for name in config.paid_media_spends]),
        rows=rows,
        lower=lower,
        upper=upper,
    )
