"""What would mend what the checks at intake find: their findings stay theirs, the recipe's changes are added here."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from typing import Final

from engine.data.calendar import Calendar
from engine.data.check.alike import rivals
from engine.data.check.found import Found, Looked, drop, on_spend, window
from engine.data.check.series import HOLDS
from engine.data.chosen import WINDOW_END, WINDOW_START
from engine.data.dataset import Finding
from engine.data.dates import DAYS_A_PERIOD
from engine.data.recipe import Change
from engine.data.rules.columns import most

# What is mended by another reading of the columns: a sum of two, which the mapping makes.
MERGED: Final = frozenset({"media.sparse", "spend.small"})
# So many drivers are named where there are too many for the rows.
FEW: Final = 3
# Of a channel with more than this share of spend one would miss much.
MUCH: Final = 0.05
# Codes whose finding is about one column that had better be left out.
LEFT_OUT: Final[dict[str, str]] = {
    "column.constant": "never changes",
    "column.empty": "holds no value at all",
    "driver.leakage": "is nearly the KPI itself",
    "factor.levels": "has too many levels",
    "media.negative": "is negative",
    "media.zero": "is 0 in the whole window",
    "spend.small": "too small to see",
}
Remedy = Callable[[Looked, Finding], Iterator[Change]]


def with_remedies(finding: Finding, looked: Looked, calendar: Calendar) -> Found:
    """Return a finding of the checks at intake with the changes that would mend it; none where only the source can."""
    changes = list(_of(finding, looked, calendar))
    merge = finding.code in MERGED and finding.grade == "REVIEW"
    return Found(finding.model_copy(update={"offers": ()}), tuple(dict.fromkeys(changes)), "map" if merge else "")


def _of(finding: Finding, looked: Looked, calendar: Calendar) -> Iterator[Change]:
    name, code = finding.column, finding.code
    if code in LEFT_OUT and name in looked.roles.model_columns:
        yield from drop(looked, name, LEFT_OUT[code])
    elif (make := _MAKE.get(code)) is not None:
        yield from make(looked, finding)
    elif code == "date.weekends":
        yield Change(kind="resample", value="W", reason="there are no rows on weekends")
    elif code in ("date.gap", "date.irregular"):
        yield from _without_gaps(looked, calendar)


def _correlated(looked: Looked, finding: Finding) -> Iterator[Change]:
    first = finding.column
    second = next((name for name in looked.drivers if finding.where == f"{first} and {name}"), "")
    for name, other in ((second, first), (first, second)):
        if name and other:
            yield from drop(looked, name, f"moves as {other} does")


def _inflated(looked: Looked, finding: Finding) -> Iterator[Change]:
    yield from rivals(looked, finding.column)


def _missing_state(looked: Looked, finding: Finding) -> Iterator[Change]:
    if finding.column in looked.roles.context_vars and finding.column not in looked.view.texts:
        reason = "a state lasts until the next is known"
        yield Change(kind="fill", column=finding.column, value="previous", reason=reason)
    yield from drop(looked, finding.column, "has holes")


def _poor_exposure(looked: Looked, finding: Finding) -> Iterator[Change]:
    spend = looked.spend_of(finding.column) or finding.column
    yield from on_spend(looked, spend, "its exposure follows it poorly")


def _shorter(looked: Looked, finding: Finding) -> Iterator[Change]:
    days = {offer.key: date.fromisoformat(offer.value) for offer in finding.offers}
    for key, why in ((WINDOW_START, "data before"), (WINDOW_END, "data after")):
        if key in days:
            start = days[key] if key == WINDOW_START else None
            yield window(start, None if start else days[key], f"{why} it tell something else")


def _too_many(looked: Looked, finding: Finding) -> Iterator[Change]:
    """The drivers that one would miss least: those without money first, the most inflated, then the least money."""
    silent = {name: float((looked.stacked([name]) == 0).mean()) for name in looked.drivers}
    money = {name: _spent(looked, name) for name in looked.drivers}
    ranked = sorted(
        looked.drivers,
        key=lambda name: (money[name] > MUCH, -min(looked.together.vif(name), 100.0), money[name], -silent[name]),
    )
    offered = 0
    for name in ranked:
        change = drop(looked, name, "too many drivers for the rows")
        yield from change
        offered += len(change)
        if offered >= FEW:
            return


def _spent(looked: Looked, name: str) -> float:
    """What share of all spend would go with a driver; 0 of one that nothing is paid for."""
    sums = {spend: float(looked.stacked([spend]).sum()) for spend in looked.roles.paid_media_spends}
    whole = sum(sums.values())
    return sums.get(looked.part_of(name), 0.0) / whole if whole > 0 else 0.0


def _without_gaps(looked: Looked, calendar: Calendar) -> Iterator[Change]:
    """The longest part without a gap, if it is long enough to be worth anything."""
    days = list(looked.known.index)
    apart = DAYS_A_PERIOD[calendar.interval] * (1.5 if calendar.interval != "month" else 1.2)
    cuts = [place for place in range(1, len(days)) if (days[place] - days[place - 1]).days > apart]
    if not cuts:
        return
    edges = [0, *cuts, len(days)]
    start, end = max(pairwise(edges), key=lambda part: part[1] - part[0])
    if end - start < 3 * HOLDS[calendar.interval]:
        return
    yield window(days[start] if start else None, days[end - 1] if end < len(days) else None, "rows are missing beside")


def _thin(looked: Looked, finding: Finding) -> Iterator[Change]:
    """Of a channel that is only silent now and then nothing is left out: its money is in what is explained."""
    if finding.grade == "REVIEW":
        share = 0.0 if finding.number is None else finding.number
        yield from drop(looked, finding.column, f"0 in {most(share)} of the {looked.interval}s")


_MAKE: Final[dict[str, Remedy]] = {
    "context.missing": _missing_state,
    "drivers.correlated": _correlated,
    "drivers.inflated": _inflated,
    "exposure.fit": _poor_exposure,
    "exposure.unit_cost": _poor_exposure,
    "exposure.without_spend": _poor_exposure,
    "factor.missing": _missing_state,
    "kpi.incomplete": _shorter,
    "kpi.zero": _shorter,
    "media.sparse": _thin,
    "rows.per_variable": _too_many,
    "rows.too_few": _too_many,
    "spend.without_exposure": _poor_exposure,
}
