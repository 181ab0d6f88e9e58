"""Whether chains that started far apart found the same answer.

Split R-hat and the effective sample sizes of the middle and of the ends, by ArviZ: Vehtari, Gelman, Simpson, Carpenter
and Bürkner (2021), Rank-normalization, folding, and localization: an improved R-hat.
"""

from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats
from numpy.typing import NDArray

from engine.model.fit.compiled import Vector

RHAT, ESS = 1.01, 400.0
# From here on a chain has at least found where it belongs.
NEAR = 1.1


@dataclass(frozen=True)
class Agreement:
    """Of the C paid channels' log ROAS and, last, of the log of what all bring: (C + 1,) each."""

    rhat: Vector
    bulk: Vector
    tail: Vector

    @property
    def good(self) -> bool:
        return bool(self.rhat.max() <= RHAT and min(self.bulk.min(), self.tail.min()) >= ESS)

    @property
    def near(self) -> bool:
        return bool(self.rhat.max() <= NEAR)


def agreement_of(log_roas: NDArray[np.float64], level: Vector) -> Agreement:
    """Judge (L, D, C) draws of log ROAS. level: (C,) what a ROAS of 1 brings."""
    together = np.log(np.exp(log_roas) @ level)[:, :, None]
    values = np.concatenate([log_roas, together], axis=2)
    # What does not move at all agrees.
    still = np.ptp(values, axis=(0, 1)) < 1e-12
    moving = values + np.where(still, np.random.default_rng(0).normal(size=values.shape[:2])[:, :, None], 0.0)
    options = {"chain_axis": 0, "draw_axis": 1}
    return Agreement(
        np.asarray(array_stats.rhat(moving, **options)),
        np.asarray(array_stats.ess(moving, method="bulk", **options)),
        np.asarray(array_stats.ess(moving, method="tail", prob=(0.05, 0.95), **options)),
    )
