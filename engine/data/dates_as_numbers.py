"""Dates that a warehouse keeps as numbers, such as 20240131: told by a column's name and a few of its values."""

import re

from engine.columns import Column
from engine.data.column_words import DATE, words
from engine.data.dates import parse_date

_DAY = re.compile(r"(19|20)\d{6}(\.0+)?")
_MONTH_OR_WEEK = re.compile(r"(19|20)\d{2}(0[1-9]|[1-4]\d|5[0-3])(\.0+)?")


def dates_among_numbers(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns; those of numbers that are named like a date and look like one are columns of dates.

    Which days they are is told by all of their values, when the rows are read.
    """
    return tuple(c.model_copy(update={"type": "date"}) if _is_date(c) else c for c in columns)


def _is_date(column: Column) -> bool:
    if column.type != "number" or not column.examples or not set(words(column.name)) & DATE:
        return False
    days = all(_DAY.fullmatch(one) and parse_date(one.partition(".")[0]) for one in column.examples)
    return days or all(_MONTH_OR_WEEK.fullmatch(one) for one in column.examples)
