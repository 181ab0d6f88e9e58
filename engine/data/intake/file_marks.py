"""How a file's columns are written together: no more than a leaning for a column that leaves its decimal mark open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from engine.data.intake.marks import MARKS, MarkTally, judge


@dataclass(frozen=True)
class FileMarks:
    """Of each mark, in how many columns it parts thousands and is decimal. comma: the usual decimal mark."""

    comma: bool = False
    semicolons: bool = False
    thousands: dict[str, int] = field(default_factory=dict)
    decimals: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Sequence[MarkTally], *, semicolons: bool) -> Self:
        """Count what the columns that need no guess say. `semicolons`: whether they part the file's cells."""
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
        comma = bool(commas) if bool(commas) != bool(points) else semicolons
        return cls(comma, semicolons, thousands, decimals)

    def usual(self, mark: str) -> bool:
        """Whether a mark parts thousands in files that are separated like this one."""
        return (mark == ".") == self.semicolons

    def prior(self, marks: MarkTally) -> float:
        """Return how far the file makes it likelier that a column's open mark parts thousands: above 0, or below."""
        mark, other = marks.mark, "," if marks.mark == "." else "."
        leaning = 1.0 if self.usual(mark) else -1.0
        leaning += 3.0 if self.thousands[mark] else 0.0
        leaning += 2.0 if self.decimals[other] and not self.decimals[mark] else 0.0
        return leaning - (1.0 if self.decimals[mark] else 0.0)
