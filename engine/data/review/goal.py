"""Goal against spend: what came in, what went out, and how one stands to the other. Not what spend brought."""

from dataclasses import dataclass

from engine.data.review.compared import Compared, compared
from engine.data.review.periods import NOUNS, Period
from engine.data.review.sheet import Bucket, Sheet, Span, Sum
from engine.data.review.told import Line, Plot, Told
from engine.data.review.words import Change, amount, missing_of, named, names, not_whole
from engine.labels import in_sentence, label, opening

# On one axis a series that is so many times as small as another lies flat.
ONE_AXIS = 4.0
BELOW = "Spend below 0 means nothing beside a goal: check its sign."


@dataclass(frozen=True)
class Ratio:
    """What one unit of spend stands beside, or what one unit of the goal costs. value: None where there is none."""

    value: float | None
    why: str = ""


@dataclass(frozen=True)
class GoalAndSpend:
    """Both over a window and by period. kind: revenue or conversion. ratio: ROAS of revenue, else cost per unit."""

    column: str
    goal: str
    kind: str
    goal_unit: str
    spend_unit: str
    words: str
    span: Span
    interval: str
    period: Period
    against: Compared
    goal_sum: Sum
    spend_sum: Sum
    ratio: Ratio
    goal_before: tuple[Sum, ...]
    spend_before: tuple[Sum, ...]
    ratio_before: tuple[Ratio, ...]
    buckets: tuple[Bucket, ...]
    edges: tuple[str, ...]
    goals: tuple[float | None, ...]
    spends: tuple[float | None, ...]
    ratios: tuple[float | None, ...]
    doubts: tuple[str, ...]
    averaged: bool = False

    @property
    def name(self) -> str:
        """The goal within a sentence."""
        return named(self.goal)

    @property
    def measure(self) -> str:
        """`ROAS`, or what one unit of the goal costs: `Spend per order`."""
        return "ROAS" if self.kind == "revenue" else f"spend per one of {named(self.goal, 32)}"

    @property
    def ratio_unit(self) -> str:
        return "" if self.kind == "revenue" else self.spend_unit

    @property
    def goal_change(self) -> Change:
        return Change(self.goal_sum.value, _comparable(self.goal_sum, self.goal_before))

    @property
    def spend_change(self) -> Change:
        return Change(self.spend_sum.value, _comparable(self.spend_sum, self.spend_before))

    @property
    def ratio_change(self) -> Change:
        before = self.ratio_before[0].value if self.ratio_before else None
        whole = self.goal_change.before is not None and self.spend_change.before is not None
        return Change(self.ratio.value, before if whole else None)

    @property
    def sentence(self) -> str:
        """The finding, for somebody who reads nothing else."""
        first = self.against.first
        if self.goal_sum.value is None:
            return f"“{self.name}” holds no value in {self.words}."
        goal = self.goal_change.said(first.words) if first is not None else ""
        came = amount(self.goal_sum.value, self.goal_unit)
        came = f"was {came} on average" if self.averaged else f"came to {came}"
        said = f"In {self.words}, {self.name} {came}{f': {goal}' if goal else ''}."
        if self.spend_sum.value is None:
            return f"{said} No spend holds a value there."
        if self.spend_sum.value == 0:
            return f"{said} Nothing was spent on media."
        change = f" ({self.spend_change.told})" if first is not None and self.spend_change.told else ""
        said += f" Media spend was {amount(self.spend_sum.value, self.spend_unit)}{change}"
        if self.ratio.value is None:
            return f"{said}. {self.ratio.why}".rstrip()
        rate = "ROAS is" if self.kind == "revenue" else "one of it stands beside"
        now = amount(self.ratio.value, self.ratio_unit)
        said += f": {rate} {now}{'' if self.kind == 'revenue' else ' of spend'}"
        before = self.ratio_change
        if before.difference is None:
            return f"{said}."
        then = amount(before.before, self.ratio_unit)
        return f"{said}, as before." if before.same or then == now else f"{said}, after {then}."

    @property
    def headline(self) -> str:
        """The finding above a picture: how both changed, where that can be told."""
        goal, spend = self.goal_change.told, self.spend_change.told
        if self.against.first is None or not goal or not spend or self.spend_sum.value == 0:
            return f"{opening(self.name)} and media spend"
        return f"{opening(self.name)} {goal}, media spend {spend}"

    @property
    def notes(self) -> tuple[str, ...]:
        of = f"{opening(self.measure)} sets all of {self.name} beside all media spend: "
        of += "what media brought, only a model can tell."
        said = [of] if self.ratio.value is not None else []
        said += not_whole(self.buckets, self.edges, NOUNS[self.period])
        if self.interval == "week" and self.period in "MQY":
            said.append(f"A week counts in the {NOUNS[self.period]} that it begins in; some have a week more.")
        said += missing_of({self.goal: self.goal_sum, "media spend": self.spend_sum}, self.interval)
        return (*said, *self.against.notes, *self.doubts)

    def told(self) -> Told:
        """The look as plain data."""
        return Told(look="goal", sentence=self.sentence, notes=self.notes, plot=self._plot())

    def _plot(self) -> Plot:
        both = [[abs(value) for value in series if value is not None] for series in (self.goals, self.spends)]
        high = [max(series, default=0.0) for series in both]
        alike = self.kind == "revenue" and self.goal_unit == self.spend_unit
        exact = alike and min(high) > 0 and max(high) <= ONE_AXIS * min(high)
        return Plot(
            kind="line",
            title=f"{opening(named(self.goal, 28))} and media spend",
            categories=tuple(bucket.name for bucket in self.buckets),
            series=(Line(name=opening(self.goal), values=self.goals), Line(name="Media spend", values=self.spends)),
            y_label=self.goal_unit,
            exact=exact,
        )


def goal_and_spend(sheet: Sheet, span: Span, words: str, period: Period, goal: str) -> GoalAndSpend:
    """Set a goal beside all media spend over a span. goal: a column of the layout's goals."""
    layout = sheet.layout
    kind, spends = layout.goals.get(goal, "revenue"), layout.spends
    against = compared(sheet, span)
    buckets, edges = sheet.periods(span, period)
    goal_unit, spend_unit = layout.units.get(goal, "") if kind == "revenue" else "", layout.unit(spends)
    doubts = _doubts(sheet, goal, kind, goal_unit)

    def ratio(one: Span) -> Ratio:
        return Ratio(None, doubts[0]) if doubts else ratio_of(sheet, one, goal, spends, kind)

    goals = [one.value for one in sheet.over_time(buckets, [goal])]
    spent = [one.value for one in sheet.over_time(buckets, spends)]
    return GoalAndSpend(
        column=goal,
        goal=_called(sheet, goal),
        kind=kind,
        goal_unit=goal_unit,
        spend_unit=spend_unit,
        words=words,
        span=span,
        interval=sheet.interval,
        period=period,
        against=against,
        goal_sum=sheet.total(span, [goal]),
        spend_sum=sheet.total(span, spends),
        ratio=ratio(span),
        goal_before=tuple(sheet.total(one.span, [goal]) for one in against.spans),
        spend_before=tuple(sheet.total(one.span, spends) for one in against.spans),
        ratio_before=tuple(ratio(one.span) for one in against.spans),
        buckets=tuple(buckets),
        edges=edges,
        goals=tuple(goals),
        spends=tuple(spent),
        ratios=tuple(ratio(one).value for one in sheet.spans(buckets)),
        doubts=doubts,
        averaged=goal in sheet.averaged,
    )


def ratio_of(sheet: Sheet, span: Span, goal: str, spends: tuple[str, ...], kind: str) -> Ratio:
    """Goal per unit of spend, or spend per unit of the goal: over the rows where both have a value."""
    found = sheet.both(span, [goal], spends)
    if found is None:
        return Ratio(None, "No row holds both.")
    brought, spent, _ = found
    if kind == "revenue":
        if spent > 0:
            return Ratio(brought / spent)
        return Ratio(None, BELOW if spent < 0 else "Nothing was spent: there is no ROAS.")
    if spent < 0:
        return Ratio(None, BELOW)
    return Ratio(spent / brought) if brought > 0 else Ratio(None, "Nothing was counted: there is no cost of one.")


def _called(sheet: Sheet, goal: str) -> str:
    """A goal within a sentence: `revenue`; as a person called it, where one did."""
    name = sheet.layout.names.get(goal, goal)
    return in_sentence(goal) if name == label(goal) else name


def _doubts(sheet: Sheet, goal: str, kind: str, goal_unit: str) -> tuple[str, ...]:
    """Why goal and spend may not be divided by each other."""
    spends = sheet.layout.spends
    units = sorted({unit for name in spends if (unit := sheet.layout.units.get(name, ""))})
    if not spends:
        return ("The mapping names no spend.",)
    if len(units) > 1:
        return (f"Spends are in {names(units, 6)}: their sum mixes currencies.",)
    if kind == "revenue" and goal_unit and units and units[0] != goal_unit:
        return (f"Revenue is in {goal_unit} and spend in {units[0]}: they cannot be divided by each other.",)
    if goal in sheet.averaged:
        return (f"“{named(sheet.layout.names.get(goal, goal))}” is averaged, not added up: no ratio to spend is told.",)
    return ()


def _comparable(now: Sum, before: tuple[Sum, ...]) -> float | None:
    """What a sum may be held against; None where too much of either is missing."""
    if not before or not now.comparable or not before[0].comparable:
        return None
    return before[0].value
