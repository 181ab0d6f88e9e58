"""Which column plays which role in a dataset, and what makes a set of roles impossible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.columns import Column

Role = Literal["date", "dep_var", "paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars"]


class Mapping(BaseModel):
    """The roles of a dataset's columns, in Robyn's words.

    `exposures` says, by spend column, which exposure column the channel is modelled on; a channel
    without an entry is modelled on its spend. `country_var` filters rows where a source holds several
    countries. `week_dated` says which of its days a weekly row carries. Every column named in
    `factor_vars` is also in `context_vars`: it is added if it is missing.
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


ROLE_NAMES: dict[str, str] = {
    "date_var": "the date",
    "dep_var": "the KPI",
    "paid_media_spends": "a spend",
    "exposures": "an exposure",
    "organic_vars": "organic",
    "context_vars": "context",
    "factor_vars": "a category",
    "country_var": "the country",
}


def validate_mapping(mapping: Mapping, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Return every reason why `columns` cannot play these roles, as (field of Mapping, message); empty if they can."""
    types: dict[str, str] = {column.name: column.type for column in columns}
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
            near = get_close_matches(name, types, n=1)
            problems.append((field, f"There is no column “{name}”." + (f" Did you mean “{near[0]}”?" if near else "")))
    for spend in mapping.exposures:
        if spend not in mapping.paid_media_spends:
            problems.append(("exposures", f"“{spend}” has an exposure but is not among the spends."))
    problems += _two_roles(mapping)
    problems += _wrong_types(mapping, types)
    return problems


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
        elif field in ("dep_var", "paid_media_spends", "exposures", "organic_vars") and kind in ("text", "date"):
            problems.append((field, f"“{name}” must hold numbers but holds {_plural(kind)}."))
        elif field == "context_vars" and kind == "text":
            problems.append((field, f"“{name}” holds text: choose it as a category instead."))
        elif field in ("context_vars", "factor_vars", "country_var") and kind == "date":
            problems.append((field, f"“{name}” holds dates and cannot be {ROLE_NAMES[field]}."))
    return problems


def _plural(kind: str) -> str:
    return {"text": "text", "date": "dates"}[kind]
