"""Two snapshots of a family side by side: which periods came or went, and which values were restated.

Snapshots are compared on their regular grids, so that rows of one date, however many, count as what a training makes of
them. Values that differ by less than what adding up in another order does are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from engine.data.aggregate import coarser
from engine.data.column_rules import Rule
from engine.data.dates import Interval, floor, step
from engine.data.difference import Alarm, Diff, Restated, Retyped, Span, shown

# Sums of doubles in another order differ by some 1e-16 of the largest summand each: far below, and far above noise.
RELATIVE: Final = 1e-9
OF_LARGEST: Final = 1e-14
# So many values must have been multiplied by the same number until that is said.
LEAST_FOR_FACTOR: Final = 3
SAME_FACTOR: Final = 1e-6
NAMED: Final = 5
HOW: Final[Mapping[str, str]] = {
    "sum": "added up",
    "mean": "averaged",
    "max": "taken at their largest",
    "min": "taken at their smallest",
    "commonest": "taken at their commonest",
    "event": "taken at what stands out",
}
RANK: Final[Mapping[Interval, int]] = {"day": 0, "week": 1, "month": 2}
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Side:
    """One snapshot as it is compared.

    frame: (periods, columns), its index the day of each period, in order and without repetition; numbers, or text. A
    period whose values are all missing was not there. rules: by column how rows and periods become one ("sum" where
    nothing is said). types: by column what it holds, of all columns of the snapshot. rows: how many rows the periods
    were made of, 0 where nobody counted. week_dated: which of its days a week carries.
    """

    frame: pd.DataFrame
    interval: Interval
    kpi: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    week_dated: Literal["first", "last"] = "first"

    @property
    def names(self) -> list[str]:
        """All columns: those of the frame, then those that only the snapshot has."""
        return list(dict.fromkeys([*self.frame.columns, *self.types]))

    def rule(self, column: str) -> Rule:
        return self.rules.get(column, "sum")


def summary(older: Side, newer: Side) -> Diff:
    """Say what `newer` has, lacks or tells otherwise than `older`: facts, and a sentence (`Diff.sentence`).

    Where one is daily and the other weekly or monthly, the days are added up first, and `notes` say so; weeks and
    months, or weeks that begin on different days, are not laid side by side.
    """
    one, other, notes, fits = _side_by_side(_there(older), _there(newer))
    columns: dict[str, Any] = {
        "came": tuple(name for name in newer.names if name not in older.names),
        "went": tuple(name for name in older.names if name not in newer.names),
        "retyped": _retyped(older, newer),
    }
    notes += _several(older, newer)
    if not fits:
        return Diff(interval=one.interval, compared=0, side_by_side=False, notes=tuple(notes), **columns)
    both = one.frame.index.intersection(other.frame.index)
    new = other.frame.index.difference(one.frame.index)
    end = one.frame.index[-1] if len(one.frame) else None
    apart = [name for name in _common(one, other) if _by_another_rule(one, other, name)]
    notes += [_apart(name, one, other) for name in apart[:NAMED]]
    if len(apart) > NAMED:
        notes.append(f"{len(apart) - NAMED} more columns are added up in another way now, and not compared.")
    compared = [name for name in _common(one, other) if name not in apart]
    restated = [found for name in compared if (found := _restated(one, other, both, name))]
    notes += [_factor(found, one.interval) for found in restated if found.factor is not None]
    return Diff(
        interval=one.interval,
        compared=len(both),
        added=_span([day for day in new if end is None or day > end]),
        filled_in=_span([day for day in new if end is not None and day <= end]),
        lost=_span(list(one.frame.index.difference(other.frame.index))),
        restated=tuple(sorted(restated, key=lambda found: _weight(found, newer.kpi or older.kpi))),
        alarm=_alarm(one, other),
        notes=tuple(notes),
        **columns,
    )


def every_difference(older: Side, newer: Side) -> pd.DataFrame:
    """Return every single difference, (N, 6): date, column, what, before, after, change; dates and columns in order.

    `what` is one of: added, lost (a period), restated, filled, emptied (a value), came, went, retyped (a column).
    """
    one, other, _, fits = _side_by_side(_there(older), _there(newer))
    rows: list[tuple[object, ...]] = []
    told = summary(older, newer)
    rows += [("", name, "came", "", newer.types.get(name, ""), "") for name in told.came]
    rows += [("", name, "went", older.types.get(name, ""), "", "") for name in told.went]
    rows += [("", found.column, "retyped", found.before, found.after, "") for found in told.retyped]
    if fits:
        both = one.frame.index.intersection(other.frame.index)
        names = [name for name in _common(one, other) if not _by_another_rule(one, other, name)]
        periods = [(day, "added", other) for day in other.frame.index.difference(one.frame.index)]
        periods += [(day, "lost", one) for day in one.frame.index.difference(other.frame.index)]
        for day, what, side in sorted(periods, key=lambda found: found[0]):
            for name, value in side.frame.loc[day].items():
                if not pd.isna(value):
                    pair = ("", value) if what == "added" else (value, "")
                    rows.append((day, name, what, *pair, ""))
        for name in names:
            before, after = one.frame.loc[both, name], other.frame.loc[both, name]
            for day in both[_differs(before, after)]:
                rows.append((day, name, *_single(before[day], after[day])))
    return pd.DataFrame(rows, columns=["date", "column", "what", "before", "after", "change"])


def _single(before: Any, after: Any) -> tuple[object, ...]:
    if pd.isna(before):
        return "filled", "", after, ""
    if pd.isna(after):
        return "emptied", before, "", ""
    numbers = isinstance(before, (int, float, np.number)) and isinstance(after, (int, float, np.number))
    return "restated", before, after, after - before if numbers else ""


def _there(side: Side) -> Side:
    """Without the periods in which nothing has a value: a grid has a row for them, the snapshot has none."""
    frame = side.frame.sort_index()
    return replace(side, frame=frame[frame.notna().any(axis=1)] if len(frame.columns) else frame.iloc[:0])


def _side_by_side(older: Side, newer: Side) -> tuple[Side, Side, list[str], bool]:
    """Both on one grid, what is to be said of that, and whether there is one."""
    if older.frame.empty or newer.frame.empty:
        which = "newer" if not older.frame.empty else "older"
        none = "Neither has" if older.frame.empty and newer.frame.empty else f"The {which} one does not have"
        return older, newer, [f"{none} a period with a value."], True
    if older.interval == newer.interval:
        if older.interval == "week" and (a := older.frame.index[0].weekday()) != (b := newer.frame.index[0].weekday()):
            note = f"Its weeks were dated by {WEEKDAYS[a]}s and are dated by {WEEKDAYS[b]}s now."
            return older, newer, [note], False
        return older, newer, [], True
    coarse, fine = (older, newer) if RANK[older.interval] > RANK[newer.interval] else (newer, older)
    said = f"The older one has a row per {older.interval}, the newer one per {newer.interval}"
    if fine.interval != "day":
        return older, newer, [f"{said}: weeks do not add up to months."], False
    added = _added_up(fine, coarse)
    note = f"{said}: the days were added up to whole {coarse.interval}s first."
    return (older, added, [note], True) if coarse is older else (added, newer, [note], True)


def _added_up(fine: Side, coarse: Side) -> Side:
    """Days as the whole weeks or months of another snapshot's grid."""
    days = list(fine.frame.index)
    starts = [_period_of(day, coarse) for day in days]
    frame = coarser(fine.frame, pd.Index(starts), {name: fine.rule(str(name)) for name in fine.frame.columns}, fine.kpi)
    whole = [start for start in frame.index if _begin(start, coarse) >= days[0] and _end(start, coarse) <= days[-1]]
    return replace(fine, frame=frame.loc[whole], interval=coarse.interval, week_dated=coarse.week_dated)


def _period_of(day: date, coarse: Side) -> date:
    if coarse.interval == "month":
        return floor(day, "month")
    weeks, rest = divmod((day - coarse.frame.index[0]).days, 7)
    ahead = 1 if coarse.week_dated == "last" and rest else 0
    dated: date = coarse.frame.index[0] + timedelta(days=7 * (weeks + ahead))
    return dated


def _begin(start: date, coarse: Side) -> date:
    return start - timedelta(days=6) if coarse.interval == "week" and coarse.week_dated == "last" else start


def _end(start: date, coarse: Side) -> date:
    return step(_begin(start, coarse), coarse.interval) - timedelta(days=1)


def _common(one: Side, other: Side) -> list[str]:
    """The columns whose values can be compared: of both, and numbers in both or text in both."""
    names = [str(name) for name in one.frame.columns if name in other.frame.columns]
    return [
        name
        for name in names
        if _is_number(one.frame[name]) == _is_number(other.frame[name])
        or one.frame[name].isna().all()
        or other.frame[name].isna().all()
    ]


def _by_another_rule(one: Side, other: Side, name: str) -> bool:
    """Whether rows of one date became one in another way: then other values say nothing."""
    several = any(_rows_a_period(side) > 1 for side in (one, other))
    return several and one.rule(name) != other.rule(name)


def _apart(name: str, one: Side, other: Side) -> str:
    short = name if len(name) <= 80 else f"{name[:79]}…"
    was, now = HOW[one.rule(name)], HOW[other.rule(name)]
    return f"Rows of a date are {now} in {short} now, they were {was}: its values are not compared."


def _differs(before: pd.Series[Any], after: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where two columns differ, (N,); what is missing in both is the same."""
    gone = before.isna().to_numpy(), after.isna().to_numpy()
    one_gone: np.ndarray[Any, np.dtype[np.bool_]] = gone[0] != gone[1]
    if not _are_numbers(before, after):
        texts = before.astype(str).to_numpy() != after.astype(str).to_numpy()
        return np.where(gone[0] | gone[1], one_gone, texts)
    a, b = before.astype(float).to_numpy(), after.astype(float).to_numpy()
    size = np.maximum(np.abs(np.nan_to_num(a)), np.abs(np.nan_to_num(b)))
    noise = RELATIVE * size + OF_LARGEST * (size.max() if len(size) else 0.0)
    return np.where(gone[0] | gone[1], one_gone, np.abs(np.nan_to_num(a) - np.nan_to_num(b)) > noise)


def _is_number(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def _are_numbers(before: pd.Series[Any], after: pd.Series[Any]) -> bool:
    """Whether both hold numbers; a column without any value holds whatever the other one does."""
    return all(_is_number(one) or bool(one.isna().all()) for one in (before, after))


def _restated(one: Side, other: Side, both: pd.Index[Any], name: str) -> Restated | None:
    before, after = one.frame.loc[both, name], other.frame.loc[both, name]
    changed = _differs(before, after)
    if not changed.any():
        return None
    days, was, now = list(both[changed]), before[changed], after[changed]
    numbers = _are_numbers(before, after)
    most = int(np.argmax(np.abs(_filled(now) - _filled(was)))) if numbers else 0
    added_up = other.rule(name) == "sum"
    return Restated(
        column=name,
        added_up=added_up,
        periods=len(days),
        of=len(both),
        before=_total(before, added_up) if numbers else None,
        after=_total(after, added_up) if numbers else None,
        first=days[0],
        last=days[-1],
        most_at=days[most],
        most_before=_told(was.iloc[most]),
        most_after=_told(now.iloc[most]),
        filled=int((was.isna() & now.notna()).sum()),
        emptied=int((was.notna() & now.isna()).sum()),
        factor=_one_factor(was, now) if numbers else None,
        every=bool(numbers and (_filled(before[~changed]) == 0).all()),
    )


def _filled(values: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    numbers: np.ndarray[Any, np.dtype[np.float64]] = np.nan_to_num(values.astype(float).to_numpy())
    return numbers


def _total(values: pd.Series[Any], added_up: bool) -> float | None:
    numbers = values.astype(float)
    found = numbers.sum(min_count=1) if added_up else numbers.mean()
    return None if pd.isna(found) else float(found)


def _told(value: Any) -> str:
    if pd.isna(value):
        return ""
    return shown(float(value)) if isinstance(value, (int, float, np.number)) else str(value)


def _one_factor(was: pd.Series[Any], now: pd.Series[Any]) -> float | None:
    """The number that every changed value was multiplied by, to a millionth."""
    if len(was) < LEAST_FOR_FACTOR or was.isna().any() or now.isna().any() or (was == 0).any() or (now == 0).any():
        return None
    ratios = (now / was).to_numpy(float)
    middle = float(np.median(ratios))
    if abs(middle - 1) <= 10 * SAME_FACTOR:  # numbers that were kept in fewer digits
        return None
    return middle if bool((np.abs(ratios - middle) <= SAME_FACTOR * abs(middle)).all()) else None


def _factor(found: Restated, interval: str) -> str:
    name = found.column if len(found.column) <= 80 else f"{found.column[:79]}…"
    every = f"Every value of {name}" if found.every else f"Each of the {found.periods} values of {name} that changed"
    times = shown(found.factor or 0)
    times = f"{found.factor:.6g}" if times == "1" else times
    return f"{every} is {times} times what it was: a unit, a currency or a tax may differ."


def _span(days: Sequence[date]) -> Span | None:
    return Span(periods=len(days), first=min(days), last=max(days)) if days else None


def _weight(found: Restated, kpi: str) -> tuple[bool, float, str]:
    """The KPI first, then by how much a column changed."""
    return found.column != kpi, -abs(found.relative or 0.0), found.column


def _retyped(older: Side, newer: Side) -> tuple[Retyped, ...]:
    pairs = ((name, kind, newer.types.get(name, kind)) for name, kind in older.types.items())
    return tuple(Retyped(column=name, before=was, after=now) for name, was, now in pairs if was != now)


def _several(older: Side, newer: Side) -> list[str]:
    """That dates have other numbers of rows than before."""
    told = [_rows_a_period(side) for side in (older, newer)]
    if not all(told) or abs(told[0] - told[1]) <= 0.05 * max(told):
        return []
    rows = " and ".join(f"{side.rows:,} in the {which} one" for side, which in ((older, "older"), (newer, "newer")))
    return [f"A {newer.interval} has another number of rows than before ({rows}): they were added up first."]


def _rows_a_period(side: Side) -> float:
    return side.rows / len(side.frame) if side.rows and len(side.frame) else 0.0


def _alarm(one: Side, other: Side) -> Alarm | None:
    """Whether the KPI of the older one's last whole month is not what it was."""
    name = one.kpi
    if name not in one.frame.columns or not _is_number(one.frame[name]):
        return None
    if name in other.frame.columns and _by_another_rule(one, other, name):
        return None
    there = one.frame[name].dropna()
    month = last_whole_month(list(there.index), one.interval)
    if month is None:
        return None
    days = [day for day in there.index if floor(day, "month") == month]
    before = there.loc[days]
    if name not in other.frame.columns or not _is_number(other.frame[name]):
        return Alarm(column=name, month=month, before=_total(before, True), after=None, periods=len(days))
    now = other.frame[name]
    after = now.reindex(days)
    changed = int(_differs(before, after).sum())
    whole = now[[floor(day, "month") == month for day in now.index]]
    filled = int(whole.notna().sum()) > int(after.notna().sum())
    if not changed and not filled:
        return None
    added_up = one.rule(name) == "sum"
    return Alarm(
        column=name,
        month=month,
        before=_total(before, added_up),
        after=_total(whole, added_up),
        periods=changed,
        lost=int(after.isna().sum()),
    )


def last_whole_month(days: Sequence[date], interval: Interval) -> date | None:
    """Return the first day of the last month that is there from its first period to its last; None if none is.

    days: of periods, in order. A week belongs to the month that it is dated in.
    """
    for month in _months_back(days):
        own = [day for day in days if floor(day, "month") == month]
        begun = floor(step(own[0], interval, -1), "month") != month
        ended = floor(step(own[-1], interval), "month") != month
        if begun and ended:
            return month
    return None


def _months_back(days: Sequence[date]) -> Iterator[date]:
    yield from sorted({floor(day, "month") for day in days}, reverse=True)
