"""A dataset's rows as a review reads them: one row a period of the data, nothing filled, and sums of what is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.data.dates import Interval, grid, step
from engine.data.review.columns import Layout
from engine.data.review.periods import Period, begin, called, end
from engine.data.review.timeframes import Window
from engine.errors import BadData

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """Days that are added up, both included, and how many rows the data should have there."""

    first: date
    last: date
    rows: int


@dataclass(frozen=True)
class Sum:
    """What columns add up to in a span. value: None where no row has one. missing: rows of the span without one."""

    value: float | None
    missing: int
    rows: int

    @property
    def whole(self) -> bool:
        return self.missing == 0

    @property
    def comparable(self) -> bool:
        """Whether so little is missing that a sum may stand beside another: at most a tenth of the rows."""
        return self.value is not None and self.missing <= 0.1 * self.rows


@dataclass(frozen=True)
class Bucket:
    """One period of a review. whole: the data cover all of it and the window holds it. rows: those it should have,
    from the one that begins on `first` on.
    """

    start: date
    last: date
    first: date
    label: str
    whole: bool
    rows: int

    @property
    def name(self) -> str:
        """The label, with a star where the period is not whole."""
        return self.label if self.whole else f"{self.label}*"


@dataclass(frozen=True)
class Sheet:
    """Rows by the first day that each covers.

    frame: (T, columns) of floats, its index plain days in order, one for each period from the first to the last: NaN
    where there is no value, and in a row that the data do not have. there: (T,) whether the data have the row.
    averaged: columns that are averaged where rows become one; all others are added up.
    """

    frame: pd.DataFrame
    there: npt.NDArray[np.bool_]
    interval: Interval
    averaged: frozenset[str]
    layout: Layout

    @cached_property
    def days(self) -> list[date]:
        return list(self.frame.index)

    @property
    def begins(self) -> date:
        return self.days[0]

    @property
    def ends(self) -> date:
        """The last day that the last row covers."""
        return step(self.days[-1], self.interval) - timedelta(days=1)

    @property
    def weekday(self) -> int:
        """The day that weeks begin on: of weekly data, the day that its rows do."""
        return self.days[0].weekday() if self.interval == "week" else 0

    def span(self, window: Window) -> Span:
        """Return the rows that begin in a window, which count in its periods. Raises BadData where none does."""
        inside = self.days[self._place(window.first) : self._place(window.last + timedelta(days=1))]
        if not inside:
            raise BadData(
                f"No {self.interval} begins from {window.first} to {window.last}.",
                "Choose a longer timeframe.",
                field="timeframe",
            )
        return self._span(inside)

    def before(self, span: Span) -> Span | None:
        """Return as many rows directly before; None where the data do not go back so far."""
        return self._so_many(self._place(span.first) - span.rows, span.rows)

    def year_before(self, span: Span) -> Span | None:
        """Return the same stretch a year before; None where the data do not hold all of it.

        Of days and months by the calendar (29 February becomes 28); of weeks 52 weeks before.
        """
        if self.interval == "week":
            return self._so_many(self._place(span.first - timedelta(weeks=52)), span.rows, span.first - timedelta(364))
        first, last = _year_back(span.first), _year_back(span.last)
        if last.month == 2 and span.last == end(span.last.replace(day=1), "M"):
            last = end(last.replace(day=1), "M")
        if first < self.begins:
            return None
        inside = self.days[self._place(first) : self._place(last + timedelta(days=1))]
        return self._span(inside) if inside and inside[0] == first else None

    def halves(self, span: Span) -> tuple[Span, Span] | None:
        """Return the first and the second half of a span, of as many rows each; None where it has but one row."""
        half, at = span.rows // 2, self._place(span.first)
        first = self._so_many(at + span.rows - 2 * half, half)
        second = self._so_many(at + span.rows - half, half)
        return (first, second) if half and first and second else None

    def values(self, span: Span, column: str) -> Floats:
        """Return a column's values in a span."""
        at = self._place(span.first)
        found: Floats = self.frame[column].to_numpy(dtype=float)[at : at + span.rows]
        return found

    def total(self, span: Span, columns: Sequence[str]) -> Sum:
        """Add up columns over a span; a single one that is averaged is averaged.

        A row counts as missing where none of the columns has a value: of a channel that did not run, many leave it out.
        """
        if not columns:
            return Sum(None, span.rows, span.rows)
        block = np.column_stack([self.values(span, name) for name in columns])
        given = ~np.isnan(block).all(axis=1)
        if not given.any():
            return Sum(None, span.rows, span.rows)
        mean = len(columns) == 1 and columns[0] in self.averaged
        value = float(np.nanmean(block) if mean else np.nansum(block))
        return Sum(value, int((~given).sum()), span.rows)

    def both(self, span: Span, above: Sequence[str], below: Sequence[str]) -> tuple[float, float, int] | None:
        """Add up two groups of columns over the rows where each has a value: sums, and how many rows. None: no row."""
        if not above or not below:
            return None
        first, second = (np.column_stack([self.values(span, name) for name in names]) for names in (above, below))
        rows = ~np.isnan(first).all(axis=1) & ~np.isnan(second).all(axis=1)
        if not rows.any():
            return None
        return float(np.nansum(first[rows])), float(np.nansum(second[rows])), int(rows.sum())

    def buckets(self, span: Span, period: Period) -> list[Bucket]:
        """Return the periods of a span, in order. A row belongs to the period that it begins in."""
        at = self._place(span.first)
        found: dict[date, list[date]] = {}
        for day in self.days[at : at + span.rows]:
            found.setdefault(begin(day, period, self.weekday), []).append(day)
        before, after = step(span.first, self.interval, -1), step(self.days[at + span.rows - 1], self.interval)
        cut = {begin(before, period, self.weekday), begin(after, period, self.weekday)}
        return [
            Bucket(start, end(start, period), days[0], called(start, period), start not in cut, len(days))
            for start, days in found.items()
        ]

    def periods(self, span: Span, period: Period) -> tuple[list[Bucket], tuple[str, ...]]:
        """Return the periods to draw, and those left out: what is not whole would look like a fall.

        Where fewer than two are whole, all are drawn, and marked.
        """
        every = self.buckets(span, period)
        whole = [bucket for bucket in every if bucket.whole]
        if len(whole) < 2:
            return every, ()
        return whole, tuple(bucket.label for bucket in every if not bucket.whole)

    def over_time(self, buckets: Sequence[Bucket], columns: Sequence[str]) -> list[Sum]:
        """Return what columns add up to in each bucket."""
        return [self.total(one, columns) for one in self.spans(buckets)]

    def spans(self, buckets: Sequence[Bucket]) -> list[Span]:
        """Return the rows of each bucket."""
        return [Span(bucket.first, bucket.last, bucket.rows) for bucket in buckets]

    def gone(self, span: Span) -> list[date]:
        """Return the periods of a span that the data have no row of."""
        at = self._place(span.first)
        inside = zip(self.days[at : at + span.rows], self.there[at : at + span.rows], strict=True)
        return [day for day, there in inside if not there]

    def _place(self, day: date) -> int:
        """Where the first row stands that begins on a day or after it."""
        low, high = 0, len(self.days)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.days[middle] < day else (low, middle)
        return low

    def _so_many(self, at: int, rows: int, starts: date | None = None) -> Span | None:
        if at < 0 or rows < 1 or at + rows > len(self.days) or (starts is not None and self.days[at] != starts):
            return None
        return self._span(self.days[at : at + rows])

    def _span(self, inside: Sequence[date]) -> Span:
        return Span(inside[0], step(inside[-1], self.interval) - timedelta(days=1), len(inside))


def sheet_of(
    frame: pd.DataFrame, interval: Interval, layout: Layout, *, averaged: Iterable[str] = (), dated_last: bool = False
) -> Sheet:
    """Lay rows on their whole grid, by the first day that each covers.

    frame: one row a period, its index days or moments of the place that they are of; columns that are no numbers are
    left out. dated_last: weekly rows carry the last of their days. Raises BadData where there is no row.
    """
    if frame.empty:
        raise BadData("There is no row to look at.", "Check the country and the date column.")
    days = [one.date() if isinstance(one, datetime) else one for one in frame.index]
    if interval == "week" and dated_last:
        days = [day - timedelta(days=6) for day in days]
    if interval == "month" and len({(day.year, day.month) for day in days}) == len(days):
        days = [day.replace(day=1) for day in days]
    numbers = [name for name in dict.fromkeys(frame.columns) if pd.api.types.is_numeric_dtype(frame[name])]
    known = frame[numbers].astype(float).set_axis(pd.Index(days, dtype=object), axis=0).sort_index()
    known = known.where(np.isfinite(known))
    whole = grid(known.index[0], known.index[-1], interval)
    there = np.isin(np.array([day.toordinal() for day in whole]), [day.toordinal() for day in known.index])
    if int(there.sum()) < len(known):  # off the grid: every row is kept as it is
        spread, there = known, np.ones(len(known), dtype=bool)
    else:
        spread = known.reindex(pd.Index(whole, dtype=object))
    if len(spread.columns):
        there &= spread.notna().any(axis=1).to_numpy()
    seen = set(spread.columns)
    parts = tuple(part for part in layout.parts if part.spend in seen)
    kept = replace(layout, parts=parts, numeric=tuple(name for name in layout.numeric if name in seen))
    return Sheet(spread, there, interval, frozenset(averaged) & seen, kept)


def _year_back(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
