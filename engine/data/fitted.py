"""A mapping on columns that it was not made for: what is there keeps its role, and all that came or went is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.columns import Column
from engine.data.dataset import Finding
from engine.data.guess import guess
from engine.data.made import Made
from engine.data.mapping import ROLE_NAMES, Mapping


@dataclass(frozen=True)
class Fitted:
    """A mapping as far as its columns are there. `gone`: by column, what it was; `new`: columns it says nothing of."""

    mapping: Mapping
    gone: dict[str, str]
    new: tuple[str, ...]


def fitted(mapping: Mapping, columns: Sequence[Column], known: Collection[str] = ()) -> Fitted:
    """Return `mapping` for `columns`. known: the columns that it was made for, whether they play a role or not.

    A sum goes on with the parts that are there. Where the date or the goal is gone its place is empty: such a mapping
    is not valid yet, and somebody has to choose.
    """
    names = {column.name for column in columns}
    made = tuple(
        one.model_copy(update={"parts": parts})
        for one in mapping.made
        if one.name not in names and (parts := tuple(part for part in one.parts if part in names))
    )
    there = names | {one.name for one in made}

    def one(name: str) -> str:
        return name if name in there else ""

    def many(given: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in given if name in there)

    spends = many(mapping.paid_media_spends)
    bought = {spend: many(names) for spend, names in mapping.paid_media_mapping.items() if spend in there}
    left = mapping.model_copy(
        update={
            **{field: one(getattr(mapping, field)) for field in ("date_var", "dep_var", "country_var")},
            **{field: many(getattr(mapping, field)) for field in ("organic_vars", "context_vars", "factor_vars")},
            "paid_media_spends": spends,
            "exposures": {spend: name for spend, name in mapping.exposures.items() if spend in spends and one(name)},
            "paid_media_mapping": bought,
            "goals": tuple(goal for goal in mapping.goals if goal.column in there),
            "made": made,
            **{
                field: {name: said for name, said in getattr(mapping, field).items() if name in there}
                for field in ("channels", "sub_channels", "tags", "labels", "aggregation")
            },
        }
    )
    before = set(known) | {*mapping.raw_columns} | {part for one in mapping.made for part in one.parts}
    return Fitted(left, gone_of(mapping, names), tuple(column.name for column in columns if column.name not in before))


def gone_of(mapping: Mapping, names: Collection[str]) -> dict[str, str]:
    """Return the columns that a mapping names and that are not there, each with the field of its role."""
    sums = {part: one for one in mapping.made for part in one.parts}
    played = {mapping.date_var: "date_var", mapping.dep_var: "dep_var", mapping.country_var: "country_var"}
    played |= dict.fromkeys((goal.column for goal in mapping.goals), "goals")
    played |= dict.fromkeys((name for some in mapping.paid_media_mapping.values() for name in some), "exposures")
    for field in ("organic_vars", "context_vars", "factor_vars", "paid_media_spends"):
        played |= dict.fromkeys(getattr(mapping, field), field)
    played |= dict.fromkeys(mapping.exposures.values(), "exposures")
    made = {one.name for one in mapping.made}
    gone = {name: field for name, field in played.items() if name and name not in names and name not in made}
    return gone | {part: _field_of(one, played) for part, one in sums.items() if part not in names}


def _field_of(made: Made, played: dict[str, str]) -> str:
    return played.get(made.name, "made")


def told(fit: Fitted, columns: Sequence[Column], country: str = "") -> tuple[Finding, ...]:
    """Say what came and went, for a person: gone columns that played a role, and new ones with what they look like."""
    found = [
        Finding(
            code="mapping.gone",
            grade="REVIEW",
            column=name,
            text=f"“{name}” was {ROLE_NAMES.get(field, 'part of a sum')} in the mapping and is not there any more.",
            remedy="Choose another column for it, or add it at the source.",
        )
        for name, field in fit.gone.items()
    ]
    if fit.new:
        looks = guess(columns, country)
        kinds = {name: role for field, role in ROLE_NAMES.items() for name in _named(looks, field)}
        for name in fit.new:
            like = f"; it looks like {kinds[name]}" if name in kinds else ""
            text = f"“{name}” is new{like}. The mapping says nothing of it, so it is not used."
            found.append(Finding(code="mapping.new", grade="INFO", column=name, text=text))
    return tuple(found)


def _named(mapping: Mapping, field: str) -> tuple[str, ...]:
    value = mapping.exposures.values() if field == "exposures" else getattr(mapping, field)
    if field == "goals":
        return tuple(goal.column for goal in mapping.goals)
    return (value,) if isinstance(value, str) else tuple(value)
