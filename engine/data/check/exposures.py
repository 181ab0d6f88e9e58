"""Which column tells best what a channel's money bought: its spend, or one of its exposures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.check.ranks import Line, line
from engine.data.collinearity import exposure_fit
from engine.data.column_words import EXPOSURE, SPEND, Words, words

Vector = npt.NDArray[np.float64]

# A rank correlation must be higher by so much before another column is named instead of the one in use.
BETTER: Final = 0.05
MEASURED: Final = SPEND | frozenset(EXPOSURE)


@dataclass(frozen=True)
class Candidate:
    """A column that can stand for a channel. fit: R² of spend on spend-per-exposure times exposure; 1 for the spend."""

    spend: str
    column: str
    line: Line
    fit: float
    used: bool


def candidates(spend: str, columns: Collection[str], paired: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the columns that can stand for a channel: those of the mapping, else numbers of the channel's name."""
    named = [name for name in paired.get(spend, ()) if name in columns]
    if not named:
        channel = _channel(spend)
        named = [name for name in columns if name != spend and _channel(name) == channel]
    return [spend, *named]


def _channel(name: str) -> Words:
    """A column's name without the words that say what is measured; all of it where nothing would be left."""
    said = words(name)
    return tuple(word for word in said if word not in MEASURED) or said


def compare(spend: str, used: str, columns: Mapping[str, Vector], goal: Vector) -> list[Candidate]:
    """Return a channel's candidates with how well each tells the goal, the best by Spearman's rho first.

    columns: by name, (T,) each, missing as 0, the spend among them; goal: (T,), NaN where unknown.
    """
    there = np.isfinite(goal)
    spent = columns[spend][there]
    found = [
        Candidate(
            spend,
            name,
            line(values[there], goal[there]),
            1.0 if name == spend else exposure_fit(spent, values[there]),
            name == used,
        )
        for name, values in columns.items()
    ]
    return sorted(found, key=lambda one: (-one.line.rho, not one.used))


def better(found: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that follows the goal clearly more than the one in use; None where none does."""
    used = next((one for one in found if one.used), None)
    best = found[0] if found else None
    if used is None or best is None or best is used or best.line.rho < used.line.rho + BETTER:
        return None
    return best if best.line.r2 >= used.line.r2 else None
