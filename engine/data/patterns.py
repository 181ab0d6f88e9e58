"""Roles by the names of columns, as a workspace writes them down: patterns that later guesses go by.

`_cost` is a name that ends so, `tv_` one that begins so, `*promo*` one that has it somewhere, and `gmv` that very name;
capitals do not count. The guess knows the first patterns by itself. One that was added goes before all guessing, one
that was taken out undoes what it would have guessed. Where several are met, what is unpaid or no media wins.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from engine.columns import Column
from engine.data.details import described
from engine.data.guess import Guess
from engine.data.mapping import Folding, Goal, GoalKind, Mapping
from engine.data.naming import KNOWN, named

MOST: Final = 200
LONGEST: Final = 60
Names = tuple[str, ...]


class Patterns(BaseModel):
    """What a workspace says of names. Fields are in the order in which they win over each other."""

    model_config = ConfigDict(frozen=True)

    unused: Names = ()
    context: Names = ("_index", "_temp", "_price", "_holiday")
    organic: Names = ("_organic", "_direct")
    category: Names = ("_flag", "_is", "_on")
    revenue: Names = ("_gmv", "_revenue", "_rev")
    conversion: Names = ()
    spend: Names = ("_cost", "_costs", "_spend", "_spends", "_budget", "_amount")
    exposure: Names = ("_impressions", "_clicks", "_sessions")
    mean: Names = Field((), description="Rows of a period are averaged.")
    max: Names = ()
    min: Names = ()
    mode: Names = ()
    channels: Names = Field((), description="Channels of one's own; empty: the list that is known.")
    who: str = ""
    changed_at: datetime | None = None

    @property
    def known_channels(self) -> Names:
        return self.channels or KNOWN


ROLES: Final = ("unused", "context", "organic", "category", "revenue", "conversion", "spend", "exposure")
FOLDINGS: Final[tuple[Folding, ...]] = ("mean", "max", "min", "mode")
FIRST: Final = Patterns()


def problem_of(pattern: str) -> str:
    """What is wrong with a pattern, for a person; empty for a good one."""
    if len(pattern) > LONGEST:
        return f"“{pattern[:20]}…” is longer than {LONGEST} characters."
    if not re.search(r"\w", pattern.replace("_", "")):
        return f"“{pattern}” would be met by every name."
    return ""


def meets(name: str, pattern: str) -> bool:
    """Whether a column's name meets a pattern."""
    said, wanted = _plain(name), pattern.strip().casefold()
    if "*" in wanted:
        return fnmatchcase(said, wanted.replace("[", "[[]").replace("?", "[?]"))
    if wanted.startswith("_"):
        return said.endswith(wanted)
    if wanted.endswith("_"):
        return said.startswith(wanted)
    return said == wanted


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().casefold())


def patterned(guess: Guess, columns: Sequence[Column], patterns: Patterns) -> Mapping:
    """Return a guess with the roles that a workspace's own patterns give, and what can be said beside roles."""
    mapping = Mapping.model_validate(guess.model_dump(exclude={"why", "other_goals"}))
    wanted = {column.name: role for column in columns if (role := _role(column, mapping, patterns))}
    if wanted:
        mapping = _with_roles(mapping, wanted, patterns)
    mapping = described(mapping, columns, patterns.known_channels)
    return mapping.model_copy(update={"aggregation": mapping.aggregation | _folded(mapping, columns, patterns)})


def _role(column: Column, mapping: Mapping, patterns: Patterns) -> str:
    """The role that a pattern of the workspace's own gives a column; empty where none says anything."""
    if column.type == "date" or column.name in (mapping.date_var, mapping.country_var) or column.doubt:
        return ""
    for role in ROLES:
        own = [one for one in getattr(patterns, role) if one not in getattr(FIRST, role)]
        if any(meets(column.name, one) for one in own) and (column.type != "text" or role in ("unused", "category")):
            return role
    for role in ROLES:
        gone = [one for one in getattr(FIRST, role) if one not in getattr(patterns, role)]
        if column.name in _playing(mapping, role) and any(meets(column.name, one) for one in gone):
            return "unused"
    return ""


def _playing(mapping: Mapping, role: str) -> Names:
    if role == "revenue":
        return (mapping.dep_var, *(goal.column for goal in mapping.goals))
    fields = {
        "context": "context_vars",
        "organic": "organic_vars",
        "category": "factor_vars",
        "spend": "paid_media_spends",
    }
    if role == "exposure":
        return (*mapping.exposures.values(), *(name for some in mapping.paid_media_mapping.values() for name in some))
    return tuple(getattr(mapping, fields[role])) if role in fields else ()


def _with_roles(mapping: Mapping, wanted: dict[str, str], patterns: Patterns) -> Mapping:
    """Return `mapping` with the columns of `wanted` in these roles, and in no other."""

    def kept(names: Sequence[str], *roles: str) -> Names:
        return (*(name for name in names if name not in wanted), *(name for name in wanted if wanted[name] in roles))

    spends = kept(mapping.paid_media_spends, "spend")
    exposures = {s: name for s, name in mapping.exposures.items() if s in spends and name not in wanted}
    by_stem = {_stem(spend, patterns.spend, patterns): spend for spend in spends}
    for name in (name for name, role in wanted.items() if role == "exposure"):
        if spend := by_stem.get(_stem(name, patterns.exposure, patterns)):
            exposures.setdefault(spend, name)
    kinds: dict[str, GoalKind] = {
        name: kind for name, kind in mapping.goal_kinds.items() if name and name not in wanted
    }
    kinds |= {name: "conversion" if role == "conversion" else "revenue" for name, role in _goals(wanted)}
    main = mapping.dep_var if mapping.dep_var in kinds else next(iter(kinds), "")
    changed: dict[str, Any] = {
        "dep_var": main,
        "dep_var_type": kinds.get(main, "revenue"),
        "goals": tuple(Goal(column=name, kind=kind) for name, kind in kinds.items() if name != main),
        "paid_media_spends": spends,
        "exposures": exposures,
        "organic_vars": kept(mapping.organic_vars, "organic"),
        "context_vars": kept(mapping.context_vars, "context", "category"),
        "factor_vars": kept(mapping.factor_vars, "category"),
    }
    return Mapping.model_validate(mapping.model_dump() | changed)


def _stem(name: str, met: Names, patterns: Patterns) -> tuple[str, str]:
    """A name's channel and its part, without the end that a pattern is met by: that says what is measured."""
    end = next((one for one in met if one.startswith("_") and "*" not in one and meets(name, one)), "")
    one = named(name[: len(name) - len(end)] if end else name, patterns.known_channels)
    return one.channel, one.sub_channel


def _goals(wanted: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, role) for name, role in wanted.items() if role in ("revenue", "conversion"))


def _folded(mapping: Mapping, columns: Sequence[Column], patterns: Patterns) -> dict[str, Folding]:
    """How rows become one, by patterns. Conversions are added up, never averaged; text has its commonest value."""
    played = {*mapping.raw_columns} - {mapping.date_var, mapping.country_var}
    found: dict[str, Folding] = {}
    for column in columns:
        if column.name not in played or mapping.goal_kinds.get(column.name) == "conversion":
            continue
        for how in FOLDINGS:
            met = any(meets(column.name, one) for one in getattr(patterns, how))
            if met and (column.type != "text" or how == "mode"):
                found.setdefault(column.name, how)
    return found
