"""What goes into the budget allocator and what comes out: one channel, its points, and the whole allocation."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from engine.experiment.budget import Scenario
from engine.model.fit.compiled import Vector

DepVarType = Literal["revenue", "conversion"]
NO_EFFECT, SET_TO_NOTHING = "no effect", "set to 0"


@dataclass(frozen=True)
class Channel:
    """One paid channel of one model, per period of the window.

    name: the column it is modelled on; spend_name: its spend column. modelled: (N,) the model's input in units of
    spend; spent: (N,) the money. inflexion and carryover (the mean over the window) in units of `modelled`.
    mean_response: mean contribution per period in the window.
    """

    name: str
    spend_name: str
    coef: float
    alpha: float
    inflexion: float
    carryover: float
    modelled: Vector
    spent: Vector
    mean_response: float


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
class Row:
    """One channel of an allocation. `loose` are its limits, widened.

    left_out: "no effect", "set to 0", or empty; takes_part: whether it is optimised nevertheless. initial: as it was;
    its response may be Robyn's mean of responses, that of `simulated` is always the response to the mean spend.
    unbound: the point within the widened limits, which says what the model claims far from the data and is not a
    recommendation.
    """

    channel: str
    spend_name: str
    left_out: str
    takes_part: bool
    limits: Limits
    loose: Limits
    window_spend: float
    initial: Point
    simulated: Point
    optimum: Point
    unbound: Point


@dataclass(frozen=True)
class Solution:
    """One optimisation: per period over all channels. gap: what a better split could at most add, relatively."""

    feasible: bool
    spend: float
    response: float
    gap: float
    target: float | None


@dataclass(frozen=True)
class Allocation:
    """The answer to a budget question. Money and responses are per period; `periods` of them were looked at.

    total: what was to be spent per period, or for a target what was spent. own_total: whether a total was given.
    """

    scenario: Scenario
    dep_var_type: DepVarType
    days: tuple[date, date]
    periods: int
    window_periods: int
    own_total: bool
    total: float
    multiplier: float
    rows: tuple[Row, ...]
    optimum: Solution
    unbound: Solution
    notes: tuple[str, ...]

    @property
    def initial_spend(self) -> float:
        return sum(row.initial.spend for row in self.rows)

    @property
    def initial_response(self) -> float:
        return sum(row.initial.response for row in self.rows)
