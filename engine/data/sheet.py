"""A mapping as a sheet: one row a column, to be edited in any spreadsheet program and given back.

Sums that columns can be put into have rows, too: whoever gives one a role chooses it instead of its parts. What stands
in `unit`, `examples` and `guessed` is for people, and is not read back.
"""

from collections.abc import Sequence
from typing import Final

from engine.columns import Column
from engine.data.guess import guess
from engine.data.made import Made
from engine.data.mapping import Mapping
from engine.data.sums import possible_sums

HEAD: Final = (
    *("column", "role", "channel", "sub_channel", "aggregation", "goal", "exposure_of", "modelled"),
    *("tags", "label", "currency", "unit", "examples", "guessed"),
)
FOR_PEOPLE: Final = ("unit", "examples", "guessed")
# The roles as they are written; what else is understood stands in `sheet_words`.
DATE, GOAL, FURTHER, SPEND, EXPOSURE = "date", "goal", "further goal", "spend", "exposure"
ORGANIC, CONTEXT, CATEGORY, COUNTRY, UNUSED = "organic", "context", "category", "country", "unused"
ROLES: Final = (DATE, GOAL, FURTHER, SPEND, EXPOSURE, ORGANIC, CONTEXT, CATEGORY, COUNTRY, UNUSED)
GOALS: Final = {"revenue": "money", "conversion": "conversions"}
USUAL: Final = "usual"
# So much of what a sum adds up is written beside it.
SHOWN_PARTS: Final = 1000


def sheet_rows(mapping: Mapping, columns: Sequence[Column], country: str = "") -> list[list[str]]:
    """Return the rows of the sheet, in the order of the source, then the sums; each as long as `HEAD`."""
    roles = roles_of(mapping)
    guessed = guess(columns, country)
    likely = roles_of(guessed)
    rows = [
        _row(
            column.name,
            mapping,
            roles,
            column.unit,
            " | ".join(column.examples),
            _guessed(column.name, likely, guessed.why),
        )
        for column in columns
    ]
    return [*rows, *(_row(one.name, mapping, roles, "", _adds_up(one), "") for one in sums_of(mapping, columns))]


def sums_of(mapping: Mapping, columns: Sequence[Column]) -> tuple[Made, ...]:
    """The sums that have a row."""
    return possible_sums(mapping, columns)


def roles_of(mapping: Mapping) -> dict[str, str]:
    """Return by column its role, in the words of a sheet. What only says what a spend bought is an exposure."""
    found: dict[str, str] = {}
    for names in mapping.paid_media_mapping.values():
        found |= dict.fromkeys(names, EXPOSURE)
    found |= {name: EXPOSURE for spend, name in mapping.exposures.items() if name != spend}
    found |= dict.fromkeys(mapping.context_vars, CONTEXT) | dict.fromkeys(mapping.factor_vars, CATEGORY)
    found |= dict.fromkeys(mapping.organic_vars, ORGANIC) | dict.fromkeys(mapping.paid_media_spends, SPEND)
    found |= {goal.column: FURTHER for goal in mapping.goals}
    found |= {mapping.country_var: COUNTRY, mapping.date_var: DATE, mapping.dep_var: GOAL}
    found.pop("", None)
    return found


def spend_of(mapping: Mapping) -> dict[str, str]:
    """Return by exposure the spend that bought it."""
    found = {name: spend for spend, names in mapping.paid_media_mapping.items() for name in names}
    return found | {name: spend for spend, name in mapping.exposures.items() if name != spend}


def cells_of(mapping: Mapping, name: str) -> dict[str, str]:
    """What a mapping says of one column, by the columns of a sheet."""
    return dict(zip(HEAD, _row(name, mapping, roles_of(mapping), "", "", ""), strict=True))


def _row(name: str, mapping: Mapping, roles: dict[str, str], unit: str, examples: str, guessed: str) -> list[str]:
    role = roles.get(name, UNUSED)
    kind = mapping.goal_kinds.get(name)
    spend = spend_of(mapping).get(name, "") if role == EXPOSURE else ""
    money = role == SPEND or kind == "revenue"
    return [
        name,
        role,
        mapping.channels.get(name, ""),
        mapping.sub_channels.get(name, ""),
        mapping.aggregation.get(name, USUAL if role != UNUSED else ""),
        GOALS[kind] if kind else "",
        spend,
        ("yes" if mapping.exposures.get(spend) == name else "no") if spend else "",
        ", ".join(mapping.tags.get(name, ())),
        mapping.labels.get(name, ""),
        mapping.currency if money else "",
        unit,
        examples,
        guessed,
    ]


def _adds_up(one: Made) -> str:
    parts = " + ".join(one.parts)
    return f"sum of {parts if len(parts) <= SHOWN_PARTS else parts[:SHOWN_PARTS] + '…'}"


def _guessed(name: str, likely: dict[str, str], why: dict[str, str]) -> str:
    """What names and values make of a column, and why; what is unsure says so."""
    role, reason = likely.get(name, ""), why.get(name, "")
    return f"{role}: {reason}" if role and reason else role or reason
