"""What is asked of a file that is read, and what is found in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from engine.columns import Column
from engine.data.dataset import Finding
from engine.data.intake.choices import Choices
from engine.data.intake.column import Plan


@dataclass(frozen=True)
class Asked:
    """How a file is to be read. `choices` is what a person decided; `country` whose data it is, if known.

    today: dates beyond the end of the next year are refused; None for the day it is.
    """

    country: str = ""
    choices: Choices = field(default_factory=dict)
    limit_bytes: int | None = None
    today: date | None = None


@dataclass(frozen=True)
class Facts:
    """What a file holds. `findings` are what was assumed on reading it; `plans` say how each column is read.

    missing: how many cells of each column hold no value.
    """

    rows: int
    columns: tuple[Column, ...]
    plans: tuple[Plan, ...]
    findings: tuple[Finding, ...] = ()
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A file that was read once. `batches` yields row numbers and, per column, its cells: null where empty.

    types: the type that a column has by itself, and None for one of text that is read as its plan says.
    numbered: whether the row numbers are a spreadsheet's. kept: what must live as long as it is read.
    """

    facts: Facts
    batches: Callable[[], Iterator[tuple[list[int], list[pa.Array]]]]
    types: tuple[pa.DataType | None, ...]
    numbered: bool = True
    kept: tuple[object, ...] = ()
