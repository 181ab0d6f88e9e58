"""How far a forecast may be off: what it is made of, per period and for all periods together.

Four things, whose variances add up:

noise: what no model explains, period by period, of which a part lasts into the next.
level: the trend is held, and goes on to wander. How far is told by what the same forecast missed when it was tried out
on stretches that it had not seen (the backtest). A few stretches say little, so a guess from the noise stands beside
them, and the range is that of a t distribution.
context: a part that is taken to be as a year before will not be; how far off is told by the years that are known.
media: draws of what a plan brings beyond the usual, as far as the plan is not what usually was spent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from engine.data.dates import Interval
from engine.model.fit.compiled import Matrix, Vector
from engine.number_words import counted, percent

# The share of what comes that a range is meant to hold.
SPREAD = 0.9
# What the level is taken to miss by before anything was tried out, as a share of the noise's variance, and for how many
# stretches that counts. Set on generated sets of other seeds than those of the published figures.
GUESSED, COUNTS = 0.5, 4
# How much of the level's variance over a tried stretch is steps on the way, and not there from the first period on.
ON_THE_WAY = 0.65
# A fit is nearer to what it was fitted to; for how many periods its own misses count beside those of the stretches.
UNFITTED, FITTED_COUNTS = 1.1, 20
LONGEST_ECHO = 0.8


FITTED = (
    f"the fit's own misses in the window: the middle {percent(SPREAD)} of them. The history is too short to try the "
    "forecast out on periods that it had not seen, so it may be further off than that."
)


class Held(NamedTuple):
    """A range: low, high (H,) per period; whole: of the sum of all, None where nobody can tell; over: what it holds."""

    low: Vector
    high: Vector
    whole: tuple[float, float] | None
    over: str


@dataclass(frozen=True)
class Open:
    """Something else that is not known: standard deviation per period, and the share that lasts into the next."""

    deviation: float
    echo: float


@dataclass(frozen=True)
class Uncertainty:
    """Variances per period: noise, level at the start, and a step of it. echo: of the noise. degrees: of freedom."""

    noise: float
    echo: float
    level: float
    step: float
    degrees: int
    others: tuple[Open, ...] = ()

    def single(self, media: Matrix) -> Vector:
        """Return (H,) how far single periods may be off. media: (D, H) what draws bring beyond the usual."""
        ahead = np.arange(1, media.shape[1] + 1)
        variance = self.noise + self.level + self.step * ahead + media.var(axis=0)
        return np.asarray(self._reach * np.sqrt(variance + sum(one.deviation**2 for one in self.others)))

    def whole(self, media: Matrix) -> float:
        """Return how far the sum of all periods may be off."""
        ahead = np.arange(1, media.shape[1] + 1)
        count = len(ahead)
        variance = self.level * count**2 + self.step * float(np.minimum.outer(ahead, ahead).sum())
        variance += float(media.sum(axis=1).var())
        for one in (Open(float(np.sqrt(self.noise)), self.echo), *self.others):
            variance += one.deviation**2 * float((one.echo ** np.abs(np.subtract.outer(ahead, ahead))).sum())
        return float(self._reach * np.sqrt(variance))

    @property
    def _reach(self) -> float:
        return float(stdtrit(self.degrees, (1 + SPREAD) / 2))


def uncertainty(residuals: Vector, misses: Matrix, others: Sequence[Open]) -> Uncertainty:
    """Return how far a forecast may be off.

    residuals: (N,) actual less fitted in the window. misses: (K, L) what the same forecast missed by in K stretches of
    L periods, one of each at least. others: what the stretches knew and the forecast does not.
    """
    fitted, (count, length) = float(residuals.var()), misses.shape
    means = misses.mean(axis=1)
    within = float(((misses - means[:, None]) ** 2).sum())
    noise = (FITTED_COUNTS * UNFITTED * fitted + within) / (FITTED_COUNTS + count * (length - 1))
    level = (COUNTS * GUESSED * fitted + float((means**2).sum())) / (COUNTS + count)
    return Uncertainty(
        noise=noise,
        echo=echo_of(residuals),
        level=level * (1 - ON_THE_WAY),
        # The mean of a walk of L steps has the variance of one step times this.
        step=level * ON_THE_WAY / ((length + 1) * (2 * length + 1) / (6 * length)),
        degrees=COUNTS + count,
        others=tuple(others),
    )


def held(
    total: Vector, residuals: Vector, misses: Matrix, others: Sequence[Open], media: Matrix, interval: Interval
) -> Held:
    """Return the range of a forecast that was tried out.

    total: (H,) forecast. media: (D, H) what draws bring beyond the usual. Others as in `uncertainty`.
    """
    about = uncertainty(residuals, misses, others)
    single, whole, summed = about.single(media), about.whole(media), float(total.sum())
    stretches = f"{len(misses)} stretches" if len(misses) > 1 else "one stretch"
    over = (
        f"what comes, {percent(SPREAD)} of it: told from how far the same forecast missed {stretches} of "
        f"{counted(misses.shape[1], interval)} that it had not seen, with noise, a level that wanders on, and what is "
        "not known of context and media."
    )
    return Held(total - single, total + single, (summed - whole, summed + whole), over)


def as_fitted(total: Vector, residuals: Vector) -> Held:
    """Return the range of a forecast that could not be tried out: all that is known is what the fit itself missed."""
    low, high = np.quantile(residuals, [(1 - SPREAD) / 2, (1 + SPREAD) / 2])
    return Held(total + low, total + high, None, FITTED)


def echo_of(values: Vector) -> float:
    """Return the share of a period's value, around 0, that lasts into the next, 0 to LONGEST_ECHO."""
    square = float((values**2).sum())
    return float(np.clip((values[1:] * values[:-1]).sum() / square, 0, LONGEST_ECHO)) if square > 0 else 0.0


def changes(values: Vector, back: int) -> Open:
    """Return how far (N,) values are from those `back` periods before; from their mean where there are too few."""
    moved = values[back:] - values[:-back] if len(values) >= 1.25 * back else values - values.mean()
    return Open(float(np.sqrt((moved**2).mean())), echo_of(moved))
