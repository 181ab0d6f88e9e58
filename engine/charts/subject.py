"""What a chart is drawn of: the results, what may be said of them, and for which width."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.charts.fonts import isolated, readable
from engine.charts.page import Page
from engine.charts.style import FULL, Size
from engine.labels import in_sentence, label
from engine.results.calls import Call, calls
from engine.results.headline import ChannelResult, Headline
from engine.results.read import INTERCEPT, Results
from engine.results.reasons.reason import Level

BASE = "Base"
# Slack takes 2,000 characters.
ALT = 1900


@dataclass(frozen=True)
class Subject:
    """One run's results as charts need them. level: the verdict on it. units: by column, such as EUR, where known."""

    results: Results
    head: Headline
    level: Level
    footer: str
    size: Size = FULL
    units: Mapping[str, str] = field(default_factory=dict)

    def page(self, title: str, subtitle: str) -> Page:
        """Begin a chart: the finding as its title, what is shown below it."""
        return Page(self.size, title, subtitle)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """How each variable is called in a picture; no two alike."""
        return called(self.results.model.index)

    @cached_property
    def kpi(self) -> str:
        """The dependent variable within a sentence."""
        return shown(in_sentence(self.head.dep_var))

    @cached_property
    def kpi_in_unit(self) -> str:
        """The same with its unit, where that is known: `revenue in EUR`."""
        unit = self.units.get(self.head.dep_var, "")
        return f"{self.kpi} in {readable(unit)}" if unit else self.kpi

    @cached_property
    def spend_in_unit(self) -> str:
        """`spend`, or `spend in EUR` where every channel's is known to be."""
        units = {self.units.get(one.column or one.channel, "") for one in self.head.channels}
        [unit] = units if len(units) == 1 else {""}
        return f"spend in {readable(unit)}" if unit else "spend"

    @cached_property
    def per_unit(self) -> str:
        """What ROAS or CPA is: `revenue per unit of spend`, `spend divided by orders`."""
        if self.head.measure == "ROAS":
            return f"{self.kpi_in_unit} per {self._one_unit}"
        return f"{self.spend_in_unit} divided by {self.kpi}"

    @cached_property
    def call(self) -> Mapping[str, Call]:
        """What to do about each paid channel."""
        return {one.channel: one.call for one in calls(self.head, usable=self.level is not Level.NOT)}

    @property
    def _one_unit(self) -> str:
        unit = self.spend_in_unit.removeprefix("spend").removeprefix(" in ")
        return f"{unit} of spend" if unit else "unit of spend"


def called(columns: Iterable[str]) -> dict[str, str]:
    """How columns are called in a picture: as people say them, each in its own direction, and no two alike."""
    labels = {column: BASE if column == INTERCEPT else readable(label(column)) for column in map(str, columns)}
    alike = {name for name, count in Counter(labels.values()).items() if count > 1} | {BASE}
    found: dict[str, str] = {}
    for column, name in labels.items():
        if name in alike and column != INTERCEPT:
            name = readable(column)
        count = 2
        while name in found.values():
            name, count = f"{readable(column)} ({count})", count + 1
        found[column] = name
    return {column: isolated(name) for column, name in found.items()}


def shown(text: str) -> str:
    """A name that stands in a sentence of a picture."""
    return isolated(readable(text))


def largest(channels: tuple[ChannelResult, ...], most: int) -> tuple[tuple[ChannelResult, ...], str]:
    """The channels with the largest spend, and a sentence on those that are left out; it is empty where none is."""
    if len(channels) <= most:
        return channels, ""
    rest = channels[most:]
    share = sum(one.spend_share for one in rest)
    return channels[:most], f"Not drawn: {len(rest)} channels with less spend, {share * 100:.0f} % of it together."


def alternative(start: str, parts: Iterable[str]) -> str:
    """What a picture says, for who cannot see it: a start, and a part per channel, as many as Slack takes."""
    text, parts = start, list(parts)
    for at, part in enumerate(parts):
        following = f"{text}{' ' if at == 0 else '; '}{part}"
        if len(following) > ALT - 20:
            return f"{text}; and {len(parts) - at} more."
        text = following
    return f"{text}." if parts else text
