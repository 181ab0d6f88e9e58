"""What differs between two snapshots, as facts and as sentences. How it is found: `engine.data.diff`."""

import math
from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from engine.data.dates import Interval
from engine.labels import listed

# Columns that a sentence names; all stand in the table and in the file.
NAMED = 3


class Restated(BaseModel):
    """A column whose values are not what they were, over the periods that both snapshots have.

    `before` and `after` are its totals over these periods, or its means where it is not added up; None where it holds
    text. `filled`: periods that have a value now and had none; `emptied`: the other way round. `factor`: the one number
    that every changed value was multiplied by, where there is one.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    added_up: bool = True
    periods: int
    of: int
    before: float | None = None
    after: float | None = None
    first: date
    last: date
    most_at: date = Field(description="Where it changed most.")
    most_before: str = ""
    most_after: str = ""
    filled: int = 0
    emptied: int = 0
    factor: float | None = None
    every: bool = Field(False, description="Whether whatever did not change is 0 or missing.")

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def relative(self) -> float | None:
        """The change as a share of what it was; None where that was 0, or is no number."""
        return self.change / abs(self.before) if self.change is not None and self.before else None


class Alarm(BaseModel):
    """The KPI of the last whole month of the older snapshot is not what it was. None: there is no value."""

    model_config = ConfigDict(frozen=True)

    column: str
    month: date
    before: float | None
    after: float | None
    periods: int = Field(description="How many of the month's periods changed.")
    lost: int = Field(0, description="How many of them are gone.")

    @property
    def sentence(self) -> str:
        """What happened to it, with size and direction."""
        of = f"{self.column} of {self.month:%B %Y}"
        if self.after is None or self.before is None:
            return f"{of} {'is gone' if self.after is None else f'was empty and is {shown(self.after)} now'}."
        if shown(self.before) == shown(self.after) and abs(self.after - self.before) <= 1e-6 * abs(self.before):
            moved = f"{of} was restated in {self.periods} of its periods; its sum stayed {shown(self.after)}."
            return moved if not self.lost else f"{of} lost {self.lost} of its periods; its sum stayed."
        way = "up" if self.after > self.before else "down"
        relative = (self.after - self.before) / abs(self.before) if self.before else None
        before, after = told_apart(self.before, self.after)
        said = f"{of} was restated {way}, from {before} to {after}{in_percent(relative)}"
        return (
            f"{said}; {self.lost} of its periods {'is' if self.lost == 1 else 'are'} gone." if self.lost else f"{said}."
        )


class Retyped(BaseModel):
    """A column that is of another kind now, or plays another role; where it plays none, that is empty."""

    model_config = ConfigDict(frozen=True)

    column: str
    before: str
    after: str


class Span(BaseModel):
    """So many periods, from the first to the last of them."""

    model_config = ConfigDict(frozen=True)

    periods: int
    first: date
    last: date


class Diff(BaseModel):
    """What differs. `compared`: how many periods both have; 0 where they cannot be laid side by side, as `notes` say.

    `added`: after the older one's end. `filled_in`: before that. `lost`: periods that the newer one lacks.
    """

    model_config = ConfigDict(frozen=True)

    interval: Interval
    compared: int
    side_by_side: bool = True
    added: Span | None = None
    filled_in: Span | None = None
    lost: Span | None = None
    restated: tuple[Restated, ...] = ()
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    alarm: Alarm | None = None
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs at all."""
        return self.side_by_side and not any(
            (self.added, self.filled_in, self.lost, self.restated, self.came, self.went, self.retyped)
        )

    @property
    def values(self) -> int:
        """How many values were restated."""
        return sum(one.periods for one in self.restated)

    @property
    def sentence(self) -> str:
        """All of it in one sentence, the KPI's alarm first where there is one."""
        said = self._said()
        return f"{self.alarm.sentence} {said}" if self.alarm else said

    def _said(self) -> str:
        if not self.side_by_side:
            return "The two cannot be laid side by side by date."
        if self.same:
            return f"Nothing differs: the same {_periods(self.compared, self.interval)}, the same values."
        parts = [
            f"{_periods(span.periods, self.interval)} {'was' if span.periods == 1 else 'were'} {what}{_when(span)}"
            for span, what in ((self.added, "added"), (self.filled_in, "filled in"), (self.lost, "lost"))
            if span
        ]
        if self.restated:
            number = f"{self.values:,} value{'' if self.values == 1 else 's'}"
            were = "was" if self.values == 1 else "were"
            parts.append(f"{number} of {_columns([one.column for one in self.restated])} {were} restated")
        else:
            parts.append("no value was restated" if self.compared else "no period is in both")
        for names, what in ((self.came, "new"), (self.went, "gone")):
            if names:
                parts.append(f"{_columns(names)} {'is' if len(names) == 1 else 'are'} {what}")
        if self.retyped:
            are = "is" if len(self.retyped) == 1 else "are"
            parts.append(f"{_columns([one.column for one in self.retyped])} {are} of another kind now")
        said = listed(parts)
        return f"{said[:1].upper()}{said[1:]}."


def shown(value: float) -> str:
    """A number as people read it: whole where it is large or whole, else to four digits."""
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def told_apart(before: float, after: float) -> tuple[str, str]:
    """Two numbers as people read them, with so many digits that they read differently where they are different."""
    if shown(before) != shown(after) or before == after:
        return shown(before), shown(after)
    pairs = ((f"{before:,.{digits}f}", f"{after:,.{digits}f}") for digits in range(1, 10))
    return next((pair for pair in pairs if pair[0] != pair[1]), (shown(before), shown(after)))


def in_percent(share: float | None) -> str:
    """A change in brackets, ` (+6.5 %)`; nothing where there is no share to tell."""
    return f" ({percent(share)})" if share is not None and math.isfinite(share) else ""


def percent(share: float) -> str:
    """A change as a percentage with its sign: one decimal, more where it is small; 0 only where it is."""
    if share == 0:
        return "no change"
    size = abs(share) * 100
    digits = 0 if size >= 100 else 1 if size >= 0.1 else 2
    if size < 0.01:
        return f"{'+' if share >= 0 else '−'}less than 0.01 %"
    return f"{'+' if share >= 0 else '−'}{size:,.{digits}f} %"


def _periods(number: int, interval: str) -> str:
    return f"{number:,} {interval}{'' if number == 1 else 's'}"


def _when(span: Span) -> str:
    return f" ({span.first})" if span.first == span.last else f" ({span.first} to {span.last})"


def _columns(names: Sequence[str]) -> str:
    named = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:NAMED]]
    return listed([*named, f"{len(names) - NAMED} more"] if len(names) > NAMED else named)


class Listed(BaseModel):
    """What is told of two snapshots of a family: which they are, what differs in their rows, and in their roles."""

    model_config = ConfigDict(frozen=True)

    title: str
    country: str
    older: str
    newer: str
    older_made: datetime
    newer_made: datetime
    same_rows: bool = False
    roles: tuple[Retyped, ...] = ()
    diff: Diff

    @property
    def differs(self) -> bool:
        """Whether there is anything to list."""
        return bool(self.roles) or not self.diff.same
