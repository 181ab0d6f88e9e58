"""What changed in spend between two stretches of equal length: channel by channel, from the one total to the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose

from engine.data.review.compared import compared
from engine.data.review.sheet import Sheet, Span
from engine.data.review.told import Line, Plot, Told
from engine.data.review.words import NOTHING, Change, amount, named, names, signed, stretch
from engine.labels import opening
from engine.number_words import counted

# Bars that stand by themselves; the rest is one.
SHOWN = 12
# A total that moves by less than this share of what moved inside it hardly moved.
HARDLY = 0.1
# Who moved less than this share of what the first did is not named with it.
LEADS = 0.1


@dataclass(frozen=True)
class Step:
    """One channel: how much its spend changed, and from what."""

    name: str
    before: float
    now: float

    @property
    def change(self) -> float:
        return self.now - self.before


@dataclass(frozen=True)
class SpendChanges:
    """Every channel whose spend changed, the largest change first. then, now: what the two stretches are called."""

    then: str
    now: str
    unit: str
    mixed: tuple[str, ...]
    before: float
    after: float
    steps: tuple[Step, ...]
    still: tuple[str, ...]
    notes: tuple[str, ...]
    lacking: str = ""

    @property
    def sentence(self) -> str:
        """How the total moved, and which channels moved it: those of its direction, and those against it."""
        if self.mixed:
            return f"Spends are in {names(self.mixed, 6)}: a total of them would mix currencies."
        if not self.then:
            return "There is nothing to compare spend with."
        if self.lacking:
            return self.lacking
        change = Change(self.after, self.before)
        if not self.steps or (change.same and not self._moved):
            if self.before == 0 == self.after:
                return f"Nothing was spent on media in {self.now}, nor in {self.then}."
            return f"Spend hardly changed: {self._amount(self.after)} in {self.now} as in {self.then}."
        up = [step for step in self.steps if step.change > 0]
        down = [step for step in self.steps if step.change < 0]
        moved = sum(abs(step.change) for step in self.steps)
        if change.same or abs(self.after - self.before) < HARDLY * moved:
            both = f"{self._amount(self.before)}, then {self._amount(self.after)}"
            return f"The total hardly changed ({both}), its parts did: {self._list(self.steps[:4])}."
        rose = self.after > self.before
        verb, leading, against = ("rose", up, down) if rose else ("fell", down, up)
        by = self._amount(abs(self.after - self.before))
        share = f" ({change.told})" if change.share is not None else ""
        said = f"Spend {verb} by {by}{share} to {self._amount(self.after)} in {self.now} against {self.then}"
        said += f", {'above all' if len(leading) > 1 else 'all of it'} by {self._list(self._leaders(leading))}"
        if against:
            return f"{said}; {'down' if rose else 'up'}: {self._list(against[:2])}."
        return f"{said}."

    @property
    def headline(self) -> str:
        """The finding above a picture: how far the total moved."""
        change = Change(self.after, self.before)
        if self.mixed or self.lacking or not self.then or not self.steps:
            return "What changed in media spend"
        if change.same:
            return "Media spend is what it was; its parts changed"
        verb = "rose" if self.after > self.before else "fell"
        share = f" ({change.told})" if change.share is not None else ""
        return f"Media spend {verb} by {self._amount(abs(self.after - self.before))}{share}"

    @property
    def _moved(self) -> bool:
        largest = max(abs(step.change) for step in self.steps)
        return largest > NOTHING * max(abs(self.before), abs(self.after), 1e-300)

    def _leaders(self, steps: list[Step]) -> list[Step]:
        """Those that moved as much as the first, and at least two of them where there are two."""
        tied = [one for one in steps if isclose(one.change, steps[0].change, rel_tol=0.005)]
        return (
            tied[:4] if len(tied) > 1 else [one for one in steps[:2] if abs(one.change) >= LEADS * abs(steps[0].change)]
        )

    def _list(self, steps: list[Step] | tuple[Step, ...]) -> str:
        return ", ".join(f"{named(step.name)} {signed(step.change)}" for step in steps)

    def _amount(self, value: float) -> str:
        return amount(value, self.unit)

    def drawn(self, most: int = SHOWN) -> tuple[Step, ...]:
        """The steps that are drawn by themselves, and the rest as one."""
        if len(self.steps) <= most:
            return self.steps
        rest = self.steps[most - 1 :]
        together = Step(f"{len(rest)} others", sum(one.before for one in rest), sum(one.now for one in rest))
        return (*self.steps[: most - 1], together)

    def told(self) -> Told:
        """The look as plain data."""
        steps = self.drawn()
        plot = None
        if steps and self.then and not self.mixed and not self.lacking:
            plot = Plot(
                kind="bar",
                title="What changed in media spend",
                categories=tuple(step.name for step in steps),
                series=(Line(name="Change in spend", values=tuple(step.change for step in steps)),),
                y_label=self.unit,
            )
        return Told(look="changes", sentence=self.sentence, notes=self.notes, plot=plot)


def spend_changes(sheet: Sheet, span: Span, words: str) -> SpendChanges:
    """Hold the spend of a span against as much time before; where the data do not go back, its halves."""
    layout, against = sheet.layout, compared(sheet, span)
    notes = list(against.notes) if against.first is not None else []
    then, now, name, called = None, span, "", words
    if against.first is not None:
        then, name = against.first.span, against.first.words
    elif halves := sheet.halves(span):
        then, now = halves
        half = stretch(now, sheet.interval).removeprefix("1 ")
        name, called = f"the first {half}", f"the second {half}"
        notes.append(
            f"The data begin on {sheet.begins}, so nothing lies before: the halves of {words} are compared "
            f"(from {then.first}, and from {now.first})."
        )
    steps, still = [], []
    for channel, parts in layout.channels.items():
        columns = [part.spend for part in parts]
        sums = [sheet.total(one, columns).value or 0.0 for one in (then, now) if one is not None]
        if then is None or isclose(sums[0], sums[-1], rel_tol=1e-9, abs_tol=1e-12):
            still.append(channel)
            continue
        steps.append(Step(channel, sums[0], sums[1]))
    if still and then is not None:
        notes.append(f"Unchanged: {names(still, 5)}.")
    if then is not None:
        notes += [said for _, said in _holes(sheet, {name: then, called: now})]
        notes.append(f"{opening(called)}: {now.first} to {now.last}. {opening(name)}: {then.first} to {then.last}.")
    units = sorted({unit for column in layout.spends if (unit := layout.units.get(column, ""))})
    return SpendChanges(
        then=name,
        now=called,
        unit=layout.unit(layout.spends),
        mixed=tuple(units) if len(units) > 1 else (),
        before=(sheet.total(then, layout.spends).value or 0.0) if then is not None else 0.0,
        after=sheet.total(now, layout.spends).value or 0.0,
        steps=tuple(sorted(steps, key=lambda step: (-abs(step.change), step.name))),
        still=tuple(still),
        notes=tuple(notes),
        lacking=" ".join(said for far, said in _holes(sheet, {name: then, called: now} if then else {}) if far),
    )


def _holes(sheet: Sheet, spans: Mapping[str, Span]) -> list[tuple[bool, str]]:
    """What of each stretch has no spend in any channel, and whether that is too much to compare."""
    sums = {name: sheet.total(span, sheet.layout.spends) for name, span in spans.items()}
    return [
        (
            not one.comparable,
            f"{'Too much is missing to compare: no' if not one.comparable else 'No'} spend holds a value in "
            f"{one.missing:,} of {counted(one.rows, sheet.interval)} of {name}.",
        )
        for name, one in sums.items()
        if one.missing
    ]
