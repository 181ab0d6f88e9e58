"""What a person chose where a file can be read in several ways: plain names and values, kept with the draft.

Each key is spelled here and nowhere else. A choice about one column carries the column's name behind a colon.
"""

from collections.abc import Mapping
from typing import Final

Choices = Mapping[str, str]

POINT: Final = "point"
COMMA: Final = "comma"
# Which of its days a week is dated by: first or last.
WEEK_DATED: Final = "week_dated"
MONTH_FIRST: Final = "month_first"
DAY_FIRST: Final = "day_first"
UTC: Final = "utc"
LOCAL: Final = "local"
PERCENT: Final = "percent"
FRACTION: Final = "fraction"
ZERO: Final = "zero"
ONCE: Final = "once"
ADDED: Final = "added"
AVERAGED: Final = "averaged"
# One row per channel, or per channel and measure: whether they become columns.
CHANNELS: Final = "channels"
COLUMNS: Final = "columns"


def decimal(column: str) -> str:
    """Which decimal mark a column's numbers have: POINT or COMMA."""
    return f"decimal:{column}"


def order(column: str) -> str:
    """In which order a column's dates are written: MONTH_FIRST or DAY_FIRST."""
    return f"order:{column}"


def zone(column: str) -> str:
    """Which days a column's stamps in UTC mean: UTC as they are written, or LOCAL ones."""
    return f"zone:{column}"


def dash(column: str) -> str:
    """What a dash stands for in a column of numbers: ZERO, or no value if nothing is chosen."""
    return f"dash:{column}"


def unit(column: str) -> str:
    """What a column's numbers without a percent sign are, beside others with one: PERCENT or FRACTION."""
    return f"unit:{column}"


def merged(column: str) -> str:
    """What several values of one date become: ONCE where they repeat, ADDED or AVERAGED."""
    return f"merged:{column}"


def sheet() -> str:
    """Which sheet of a workbook is read: its name."""
    return "sheet"


def encoding() -> str:
    """In which encoding a text file is read: Python's name of it."""
    return "encoding"
