"""A file's rows as text, whatever its format: the number that a spreadsheet shows, and the cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.data.dataset import Finding

Row = tuple[int, list[str]]
"""A row as a spreadsheet numbers it (the first of a file is row 1), and the text of its cells."""


@dataclass(frozen=True)
class Rows:
    """A table's cells as text. `read` begins anew each time and skips rows that hold nothing.

    parted_by: the mark between the cells of a text file, empty where a format needs none. Programs write semicolons
    where the comma is the decimal mark, and commas only where it is not.
    exact: whether a cell surely stands in its column, as in a workbook: no delimiter can have moved it.
    What was assumed to get at the rows (an encoding, a sheet) is in `findings`.
    """

    read: Callable[[], Iterator[Row]]
    parted_by: str = ""
    findings: tuple[Finding, ...] = ()
    exact: bool = False
