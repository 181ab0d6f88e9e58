"""How many rows there are for what is asked of them."""

from collections.abc import Iterator
from typing import Final

from engine.data.dataset import Finding
from engine.data.enough import PER_VARIABLE, TWO_YEARS, USUAL_EFFECTS, least_periods
from engine.data.rules.view import View, finding
from engine.number_words import counted

YEAR_OF_WEEKS: Final = 52
HYPERPARAMETERS_A_CHANNEL: Final = 3


def enough(view: View) -> Iterator[Finding]:
    """Rows for each variable, and whether they span the seasons."""
    rows, variables = len(view.frame), len(view.mapping.drivers)
    effects = USUAL_EFFECTS[view.interval] if view.effects is None else len(view.effects)
    if rows < (needed := least_periods(variables + effects)):
        yield finding(
            "rows.too_few",
            "FAIL",
            "",
            _span(view),
            f"{view.count(rows)} cannot tell {counted(variables, 'variable')} and {counted(effects, 'time effect')} "
            f"apart; {needed} are the least.",
            f"Add earlier data, or leave out {counted(needed - rows, 'variable')}."
            if needed - rows < variables
            else "Add data.",
            rows,
        )
        return
    yield from _per_variable(view, rows, variables)
    if rows < TWO_YEARS[view.interval]:
        short = view.interval == "week" and rows < YEAR_OF_WEEKS
        yield finding(
            "rows.span",
            "FAIL" if short else "REVIEW",
            "",
            _span(view),
            f"{view.count(rows)} are less than {'one year' if short else 'two years'}: "
            "a season cannot be told from an effect of media.",
            "Add earlier data.",
            rows,
            overridable=short,
            trust=True,
        )


def _per_variable(view: View, rows: int, variables: int) -> Iterator[Finding]:
    ratio = rows / max(variables, 1)
    least, usual = PER_VARIABLE
    if ratio >= usual:
        return
    few = ratio < least
    yield finding(
        "rows.per_variable",
        "FAIL" if few else "REVIEW",
        "",
        "",
        f"{view.count(rows)} for {counted(variables, 'variable')}: {ratio:.1f} rows per variable, "
        f"{f'{least} are the least' if few else f'{usual} are usual'}.",
        f"Keep at most {counted(max(rows // (least if few else usual), 1), 'variable')}, or add earlier data.",
        ratio,
        overridable=few,
        trust=True,
    )


def _span(view: View) -> str:
    return f"{view.days[0]} to {view.days[-1]}" if view.days else ""


def information(view: View) -> Iterator[Finding]:
    """How much each hyperparameter has to go by."""
    parameters = HYPERPARAMETERS_A_CHANNEL * len(view.media) + 1
    ratio = len(view.frame) / parameters
    yield finding(
        "rows.per_hyperparameter",
        "INFO",
        "",
        "",
        f"{view.count(len(view.frame))} to learn {parameters} numbers of how spend works from: {ratio:.1f} for each.",
        "",
        ratio,
    )
