"""The dates of a dataset: which interval they have, and everything that is wrong with them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from engine.data.dataset import Finding
from engine.data.dates import Interval, floor, grid, listing, step

UNITS = {1: "day", 7: "week"}


@dataclass(frozen=True)
class Calendar:
    """The grid that dates stand on. `missing` are periods to fill in; `regular` says that the grid is then whole."""

    interval: Interval
    missing: tuple[date, ...] = ()
    regular: bool = True
    findings: tuple[Finding, ...] = ()


def read_calendar(days: Sequence[date], *, weekends_needed: bool = True) -> Calendar:
    """Find the interval of distinct, sorted days by all of them, not the first two, and check the grid.

    `weekends_needed` is False when days are added up to weeks afterwards: then office days will do.
    """
    if len(days) < 2:
        return Calendar("day", regular=False, findings=(_few(days),))
    steps = Counter(_unit((later - earlier).days) for earlier, later in pairwise(days))
    unit = max(steps, key=lambda name: (steps[name], name != "other"))
    if unit == "other":
        return Calendar("day", regular=False, findings=(_irregular(days),))
    interval: Interval = "day" if unit == "day" else "week" if unit == "week" else "month"
    if interval == "week" and (off := _other_weekdays(days)):
        return Calendar(interval, regular=False, findings=(off,))
    if interval == "month" and (twice := _twice_a_month(days)):
        return Calendar(interval, regular=False, findings=(twice,))
    return _gaps(days, interval, weekends_needed)


def _unit(days: int) -> str:
    return UNITS.get(days, "month" if 28 <= days <= 31 else "other")


def _gaps(days: Sequence[date], interval: Interval, weekends_needed: bool) -> Calendar:
    notes: list[Finding] = []
    if interval == "month" and any(day.day != 1 for day in days):
        notes.append(
            Finding(
                code="date.month_start",
                grade="INFO",
                text="Months are dated by their first day from here on.",
                where=listing(list(days), 2),
            )
        )
        days = [floor(day, "month") for day in days]
    present = set(days)
    missing = [day for day in grid(days[0], days[-1], interval) if day not in present]
    if not missing:
        return Calendar(interval, findings=tuple(notes))
    if interval == "day" and len(missing) > 2 and all(day.weekday() >= 5 for day in missing):
        grade = "FAIL" if weekends_needed else "INFO"
        text = f"There are no rows on {len(missing)} Saturdays and Sundays."
        remedy = "Add the weekends, or add days up to weeks at the source." if weekends_needed else ""
        weekends = Finding.model_validate(
            {"code": "date.weekends", "grade": grade, "where": listing(missing), "text": text, "remedy": remedy}
        )
        return Calendar(interval, regular=not weekends_needed, findings=(*notes, weekends))
    runs = _runs(missing, interval)
    long = [run for run in runs if len(run) > 1]
    if long:
        spans = ", ".join(f"{run[0]} to {run[-1]} ({len(run)} {interval}s)" for run in long[:5])
        notes.append(
            Finding(
                code="date.gap",
                grade="FAIL",
                where=spans + (f" and {len(long) - 5} more" if len(long) > 5 else ""),
                text=f"Rows are missing for more than one {interval} in a row, {len(long)} "
                f"{'time' if len(long) == 1 else 'times'}.",
                remedy="Add these rows at the source: a gap this long cannot be guessed.",
                number=float(max(map(len, long))),
            )
        )
        return Calendar(interval, regular=False, findings=tuple(notes))
    notes.append(
        Finding(
            code="date.gap_filled",
            grade="REVIEW",
            where=listing(missing),
            text=f"{len(missing)} single {interval}{'s have' if len(missing) > 1 else ' has'} no row; "
            "media count as 0 there.",
            remedy="Add the rows if anything was spent; the KPI must be added, it is never made up.",
            number=float(len(missing)),
        )
    )
    return Calendar(interval, tuple(missing), findings=tuple(notes))


def _runs(missing: Sequence[date], interval: Interval) -> list[list[date]]:
    """Group missing periods that follow each other."""
    runs: list[list[date]] = []
    for day in missing:
        if runs and step(runs[-1][-1], interval) == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _few(days: Sequence[date]) -> Finding:
    return Finding(
        code="date.few",
        grade="FAIL",
        where=listing(days),
        text=f"There {'is only one date' if days else 'are no dates'}.",
        remedy="Check the date column and the country.",
    )


def _irregular(days: Sequence[date]) -> Finding:
    odd = [later for earlier, later in pairwise(days) if _unit((later - earlier).days) == "other"]
    return Finding(
        code="date.irregular",
        grade="FAIL",
        where=listing(odd),
        text="The dates follow no rhythm of days, weeks or months.",
        remedy="Give one row per day, per week or per month.",
    )


def _other_weekdays(days: Sequence[date]) -> Finding | None:
    usual = Counter(day.weekday() for day in days).most_common(1)[0][0]
    odd = [day for day in days if day.weekday() != usual]
    if not odd:
        return None
    name = next(day for day in days if day.weekday() == usual).strftime("%A")
    return Finding(
        code="date.weekday",
        grade="FAIL",
        where=listing(odd),
        text=f"Weeks begin on {name}, but {len(odd)} {'date falls' if len(odd) == 1 else 'dates fall'} on another day.",
        remedy=f"Date every week by its {name}.",
        number=float(len(odd)),
    )


def _twice_a_month(days: Sequence[date]) -> Finding | None:
    months = Counter(floor(day, "month") for day in days)
    odd = [day for day in days if months[floor(day, "month")] > 1]
    if not odd:
        return None
    return Finding(
        code="date.irregular",
        grade="FAIL",
        where=listing(odd),
        text="Most rows are a month apart, but some months have several.",
        remedy="Give one row per month.",
    )
