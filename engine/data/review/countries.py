"""Countries side by side: the datasets of one title, each in its own money. Different currencies are never added up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isclose

from engine.data.countries import country_name
from engine.data.review.goal import GoalAndSpend
from engine.data.review.told import Cell, Table, Told
from engine.data.review.words import amount, named, names
from engine.labels import opening

# A table in a message has so many rows.
ROWS = 99


@dataclass(frozen=True)
class Beside:
    """One country's dataset: what it shows, or why it cannot be shown."""

    country: str
    look: GoalAndSpend | None
    why: str = ""

    @property
    def name(self) -> str:
        return country_name(self.country)


@dataclass(frozen=True)
class Countries:
    """Countries with what they show, the largest spend of one currency together. window: what all were asked for."""

    words: str
    first: date
    last: date
    shown: tuple[tuple[Beside, GoalAndSpend], ...]
    failed: tuple[Beside, ...]

    @property
    def alike(self) -> tuple[tuple[Beside, GoalAndSpend], ...]:
        """Those whose numbers may stand beside each other: the same days, and one ratio that means the same."""
        able = [look for _, look in self.shown if look.ratio.value is not None and self._whole(look)]
        kinds = Counter(self._kind(look) for look in able)
        if not kinds:
            return ()
        kind = max(kinds, key=lambda one: (kinds[one], one))
        return tuple(
            (one, look)
            for one, look in self.shown
            if look.ratio.value is not None and self._whole(look) and self._kind(look) == kind
        )

    @property
    def sentence(self) -> str:
        """Where the ratio is highest and lowest, among those that may be compared."""
        if not self.shown:
            return "No country can be shown."
        if len(self.shown) == 1:
            one, look = self.shown[0]
            return f"Only {one.name} can be shown: {look.sentence}"
        found = sorted(self.alike, key=lambda one: (one[1].ratio.value or 0.0, one[0].name))
        if len(found) < 2:
            return f"{len(self.shown)} countries in {self.words}; no two of them can be compared by one ratio."
        (low, least), (high, most) = found[0], found[-1]
        measure = self.ratio_name
        if isclose(least.ratio.value or 0.0, most.ratio.value or 0.0, rel_tol=0.01):
            return f"{measure} is about the same in {len(found)} countries: {self._ratio(most)}."
        of = "" if len(found) == len(self.shown) else f", among {len(found)} of {len(self.shown)} that can be compared"
        return (
            f"{measure} is highest in {high.name} ({self._ratio(most)}) and lowest in {low.name} "
            f"({self._ratio(least)}) in {self.words}{of}."
        )

    @property
    def headline(self) -> str:
        """The finding above a picture."""
        first = self.sentence.split(" (")[0]
        return first if first.startswith(f"{self.ratio_name} is highest") else "Countries side by side"

    @property
    def ratio_name(self) -> str:
        """`ROAS`, or what one of the goal stands beside, of those that can be compared."""
        return "ROAS" if self.alike and self.alike[0][1].kind == "revenue" else "Spend per one of the goal"

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        units = sorted({look.spend_unit for _, look in self.shown if look.spend_unit})
        if len(units) > 1:
            said.append(f"Money is in {names(units, 8)}: nothing is added up across countries.")
        unsaid = [one.name for one, look in self.shown if not look.spend_unit]
        if unsaid and units:
            said.append(f"No currency is known of {names(unsaid, 5)}.")
        elif unsaid and len(self.shown) > 1:
            said.append("No currency is known, so nothing is added up across countries. The mapping can say it.")
        goals = sorted({look.goal for _, look in self.shown})
        if len(goals) > 1:
            said.append(f"They count different goals: {names(goals, 5)}.")
        late = [(one, look.span) for one, look in self.shown if not self._whole(look)]
        if late:
            told = [f"{one.name} ({span.first} to {span.last})" for one, span in late]
            more = f" and {len(told) - 5} more" if len(told) > 5 else ""
            said.append(f"With a star, as not of all these days: {', '.join(told[:5])}{more}.")
        said += [f"{one.name}: {one.why}" for one in self.failed[:5]]
        if len(self.failed) > 5:
            said.append(f"{len(self.failed) - 5} more countries cannot be shown.")
        if len(self.shown) > ROWS:
            said.append(f"The first {ROWS} of {len(self.shown)} countries are shown; all are in the file.")
        return tuple(said)

    def rows(self, most: int = ROWS) -> list[tuple[Cell, ...]]:
        """Cells by country."""
        found: list[tuple[Cell, ...]] = []
        for one, look in self.shown[:most]:
            star = "" if self._whole(look) else "*"
            found.append(
                (
                    Cell(text=f"{one.name}{star}"),
                    Cell(text=amount(look.goal_sum.value, look.goal_unit), number=look.goal_sum.value),
                    Cell(text=look.goal_change.told or "–", number=look.goal_change.share),
                    Cell(text=amount(look.spend_sum.value, look.spend_unit), number=look.spend_sum.value),
                    Cell(text=look.spend_change.told or "–", number=look.spend_change.share),
                    Cell(text=self._ratio(look), number=look.ratio.value),
                    Cell(
                        text=f"{(look.span.last - look.span.first).days + 1:,}",
                        number=float((look.span.last - look.span.first).days + 1),
                    ),
                )
            )
        return found

    @property
    def head(self) -> tuple[str, ...]:
        """What the columns of the table are called; the goal and the ratio by their names where all have one."""
        goals, measures = ({value(look) for _, look in self.shown} for value in (_goal, _measure))
        goal = goals.pop() if len(goals) == 1 else "Goal"
        ratio = measures.pop() if len(measures) == 1 else "Ratio"
        return ("Country", goal, "Change", "Spend", "Change of spend", ratio, "Days")

    def told(self) -> Told:
        """The look as plain data."""
        table = None
        if self.shown:
            table = Table(caption=f"Countries side by side, {self.words}", head=self.head, rows=tuple(self.rows()))
        return Told(look="countries", sentence=self.sentence, notes=self.notes, table=table)

    def _ratio(self, look: GoalAndSpend) -> str:
        return amount(look.ratio.value, look.ratio_unit)

    def _whole(self, look: GoalAndSpend) -> bool:
        """Whether a country has about all the days that were asked for: its last week may end a little earlier."""
        late = (look.span.first - self.first).days + (self.last - look.span.last).days
        return late <= 0.05 * ((self.last - self.first).days + 1)

    def _kind(self, look: GoalAndSpend) -> tuple[str, ...]:
        """What makes two ratios the same: ROAS needs no currency; what one costs needs it, and one of the same."""
        return (look.kind,) if look.kind == "revenue" else (look.kind, look.spend_unit, look.goal)


def side_by_side(beside: Sequence[Beside], words: str, first: date, last: date) -> Countries:
    """Put countries beside each other: by currency, and of one currency the largest spend first."""
    shown = [(one, one.look) for one in beside if one.look is not None]
    shown.sort(key=lambda one: (one[1].spend_unit, -(one[1].spend_sum.value or 0.0), one[0].name))
    return Countries(words, first, last, tuple(shown), tuple(one for one in beside if one.look is None))


def _goal(look: GoalAndSpend) -> str:
    return opening(named(look.goal, 32))


def _measure(look: GoalAndSpend) -> str:
    return opening(look.measure)
