"""What a mapping says beside the roles: channels, what spends bought, further goals, the currency; and how that stays.

All of it is guessed from names and units, so that people only correct what is wrong.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from engine.columns import Column
from engine.data.column_words import CONVERSION, EXPOSURE, REVENUE, words
from engine.data.guess import Guess
from engine.data.intake.units import CURRENCY_UNITS
from engine.data.mapping import Goal, GoalKind, Mapping
from engine.data.naming import KNOWN, LONGEST, named

OF_COLUMNS: Final = ("channels", "sub_channels", "tags", "labels", "aggregation")


def described(roles: Mapping, columns: Sequence[Column], channels: Sequence[str] = KNOWN) -> Mapping:
    """Return `roles` with what can be guessed beside them. What they say already stays."""
    own, parts = dict(roles.channels), dict(roles.sub_channels)
    media = [*roles.paid_media_spends, *roles.paid_media_vars, *roles.organic_vars]
    bought = dict(roles.paid_media_mapping)
    sums = {one.name for one in roles.made}
    stems = {named(spend, channels): spend for spend in roles.paid_media_spends if spend not in sums}
    by_stem = {(one.channel, one.sub_channel): spend for one, spend in stems.items()}
    played = {*roles.model_columns, roles.country_var}
    for column in columns:
        name = column.name
        if column.type == "number" and name not in played and set(words(name)) & set(EXPOSURE) - {"i", "p"}:
            one = named(name, channels)
            spend = by_stem.get((one.channel, one.sub_channel), "")
            if spend and not column.doubt:
                bought[spend] = (*bought.get(spend, ()), name) if name not in bought.get(spend, ()) else bought[spend]
                media.append(name)
    for spend, modelled in roles.exposures.items():
        if spend in roles.paid_media_spends and modelled not in bought.get(spend, ()):
            bought[spend] = (modelled, *bought.get(spend, ()))
    for name in dict.fromkeys(media):
        one = named(name, channels)
        if name not in own and one.channel and len(one.channel) <= LONGEST:
            own[name] = one.channel
            if one.sub_channel and len(one.sub_channel) <= LONGEST:
                parts.setdefault(name, one.sub_channel)
    changed: dict[str, Any] = {"channels": own, "sub_channels": parts, "paid_media_mapping": bought}
    if not roles.currency:
        changed["currency"] = currency_of(columns)
    return Mapping.model_validate(roles.model_dump() | changed)


def guessed_goals(guess: Guess, columns: Sequence[Column]) -> tuple[Goal, ...]:
    """The other columns that could be explained, and what each counts."""
    sure = {column.name for column in columns if column.type == "number" and not column.doubt and column.distinct != 1}
    return tuple(Goal(column=name, kind=goal_kind(name)) for name in guess.other_goals if name in sure)


def goal_kind(column: str) -> GoalKind:
    """Whether a goal counts money or conversions, by its name: money, unless it names a count of something."""
    said = set(words(column))
    return "conversion" if said & CONVERSION and not said & REVENUE else "revenue"


def currency_of(columns: Sequence[Column]) -> str:
    """The currency that most columns with one are in; empty where none says so."""
    said = Counter(column.unit for column in columns if column.unit in CURRENCY_UNITS)
    return said.most_common(1)[0][0] if said else ""


def with_details(roles: Mapping, said: Mapping | None) -> Mapping:
    """Return `roles`, as a form holds them, with what was `said` beside them as far as it still applies."""
    if said is None:
        return roles
    there = {one.name for one in said.made}
    played = {*roles.model_columns, roles.country_var}
    bought = {}
    for spend in roles.paid_media_spends:
        names = [name for name in said.paid_media_mapping.get(spend, ()) if _free(name, roles, played, spend)]
        modelled = roles.exposures.get(spend)
        all_of_it = tuple(dict.fromkeys([*([modelled] if modelled else []), *names]))
        if all_of_it:
            bought[spend] = all_of_it
    kept: dict[str, Any] = {field: getattr(roles, field) or getattr(said, field) for field in OF_COLUMNS}
    kept["goals"] = roles.goals or tuple(goal for goal in said.goals if goal.column not in played)
    kept["made"] = (*roles.made, *(one for one in said.made if one.name in there - {each.name for each in roles.made}))
    kept["paid_media_mapping"] = bought
    kept["currency"] = roles.currency or said.currency
    return roles.model_copy(update=kept)


def _free(name: str, roles: Mapping, played: set[str], spend: str) -> bool:
    """Whether a column can say what a spend bought: it is none of something else."""
    return name not in played or name == roles.exposures.get(spend)
