"""How a paid channel's money lay over some periods, and what its scaling does: the ground of curves and budgets."""

from dataclasses import dataclass

import numpy as np

from engine.model.fit.compiled import Vector
from engine.model.response.draws import MediaDraws
from engine.model.response.respond import Felt, feel, feel_at_once, periods_after


@dataclass(frozen=True)
class Flights:
    """One paid channel's money over H periods and what came before it.

    name: the column it is modelled on; spend_name: its spend column; place: among the media of the draws. history:
    (T,) its input in all periods before, exposures in units of spend; money: (H,) what is spent; planned: (H,) the
    input that this buys. largest: money of the largest period of the window.
    """

    name: str
    spend_name: str
    place: int
    history: Vector
    planned: Vector
    money: Vector
    largest: float

    @property
    def total(self) -> float:
        return float(self.money.sum())

    def beyond(self, factor: float) -> float:
        """Return by which share the period in which the middle unit of money is spent exceeds the largest one seen.

        The largest period alone would exceed it at once; what counts is where the money goes. 0 within what was seen.
        """
        if self.total <= 0 or factor <= 0:
            return 0.0
        ordered = np.sort(self.money)
        middle = ordered[np.searchsorted(ordered.cumsum(), self.total / 2)]
        return float(max(0.0, factor * middle / self.largest - 1)) if self.largest > 0 else 1.0


@dataclass(frozen=True)
class World:
    """What the media do, and how long a training they come from: all that turns flights into response."""

    draws: MediaDraws
    trained: int

    def after(self) -> int:
        """Return how many periods after a plan its carryover still works in, at most as many as the training had."""
        return min(periods_after(self.draws, trained=self.trained), self.trained)

    def feel(self, one: Flights, after: int, *, even: bool = False) -> Felt:
        """Return what is felt of a channel in its periods and `after` more; even: the same money in every period."""
        planned = np.full(len(one.planned), one.planned.mean()) if even else one.planned
        return feel(self.draws, one.place, one.history, planned, trained=self.trained, after=after)

    def feel_at_once(self, one: Flights) -> Felt:
        """Return what is felt of each period's own spend only."""
        return feel_at_once(self.draws, one.place, one.planned, trained=self.trained)
