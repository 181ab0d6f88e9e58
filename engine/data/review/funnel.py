"""Funnel by channel: what a thousand impressions, a click and a visit cost, and how many go from one to the next.

Each number is of the rows, and of the parts of a channel, that hold both of what it is made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from typing import Final

from engine.data.review.columns import MEASURES, Part
from engine.data.review.sheet import Sheet, Span
from engine.data.review.told import Cell, Table, Told
from engine.data.review.words import amount, named, names
from engine.number_words import percent

# A table in a message has so many rows; those of least spend stand in the file.
ROWS = 99
# A channel with less than this share of spend is not told as the dearest or the cheapest.
LEAST_SHARE = 0.01
# What each rate is made of, and for how many.
RATES: Final[dict[str, tuple[str, str, float]]] = {
    "CPM": ("spend", "impressions", 1000.0),
    "CTR": ("clicks", "impressions", 1.0),
    "CPC": ("spend", "clicks", 1.0),
    "Cost per visit": ("spend", "visits", 1.0),
    "Click to visit": ("visits", "clicks", 1.0),
}
MEANS: Final[dict[str, str]] = {
    "CPM": "spend per 1,000 impressions",
    "CTR": "clicks per impression",
    "CPC": "spend per click",
    "Cost per visit": "spend per visit",
    "Click to visit": "visits per click",
}
_COSTS: Final[tuple[str, ...]] = ("CPC", "CPM", "Cost per visit")
_SHARES: Final = ("CTR", "Click to visit")


@dataclass(frozen=True)
class Channel:
    """One channel: its spend and counts in the window, and its rates; None where it has no columns, or no number."""

    name: str
    unit: str
    spend: float | None
    counts: dict[str, float | None]
    rates: dict[str, float | None]


@dataclass(frozen=True)
class Funnel:
    """Channels, the largest spend first. rates: those that some channel has."""

    words: str
    channels: tuple[Channel, ...]
    rates: tuple[str, ...]
    counts: tuple[str, ...]
    bare: tuple[str, ...]
    one_unit: bool

    @property
    def sentence(self) -> str:
        """Which channel is the dearest and which the cheapest, by the first cost that several have."""
        if not self.rates:
            return "No channel has a column of impressions, clicks or visits beside its spend: there is no funnel."
        total = sum(abs(one.spend or 0.0) for one in self.channels)
        for rate in (one for one in _COSTS if one in self.rates):
            able = [
                one
                for one in self.channels
                if one.rates.get(rate) is not None and abs(one.spend or 0.0) >= LEAST_SHARE * total
            ]
            if len(able) < 2 or not self.one_unit:
                continue
            tiny = sum(one.rates.get(rate) is not None for one in self.channels) - len(able)
            of = f", of those with at least {LEAST_SHARE * 100:g} % of spend" if tiny else ""
            able.sort(key=lambda one: one.rates[rate] or 0.0)
            low, high = able[0], able[-1]
            least, most = low.rates[rate] or 0.0, high.rates[rate] or 0.0
            if isclose(least, most, rel_tol=0.01):
                every = f"{len(able)} channels with at least {LEAST_SHARE * 100:g} % of spend" if tiny else ""
                every = every or f"all {len(able)} channels that have one"
                return f"{rate} is about the same in {every}: {amount(most, high.unit)}."
            times = f", {most / least:.3g} times as much" if least > 0 and most / least >= 1.5 else ""
            return (
                f"{rate} is lowest in {named(low.name)} ({amount(least, low.unit)}) and highest in "
                f"{named(high.name)} ({amount(most, high.unit)}{times}), in {self.words}{of}."
            )
        found = next(one for one in self.channels if any(value is not None for value in one.rates.values()))
        rate, value = next((name, value) for name, value in found.rates.items() if value is not None)
        return f"{named(found.name)}: {rate} {self.said(rate, value, found.unit)} in {self.words}."

    @property
    def headline(self) -> str:
        """The finding above a picture."""
        first = self.sentence.split(" (")[0]
        return f"{first}" if first.split(" is ")[0] in _COSTS and "same" not in first else "Funnel by channel"

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        if self.bare and self.rates:
            said.append(f"With spend alone, so without a funnel: {names(self.bare, 5)}.")
        over = [one.name for one in self.channels if any((one.rates.get(rate) or 0.0) > 1 for rate in _SHARES)]
        if over:
            said.append(f"More than 100 %: {names(over, 5)}. Check whether those columns count the same thing.")
        if not self.one_unit:
            said.append("Channels are in several currencies: their costs are not compared.")
        if self.rates:
            said.append("What costs little here may bring little: only a model can tell what a channel brings.")
        if len(self.channels) > ROWS:
            said.append(f"The {ROWS} channels with most spend are shown, of {len(self.channels)}; all are in the file.")
        return tuple(said)

    def rows(self, most: int = ROWS) -> list[tuple[Cell, ...]]:
        """Cells by channel: its name, spend, counts and rates."""
        found = []
        for one in self.channels[:most]:
            cells = [Cell(text=one.name), Cell(text=amount(one.spend, one.unit), number=one.spend)]
            cells += [Cell(text=amount(one.counts[name]), number=one.counts[name]) for name in self.counts]
            cells += [
                Cell(text=self.said(rate, one.rates[rate], one.unit), number=one.rates[rate]) for rate in self.rates
            ]
            found.append(tuple(cells))
        return found

    @property
    def head(self) -> tuple[str, ...]:
        return ("Channel", "Spend", *(name.capitalize() for name in self.counts), *self.rates)

    def told(self) -> Told:
        """The look as plain data."""
        table = None
        if self.rates:
            table = Table(caption=f"Funnel by channel, {self.words}", head=self.head, rows=tuple(self.rows()))
        return Told(look="funnel", sentence=self.sentence, notes=self.notes, table=table)

    def said(self, rate: str, value: float | None, unit: str) -> str:
        """A rate in words: a share as a percentage, a cost with its currency."""
        if value is None:
            return "–"
        return percent(value) if rate in _SHARES else amount(value, unit)


def funnel(sheet: Sheet, span: Span, words: str) -> Funnel:
    """Set what each channel's spend bought beside it, over a span."""
    channels = []
    for name, parts in sheet.layout.channels.items():
        spends = [part.spend for part in parts]
        counts: dict[str, float | None] = {}
        for measure in MEASURES:
            columns = list(dict.fromkeys(part.bought[measure] for part in parts if measure in part.bought))
            counts[measure] = sheet.total(span, columns).value if columns else None
        rates = {rate: _rate(sheet, span, parts, *RATES[rate]) for rate in RATES}
        channels.append(Channel(name, sheet.layout.unit(spends), sheet.total(span, spends).value, counts, rates))
    channels.sort(key=lambda one: (-(one.spend or 0.0), one.name))
    having = tuple(rate for rate in RATES if any(one.rates[rate] is not None for one in channels))
    return Funnel(
        words=words,
        channels=tuple(channels),
        rates=having,
        counts=tuple(name for name in MEASURES if any(one.counts[name] is not None for one in channels)),
        bare=tuple(one.name for one in channels if not any(value is not None for value in one.rates.values())),
        one_unit=len({one.unit for one in channels}) <= 1,
    )


def _rate(sheet: Sheet, span: Span, parts: Sequence[Part], above: str, below: str, times: float) -> float | None:
    """One rate of a channel: over those of its parts that have both columns, and the rows that have both values."""
    top = bottom = 0.0
    for part in parts:
        columns: dict[str, str] = {"spend": part.spend, **{str(one): name for one, name in part.bought.items()}}
        if above not in columns or below not in columns:
            continue
        if found := sheet.both(span, [columns[above]], [columns[below]]):
            top, bottom = top + found[0], bottom + found[1]
    return times * top / bottom if bottom > 0 else None
