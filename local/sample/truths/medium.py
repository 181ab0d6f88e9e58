"""What one medium truly does: carry-over, then saturation, in one market or in several that are summed."""

from dataclasses import dataclass

import numpy as np

from local.sample.truths.chance import Vector

# Lags that weigh less than this share of the largest are left out.
FADED = 1e-7
LONGEST = 400
# How pointed a delayed effect is around its peak.
POINTED = 3.0


@dataclass(frozen=True)
class Medium:
    """A medium's true effect, written apart from the model's.

    lags: (L,) weight of the spend l periods ago. Of market g: portions (G,) its part of the spend, halves (G,) the
    carried spend at which half of its effect is reached, worths (G,) the most that it can bring in a period.
    """

    lags: Vector
    alpha: float
    portions: Vector
    halves: Vector
    worths: Vector

    def effect(self, spend: Vector) -> Vector:
        """Return (T,) what `spend` (T,) brings in each period, nothing having been spent before the first."""
        carried = np.convolve(spend, self.lags)[: len(spend)]
        total = np.zeros(len(spend))
        for portion, half, worth in zip(self.portions, self.halves, self.worths, strict=True):
            powered = (portion * carried) ** self.alpha
            total += worth * powered / (powered + half**self.alpha)
        return total


def fading(theta: float) -> Vector:
    """Lag weights of an effect of which a share `theta` is left each period later."""
    count = 1 if theta <= 0 else min(LONGEST, int(np.log(FADED) / np.log(theta)) + 2)
    return np.asarray(theta ** np.arange(count))


def rising(peak: float) -> Vector:
    """Lag weights of an effect that is largest `peak` periods after the spend and fades slowly afterwards."""
    since = np.arange(LONGEST) + 1.0
    logs = POINTED * (np.log(since / (peak + 1)) - since / (peak + 1) + 1)
    weights = np.exp(logs)
    return np.asarray(weights[: int(np.flatnonzero(weights > FADED)[-1]) + 1])
