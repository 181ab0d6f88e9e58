"""How many rows there are for what is asked of them."""

from collections.abc import Iterator
from typing import Final

from engine.data.dataset import Finding
from engine.data.dates import Interval
from engine.data.rules.view import View, finding

ROWS_PER_VARIABLE: Final = (5, 10)
WEEKS: Final = (52, 104)
TWO_YEARS: Final[dict[Interval, int]] = {"day": 728, "week": WEEKS[1], "month": 24}
HYPERPARAMETERS_A_CHANNEL: Final = 3


def enough(view: View) -> Iterator[Finding]:
    """Rows for each variable, and whether they span the seasons."""
    rows, variables = len(view.frame), len(view.mapping.drivers)
    ratio = rows / max(variables, 1)
    least, usual = ROWS_PER_VARIABLE
    if ratio < usual:
        few = ratio < least
        yield finding(
            "rows.per_variable",
            "FAIL" if few else "REVIEW",
            "",
            "",
            f"{view.count(rows)} for {variables} variables: {ratio:.1f} rows per variable, "
            f"{f'{least} are the least' if few else f'{usual} are usual'}.",
            f"Keep at most {max(rows // (least if few else usual), 1)} variables, or add earlier data.",
            ratio,
            overridable=few,
        )
    if rows < TWO_YEARS[view.interval]:
        short = view.interval == "week" and rows < WEEKS[0]
        yield finding(
            "rows.span",
            "FAIL" if short else "REVIEW",
            "",
            f"{view.days[0]} to {view.days[-1]}" if view.days else "",
            f"{view.count(rows)} are less than {'one year' if short else 'two years'}: "
            "a season cannot be told from an effect of media.",
            "Add earlier data.",
            rows,
            overridable=short,
        )


def information(view: View) -> Iterator[Finding]:
    """How much each hyperparameter has to go by."""
    parameters = HYPERPARAMETERS_A_CHANNEL * len(view.media) + 1
    ratio = len(view.frame) / parameters
    yield finding(
        "rows.per_hyperparameter",
        "INFO",
        "",
        "",
        f"{view.count(len(view.frame))} for {parameters} hyperparameters: {ratio:.1f} rows each.",
        "",
        ratio,
    )
