"""How far apart the first rows of a source are: enough to know whether to ask which day a week is dated by."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise

WEEK, ODD = 7, 27


def spacing(days: Iterable[date]) -> tuple[str, int | None]:
    """Return `week` and the weekday (Monday is 0), `day` or `month`, or an empty text where it cannot be told."""
    known = sorted({day.date() if isinstance(day, datetime) else day for day in days})
    steps = {(later - earlier).days for earlier, later in pairwise(known)}
    if not steps:
        return "", None
    if all(step % WEEK == 0 for step in steps) and min(steps) < ODD:
        return "week", known[0].weekday()
    if min(steps) == 1:
        return "day", None
    if min(steps) > ODD and len({day.day for day in known}) == 1:
        return "month", None
    return "", None


def written(texts: Iterable[str]) -> list[date]:
    """Return the days of texts that a warehouse wrote, as far as they are ISO dates or stamps."""
    days = []
    for text in texts:
        try:
            days.append(date.fromisoformat(text.strip()[:10]))
        except ValueError:
            continue
    return days
