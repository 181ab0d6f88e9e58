"""How far models that are about as good disagree on a channel. Not a confidence interval: the data stay the same."""

from dataclasses import dataclass

import numpy as np

from engine.model.fit.candidate import Candidates
from engine.model.fit.compiled import Vector
from engine.model.select.pareto import eligible_models

# A model is near-tied with another if it fits at most this much worse (relative NRMSE) and its shares are at
# most this much further off (DECOMP.RSSD).
WORSE_FIT = 1.1
FURTHER_OFF = 0.1
# A short search leaves few such models, which would make its ranges look sure: then the next best count as well.
FEWEST = 30
# The lowest and highest few models are left out, as one odd model in thousands should not set the range.
OUTSIDE = 0.025
OVER = "near-tied models"


@dataclass(frozen=True)
class Range:
    """(C,) lowest and highest effect per paid channel, over `models` models, the one itself included."""

    low: Vector
    high: Vector
    models: int
    over: str = OVER


def near_tied(candidates: Candidates, which: int) -> Range:
    """Return the range of effects over the models near-tied with model `which`, of all models evaluated.

    Takes the middle 95 % of them, widened to hold the model's own effects.
    """
    nrmse, rssd, effects = candidates.nrmse, candidates.rssd, candidates.effects
    # 1 is the edge of near-tied; a model that is better in both has less than 0.
    distance = np.maximum((nrmse / nrmse[which] - 1) / (WORSE_FIT - 1), (rssd - rssd[which]) / FURTHER_OFF)
    eligible = eligible_models(candidates)
    eligible[which] = True
    others = np.sort(distance[eligible])
    tied = eligible & (distance <= max(1.0, others[min(FEWEST, len(others)) - 1]))
    low, high = np.quantile(effects[tied], [OUTSIDE, 1 - OUTSIDE], axis=0)
    own = effects[which]
    return Range(np.minimum(low, own), np.maximum(high, own), int(tied.sum()))
