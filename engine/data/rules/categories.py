"""Categories: a column with a level for almost each row tells nothing that could come again."""

from collections.abc import Iterator
from typing import Final

from engine.data.dataset import Finding
from engine.data.rules.view import View, finding

# So many levels are fine in any data; more only if each has so many rows on average.
FINE: Final = 10
ROWS_A_LEVEL: Final = 5


def levels(view: View) -> Iterator[Finding]:
    """Where a category has very many levels for its rows: every one is a variable of its own."""
    for name in view.mapping.factor_vars:
        values = view.frame[name].dropna()
        count = int(values.nunique())
        if count <= FINE or count * ROWS_A_LEVEL <= len(view.frame):
            continue
        numbers = name not in view.texts
        yield finding(
            "factor.levels",
            "FAIL",
            name,
            "",
            f"The category “{name}” has {count:,} levels in {view.count(len(view.frame))}, such as “{values.iloc[0]}”; "
            "each would be a variable of its own.",
            "It holds numbers: choose it as another driver, or leave it out."
            if numbers
            else "Merge rare levels into one at the source, or leave the column out.",
            count,
        )
