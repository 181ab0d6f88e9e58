"""A first guess of the roles of columns, from their names and types alone.

People name columns after what is in them: `TV_COST`, `facebook_I`, `is_black_friday`. A name is split
into words and the words are looked up; the person corrects the rest in the form.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from engine.columns import Column
from engine.data.mapping import Mapping

Words = tuple[str, ...]

DATE = {"date", "ds", "day", "week", "month", "period", "time", "datum", "fecha", "woche", "monat", "dt"}
TECHNICAL = {"created", "updated", "modified", "loaded", "ingested", "extracted", "inserted", "synced", "etl"}
COUNTRY = {"country", "countrycode", "market", "land", "iso2", "iso"}
PLACE = {"geo", "region", "territory", "location"}
IDS = {"id", "ids", "uuid", "guid", "key", "pk", "unnamed", "row", "rownum", "hash", "currency"}
CALENDAR = {"year", "quarter", "month", "week", "weekday", "weekno", "weeknum", "dayofweek", "dayofyear", "dow", "doy"}
RATIO = {"per", "ratio", "rate", "avg", "average", "mean", "share", "pct", "percent", "cpc", "cpm", "cpa", "ctr", "cvr"}
RATIO |= {"roas", "roi", "aov", "cac", "cpl", "cpo", "log", "lag", "diff", "yoy", "wow", "mom"}
FLAG = {"flag", "dummy"}
EVENT = {"event", "events", "holiday", "holidays", "promo", "promos", "promotion", "promotions", "lockdown", "strike"}
CONTEXT = {"temperature", "temp", "weather", "rain", "rainfall", "precipitation", "sun", "sunshine", "humidity"}
CONTEXT |= {"price", "prices", "pricing", "index", "cpi", "gdp", "inflation", "unemployment", "interest", "exchange"}
CONTEXT |= {"competitor", "competitors", "competition", "covid", "stringency", "mobility", "discount", "gqv"}
CONTEXT |= {"discounts", "stock", "availability", "distribution", "confidence", "sentiment", "macro", "trends"}
SPEND = {"cost", "costs", "spend", "spends", "spending", "budget", "amount", "investment", "invest", "adspend", "mdsp"}
SPEND |= {"kosten", "ausgaben", "expenditure"}
NOT_MEDIA = {"shipping", "return", "returns", "refund", "refunds", "goods", "cogs", "product", "production", "unit"}
NOT_MEDIA |= {"delivery", "staff", "salary", "salaries", "logistics", "fulfilment", "fulfillment", "order", "customer"}
# In the order in which a channel's exposure is preferred; search is better told by its clicks.
EXPOSURE: tuple[str, ...] = ("impressions", "impression", "imps", "impr", "mdip", "i", "grps", "grp", "trps", "trp")
EXPOSURE += ("reach", "views", "view", "clicks", "click", "p", "visits", "visit", "sessions", "session")
CLICKS = {"clicks", "click", "p"}
SEARCH = {"search", "sem", "sea", "ppc", "shopping"}
ORGANIC = {"organic", "owned", "earned"}
SOFT_ORGANIC = {"newsletter", "newsletters", "email", "emails", "crm", "seo", "direct", "push", "blog", "referral"}
REVENUE = {"revenue", "revenues", "rev", "gmv", "sales", "turnover", "umsatz", "income", "ingresos"}
CONVERSION = {"orders", "conversions", "conversion", "signups", "signup", "purchases", "transactions", "leads", "units"}
CONVERSION |= {"installs", "subscriptions", "registrations", "customers", "bookings", "quotes", "downloads", "sold"}
WEAK_KPI = {"y", "kpi", "target", "response", "value", "dependent"}
TOTAL = {"total", "totals", "sum", "all", "overall", "gesamt", "grand"}
GENERIC = {"media", "marketing", "paid", "ad", "ads", "advertising", "campaign", "campaigns", "online", "offline"}
GENERIC |= {"eur", "usd", "gbp", "net", "gross", "daily", "weekly", "monthly", "custom"}
CHANNELS = {"tv", "radio", "ooh", "dooh", "print", "facebook", "meta", "instagram", "google", "search", "display"}
CHANNELS |= {"youtube", "tiktok", "snapchat", "pinterest", "linkedin", "twitter", "bing", "affiliate", "affiliates"}
CHANNELS |= {"criteo", "influencer", "influencers", "podcast", "programmatic", "shopping", "pmax", "retargeting"}
CHANNELS |= {"newsletter", "email", "reddit", "outbrain", "taboola", "cinema", "sem", "seo", "organic", "direct"}
ALIASES = {"fb": "facebook", "ig": "instagram", "yt": "youtube", "tt": "tiktok", "li": "linkedin", "pin": "pinterest"}
# What Robyn's own examples write behind the last underscore: spend, impressions, clicks, base, organic.
SUFFIXES = {"s", "i", "p", "b", "o"}

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

    spends = _of(kinds, "spend")
    if not spends:
        spends = [name for name in kinds if not kinds[name] and re.fullmatch(r"(x|channel|media)_?\d+", name.lower())]
        why |= dict.fromkeys(spends, "numbered like a channel; no column is named like a spend")
    spends = _without_totals(spends, why)
    exposures = _pair(spends, _of(kinds, "exposure"), why)
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


def words(name: str) -> Words:
    """Split a column name into lower-case words: `TVCost`, `tv_cost` and `TV Cost` are the same."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return tuple(ALIASES.get(word, word) for word in re.split(r"[\W_]+", spaced.lower()) if word)


def _kind(column: Column, country: str) -> tuple[Kind, str]:
    """Return what one column looks like on its own, and why."""
    name = words(column.name)
    said = set(name)
    if column.type == "date":
        return "date", "holds dates"
    if _names_country(column, said, country):
        return "country", "holds countries"
    if said & IDS or not name:
        return "", "not used: an identifier"
    if column.type == "text":
        return _text(said)
    if column.type == "boolean":
        return "factor", "is either true or false"
    return _number(column, name, said)


def _names_country(column: Column, said: set[str], country: str) -> bool:
    if column.type != "text":
        return False
    shown = {example.strip().lower() for example in column.examples}
    return bool(said & COUNTRY) or bool(said & PLACE and country and country.lower() in shown)


def _text(said: set[str]) -> tuple[Kind, str]:
    if said & EVENT or said & FLAG:
        return "factor", "text that names events"
    if said & DATE and not said & TECHNICAL:
        return "date", "named like a date"
    return "", "not used: holds text"


def _number(column: Column, name: Words, said: set[str]) -> tuple[Kind, str]:
    last = name[-1]
    if said <= CALENDAR | DATE | {"number", "num", "no", "of", "t"}:
        return "", "not used: follows from the date"
    if said & FLAG or name[0] in ("is", "has") or (last == "on" and not said & SPEND):
        return "factor", "named like a flag"
    if said & ORGANIC or (last == "o" and len(name) > 1):
        return "organic", "named as unpaid"
    if said & {"competitor", "competitors", "competition"}:
        return "context", "is about competitors"
    if said & RATIO and not said & CONTEXT:
        return "", "not used: a ratio of other columns"
    if said & CONTEXT or (last == "b" and len(name) > 1):
        return "context", "named like a driver that is not media"
    if said & SPEND or (last == "s" and len(name) > 1):
        return _spend(said)
    if said & SOFT_ORGANIC and not said & (REVENUE | CONVERSION) and "mail" not in said:
        return "organic", "named like an unpaid channel"
    if said & set(EXPOSURE) - {"i", "p"} or (last in ("i", "p") and len(name) > 1):
        return "exposure", "named like an exposure"
    if said & EVENT:
        zero_one = {example.strip() for example in column.examples} <= {"0", "1", "0.0", "1.0"} and column.examples
        return ("factor" if zero_one else "context"), "named like an event"
    return _result(said)


def _spend(said: set[str]) -> tuple[Kind, str]:
    if said & NOT_MEDIA:
        return "", "not used: a cost, but not of media"
    if said & (REVENUE | CONVERSION) and not said & (SPEND - {"amount"}):
        return _result(said)
    return "spend", "named like a spend"


def _result(said: set[str]) -> tuple[Kind, str]:
    if said & REVENUE or (said & CONVERSION and "value" in said):
        return "revenue", "named like revenue"
    if said & CONVERSION:
        return "conversion", "named like a count of conversions"
    if said & WEAK_KPI:
        return "kpi", "named like a result"
    return "", "not used: its name says nothing about its role"


def _of(kinds: dict[str, Kind], kind: Kind) -> list[str]:
    return [name for name, found in kinds.items() if found == kind]


def _stem(name: str) -> Words:
    """Return a media column's name without the words that say what is measured: its channel."""
    parts = words(name)
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
    ranked = sorted(own or candidates, key=lambda name: (_rank(kinds[name]), len(words(name))))
    for name in candidates:
        if name not in ranked:
            why[name] = "not used: what a channel says it sold"
    for name in ranked[1:]:
        why[name] = f"not used: a result like {ranked[0]}; it would explain the KPI by itself"
    return (ranked[0], ranked[1:]) if ranked else ("", [])


def _rank(kind: Kind) -> int:
    return {"revenue": 0, "conversion": 1}.get(kind, 2)


def _best_date(candidates: list[Column], why: dict[str, str]) -> str:
    """Return the column that dates the rows: not when they were loaded, real dates before text."""

    def rank(column: Column) -> tuple[bool, bool, bool, int]:
        said = set(words(column.name))
        return (bool(said & TECHNICAL), column.type != "date", not said & DATE, len(said))

    ranked = sorted(candidates, key=rank)
    for other in ranked[1:]:
        why[other.name] = f"not used: {ranked[0].name} already dates the rows"
    return ranked[0].name if ranked else ""
