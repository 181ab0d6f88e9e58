"""Whether data are as new as they could be: against today, and against how often snapshots of them are taken."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Final

from engine.data.check.profiles import Profile
from engine.data.dataset import Finding
from engine.data.dates import DAYS_A_PERIOD, Interval, step

# Snapshots that make a rhythm, and how many times its length is late.
RHYTHM, OVERDUE = 3, 2.0
# From so many times what a profile lets pass on, data are old rather than a little late.
OLD: Final = 3
REFRESH: Final = "Take a new snapshot with /mmm dataset refresh, or go on if you mean to look back."


def stale(last: date, interval: Interval, today: date, asked: Profile) -> Iterator[Finding]:
    """Tell how many whole periods have ended since the newest one, where a profile does not let that pass."""
    behind = step(last, interval)
    late = _months(behind, today) if interval == "month" else (today - behind).days // DAYS_A_PERIOD[interval]
    allowed = asked.late[interval]
    if late <= allowed:
        return
    periods = f"{late:,} {interval}{'' if late == 1 else 's'}"
    yield Finding(
        code="data.stale",
        grade="REVIEW" if late > OLD * allowed else "INFO",
        where=f"{last}",
        text=f"The newest {interval} is {last}: {periods} have gone by since that are not here.",
        remedy=REFRESH,
        number=float(late),
    )


def _months(first: date, today: date) -> int:
    """How many calendar months have ended since the first day of one."""
    return (today.year - first.year) * 12 + today.month - first.month


def overdue(made: Sequence[datetime], now: datetime) -> Iterator[Finding]:
    """Tell that a family's next snapshot is late by the rhythm of those before. made: when each was, in any order."""
    ordered = sorted(made)
    if len(ordered) < RHYTHM:
        return
    usual = median((later - earlier).total_seconds() for earlier, later in pairwise(ordered)) / 86_400
    since = (now - ordered[-1]).total_seconds() / 86_400
    if usual < 0.5 or since <= OVERDUE * usual:
        return
    yield Finding(
        code="data.overdue",
        grade="INFO",
        where=f"{ordered[-1]:%Y-%m-%d}",
        text=f"Snapshots came every {_days(usual)}; the newest is {_days(since)} old.",
        remedy=REFRESH,
        number=since,
    )


def _days(number: float) -> str:
    whole = max(round(number), 1)
    return "day" if whole == 1 else f"{whole:,} days"
