"""The dates of a dataset: which interval they have, and everything that is wrong with them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Final

from engine.data.dataset import Finding
from engine.data.dates import Interval, floor, grid, listing, step

UNITS: Final = {1: "day", 7: "week", 14: "fortnight"}
# Rhythms that no training can take: what they are called, and what they are made of.
TOO_COARSE: Final = {"fortnight": "two weeks", "quarter": "a quarter", "year": "a year"}
RHYTHM: Final = {
    "day": "daily",
    "week": "weekly",
    "fortnight": "every two weeks",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
}
# So many steps of one length in a row are a rhythm.
STEADY: Final = 3


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
    if mixed := _mixed(days):
        return Calendar("day", regular=False, findings=(mixed,))
    steps = Counter(_unit((later - earlier).days) for earlier, later in pairwise(days))
    unit = max(steps, key=lambda name: (steps[name], name != "other"))
    if unit == "other":
        return Calendar("day", regular=False, findings=(_irregular(days),))
    if unit in TOO_COARSE:
        return Calendar("month", regular=False, findings=(_too_coarse(days, unit),))
    interval: Interval = "day" if unit == "day" else "week" if unit == "week" else "month"
    if interval == "week" and (off := _other_weekdays(days)):
        return Calendar(interval, regular=False, findings=(off,))
    if interval == "month" and (twice := _twice_a_month(days)):
        return Calendar(interval, regular=False, findings=(twice,))
    return _gaps(days, interval, weekends_needed)


def _unit(days: int) -> str:
    for unit, least, most in (("month", 28, 31), ("quarter", 89, 92), ("year", 365, 366)):
        if least <= days <= most:
            return unit
    return UNITS.get(days, "other")


def _mixed(days: Sequence[date]) -> Finding | None:
    """Say from when to when each rhythm holds, if there are several."""
    spans: list[tuple[str, date, date]] = []
    place = 0
    for unit, run in groupby(_unit((later - earlier).days) for earlier, later in pairwise(days)):
        length = len(list(run))
        begin, end = days[place], days[place + length]
        place += length
        if unit == "other" or length < STEADY:
            continue
        if spans and spans[-1][0] == unit:
            spans[-1] = (unit, spans[-1][1], end)
            continue
        if spans and spans[-1][2] == begin:  # the first row of the new rhythm is no longer one of the old
            spans[-1] = (*spans[-1][:2], days[days.index(begin) - 1])
        spans.append((unit, begin, end))
    if len(spans) < 2:
        return None
    told = [f"{RHYTHM[spans[0][0]]} until {spans[0][2]}"]
    told += [f"{RHYTHM[unit]} from {begin} until {end}" for unit, begin, end in spans[1:-1]]
    told.append(f"{RHYTHM[spans[-1][0]]} from {spans[-1][1]}")
    coarsest = max((unit for unit, _, _ in spans), key=list(RHYTHM).index)
    return Finding(
        code="date.mixed",
        grade="FAIL",
        where="; ".join(f"{unit}s: {begin} to {end}" for unit, begin, end in spans),
        text=f"The dates change their rhythm: {', '.join(told)}.",
        remedy=f"Add all rows up to one row per {coarsest if coarsest not in TOO_COARSE else 'month'} at the source, "
        "or leave one of the parts out.",
        number=float(len(spans)),
    )


def _too_coarse(days: Sequence[date], unit: str) -> Finding:
    return Finding(
        code="date.coarse",
        grade="FAIL",
        where=listing(list(days), 3),
        text=f"The rows are {TOO_COARSE[unit]} apart ({RHYTHM[unit]} data): that is too coarse to tell what media do.",
        remedy="Give one row per day, per week or per month.",
        number=float(len(days)),
    )


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
