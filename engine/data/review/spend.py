"""Spend by channel, or by its parts: how much each had in a window, and by period."""

from dataclasses import dataclass
from math import isclose

import numpy as np

from engine.data.review.periods import NOUNS, Period
from engine.data.review.sheet import Bucket, Sheet, Span
from engine.data.review.told import Line, Plot, Told
from engine.data.review.words import amount, named, names, not_whole
from engine.labels import opening
from engine.number_words import part

# Drawn by itself; what has less is one band together.
DRAWN = NATIVE = 6


@dataclass(frozen=True)
class Band:
    """One channel or part: its name, its columns, what it had in the window and in each period."""

    name: str
    columns: tuple[str, ...]
    total: float
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class SpendOverTime:
    """Bands with spend, the largest first; and how many had none."""

    words: str
    unit: str
    mixed: tuple[str, ...]
    period: Period
    interval: str
    buckets: tuple[Bucket, ...]
    edges: tuple[str, ...]
    bands: tuple[Band, ...]
    silent: tuple[str, ...]
    by_part: bool

    @property
    def total(self) -> float:
        return sum(band.total for band in self.bands)

    @property
    def noun(self) -> str:
        return "sub-channel" if self.by_part else "channel"

    @property
    def sentence(self) -> str:
        """Which channel is the largest, and how much of all the first few are; a tie is told as one."""
        if self.mixed:
            return f"Spends are in {names(self.mixed, 6)}: they are shown by themselves, and not added up."
        if not self.bands:
            return f"Nothing was spent on media in {self.words}."
        if self.total <= 0:
            told = f"Spend adds up to {amount(self.total, self.unit)} in {self.words}"
            return f"{told}: check the sign of what came back."
        money, first = amount(self.total, self.unit), self.bands[0]
        if len(self.bands) == 1:
            return f"All {money} of media spend in {self.words} went to {named(first.name)}."
        tied = [band.name for band in self.bands if isclose(band.total, first.total, rel_tol=0.005)]
        if len(tied) == len(self.bands):
            return f"All {len(tied)} {self.noun}s had about the same of {money} in {self.words}."
        share = part(first.total / self.total)
        if len(tied) > 1:
            return f"{names(tied, 4)} are level at the top, each with {share} of {money} in {self.words}."
        if len(self.bands) == 2:
            other = self.bands[1]
            return f"{opening(named(first.name))} had {share} of {money} in {self.words}, {named(other.name)} the rest."
        half, held = 0, 0.0
        while held < 0.8 * self.total - 1e-9 * self.total:
            held += self.bands[half].total
            half += 1
        said = f"{opening(named(first.name))} had the largest part of {money} in {self.words}: {share}."
        if 1 < half < len(self.bands):
            said += f" {half} of {len(self.bands)} {self.noun}s made {part(held / self.total)}."
        return said

    @property
    def headline(self) -> str:
        """The finding above a picture: who has most, where one alone has."""
        if self.mixed or len(self.bands) < 2 or self.total <= 0:
            return f"Media spend by {self.noun}"
        first, second = self.bands[0], self.bands[1]
        if isclose(first.total, second.total, rel_tol=0.005):
            return f"Media spend by {self.noun}"
        return f"{opening(named(first.name))} has the largest part of spend: {part(first.total / self.total)}"

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        if self.silent:
            said.append(f"Without spend in this time: {names(self.silent, 5)}.")
        said += not_whole(self.buckets, self.edges, NOUNS[self.period])
        if self.interval == "week" and self.period in "MQY":
            said.append(f"A week counts in the {NOUNS[self.period]} that it begins in; some have a week more.")
        if self.mixed and len(self.bands) > NATIVE:
            said.append(f"Not drawn: {names([band.name for band in self.bands[NATIVE:]], 5)}.")
        negative = [band.name for band in self.bands if any(value is not None and value < 0 for value in band.values)]
        if negative:
            said.append(f"Below 0 at times: {names(negative, 5)}. That may be money that came back.")
        return tuple(said)

    def drawn(self, most: int) -> tuple[Band, ...]:
        """The bands that are drawn by themselves, and the rest as one, at most so many."""
        if len(self.bands) <= most or self.mixed:
            return self.bands[:most]
        kept, rest = self.bands[: most - 1], self.bands[most - 1 :]
        sums = [[band.values[at] for band in rest] for at in range(len(self.buckets))]
        values = tuple(_sum([value for value in one if value is not None]) for one in sums)
        columns = tuple(name for band in rest for name in band.columns)
        return (*kept, Band(f"{len(rest)} others", columns, sum(band.total for band in rest), values))

    def told(self) -> Told:
        """The look as plain data."""
        series = tuple(Line(name=band.name, values=band.values) for band in self.drawn(NATIVE))
        plot = Plot(
            kind="line",
            title=f"Media spend by {self.noun}",
            categories=tuple(bucket.name for bucket in self.buckets),
            series=series,
            y_label=self.unit,
            exact=not self.mixed,
        )
        look = "parts" if self.by_part else "channels"
        return Told(look=look, sentence=self.sentence, notes=self.notes, plot=plot if series else None)


def spend_over_time(sheet: Sheet, span: Span, words: str, period: Period, *, by_part: bool = False) -> SpendOverTime:
    """Add up spend by channel, or with `by_part` by each spend column."""
    layout = sheet.layout
    groups = (
        [(part.name, (part.spend,)) for part in layout.parts]
        if by_part
        else [(name, tuple(part.spend for part in parts)) for name, parts in layout.channels.items()]
    )
    buckets, edges = sheet.periods(span, period)
    bands, silent = [], []
    for name, columns in groups:
        total = sheet.total(span, columns).value
        values = tuple(one.value for one in sheet.over_time(buckets, columns))
        # By its rows, not by what is drawn: a channel may have begun in a period that is not whole yet.
        if not any(np.nan_to_num(sheet.values(span, column)).any() for column in columns):
            silent.append(name)
            continue
        bands.append(Band(name, columns, total or 0.0, values))
    units = sorted({unit for name in layout.spends if (unit := layout.units.get(name, ""))})
    return SpendOverTime(
        words=words,
        unit=layout.unit(layout.spends),
        mixed=tuple(units) if len(units) > 1 else (),
        period=period,
        interval=sheet.interval,
        buckets=tuple(buckets),
        edges=edges,
        bands=tuple(sorted(bands, key=lambda band: (-band.total, band.name))),
        silent=tuple(silent),
        by_part=by_part,
    )


def _sum(values: list[float]) -> float | None:
    return sum(values) if values else None
