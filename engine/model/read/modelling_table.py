"""From what was read to the columns of the model, in Robyn's order: what Robyn calls dt_mod."""

import numpy as np

from engine.model.fit.problem import Problem, limits
from engine.model.read.inputs import Inputs
from engine.model.read.prophet import Decomposition


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
    names = (*base, *media)
    signs = {names.index(name): sign for name, sign in config.signs.items() if sign != "default"}
    lower, upper = limits(config.prophet_vars, tuple(base), len(media), signs)
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
        adstock=config.adstock,
        trend=tuple(base).index("trend") if "trend" in base else None,
        studies=inputs.studies,
        zero_penalty=config.rssd_zero_penalty,
        quirks=config.robyn_quirks,
    )
