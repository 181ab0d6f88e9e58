"""What a dataset's columns are to a review: channels with their parts, and what each part's spend bought."""

from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from engine.columns import Column
from engine.data.column_words import CLICKS, GENERIC, SUFFIXES, is_rate, words
from engine.data.mapping import Mapping
from engine.labels import ENDINGS, label, told_apart

Measure = Literal["impressions", "clicks", "visits"]
MEASURES: Final[tuple[Measure, ...]] = ("impressions", "clicks", "visits")
# Words that say what a column counts. Robyn's examples write one letter: I for impressions, P for clicks.
_COUNTS: Final[dict[Measure, frozenset[str]]] = {
    "impressions": frozenset(("impressions", "impression", "impressionen", "impresiones", "imps", "impr", "mdip", "i")),
    "clicks": CLICKS,
    "visits": frozenset(
        ("visits", "visit", "visites", "visitas", "visite", "sessions", "session", "sesiones", "sitzungen", "besuche")
    ),
}
_OFF: Final = ENDINGS | SUFFIXES | frozenset().union(*_COUNTS.values()) | {"custom"}


@dataclass(frozen=True)
class Part:
    """One spend column: its channel, what it is called within it, and the columns that count what it bought."""

    spend: str
    channel: str
    name: str
    bought: Table[Measure, str]


@dataclass(frozen=True)
class Layout:
    """The columns of a dataset as a review reads them. numeric: whatever can be drawn over time."""

    goals: Table[str, str]
    parts: tuple[Part, ...]
    numeric: tuple[str, ...]
    names: Table[str, str]
    units: Table[str, str]

    @property
    def spends(self) -> tuple[str, ...]:
        return tuple(part.spend for part in self.parts)

    @property
    def channels(self) -> dict[str, tuple[Part, ...]]:
        """By channel, its parts; in the order of the mapping."""
        found: dict[str, tuple[Part, ...]] = {}
        for part in self.parts:
            found[part.channel] = (*found.get(part.channel, ()), part)
        return found

    def measured(self, measure: Measure) -> tuple[str, ...]:
        """Every column that counts a measure of some channel, once each."""
        return tuple(dict.fromkeys(part.bought[measure] for part in self.parts if measure in part.bought))

    def unit(self, columns: Sequence[str]) -> str:
        """The unit of all these columns, where it is known and one; else ""."""
        units = {self.units.get(name, "") for name in columns}
        return units.pop() if len(units) == 1 else ""


def layout(mapping: Mapping, columns: Sequence[Column], currencies: Table[str, str]) -> Layout:
    """Say what each column is to a review. currencies: by column, where reading it told."""
    numeric = tuple(
        name
        for name in (
            *(one.name for one in columns if one.type in ("number", "boolean")),
            *(one.name for one in mapping.made),
        )
        if name not in (mapping.date_var, mapping.country_var)
    )
    spends = tuple(dict.fromkeys(mapping.paid_media_spends))
    stems = {name: stem(name) for name in dict.fromkeys((*spends, *numeric))}
    shared = Counter(stems[name][0] for name in spends)
    names = told_apart(dict.fromkeys((mapping.dep_var, *mapping.goal_kinds, *spends, *numeric))) | {
        name: said for name, said in mapping.labels.items() if said.strip()
    }
    units = dict.fromkeys(money(mapping), mapping.currency) if mapping.currency else {}
    apart = {name: mapping.labels.get(name, said).strip() or said for name, said in told_apart(spends).items()}
    parts = []
    for spend in spends:
        first = stems[spend][0]
        own = mapping.channels.get(spend, "")
        channel = (label(own) if own.isupper() else own) if own else label(first) if shared[first] > 1 else apart[spend]
        bought = _bought(spend, mapping, stems, spends, numeric)
        parts.append(Part(spend, channel, apart[spend], bought))
    return Layout(mapping.goal_kinds, tuple(parts), numeric, names, {**currencies, **units})


def money(mapping: Mapping) -> tuple[str, ...]:
    """The columns that hold money: spends, and goals that count revenue."""
    return (*mapping.paid_media_spends, *(name for name, kind in mapping.goal_kinds.items() if kind == "revenue"))


def stem(column: str) -> tuple[str, ...]:
    """Return the words of a name without what they measure: `META_BRAND_COST` and `meta_brand_clicks` are alike."""
    said = words(column)
    kept = tuple(word for word in said if word not in _OFF)
    return tuple(word for word in kept if word not in GENERIC) or kept or said or (column,)


def measure_of(column: str) -> Measure | None:
    """Return what a column counts by its name; what stands last decides. None for rates and whatever else."""
    if is_rate(column):
        return None
    for word in reversed(words(column)):
        for measure in MEASURES:
            if word in _COUNTS[measure]:
                return measure
    return None


def _bought(
    spend: str, mapping: Mapping, stems: Table[str, tuple[str, ...]], spends: Sequence[str], numeric: Sequence[str]
) -> dict[Measure, str]:
    """What a spend bought: what the mapping says, else the columns that are called alike, where no other spend is."""
    told = dict.fromkeys((*mapping.paid_media_mapping.get(spend, ()), *filter(None, [mapping.exposures.get(spend)])))
    alone = sum(stems[other] == stems[spend] for other in spends) == 1
    alike = [name for name in numeric if alone and name not in spends and stems[name] == stems[spend]]
    taken = {*mapping.organic_vars, *mapping.goal_kinds, *mapping.context_vars}
    found: dict[Measure, str] = {}
    for measure in MEASURES:
        said = [name for name in told if name != spend and measure_of(name) == measure]
        named = said or [name for name in alike if name not in taken and measure_of(name) == measure]
        if named:
            found[measure] = named[0]
    return found
