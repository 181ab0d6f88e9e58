"""How far models that are about as good disagree on a channel. Not a confidence interval: the data stay the same."""

from dataclasses import dataclass

import numpy as np

from engine.model.compiled import Matrix, Vector
from engine.model.pareto import eligible_models

# A model is near-tied with another if it fits at most this much worse (relative NRMSE) and its shares are at
# most this much further off (DECOMP.RSSD).
WORSE_FIT = 1.05
FURTHER_OFF = 0.05
# The lowest and highest few models are left out, as one odd model in thousands should not set the range.
OUTSIDE = 0.025
OVER = "near-tied models"


@dataclass(frozen=True)
class Range:
    """(C,) lowest and highest effect per paid channel, over `models` models, the one itself included."""

    low: Vector
    high: Vector
    models: int


def near_tied(nrmse: Vector, rssd: Vector, effects: Matrix, which: int) -> Range:
    """Return the range of effects, (K, C) of all models evaluated, over the models near-tied with model `which`.

    Takes the middle 95 % of them, widened to hold the model's own effects.
    """
    tied = eligible_models(nrmse, rssd)
    tied &= (nrmse <= WORSE_FIT * nrmse[which]) & (rssd <= rssd[which] + FURTHER_OFF)
    tied[which] = True
    low, high = np.quantile(effects[tied], [OUTSIDE, 1 - OUTSIDE], axis=0)
    own = effects[which]
    return Range(np.minimum(low, own), np.maximum(high, own), int(tied.sum()))
