"""What goes into Robyn's allocator and what comes out: one channel, its points, and the whole allocation."""

from dataclasses import dataclass
from datetime import date

from engine.experiment.budget import Scenario
from engine.model.budget.answer import Answer, DepVarType, Limits, Point, Share
from engine.model.fit.compiled import Vector

FORMULA = "By Robyn's formula: each channel's carryover is held at its mean in the window, whatever is spent."


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

    @property
    def answer(self) -> Answer:
        """What results say of it. One model is one opinion: nothing is promised."""
        shares = tuple(Share(row.channel, row.left_out, row.limits, row.initial, row.optimum) for row in self.rows)
        best, notes = self.optimum, (*self.notes, FORMULA)
        return Answer(self.scenario, "robyn", self.periods, shares, best.feasible, best.target, None, notes)
