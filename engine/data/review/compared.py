"""What a span is held against: as many rows before, and the same stretch a year before, as far as the data go."""

from dataclasses import dataclass

from engine.data.dates import PERIODS_A_YEAR
from engine.data.review.sheet import Sheet, Span
from engine.data.review.words import stretch
from engine.labels import opening


@dataclass(frozen=True)
class Against:
    """Another span, and what it is called in a sentence: `the 181 days before`, `the year before`."""

    span: Span
    words: str


@dataclass(frozen=True)
class Compared:
    """The spans that one is held against, the directly preceding one first; and why there are no more."""

    spans: tuple[Against, ...]
    notes: tuple[str, ...]

    @property
    def first(self) -> Against | None:
        return self.spans[0] if self.spans else None


def compared(sheet: Sheet, span: Span) -> Compared:
    """Find what to hold a span against. Where it is about a year long, both are the same stretch: told once."""
    before, year = sheet.before(span), sheet.year_before(span)
    long = abs(span.rows - PERIODS_A_YEAR[sheet.interval]) <= 1
    found, notes = [], []
    if long and (held := before or year) is not None:
        found.append(Against(held, "the year before"))
    elif before is not None:
        found.append(Against(before, f"the {stretch(before, sheet.interval).removeprefix('1 ')} before"))
        if year is not None and not long and (year.last < span.first and year.first != before.first):
            found.append(Against(year, "the same time a year before"))
    elif year is not None and year.last < span.first:
        found.append(Against(year, "the same time a year before"))
    for one in found:
        if one.span.rows != span.rows:
            notes.append(
                f"{opening(one.words)} has {stretch(one.span, sheet.interval)} ({one.span.first} to {one.span.last}), "
                f"this time {stretch(span, sheet.interval)}."
            )
    if not found:
        notes.append(f"Nothing to compare with: the data begin on {sheet.begins}.")
    return Compared(tuple(found), tuple(notes))
