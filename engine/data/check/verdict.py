"""The verdict of a check in one sentence or two: what would go wrong, and what is fine."""

from collections.abc import Sequence
from typing import Final

from engine.data.dataset import Finding
from engine.labels import listed

# What is looked at, and how the codes of its findings begin.
SUBJECTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("the dates", ("date.", "country.")),
    ("the KPI", ("kpi.",)),
    ("spend and exposures", ("media.", "spend.", "exposure.")),
    ("how drivers differ", ("drivers.", "driver.")),
    ("the number of rows", ("rows.",)),
    ("the columns' values", ("values.", "context.", "factor.", "column.", "number.")),
    ("how new they are", ("data.",)),
)


def verdict(found: Sequence[Finding]) -> str:
    """Return the verdict on findings that are open, gravest first."""
    stops = [one for one in found if one.grade == "FAIL"]
    doubts = [one for one in found if one.grade == "REVIEW"]
    if stops:
        number = "One thing stops" if len(stops) == 1 else f"{len(stops):,} things stop"
        said = f"{number} a training on these data. {'' if len(stops) == 1 else 'First: '}{stops[0].text}"
    elif doubts:
        number = "one thing" if len(doubts) == 1 else f"{len(doubts):,} things"
        said = f"These data can be trained on, but {number} could mislead. {'First: ' if len(doubts) > 1 else ''}"
        said += doubts[0].text
    else:
        said = "Nothing stands against a training on these data."
    fine = [
        name
        for name, codes in SUBJECTS
        if not any(one.code.startswith(codes) for one in [*stops, *doubts])
    ]  # fmt: skip
    if not fine:
        return said
    return f"{said} Fine: {listed(fine)}."
