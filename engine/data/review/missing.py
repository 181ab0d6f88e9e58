"""Missing days as a calendar: which rows the data do not have, and which have no goal or lack other values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np

from engine.data.dates import Interval, step
from engine.data.review.sheet import Sheet, Span
from engine.data.review.told import Told
from engine.data.review.words import named
from engine.number_words import counted, percent

NAMED = 5


class State(IntEnum):
    """What a row is, the worst last."""

    FULL = 0
    SOME = 1
    NO_GOAL = 2
    NO_ROW = 3


@dataclass(frozen=True)
class Missing:
    """Each period of a window with its state. columns: how many values each column that plays a role lacks."""

    words: str
    interval: Interval
    goal: str
    days: tuple[date, ...]
    states: tuple[State, ...]
    columns: tuple[tuple[str, int], ...]

    def of(self, state: State) -> list[date]:
        return [day for day, one in zip(self.days, self.states, strict=True) if one is state]

    @property
    def sentence(self) -> str:
        """How many rows are not there, how many have no goal, and which column lacks most."""
        many = counted(len(self.days), self.interval)
        absent, blank, some = self.of(State.NO_ROW), self.of(State.NO_GOAL), self.of(State.SOME)
        if not absent and not blank and not some:
            every = f"every one of {many}" if len(self.days) > 1 else f"the one {self.interval}"
            return f"Nothing is missing: {every} in {self.words} has all its values."
        told, every = [], f"Every one of {many}" if len(self.days) > 1 else f"The one {self.interval}"
        if absent:
            told.append(f"{counted(len(absent), self.interval)} {'has' if len(absent) == 1 else 'have'} no row")
        if blank:
            goal = named(self.goal, 32)
            told.append(f"{counted(len(blank), self.interval)} {'has' if len(blank) == 1 else 'have'} no {goal}")
        said = f"Of {many} in {self.words}, {' and '.join(told)}" if told else f"{every} has a row and a goal"
        if not self.columns:
            return f"{said}."
        worst, count = self.columns[0]
        rows = len(self.days) - len(absent)
        tied = [name for name, lacks in self.columns if lacks == count]
        which = f"{named(worst)} lacks" if len(tied) == 1 else f"{len(tied)} columns lack"
        return f"{said}; {which} {count:,} of {rows:,} values ({percent(count / rows)})."

    @property
    def headline(self) -> str:
        """The finding above a picture."""
        absent, blank = len(self.of(State.NO_ROW)), len(self.of(State.NO_GOAL))
        if absent:
            return f"{counted(absent, self.interval)} {'has' if absent == 1 else 'have'} no row"
        if blank:
            return f"{counted(blank, self.interval)} {'has' if blank == 1 else 'have'} no {named(self.goal, 32)}"
        return f"Every {self.interval} has a row and a goal"

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        for state, what in ((State.NO_ROW, "No row"), (State.NO_GOAL, "No goal")):
            runs = _runs(self.of(state), self.interval)
            if runs:
                shown = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs[:NAMED]]
                more = f" and {len(runs) - NAMED} more times" if len(runs) > NAMED else ""
                said.append(f"{what}: {', '.join(shown)}{more}.")
        if len(self.columns) > 1:
            shown = [f"{named(name, 32)} {count:,}" for name, count in self.columns[:NAMED]]
            more = f" and {len(self.columns) - NAMED} more columns" if len(self.columns) > NAMED else ""
            said.append(f"Values missing: {', '.join(shown)}{more}.")
        return tuple(said)

    def told(self) -> Told:
        """The look as plain data."""
        return Told(look="missing", sentence=self.sentence, notes=self.notes)


def missing(sheet: Sheet, span: Span, words: str, goal: str, columns: Sequence[str]) -> Missing:
    """Look for what is not there. columns: those that play a role; others may lack what they like."""
    known = [name for name in dict.fromkeys((goal, *columns)) if name in sheet.frame.columns]
    at = sheet.days.index(span.first)
    days, there = sheet.days[at : at + span.rows], sheet.there[at : at + span.rows]
    holes = np.zeros((len(days), len(known)), dtype=bool)
    for place, name in enumerate(known):
        holes[:, place] = np.isnan(sheet.values(span, name))
    states = [
        State.NO_ROW
        if not present
        else State.NO_GOAL
        if goal in known and row[known.index(goal)]
        else State.SOME
        if row.any()
        else State.FULL
        for present, row in zip(there, holes, strict=True)
    ]
    lacking = [(sheet.layout.names.get(name, name), int(holes[there, at].sum())) for at, name in enumerate(known)]
    ordered = sorted(((name, count) for name, count in lacking if count), key=lambda one: (-one[1], one[0]))
    return Missing(
        words=words,
        interval=sheet.interval,
        goal=sheet.layout.names.get(goal, goal),
        days=tuple(days),
        states=tuple(states),
        columns=tuple(ordered),
    )


def _runs(days: list[date], interval: Interval) -> list[list[date]]:
    """Days that follow each other, together."""
    runs: list[list[date]] = []
    for day in days:
        if runs and step(runs[-1][-1], interval) == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
