"""One column over time: its highs and lows, how it stands now, and what it does not say."""

from dataclasses import dataclass
from math import isclose

from engine.data.review.compared import Compared, compared
from engine.data.review.periods import BY, NOUNS, Period
from engine.data.review.sheet import Bucket, Sheet, Span, Sum
from engine.data.review.told import Line, Plot, Told
from engine.data.review.words import Change, amount, missing_of, named, not_whole
from engine.labels import opening


@dataclass(frozen=True)
class Metric:
    """A column over a window and by period; added up, or averaged where its rule says so."""

    column: str
    name: str
    unit: str
    averaged: bool
    words: str
    period: Period
    interval: str
    buckets: tuple[Bucket, ...]
    edges: tuple[str, ...]
    values: tuple[Sum, ...]
    total: Sum
    before: Sum | None
    against: Compared

    @property
    def sentence(self) -> str:
        """The whole and how it changed, then the highest and the lowest whole period."""
        called, noun = opening(named(self.name)), NOUNS[self.period]
        if self.total.value is None:
            return f"“{named(self.name)}” holds no value in {self.words}."
        kind = "on average" if self.averaged else "in total"
        said = f"{called}: {amount(self.total.value, self.unit)} {kind} in {self.words}"
        first = self.against.first
        if first is not None and self.before is not None and self.total.comparable and self.before.comparable:
            change = Change(self.total.value, self.before.value).said(first.words)
            said += f", {change}" if change else ""
        whole = [
            (one.value, bucket)
            for one, bucket in zip(self.values, self.buckets, strict=True)
            if bucket.whole and one.comparable and one.value is not None
        ]
        if len(whole) < 2:
            return f"{said}."
        low, high = min(whole, key=lambda one: one[0]), max(whole, key=lambda one: one[0])
        if isclose(low[0], high[0], rel_tol=1e-9, abs_tol=1e-12):
            return f"{said}. It is the same in every {noun}: {amount(low[0], self.unit)}."
        return (
            f"{said}. Highest {self._at(high, whole)} ({amount(high[0], self.unit)}), "
            f"lowest {self._at(low, whole)} ({amount(low[0], self.unit)})."
        )

    @property
    def headline(self) -> str:
        """What stands above a picture."""
        return f"{opening(named(self.name))}, {BY[self.period]}"

    def _at(self, found: tuple[float, Bucket], whole: list[tuple[float, Bucket]]) -> str:
        """The period of a value; where several share it, how many."""
        same = [bucket for value, bucket in whole if isclose(value, found[0], rel_tol=1e-12, abs_tol=1e-15)]
        where = {"D": "on", "W": "in the week of"}.get(self.period, "in")
        if len(same) == 1:
            return f"{where} {found[1].label}"
        return f"{'on' if self.period == 'D' else 'in'} {len(same):,} {NOUNS[self.period]}s"

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        said += not_whole(self.buckets, self.edges, NOUNS[self.period])
        if self.interval == "week" and self.period in "MQY" and not self.averaged:
            said.append(f"A week counts in the {NOUNS[self.period]} that it begins in; some have a week more.")
        if self.averaged:
            said.append("Over more than one row it is averaged here, not added up.")
            said += [one.replace("which count as nothing", "left out") for one in self._missing]
        else:
            said += self._missing
        return (*said, *self.against.notes)

    @property
    def _missing(self) -> list[str]:
        return missing_of({self.name: self.total}, self.interval)

    def told(self) -> Told:
        """The look as plain data."""
        plot = Plot(
            kind="line",
            title=named(self.name, 50),
            categories=tuple(bucket.name for bucket in self.buckets),
            series=(Line(name=self.name, values=tuple(one.value for one in self.values)),),
            y_label=self.unit,
        )
        return Told(look="metric", sentence=self.sentence, notes=self.notes, plot=plot)


def metric(sheet: Sheet, span: Span, words: str, period: Period, column: str) -> Metric:
    """Look at one column of numbers over a span."""
    against = compared(sheet, span)
    buckets, edges = sheet.periods(span, period)
    return Metric(
        column=column,
        name=sheet.layout.names.get(column, column),
        unit=sheet.layout.units.get(column, ""),
        averaged=column in sheet.averaged,
        words=words,
        period=period,
        interval=sheet.interval,
        buckets=tuple(buckets),
        edges=edges,
        values=tuple(sheet.over_time(buckets, [column])),
        total=sheet.total(span, [column]),
        before=sheet.total(against.first.span, [column]) if against.first is not None else None,
        against=against,
    )
