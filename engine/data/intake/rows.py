"""A file's rows as text, whatever its format: the number that a spreadsheet shows, and the cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.data.dataset import Finding

Row = tuple[int, list[str]]
"""A row as a spreadsheet numbers it (the first of a file is row 1), and the text of its cells."""


@dataclass(frozen=True)
class Rows:
    """A table's cells as text. `read` begins anew each time and skips rows that hold nothing.

    semicolons: whether semicolons part the cells, as programs write where the comma is the decimal mark.
    What was assumed to get at the rows (an encoding, a sheet) is in `findings`.
    """

    read: Callable[[], Iterator[Row]]
    semicolons: bool = False
    findings: tuple[Finding, ...] = ()
