"""Channels: their flights, and the carry-over that is true of their kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from local.sample.truths.chance import Vector, wander


@dataclass(frozen=True)
class Kind:
    """A kind of channel: its flights, and the carry-over by week that is true of it and that people search."""

    flights: str
    theta: tuple[float, float]


_TV = Kind("bursts", (0.3, 0.8))
_OFFLINE = Kind("posters", (0.1, 0.4))
_DIGITAL = Kind("always", (0.0, 0.3))
_PULSED = Kind("pulses", (0.0, 0.3))

CHANNELS: dict[str, Kind] = {
    "SEARCH": _DIGITAL,
    "TV": _TV,
    "FACEBOOK": _PULSED,
    "OOH": _OFFLINE,
    "YOUTUBE": _PULSED,
    "PRINT": _OFFLINE,
    "DISPLAY": _DIGITAL,
    "RADIO": _TV,
    "TIKTOK": _PULSED,
    "AFFILIATES": _DIGITAL,
    "CINEMA": _OFFLINE,
    "PODCAST": _PULSED,
}
# Ranges of carry-over by day are those by week, moved up; by month little is left of them.
DAY_THETAS = {(0.3, 0.8): (0.5, 0.9), (0.1, 0.4): (0.3, 0.7), (0.0, 0.3): (0.0, 0.5)}
MONTH_THETAS = {(0.3, 0.8): (0.0, 0.4), (0.1, 0.4): (0.0, 0.1), (0.0, 0.3): (0.0, 0.1)}
# Periods with and without spend, each from a range.
BURSTS = {"bursts": ((3, 8), (3, 12)), "posters": ((2, 4), (4, 9)), "pulses": ((1, 6), (1, 4))}


def thetas(kind: Kind, step: int) -> tuple[float, float]:
    """The range of a kind's carry-over into the next period, for periods of `step` days."""
    return {1: DAY_THETAS, 7: {}, 30: MONTH_THETAS}[step].get(kind.theta, kind.theta)


def flights(kind: str, rng: np.random.Generator, count: int, step: int) -> Vector:
    """Return (count,) spend per period, of any level. Everything but `always` has periods without any."""
    unit = 7 if step == 1 else 1
    weeks = count // unit + 2
    level = np.zeros(weeks)
    rest: Callable[[int, int], int] = lambda low, high: int(rng.integers(low, high + 1))  # noqa: E731
    if kind == "always":
        # Budgets are set anew each quarter, and bids move in between.
        quarters = np.repeat(rng.normal(0, 0.35, weeks // 13 + 1), 13)[:weeks]
        level = np.exp(quarters + 0.35 * wander(rng, weeks, 0.7))
    else:
        on, off = BURSTS[kind] if step != 30 else ((1, 3), (1, 3))
        at = rest(0, off[1])
        while at < weeks:
            length = rest(*on)
            level[at : at + length] = rng.lognormal(0, 0.35)
            at += length + rest(*off)
        if not level.any():
            level[: on[1]] = 1.0
    return np.asarray(np.repeat(level, unit)[:count] * rng.lognormal(0, 0.2, count))
