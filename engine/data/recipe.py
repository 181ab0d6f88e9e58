"""A recipe: what becomes of a dataset's rows before a training reads them, and which columns take part.

Pure data and pure rules. A column that is left out keeps its role, so that it can be taken back; what is said here of
one column wins over what its role or its name would say. `engine.data.prepare` applies it.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.data.mapping import Goal, Mapping

Resample = Literal["none", "D", "W", "M"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Function = Literal["sum", "mean", "max", "min", "mode"]
Fill = Literal["zero", "previous", "between", "mean", "common"]
ChangeKind = Literal[
    "drop", "keep", "goal", "exposure", "resample", "aggregate", "fill", "clip", "window", "accept"
]  # fmt: skip
Part = Literal["paid_media_spends", "organic_vars", "context_vars", "factor_vars"]

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS: Final[tuple[Part, ...]] = ("paid_media_spends", "organic_vars", "context_vars", "factor_vars")


class Clip(BaseModel):
    """Values below one quantile and above another become these quantiles (winsorising). Shares from 0 to 1."""

    model_config = ConfigDict(frozen=True)

    low: float = Field(default=0.0, ge=0.0, le=1.0)
    high: float = Field(default=1.0, ge=0.0, le=1.0)


class Accepted(BaseModel):
    """A finding that somebody knows of and goes on with, and why."""

    model_config = ConfigDict(frozen=True)

    code: str
    column: str = ""
    reason: str = ""


class Recipe(BaseModel):
    """What becomes of the data before a training. Columns in `dropped` keep their role and take no part."""

    model_config = ConfigDict(frozen=True)

    goal: str
    goal_type: Literal["revenue", "conversion"] = "revenue"
    spends: tuple[str, ...]
    exposures: dict[str, str] = Field(default_factory=dict, description="By spend, what its channel is modelled on.")
    organic_vars: tuple[str, ...] = ()
    context_vars: tuple[str, ...] = ()
    factor_vars: tuple[str, ...] = Field(default=(), description="Those of the context that are categories or flags.")
    dropped: dict[str, str] = Field(default_factory=dict, description="By column, why it takes no part.")
    resample: Resample = "none"
    week_starts: Weekday = "mon"
    aggregation: dict[str, Function] = Field(default_factory=dict, description="Where it is not what the role says.")
    fill: dict[str, Fill] = Field(default_factory=dict, description="Where it is not what the role says.")
    clip: dict[str, Clip] = Field(default_factory=dict)
    start: date | None = Field(default=None, description="First day that is modelled.")
    end: date | None = Field(default=None, description="Last day that is modelled.")
    accepted: tuple[Accepted, ...] = ()

    @property
    def kept_spends(self) -> tuple[str, ...]:
        """The channels that take part, by their spend."""
        return self._kept(self.spends)

    @property
    def roles(self) -> dict[str, str]:
        """By column, the field of the recipe that names it: the goal first; those that were left out, too."""
        found = {self.goal: "goal"}
        for field, names in (
            ("spends", self.spends),
            ("exposures", self.exposures.values()),
            ("organic_vars", self.organic_vars),
            ("factor_vars", self.factor_vars),
            ("context_vars", self.context_vars),
        ):
            found |= {name: field for name in names if name not in found}
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that takes part, once each, without the date: goal, spends, exposures, organic, context."""
        exposures = (self.exposures[spend] for spend in self.kept_spends if spend in self.exposures)
        named = (self.goal, *self.kept_spends, *exposures, *self.organic_vars, *self.context_vars, *self.factor_vars)
        return self._kept(tuple(dict.fromkeys(named)))

    @property
    def digest(self) -> str:
        """The same for recipes that do the same."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def _kept(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.dropped)


class Change(BaseModel):
    """One change of a recipe as data: what a remedy's button carries. `engine.data.recipe_changes` says what each does.

    drop, keep: `column` (keep of one without a role: `value` is the role). goal: `column`, `value` its type. exposure:
    `column` is the spend, `value` its exposure or nothing. resample: `value` such as `none`, `D`, `W`, `W:sun`, `M`.
    aggregate, fill: `column`, `value`; nothing means as usual. clip: `column`, `value` such as `0.01:0.99`, or nothing.
    window: `value` such as `2022-01-01:2023-12-31`, either of which may be missing. accept: `value` is the finding's
    code, of `column`.
    """

    model_config = ConfigDict(frozen=True)

    kind: ChangeKind
    column: str = ""
    value: str = ""
    reason: str = ""

    @property
    def mark(self) -> str:
        """A short name of this change, where a button has no room for it."""
        return sha256(f"{self.kind}\0{self.column}\0{self.value}".encode()).hexdigest()[:24]


def recipe_of(mapping: Mapping) -> Recipe:
    """Return the recipe that changes nothing: the mapping's roles, and all as they and the names say."""
    return Recipe(
        goal=mapping.dep_var,
        goal_type=mapping.dep_var_type,
        spends=mapping.paid_media_spends,
        exposures={spend: name for spend, name in mapping.exposures.items() if name != spend},
        organic_vars=mapping.organic_vars,
        context_vars=mapping.context_vars,
        factor_vars=mapping.factor_vars,
    )


def mapping_with(recipe: Recipe, mapping: Mapping) -> Mapping:
    """Return the mapping that a training with this recipe has: roles and goal are the recipe's, all else stays."""
    out = recipe.dropped
    spends = recipe.kept_spends
    played = {recipe.goal, *recipe.columns}
    goals = [*mapping.goals, Goal(column=mapping.dep_var, kind=mapping.dep_var_type)]
    changed = {
        "dep_var": recipe.goal,
        "dep_var_type": recipe.goal_type,
        # What was the goal is a further one now; a further one that is the goal is none any more.
        "goals": tuple(one for one in goals if one.column not in played),
        "paid_media_spends": spends,
        "exposures": {
            spend: name for spend, name in recipe.exposures.items() if spend in spends and name not in (spend, *out)
        },
        **{
            part: tuple(name for name in getattr(recipe, part) if name not in out)
            for part in ("organic_vars", "context_vars", "factor_vars")
        },
        "aggregation": mapping.aggregation | recipe.aggregation,
    }
    return Mapping.model_validate(mapping.model_dump() | changed)


def vanished(recipe: Recipe, columns: set[str]) -> tuple[str, ...]:
    """Return the columns that take part in the recipe and are not among `columns`, in its order."""
    return tuple(name for name in recipe.columns if name not in columns)


def new_columns(recipe: Recipe, mapping: Mapping) -> tuple[str, ...]:
    """Return the channels and drivers of the mapping that play no role in the recipe: those of a later snapshot."""
    known = {*recipe.roles, mapping.dep_var}
    drivers = (*mapping.paid_media_spends, *mapping.organic_vars, *mapping.context_vars)
    return tuple(name for name in dict.fromkeys(drivers) if name not in known)
