"""Doubts: findings that would change how far one may trust a result. They travel with the data to the verdict."""

from collections.abc import Iterable
from typing import Final

from engine.data.dataset import Finding

# What is wrong with the readings themselves is graver than what the values make hard to tell.
GRAVEST: Final = (
    *("number.", "kpi.repeated", "date.", "column.repeated", "driver.leakage"),
    *("kpi.negative", "kpi.zero", "kpi.incomplete", "exposure.unit_cost", "media.missing", "media.zero"),
    *("kpi.weekday", "drivers.correlated", "rows.", "drivers.inflated"),
)
# Readings that were guessed: they bear on trust whoever found them, as long as somebody should look at them.
GUESSED: Final = (
    *("number.", "kpi.repeated", "column.repeated"),
    *("date.ambiguous", "date.utc", "date.numbered", "date.week_numbers", "date.made"),
)
# Rules that find several things about one column.
PAIRED: Final = frozenset({"drivers.correlated"})
MOST: Final = 40


def doubts(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that bear on trust, the gravest first, each once and at most `MOST` of them.

    What could be pressed where they were told cannot be pressed later: offers stay behind.
    """
    once = {(one.code, one.column, one.where if one.code in PAIRED else ""): one for one in findings if bears(one)}
    return tuple(one.model_copy(update={"offers": ()}) for one in sorted(once.values(), key=gravity)[:MOST])


def bears(finding: Finding) -> bool:
    """Whether a finding bears on trust. What is only worth knowing does not."""
    return finding.grade != "INFO" and (finding.trust or finding.code.startswith(GUESSED))


def gravity(finding: Finding) -> int:
    """Return the place of a finding among doubts; the gravest is 0."""
    return next((i for i, begin in enumerate(GRAVEST) if finding.code.startswith(begin)), len(GRAVEST))
