"""A first guess of the roles of columns: from what they hold, and from their names.

People name columns after what is in them: `TV_COST`, `facebook_I`, `is_black_friday`. A name is split into words and
the words are looked up (`column_words`); what a column is seen to hold goes before its name. The person corrects the
rest in the form.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal

from pydantic import Field

from engine.columns import Column
from engine.data.column_words import (
    BESIDE_CHANNEL,
    CALENDAR,
    CHANNELS,
    CLICKS,
    COMPETITOR,
    CONTEXT,
    CONVERSION,
    COUNTED,
    COUNTRY,
    DATE,
    EVENT,
    EXPOSURE,
    FILLERS,
    FLAG,
    GENERIC,
    IDS,
    MEDIA,
    MODELLED,
    NOT_MEDIA,
    NOT_MEDIA_ALONE,
    OFFLINE,
    ORGANIC,
    PARTLY,
    PLACE,
    RATIO,
    REVENUE,
    SEARCH,
    SOFT_ORGANIC,
    SPEND,
    SUFFIXES,
    TECHNICAL,
    TOTAL,
    WEAK_KPI,
    Words,
    is_rate,
    says_spend,
    words,
)
from engine.data.country_names import country_of, is_rest
from engine.data.mapping import Mapping

__all__ = ["DATE", "Guess", "guess", "words"]

# What names a stretch of time rather than a day.
COARSE: Final = frozenset({"year", "month", "quarter", "monat", "mes", "mois", "mese", "jahr", "quartal", "period"})
# Currencies in brackets that would be other words without them.
_IN_MONEY: Final = re.compile(r"[(\[](?:rm|rs|r|try|tl|kr)\.?[)\]]", re.IGNORECASE)
# A category with more levels than this is none.
MOST_LEVELS: Final = 30
MOST_FLAG_VALUES: Final = 5

Kind = Literal[
    "date", "country", "factor", "organic", "context", "spend", "exposure", "revenue", "conversion", "kpi", ""
]


class Guess(Mapping):
    """A mapping that may have holes: an empty name or tuple where nothing fitted. `why` explains each column."""

    why: dict[str, str] = Field(default_factory=dict)
    other_goals: tuple[str, ...] = Field((), description="Columns that could be the KPI as well.")


def guess(columns: Sequence[Column], country: str = "") -> Guess:
    """Return the likeliest role of each column. Order follows the columns; nothing is used twice."""
    kinds: dict[str, Kind] = {}
    why: dict[str, str] = {}
    for column in columns:
        kinds[column.name], why[column.name] = _kind(column, country)
    by_name = {column.name: column for column in columns}

    spends = _without_totals(_spends(columns, kinds, why), why)
    _counted_of_paid(kinds, spends)
    still = {column.name for column in columns if column.type == "number" and column.distinct == 1}
    exposures = _pair(spends, [name for name in _of(kinds, "exposure") if name not in still], why)
    why |= {name: "not used: holds one value only" for name in _of(kinds, "exposure") if name in still}
    dep_var, goals = _goal(kinds, spends, why)
    date_var = _best_date([by_name[name] for name in _of(kinds, "date")], why)
    countries = _of(kinds, "country")
    factors = _of(kinds, "factor")
    for extra in countries[1:]:
        why[extra] = "not used: another column already names the country"
    return Guess(
        date_var=date_var,
        dep_var=dep_var,
        dep_var_type="conversion" if dep_var and kinds[dep_var] == "conversion" else "revenue",
        paid_media_spends=tuple(spends),
        exposures=exposures,
        organic_vars=tuple(_of(kinds, "organic")),
        context_vars=tuple(name for name in kinds if kinds[name] in ("context", "factor")),
        factor_vars=tuple(factors),
        country_var=countries[0] if countries else "",
        why=why,
        other_goals=tuple(goals),
    )


def _kind(column: Column, country: str) -> tuple[Kind, str]:
    """Return what one column looks like on its own, and why."""
    name = words(column.name)
    said = set(name)
    if column.type == "date":
        return "date", "holds dates"
    # Numbers with a few cells that are none stay what they are meant to be: sent so, they are refused by place.
    if column.doubt and column.type == "text":
        return "", f"not used: {column.doubt}"
    if column.type == "text":
        return _text(column, said, country)
    spent = says_spend(said) and not said & {"id", "ids"}
    if (said & IDS and not spent) or not name:
        return "", "not used: an identifier"
    if column.type == "boolean":
        return "factor", "is either true or false"
    return _number(column, name, said)


def _text(column: Column, said: set[str], country: str) -> tuple[Kind, str]:
    values = column.levels or column.examples
    if said & (COUNTRY | PLACE):
        if _names_countries(column, said, country):
            return "country", "holds countries"
        shown = f", such as “{values[0]}”" if values else ""
        return "", f"not used: holds names{shown} that are no countries" if values else "not used: holds text"
    if said & IDS or not said:
        return "", "not used: an identifier"
    if (said & EVENT or said & FLAG) or (said & CONTEXT and 2 <= column.distinct <= MOST_LEVELS // 2):
        if column.distinct > MOST_LEVELS:
            return "", f"not used: holds {_count(column)} different texts, too many for a category"
        return "factor", "text that names events" if said & (EVENT | FLAG) else "text with a few levels"
    if said & DATE and not said & TECHNICAL:
        return "date", "named like a date"
    return "", "not used: holds text"


def _names_countries(column: Column, said: set[str], country: str) -> bool:
    """Whether what a column holds are countries. A region or a market is one only if all of it are countries."""
    values = [value for value in column.levels or column.examples if value.strip()]
    known = [country_of(value) for value in values if not is_rest(value) or country_of(value)]
    if not values:
        return bool(said & COUNTRY)
    if said & COUNTRY - {"market", "land", "markt", "mercado", "marche"}:
        return sum(map(bool, known)) * 2 > len(known)
    if not known or not all(known):
        return False
    return bool(said & COUNTRY) or bool(country and (country_of(country) or country.lower()) in known)


def _number(column: Column, name: Words, said: set[str]) -> tuple[Kind, str]:
    last = name[-1]
    if said <= CALENDAR | DATE | FILLERS:
        return "", "not used: follows from the date"
    if said & MODELLED and len(name) > 1 and "margin" not in said:
        return "", "not used: named like what a model makes of other columns"
    if said & COMPETITOR or ("comp" in said and says_spend(said)):
        return "context", "is about competitors"
    if said & RATIO and is_rate(column.name) and not said & (CONTEXT - RATIO):
        return "", "not used: a ratio of other columns"
    if says_spend(said) and not is_rate(column.name):
        return _spend(said)
    if _few_values(column) and (said & FLAG or name[0] in ("is", "has") or last == "on"):
        return "factor", "named like a flag"
    if said & ORGANIC or (last == "o" and len(name) > 1):
        return "organic", "named as unpaid"
    if said & CONTEXT or name[0] == "me" or (last in ("b", "ct") and len(name) > 1):
        return "context", "named like a driver that is not media"
    if said & SPEND or (last == "s" and len(name) > 1):
        return _spend(said)
    if said & SOFT_ORGANIC and not said & (REVENUE | CONVERSION) and "mail" not in said:
        return "organic", "named like an unpaid channel"
    if said & set(EXPOSURE) - {"i", "p"} or (last in ("i", "p") and len(name) > 1):
        return "exposure", "named like an exposure"
    if said & EVENT or said >= {"black", "friday"} or said >= {"cyber", "monday"}:
        return ("factor" if column.examples and _zero_one(column) else "context"), "named like an event"
    return _result(column, said)


def _zero_one(column: Column) -> bool:
    """Whether a column of numbers only says yes or no, as far as anybody looked."""
    return column.distinct <= 2 and {example.strip() for example in column.examples} <= {"0", "1", "0.0", "1.0"}


def _few_values(column: Column) -> bool:
    """Whether a column of numbers may be a category: content goes before the name."""
    return column.distinct <= MOST_FLAG_VALUES if column.distinct else _zero_one(column)


def _count(column: Column) -> str:
    return f"{column.distinct:,}{' or more' if column.distinct >= 1000 else ''}"


def _spends(columns: Sequence[Column], kinds: dict[str, Kind], why: dict[str, str]) -> list[str]:
    """Columns that are named like a spend; beside none, or beside few that are others' than these, bare channels."""
    named = _of(kinds, "spend")
    bare = [column.name for column in columns if _bare_channel(column, kinds[column.name])]
    stems = {part for name in named for part in _stem(name)}
    if named and (len(bare) <= len(named) or any(stems & set(_stem(name)) for name in bare)):
        return named
    reason = "few are named like a spend" if named else "no column is named like a spend"
    why |= dict.fromkeys(bare, f"named like a channel; {reason}")
    both = {*named, *bare}
    return [column.name for column in columns if column.name in both]


def _counted_of_paid(kinds: dict[str, Kind], spends: list[str]) -> None:
    """Opens and clicks of e-mails that are paid for are that channel's exposure, and no channel of their own."""
    paid = {_stem(name) for name in spends}
    for name in _of(kinds, "organic"):
        said = set(words(name))
        if said & SOFT_ORGANIC and not said & ORGANIC and said & set(EXPOSURE) and _stem(name) in paid:
            kinds[name] = "exposure"


def _bare_channel(column: Column, kind: Kind) -> bool:
    """Whether a column of numbers is called as a channel and nothing else: `TV`, `Google Ads`, `x1`, `media_2`."""
    if kind or column.type != "number":
        return False
    said = {part for part in words(column.name) if not part.isdigit()}
    numbered = re.fullmatch(r"(x|channel|media|ch)[_ ]?\d+", column.name.strip().lower())
    named = bool(said & (CHANNELS | {"advertising", "werbung", "ads"})) and said <= CHANNELS | BESIDE_CHANNEL
    return bool(numbered) or named


def _spend(said: set[str]) -> tuple[Kind, str]:
    """Of a name that says spend or cost: whether of media. A word of media decides, whatever stands beside it."""
    media = bool(said & (MEDIA | CHANNELS) - {"direct", "organic", "de", "en"})
    costs = bool(said & {"cost", "costs", "kosten", "cout", "couts", "coste", "costes", "costo", "costos"})
    alone = said & NOT_MEDIA_ALONE and (costs or said <= NOT_MEDIA_ALONE | SPEND)
    if not media and says_spend(said) and (said & NOT_MEDIA or alone):
        return "", "not used: a cost, but not of media"
    if not says_spend(said) and said & NOT_MEDIA | (said & {"product", "unit", "order", "customer"} & said):
        return "", "not used: a cost, but not of media"
    if said & (REVENUE | CONVERSION) and not says_spend(said):
        return _result(None, said)
    return "spend", "named like a spend"


def _result(column: Column | None, said: set[str]) -> tuple[Kind, str]:
    if said & (REVENUE | CONVERSION) and said & COUNTED:
        return "conversion", "named like a count of conversions"
    if said & REVENUE or (said & CONVERSION and "value" in said):
        return "revenue", "named like revenue"
    if said & CONVERSION:
        return "conversion", "named like a count of conversions"
    if said & WEAK_KPI:
        return "kpi", "named like a result"
    if column and column.distinct == 1:
        return "", "not used: holds one value only"
    return "", "not used: its name says nothing about its role"


def _of(kinds: dict[str, Kind], kind: Kind) -> list[str]:
    return [name for name, found in kinds.items() if found == kind]


@lru_cache(maxsize=8192)
def _stem(name: str) -> Words:
    """Return a media column's name without the words that say what is measured: its channel."""
    parts = words(_IN_MONEY.sub("", name))
    if len(parts) > 1 and parts[-1] in SUFFIXES:
        parts = parts[:-1]
    measured = SPEND | set(EXPOSURE)
    return tuple(part for part in parts if part not in measured and part not in GENERIC)


def _without_totals(spends: list[str], why: dict[str, str]) -> list[str]:
    """Drop every sum whose parts are columns too: the money would be counted twice."""
    kept = []
    for name in spends:
        said = set(words(name))
        stem = tuple(part for part in _stem(name) if part not in TOTAL)
        others = [other for other in spends if other != name and not set(words(other)) & TOTAL]
        is_sum = bool(said & TOTAL) or not stem
        if not is_sum and "custom" in said:
            others = [other for other in others if "custom" not in words(other)]
            is_sum, stem = True, stem[:1]
        parts = [other for other in others if _stem(other)[: len(stem)] == stem]
        if said & {"online", "offline"}:
            parts = [other for other in parts if bool(set(words(other)) & OFFLINE) == ("offline" in said)]
            parts = parts if len(parts) > 1 else []
        if is_sum and parts:
            why[name] = f"not used: looks like a sum that contains {parts[0]}"
        else:
            kept.append(name)
    return kept


def _pair(spends: Iterable[str], exposures: list[str], why: dict[str, str]) -> dict[str, str]:
    """Return spend → exposure for channels of the same name."""
    pairs: dict[str, str] = {}
    for spend in spends:
        stem = _stem(spend)
        same = [name for name in exposures if stem and _stem(name) == stem and name not in pairs.values()]
        if same:
            pairs[spend] = min(same, key=lambda name: _preference(name, search=bool(set(stem) & SEARCH)))
            why[pairs[spend]] = f"exposure of the same channel as {spend}"
    modelled = {_stem(name): name for name in pairs.values()}
    for name in exposures:
        if name not in pairs.values():
            used = modelled.get(_stem(name))
            why[name] = f"not used: the channel is told by {used}" if used else "not used: an exposure without a spend"
    return pairs


def _preference(name: str, *, search: bool) -> tuple[int, int]:
    said = set(words(name))
    rank = min(EXPOSURE.index(word) for word in said if word in EXPOSURE)
    return (0 if search and said & CLICKS else 1, rank)


def _goal(kinds: dict[str, Kind], spends: list[str], why: dict[str, str]) -> tuple[str, list[str]]:
    """Return the KPI and the other columns that could be it. Revenue before conversions before vague names."""
    candidates = _of(kinds, "revenue") + _of(kinds, "conversion") + _of(kinds, "kpi")
    channels = CHANNELS.union(*(_stem(spend) for spend in spends)) - TOTAL if spends else CHANNELS
    own = [name for name in candidates if not set(words(name)) & channels]
    ranked = sorted(
        own or candidates, key=lambda name: (_rank(kinds[name]), bool(set(words(name)) & PARTLY), len(words(name)))
    )
    for name in candidates:
        if name not in ranked:
            why[name] = "not used: what a channel says it sold"
    for name in ranked[1:]:
        why[name] = f"not used: a result like {ranked[0]}; it would explain the KPI by itself"
    return (ranked[0], ranked[1:]) if ranked else ("", [])


def _rank(kind: Kind) -> int:
    return {"revenue": 0, "conversion": 1}.get(kind, 2)


def _best_date(candidates: list[Column], why: dict[str, str]) -> str:
    """Return the column that dates the rows: not when they were loaded, real dates before text, days before months."""

    def rank(column: Column) -> tuple[bool, bool, bool, bool, int]:
        said = set(words(column.name))
        return (bool(said & TECHNICAL), column.type != "date", not said & DATE, bool(said & COARSE), len(said))

    ranked = sorted(candidates, key=rank)
    for other in ranked[1:]:
        why[other.name] = f"not used: {ranked[0].name} already dates the rows"
    return ranked[0].name if ranked else ""
