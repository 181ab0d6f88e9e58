"""What a check looks at, and what it finds: a finding with the changes of the recipe that would mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.data.check.profiles import Profile
from engine.data.check.together import Together, together
from engine.data.dataset import Finding
from engine.data.dates import Interval
from engine.data.mapping import Mapping as Roles
from engine.data.recipe import Change, Recipe
from engine.data.rules.view import View

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A finding, and the changes that would mend it, the likeliest first. `first`: where to go before any of them."""

    finding: Finding
    changes: tuple[Change, ...] = ()
    first: str = ""


@dataclass(frozen=True)
class Looked:
    """What is looked at. `frame`: what a training would read, (T, columns) with the date; `known`: the same periods of
    the source before anything was filled or resampled, by date, with further columns that could stand for a channel.
    """

    frame: pd.DataFrame
    roles: Roles
    interval: Interval
    known: pd.DataFrame
    asked: Profile
    paired: Mapping[str, Sequence[str]] = field(default_factory=dict)
    said: frozenset[str] = frozenset()
    """Columns of which somebody said how they are filled."""
    beside: Together | None = None
    """How far the drivers, or more of them, can be told apart, where that is known already."""

    @cached_property
    def view(self) -> View:
        """The rows with the shortcuts that the rules have."""
        return View(self.frame, self.roles, self.interval)

    @cached_property
    def days(self) -> list[date]:
        return self.view.days

    @cached_property
    def goal(self) -> Vector:
        """(T,), NaN where the KPI is missing."""
        return self.view.values(self.roles.dep_var)

    @cached_property
    def drivers(self) -> list[str]:
        """Modelled columns that hold numbers, once each."""
        return list(dict.fromkeys(self.view.numeric))

    @cached_property
    def columns(self) -> list[str]:
        """Spends and drivers that hold numbers, once each."""
        return list(dict.fromkeys((*self.roles.paid_media_spends, *self.drivers)))

    @cached_property
    def matrix(self) -> npt.NDArray[np.float64]:
        """(T, drivers), missing as 0."""
        return self.stacked(self.drivers)

    @cached_property
    def together(self) -> Together:
        """How far the drivers can be told apart."""
        if self.beside is not None:
            return self.beside.only(self.drivers)
        return together(self.drivers, self.matrix)

    def stacked(self, names: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return columns beside each other, (T, names), missing as 0."""
        if not names:
            return np.zeros((len(self.frame), 0))
        return np.column_stack([np.nan_to_num(self.view.values(name)) for name in names])

    def spend_of(self, name: str) -> str:
        """Return the spend whose channel is modelled on a column; empty where there is none."""
        return next((spend for spend, used in self.roles.exposures.items() if used == name), "")

    def part_of(self, name: str) -> str:
        """Return what leaving a driver out means: its channel's spend, or itself."""
        return self.spend_of(name) or name


def inside(frame: pd.DataFrame, date_var: str, recipe: Recipe) -> pd.DataFrame:
    """Return the rows of a recipe's window; what was read before them is history only."""
    days = pd.to_datetime(frame[date_var])
    kept = np.ones(len(frame), dtype=bool)
    if recipe.start:
        kept &= (days >= pd.Timestamp(recipe.start)).to_numpy()
    if recipe.end:
        kept &= (days <= pd.Timestamp(recipe.end)).to_numpy()
    return frame if kept.all() else frame[kept].reset_index(drop=True)


def drop(looked: Looked, name: str, reason: str) -> tuple[Change, ...]:
    """The change that leaves a column out; an exposure goes with its channel. Nothing where it is the last channel."""
    left = looked.part_of(name)
    if left == looked.roles.dep_var or looked.roles.paid_media_spends == (left,):
        return ()
    return (Change(kind="drop", column=left, reason=reason),)


def on_spend(looked: Looked, spend: str, reason: str) -> tuple[Change, ...]:
    """The change that models a channel on its spend."""
    if looked.roles.exposures.get(spend, spend) == spend:
        return ()
    return (Change(kind="exposure", column=spend, value="", reason=reason),)


def window(start: date | None, end: date | None, reason: str) -> Change:
    """The change that bounds the window."""
    return Change(kind="window", value=f"{start or ''}:{end or ''}", reason=reason)


def say(code: str, grade: Any, column: str, where: str, text: str, remedy: str, number: Any = None, **more: Any) -> Any:
    """Return a finding."""
    known = None if number is None or not np.isfinite(number) else float(number)
    return Finding(code=code, grade=grade, column=column, where=where, text=text, remedy=remedy, number=known, **more)
