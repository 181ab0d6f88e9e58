"""The answer to a budget question, by whichever formula: what its table, its summary and its sentences are made of."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.experiment.budget import Scenario

DepVarType = Literal["revenue", "conversion"]
Basis = Literal["flights", "even", "robyn"]
NO_EFFECT, SET_TO_NOTHING = "no effect", "set to 0"


@dataclass(frozen=True)
class Point:
    """A channel at one spend per period: its response, that to one more unit, and how far beyond what was seen.

    beyond_observed: the share by which the spend exceeds the largest of a single period in the window; 0 within it.
    """

    spend: float
    response: float
    marginal: float
    beyond_observed: float

    @property
    def roi(self) -> float:
        return self.response / self.spend if self.spend else np.nan

    @property
    def cpa(self) -> float:
        return self.spend / self.response if self.response else np.nan


@dataclass(frozen=True)
class Limits:
    """How far a channel's spend may go, in multiples of `base`, its usual spend per period."""

    low: float
    up: float
    base: float


@dataclass(frozen=True)
class Share:
    """One channel's part of an answer. left_out: "no effect", "set to 0", or empty. initial: as it was."""

    channel: str
    left_out: str
    limits: Limits
    initial: Point
    proposed: Point


@dataclass(frozen=True)
class Promise:
    """How sure an answer is, over draws; response per period more than as it was.

    gain: the mean; low, high: the middle 90 % of draws; chance: share of draws in which the response rises.
    recommended: whether to shift; None for a target, which asks another question: `met` is the share of draws in which
    it is met. even, even_ends: the mean and the middle 90 % of what today's spends would bring more if spread evenly.
    test: the channel whose test would tell most. claimed: the gain of the shift that was weighed, whether it is
    recommended or not.
    """

    gain: float
    low: float
    high: float
    chance: float
    recommended: bool | None
    even: float
    even_ends: tuple[float, float]
    test: str
    claimed: float
    met: float | None = None


@dataclass(frozen=True)
class Answer:
    """Money and responses are per period; `periods` of them were planned. promise: None where there is one draw only.

    target: the ROAS at least, or CPA at most, that was asked for. feasible: whether it, or the total, can be met.
    """

    scenario: Scenario
    basis: Basis
    periods: int
    shares: tuple[Share, ...]
    feasible: bool
    target: float | None
    promise: Promise | None
    notes: tuple[str, ...]

    @property
    def initial_spend(self) -> float:
        return sum(share.initial.spend for share in self.shares)

    @property
    def initial_response(self) -> float:
        return sum(share.initial.response for share in self.shares)

    @property
    def spend(self) -> float:
        return sum(share.proposed.spend for share in self.shares)

    @property
    def response(self) -> float:
        return sum(share.proposed.response for share in self.shares)
