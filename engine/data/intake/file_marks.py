"""How a file's columns are written together: no more than a leaning for a column that leaves its decimal mark open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Self

from engine.data.intake.marks import MARKS, MarkTally, judge


@dataclass(frozen=True)
class FileMarks:
    """Of each mark, in how many columns it parts thousands and is decimal. comma: the usual decimal mark."""

    comma: bool = False
    parted_by: str = ""
    thousands: dict[str, int] = field(default_factory=dict)
    decimals: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Sequence[MarkTally], *, parted_by: str) -> Self:
        """Count what the columns that need no guess say. `parted_by`: the mark between the file's cells, if any."""
        thousands, decimals = dict.fromkeys(MARKS, 0), dict.fromkeys(MARKS, 0)
        points = commas = 0
        for marks in columns:
            commas += marks.fits[1] > marks.fits[0]
            points += marks.fits[0] > marks.fits[1]
            verdict = judge(marks, "", 0)
            if verdict.weight == "guess" or (not marks.differ and marks.fits[0] == marks.fits[1]):
                continue
            decimal = "," if verdict.comma else "."
            other = "." if verdict.comma else ","
            decimals[decimal] += marks.fits[0] != marks.fits[1] or marks.mark == decimal
            thousands[other] += bool(marks.open[other].count)
        comma = bool(commas) if bool(commas) != bool(points) else parted_by == ";"
        return cls(comma, parted_by, thousands, decimals)

    def usual(self, mark: str) -> bool:
        """Whether a mark parts thousands in files that are separated like this one."""
        return (mark == ".") == (self.parted_by == ";")

    def prior(self, marks: MarkTally) -> float:
        """Return how far the file makes it likelier that a column's open mark parts thousands: above 0, or below."""
        mark, other = marks.mark, "," if marks.mark == "." else "."
        if mark == self.parted_by:
            # Who writes commas in decimals parts no cells by them: here they are quoted, between thousands.
            return inf
        leaning = 1.0 if self.usual(mark) else -1.0
        leaning += 3.0 if self.thousands[mark] else 0.0
        leaning += 2.0 if self.decimals[other] and not self.decimals[mark] else 0.0
        return leaning - (1.0 if self.decimals[mark] else 0.0)
