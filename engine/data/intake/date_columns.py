"""Which column dates the rows, where none holds whole dates: made of several, or said that it cannot be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.data.column_words import CALENDAR, DATE, words
from engine.data.dataset import Finding
from engine.data.intake.column import ENOUGH, Plan, Tally
from engine.data.intake.date_parts import DateParts
from engine.data.month_names import MONTHS, QUARTER, WEEK, folded
from engine.errors import BadData

_NAME: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_INCOMPLETE: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(rf"(?:{WEEK})[ .#_-]*\d{{1,2}}"), "a week without its year"),
    (re.compile(rf"(?:{QUARTER}|t)[ .]*[1-4]|[1-4]\. ?(?:{QUARTER})"), "a quarter without its year"),
    (re.compile(rf"(?:{_NAME})\.?"), "a month without its year"),
    (re.compile(rf"\d{{1,2}}\.?[ /-]?(?:{_NAME})\.?|(?:{_NAME})\.?[ /-]\d{{1,2}}"), "a day without its year"),
    (re.compile(r"\d{1,2}[./-]\d{1,2}\.?"), "two numbers that may be a day and a month, or a month and a year"),
)


@dataclass(frozen=True)
class Dates:
    """The columns of a file, those that are made of others last. made: how."""

    plans: tuple[Plan, ...]
    tallies: list[Tally]
    made: tuple[DateParts, ...] = ()
    findings: tuple[Finding, ...] = ()


def settle_dates(tallies: Sequence[Tally], plans: Sequence[Plan], parts: Sequence[DateParts], country: str) -> Dates:
    """Keep the one date that is made of columns where no column holds dates by itself.

    tallies, plans: of the file's columns, then of each of `parts`. Raises BadData where dates lack their year.
    """
    own = len(plans) - len(parts)
    there = Dates(tuple(plans[:own]), list(tallies[:own]))
    if any(plan.type == "date" for plan in there.plans):
        return there
    for one, plan, tally in zip(parts, plans[own:], tallies[own:], strict=True):
        if plan.type == "date" and tally.filled > ENOUGH * tally.rows_seen:
            said = one.said(next(iter(tally.examples)), country)
            return Dates((*there.plans, plan), [*there.tallies, tally], (one,), (said,))
    for tally in there.tallies:
        row, value = tally.days.first
        if value and set(words(tally.name)) <= DATE | CALENDAR | {"kw"} and (why := _lacks(value)):
            raise BadData(
                f"Row {row} of column “{tally.name}” holds “{value}”, {why}.",
                "Write dates as 2024-01-31, or add a column with the year.",
                field="date_var",
                row=row,
                column=tally.name,
            )
    return there


def _lacks(value: str) -> str:
    text = folded(value)
    return next((why for pattern, why in _INCOMPLETE if pattern.fullmatch(text)), "")
