"""How much is asked of data: three profiles. A profile may ask more than the checks at intake do, never less."""

from dataclasses import dataclass
from typing import Final

from engine.data.dates import Interval


@dataclass(frozen=True)
class Profile:
    """What a profile asks.

    known, live: the least share of periods with a value, and with one that is not 0. outliers: the largest share of
    values beyond Tukey's fences. inflated: a VIF from here on is told. condition: the condition number of the
    correlation matrix that is moderate, and the one that is high. jump: a level that changes by this factor for good.
    late: periods that the newest row may be old, by interval.
    """

    name: str
    title: str
    known: float
    live: float
    outliers: float
    inflated: float
    condition: tuple[float, float]
    jump: float
    late: dict[Interval, int]


STRICT: Final = Profile("strict", "Strict", 0.85, 0.60, 0.25, 5.0, (10.0, 30.0), 1.3, {"day": 7, "week": 2, "month": 1})
BALANCED: Final = Profile(
    "balanced", "Balanced", 0.75, 0.50, 0.35, 7.5, (15.0, 30.0), 1.5, {"day": 14, "week": 4, "month": 2}
)
LENIENT: Final = Profile(
    "lenient", "Lenient", 0.65, 0.30, 0.45, 10.0, (30.0, 100.0), 2.0, {"day": 28, "week": 8, "month": 3}
)
PROFILES: Final[dict[str, Profile]] = {one.name: one for one in (STRICT, BALANCED, LENIENT)}


def profile(name: str) -> Profile:
    """Return a profile by name; the balanced one for a name of another release."""
    return PROFILES.get(name, BALANCED)
