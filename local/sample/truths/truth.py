"""A generated set together with the simulator that made it, which answers for any other spend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from local.sample.truths.chance import Vector
from local.sample.truths.medium import Medium

# The step of `marginal`: small enough for a slope, large enough for the digits.
NUDGE = 1e-4


@dataclass(frozen=True)
class Truth:
    """A generated set: the data, the configuration a person would give, and what is true of it.

    roas: per spend column, what its spend brought in the window, over that spend. Where channels help each other, half
    of what they bring together counts for each (Shapley's value). media_share: share of the window's KPI that paid
    media brought. kinds: how each channel is spent: always, bursts, posters, pulses. flags: what is special of a
    channel. odd: the rows that nothing explains.
    """

    family: str
    seed: int
    frame: pd.DataFrame
    config: dict[str, Any]
    roas: dict[str, float]
    media_share: float
    kinds: dict[str, str]
    flags: dict[str, tuple[str, ...]]
    odd: tuple[int, ...]
    media: dict[str, Medium] = field(repr=False)
    base: Vector = field(repr=False)
    synergy: float = 0.0

    @property
    def spends(self) -> dict[str, Vector]:
        """The spend of each channel, (T,), as the data show it."""
        return {name: self.frame[name].to_numpy(float) for name in self.media}

    def respond(self, spends: Mapping[str, Vector]) -> Vector:
        """Return (N,) the expected KPI, without noise, of periods 0 … N - 1 under these spends, all of N periods.

        N may be smaller than the data's T or go beyond it, by a year at most: base and season go on, and context is as
        a year before. A channel that is left out is spent as the data show it, and not at all after that.
        """
        count = max(len(one) for one in spends.values()) if spends else len(self.frame)
        if count > len(self.base):
            raise ValueError(f"The simulator knows {len(self.base)} periods, not {count}.")
        parts = [self.media[name].effect(_long(spends.get(name, own), count)) for name, own in self.spends.items()]
        return np.asarray(self.base[:count] + self._summed(parts))

    def marginal(self, channel: str) -> float:
        """Return what one more unit of spend brings inside the window where all of its flights are raised alike."""
        own = self.spends
        more = {**own, channel: own[channel] * (1 + NUDGE)}
        return float((self.respond(more) - self.respond(own)).sum() / (NUDGE * own[channel].sum()))

    def _summed(self, parts: list[Vector]) -> Vector:
        total = np.sum(parts, axis=0)
        return total + jointly(parts, self.synergy) if self.synergy else np.asarray(total)


def jointly(parts: list[Vector], synergy: float) -> Vector:
    """Return (T,) what the first two parts bring together beyond their sum."""
    return np.asarray(synergy * np.sqrt(parts[0] * parts[1]))


def _long(spend: Vector, count: int) -> Vector:
    return np.asarray(np.concatenate([spend[:count], np.zeros(max(0, count - len(spend)))]))
