"""How many periods a training needs at the least: one rule for the dataset's check, the form and both trainers.

Whoever accepts few rows knowingly must not be refused later. So what is merely unwise is a caution everywhere, and
only what no trainer can do is refused, by this rule alone.
"""

from collections.abc import Collection
from typing import Final

from engine.data.dataset import Finding
from engine.data.dates import Interval

# Periods that must be left over after one for each variable.
SPARE: Final = 3
# Time effects that the form asks for by itself: trend, season, holidays, and the day of the week in daily data.
USUAL_EFFECTS: Final[dict[Interval, int]] = {"day": 4, "week": 3, "month": 3}
# Rows for each variable: fewer than the first are far too few, fewer than the second are fewer than usual.
PER_VARIABLE: Final = (5, 10)
# Days, weeks, months of two years: less cannot tell a season from an effect of media.
TWO_YEARS: Final[dict[Interval, int]] = {"day": 728, "week": 104, "month": 24}
# Rules of the dataset's check that the form's cautions have told a person who trains nevertheless.
CAUTIONED: Final = frozenset({"rows.per_variable", "rows.span"})


def least_periods(variables: int) -> int:
    """Return how many periods a window must hold at the least. variables: columns of the model, time effects too."""
    return variables + SPARE


def eased(findings: Collection[Finding], accepted: Collection[str]) -> tuple[Finding, ...]:
    """Return the findings, each overridable FAIL that a person has accepted as a REVIEW."""
    return tuple(
        one.model_copy(update={"grade": "REVIEW"})
        if one.grade == "FAIL" and one.overridable and one.code in accepted
        else one
        for one in findings
    )
