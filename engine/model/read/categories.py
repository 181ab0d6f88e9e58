"""Which columns of zeros and ones stand for the categories of a factor.

With `robyn_quirks` those of Robyn, which encodes by `lares::ohse` (lares 5.3, redundant = FALSE, limit = 10): of two
categories the second's; of more all but the last, beyond ten only the ten most frequent and one OTHER. Orders are R's.
Without, all but the most frequent category, which is what the others are compared with.

A category is a text and stays one: `01`, `1` and `1.0` are three. R gets them under names that mean nothing to it
(`coded`), so that it neither reads them as numbers nor sorts them by the language of a machine.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from engine.model.fit.compiled import Vector
from engine.model.read.collation import collation_key

MOST, OTHER = 10, "OTHER"
# Robyn's names of categories: in every language they stand in this order, and its own OTHER lies between the two.
CODE, LAST = "C{:02d}", "Z"
# A factor with as many categories as this share of its rows tells nothing apart.
TOO_MANY = 0.9


def one_hot(name: str, values: Sequence[str], *, quirks: bool) -> dict[str, Vector]:
    """Return the columns of a factor by name, `{factor}_{category}`, each (T,), for its (T,) values."""
    if quirks:
        taken, kept = _as_robyn(list(values))
    else:
        taken, kept = list(values), sorted(set(values), key=collation_key)
        # Of equally frequent ones the last, as Robyn's.
        usual = max(reversed(kept), key=Counter(taken).__getitem__)
        kept.remove(usual)
    return {f"{name}_{level}": np.array([float(value == level) for value in taken]) for level in kept}


def coded(values: Sequence[str]) -> list[str]:
    """Return (T,) names for a factor's (T,) values of which Robyn makes the columns that `one_hot` makes, by quirks.

    Robyn drops the last in order, and takes the rarest together where there are more than ten: of the eleven that are
    left here it renames one at most.
    """
    taken, kept = _as_robyn(list(values))
    if len(set(taken)) == 2:
        # Of two the second has a column, so that the other comes first.
        return [CODE.format(int(value in kept)) for value in taken]
    names = {level: CODE.format(place) for place, level in enumerate(kept)}
    return [names.get(value, LAST) for value in taken]


def put_together(values: Sequence[str]) -> int:
    """Return how many categories Robyn takes together as one; 0 where each keeps its own."""
    levels = set(values)
    return len(levels) - MOST if len(levels) > MOST else 0


def tells_nothing(values: Sequence[str]) -> bool:
    """Whether nearly every row has a category of its own: Robyn makes no column of it, and breaks off at that."""
    return len(set(values)) >= TOO_MANY * len(values)


def put_together_notes(factors: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which categories Robyn takes together."""
    said = []
    for name, values in factors.items():
        if count := put_together(values):
            rarest = "the rarest counts as OTHER" if count == 1 else f"the {count} rarest count as one, OTHER"
            said.append(
                f"{name} has {MOST + count} categories: {rarest}, as in Robyn; set robyn_quirks to false to keep each."
            )
    return said


def _as_robyn(values: list[str]) -> tuple[list[str], list[str]]:
    """Return the values and which categories get a column."""
    levels = sorted(set(values), key=collation_key)
    if len(levels) == 2:
        if all(_is_number(level) for level in levels):
            levels.sort(key=float)
        return values, levels[1:]
    if len(levels) > MOST:
        # Of equally frequent ones the first by code point, as dplyr groups.
        often = sorted(Counter(values).items(), key=lambda one: (-one[1], f"_{one[0]}"))[:MOST]
        most = {level for level, _ in often}
        values = [value if value in most else OTHER for value in values]
        levels = sorted(set(values), key=collation_key)
    return values, levels[:-1]


def _is_number(text: str) -> bool:
    """Whether R reads a text as a number."""
    try:
        # Python reads more than R does.
        return bool(np.isfinite(float(text))) and "_" not in text
    except ValueError:
        return False
