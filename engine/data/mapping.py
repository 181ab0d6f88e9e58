"""Which column plays which role in a dataset, and what makes a set of roles impossible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.columns import Column
from engine.data.made import Made, counted_twice, parts_of

GoalKind = Literal["revenue", "conversion"]
# How several rows of a column become one, where a person says so; without a word the column's role and name decide.
Folding = Literal["sum", "mean", "max", "min", "mode"]
Role = Literal["date", "dep_var", "paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars"]


class Goal(BaseModel):
    """A further column that could be explained instead of `dep_var`, and what it counts."""

    model_config = ConfigDict(frozen=True)

    column: str
    kind: GoalKind = "revenue"


class Mapping(BaseModel):
    """The roles of a dataset's columns, in Robyn's words, and what else people say of them.

    `exposures` says, by spend column, which exposure column the channel is modelled on; a channel
    without an entry is modelled on its spend. `country_var` filters rows where a source holds several
    countries. `week_dated` says which of its days a weekly row carries. Every column named in
    `factor_vars` is also in `context_vars`: it is added if it is missing.

    A column that plays a role is one of the source, or one of `made`: those are sums of columns of the source, of which
    each stands in the model itself or in a sum, never both. Everything below `week_dated` may be empty; a mapping that
    was stored before it was known reads as before.
    """

    model_config = ConfigDict(frozen=True)

    date_var: str
    dep_var: str
    dep_var_type: Literal["revenue", "conversion"] = "revenue"
    paid_media_spends: tuple[str, ...]
    exposures: dict[str, str] = Field(default_factory=dict)
    organic_vars: tuple[str, ...] = ()
    context_vars: tuple[str, ...] = ()
    factor_vars: tuple[str, ...] = ()
    country_var: str = ""
    week_dated: Literal["first", "last"] = "first"
    goals: tuple[Goal, ...] = Field((), description="Further goals; the one that is explained stays in `dep_var`.")
    channels: dict[str, str] = Field(default_factory=dict, description="By column, its channel, such as `META`.")
    sub_channels: dict[str, str] = Field(default_factory=dict, description="By column, its part of the channel.")
    paid_media_mapping: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="By spend, every column that says what it bought; the one that is modelled stands in `exposures`.",
    )
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="By column, its tags.")
    labels: dict[str, str] = Field(default_factory=dict, description="By column, what people call it.")
    aggregation: dict[str, Folding] = Field(
        default_factory=dict, description="By column, how rows of a period become one, where a person said so."
    )
    made: tuple[Made, ...] = Field((), description="Columns that are sums of others, whether they play a role or not.")
    currency: str = Field("", description="What money is in, such as `EUR`; empty where nobody said.")
    version: str = Field("", description="The mapping version that it came from, as `scope/ts`; empty for none.")

    @model_validator(mode="before")
    @classmethod
    def _factors_are_context(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("factor_vars"):
            return given
        context = tuple(given.get("context_vars") or ())
        return given | {"context_vars": context + tuple(f for f in given["factor_vars"] if f not in context)}

    @property
    def paid_media_vars(self) -> tuple[str, ...]:
        """Per spend, in order, the column that is modelled."""
        return tuple(self.exposures.get(spend, spend) for spend in self.paid_media_spends)

    @property
    def drivers(self) -> tuple[str, ...]:
        """Every column that explains the KPI: modelled media, organic, context."""
        return self.paid_media_vars + self.organic_vars + self.context_vars

    @property
    def model_columns(self) -> tuple[str, ...]:
        """Every column a training needs, once each: date, KPI, spends, exposures, organic, context."""
        named = (self.date_var, self.dep_var, *self.paid_media_spends, *self.drivers)
        return tuple(dict.fromkeys(named))

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Every column of the source that must be read, once each: the parts of what is made instead of its sum,
        further goals, all that a spend bought, and the country.
        """
        bought = (name for names in self.paid_media_mapping.values() for name in names)
        named = (*self.model_columns, *(goal.column for goal in self.goals), *bought, self.country_var)
        return tuple(name for name in parts_of(named, self.made) if name)

    @property
    def goal_kinds(self) -> dict[str, GoalKind]:
        """What each goal counts, the main one first."""
        return {self.dep_var: self.dep_var_type} | {goal.column: goal.kind for goal in self.goals}


ROLE_NAMES: dict[str, str] = {
    "date_var": "the date",
    "dep_var": "the KPI",
    "paid_media_spends": "a spend",
    "exposures": "an exposure",
    "organic_vars": "organic",
    "context_vars": "context",
    "factor_vars": "a category",
    "country_var": "the country",
    "goals": "a further goal",
}


def validate_mapping(mapping: Mapping, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Return every reason why `columns` cannot play these roles, as (field of Mapping, message); empty if they can."""
    source: dict[str, str] = {column.name: column.type for column in columns}
    types = source | {one.name: "number" for one in mapping.made}
    problems: list[tuple[str, str]] = []
    if not mapping.date_var:
        problems.append(("date_var", "Choose the column that holds the date."))
    if not mapping.dep_var:
        problems.append(("dep_var", "Choose the column to explain, such as revenue or orders."))
    if not mapping.paid_media_spends:
        problems.append(
            ("paid_media_spends", "Choose at least one column with a channel's spend; two or more let you compare.")
        )
    for field, name in _played(mapping):
        if name not in types:
            problems.append((field, _unknown(name, types)))
    for spend in mapping.exposures:
        if spend not in mapping.paid_media_spends:
            problems.append(("exposures", f"“{spend}” has an exposure but is not among the spends."))
    problems += _two_roles(mapping)
    problems += _wrong_types(mapping, types)
    problems += _made_wrong(mapping, source)
    problems += _bought_wrong(mapping, types)
    problems += _folded_wrong(mapping, types)
    return problems


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"There is no column “{name}”." + (f" Did you mean “{near[0]}”?" if near else "")


def _played(mapping: Mapping) -> Iterable[tuple[str, str]]:
    """Yield (field, column) for every role that is played; a factor only as a factor, not also as context."""
    for field in ("date_var", "dep_var"):
        if name := getattr(mapping, field):
            yield field, name
    yield from (("paid_media_spends", name) for name in mapping.paid_media_spends)
    # A channel whose exposure is its own spend says nothing new.
    yield from (("exposures", name) for spend, name in mapping.exposures.items() if name != spend)
    yield from (("organic_vars", name) for name in mapping.organic_vars)
    yield from (("context_vars", name) for name in mapping.context_vars if name not in mapping.factor_vars)
    yield from (("factor_vars", name) for name in mapping.factor_vars)
    if mapping.country_var:
        yield "country_var", mapping.country_var
    yield from (("goals", goal.column) for goal in mapping.goals)


def _two_roles(mapping: Mapping) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    problems = []
    for field, name in _played(mapping):
        if name not in first:
            first[name] = field
        elif first[name] == field:
            problems.append((field, f"“{name}” is chosen twice as {ROLE_NAMES[field]}."))
        else:
            problems.append((field, f"“{name}” is already {ROLE_NAMES[first[name]]}; a column can play one role."))
    return problems


def _wrong_types(mapping: Mapping, types: dict[str, str]) -> list[tuple[str, str]]:
    problems = []
    for field, name in _played(mapping):
        kind = types.get(name, "")
        if field == "date_var" and kind in ("number", "boolean"):
            problems.append((field, f"“{name}” holds {kind}s, not dates."))
        elif field in ("dep_var", "goals", "paid_media_spends", "exposures", "organic_vars") and kind in (
            "text",
            "date",
        ):
            problems.append((field, f"“{name}” must hold numbers but holds {_plural(kind)}."))
        elif field == "context_vars" and kind == "text":
            problems.append((field, f"“{name}” holds text: choose it as a category instead."))
        elif field in ("context_vars", "factor_vars", "country_var") and kind == "date":
            problems.append((field, f"“{name}” holds dates and cannot be {ROLE_NAMES[field]}."))
    return problems


def _made_wrong(mapping: Mapping, source: dict[str, str]) -> list[tuple[str, str]]:
    """What is wrong with columns that are made of others, and what would count twice."""
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for one in mapping.made:
        if one.name in source:
            problems.append(("made", f"“{one.name}” is to be made, but a column is called so already."))
        elif one.name in seen:
            problems.append(("made", f"“{one.name}” is to be made twice."))
        seen.add(one.name)
        if not one.parts:
            problems.append(("made", f"“{one.name}” is made of nothing: name the columns that it adds up."))
        for part in one.parts:
            if part not in source:
                problems.append(("made", f"“{one.name}” adds up columns of the source. {_unknown(part, source)}"))
            elif source[part] in ("text", "date"):
                said = f"“{one.name}” adds up “{part}”, which holds {_plural(source[part])} and no numbers."
                problems.append(("made", said))
        if len(set(one.parts)) < len(one.parts):
            problems.append(("made", f"“{one.name}” adds up a column twice."))
    for field, name in _played(mapping):
        if name in seen and field in ("date_var", "dep_var", "goals", "factor_vars", "country_var"):
            problems.append((field, f"“{name}” is made of others and cannot be {ROLE_NAMES[field]}."))
    modelled = list(dict.fromkeys(name for _, name in _played(mapping)))
    fields = {name: field for field, name in _played(mapping)}
    for total, other, part in counted_twice(modelled, mapping.made):
        twice = f"“{total}” already contains “{part}”" + ("" if other == part else f", as does “{other}”")
        problems.append((fields[total], f"{twice}: choose the total or its parts, never both."))
    return problems


def _bought_wrong(mapping: Mapping, types: dict[str, str]) -> list[tuple[str, str]]:
    """What is wrong with what spends bought, beside what is modelled."""
    problems = []
    for bought in mapping.paid_media_mapping.values():
        for name in bought:
            if name not in types:
                problems.append(("paid_media_mapping", _unknown(name, types)))
            elif types[name] in ("text", "date"):
                said = f"“{name}” must hold numbers but holds {_plural(types[name])}."
                problems.append(("paid_media_mapping", said))
    return problems


def _folded_wrong(mapping: Mapping, types: dict[str, str]) -> list[tuple[str, str]]:
    """Ways of making one row of several that a column does not bear."""
    problems = []
    counts = {name for name, kind in mapping.goal_kinds.items() if kind == "conversion"}
    for name, how in mapping.aggregation.items():
        if types.get(name) == "text" and how != "mode":
            said = f"“{name}” holds text: several rows can become one by their commonest value (mode), not by {how}."
            problems.append(("aggregation", said))
        elif name in counts and how != "sum":
            problems.append(("aggregation", f"“{name}” counts conversions: they are added up (sum), never by {how}."))
    return problems


def _plural(kind: str) -> str:
    return {"text": "text", "date": "dates"}[kind]
