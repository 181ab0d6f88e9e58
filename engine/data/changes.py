"""What a person changed about the roles that were guessed, so that it survives when the columns are read anew."""

from collections.abc import Collection
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from engine.data.made import Made
from engine.data.mapping import Goal, Mapping

ONE: Final = ("date_var", "dep_var", "country_var")
MANY: Final = ("paid_media_spends", "organic_vars", "context_vars", "factor_vars")
MEANING: Final = ("dep_var_type", "week_dated")
# What is said of single columns, by their names.
OF_COLUMNS: Final = ("channels", "sub_channels", "paid_media_mapping", "tags", "labels", "aggregation")


class Changes(BaseModel):
    """By field of `Mapping`: what was chosen instead, what was added, what was taken out."""

    model_config = ConfigDict(frozen=True)

    chosen: dict[str, str] = Field(default_factory=dict)
    added: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    removed: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exposures: dict[str, str] = Field(default_factory=dict, description="By spend; the spend itself where it has none.")
    said: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="By field, by column, what was said of it instead; None where nothing is."
    )
    goals: tuple[Goal, ...] | None = Field(None, description="The further goals, where they are others.")
    made: tuple[Made, ...] | None = Field(None, description="The columns made of others, where they are others.")
    currency: str | None = Field(None, description="The currency, where it is another.")
    version: str | None = Field(None, description="The mapping version, where it is another.")


def changes(guessed: Mapping, chosen: Mapping) -> Changes:
    """Return what differs between the roles as guessed and as a person left them."""
    added, removed = {}, {}
    for field in MANY:
        before, after = getattr(guessed, field), getattr(chosen, field)
        if new := tuple(name for name in after if name not in before):
            added[field] = new
        if gone := tuple(name for name in before if name not in after):
            removed[field] = gone
    return Changes(
        chosen={
            field: getattr(chosen, field)
            for field in (*ONE, *MEANING)
            if getattr(chosen, field) != getattr(guessed, field)
        },
        added=added,
        removed=removed,
        exposures={
            spend: chosen.exposures.get(spend, spend)
            for spend in chosen.paid_media_spends
            if chosen.exposures.get(spend) != guessed.exposures.get(spend)
        },
        said={field: said for field in OF_COLUMNS if (said := _said(getattr(guessed, field), getattr(chosen, field)))},
        goals=chosen.goals if chosen.goals != guessed.goals else None,
        made=chosen.made if chosen.made != guessed.made else None,
        currency=chosen.currency if chosen.currency != guessed.currency else None,
        version=chosen.version if chosen.version != guessed.version else None,
    )


def _said(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)}


def with_changes(guessed: Mapping, made: Changes, columns: Collection[str]) -> Mapping:
    """Return the roles as guessed, with what a person changed as far as its columns are still there.

    A column that they gave a role plays no other one.
    """
    kept_made = [one for one in (guessed.made if made.made is None else made.made) if set(one.parts) <= set(columns)]
    there = {*columns, *(one.name for one in kept_made)}
    said = {field: _with_said(getattr(guessed, field), made.said.get(field, {}), there) for field in OF_COLUMNS}
    bought = said.pop("paid_media_mapping")
    one = {field: name for field, name in made.chosen.items() if field in ONE and (not name or name in there)}
    added = {field: tuple(name for name in names if name in there) for field, names in made.added.items()}
    modelled = {spend: name for spend, name in made.exposures.items() if name in there}
    taken = {name for name in one.values() if name} | {name for names in added.values() for name in names}
    told = {name for spend, name in modelled.items() if name != spend}
    roles: dict[str, Any] = {}
    for field in ONE:
        guess = getattr(guessed, field)
        roles[field] = one.get(field, "" if guess in taken | told else guess)
    for field in MANY:
        mine = set(added.get(field, ()))
        # A category is context as well: both fields name it.
        mine |= set(added.get("factor_vars", ())) if field == "context_vars" else set()
        gone = {*made.removed.get(field, ()), *(taken - mine), *(told - mine)}
        kept = [name for name in getattr(guessed, field) if name not in gone]
        roles[field] = (*kept, *(name for name in added.get(field, ()) if name not in kept))
    exposures = {spend: name for spend, name in guessed.exposures.items() if name not in taken | told} | modelled
    spends = roles["paid_media_spends"]
    goals = guessed.goals if made.goals is None else made.goals
    played = {roles["dep_var"], *(name for field in MANY for name in roles[field])}
    return Mapping(
        **roles,
        **said,
        paid_media_mapping={spend: tuple(name for name in names if name in there) for spend, names in bought.items()},
        goals=tuple(goal for goal in goals if goal.column in there and goal.column not in played),
        made=tuple(kept_made),
        currency=guessed.currency if made.currency is None else made.currency,
        version=guessed.version if made.version is None else made.version,
        dep_var_type="conversion"
        if made.chosen.get("dep_var_type", guessed.dep_var_type) == "conversion"
        else "revenue",
        week_dated="last" if made.chosen.get("week_dated", guessed.week_dated) == "last" else "first",
        exposures={spend: name for spend, name in exposures.items() if spend in spends and name != spend},
    )


def _with_said(before: dict[str, Any], said: dict[str, Any], there: Collection[str]) -> dict[str, Any]:
    """What is said of columns, as far as they are there."""
    return {name: value for name, value in {**before, **said}.items() if name in there and value is not None}
