"""What of a recipe cannot be done on a snapshot's columns, told in words before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.columns import Column
from engine.data.column_rules import TEXT_RULES, Rule, refused_fill, rule_of
from engine.data.dataset import Dataset, Finding
from engine.data.dates import Interval
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping, validate_mapping
from engine.data.recipe import Accepted, Recipe, Resample, mapping_with, vanished
from engine.errors import BadData
from engine.labels import listed
from engine.names import quoted

# The rhythms that days, weeks and months can be brought to.
CAN_BECOME: Final[dict[Interval, tuple[Resample, ...]]] = {
    "day": ("none", "D", "W", "M"),
    "week": ("none", "W", "M"),
    "month": ("none", "M"),
}
# How several rows of the goal may become one.
GOAL_FUNCTIONS: Final = ("sum", "mean")
# So many columns a sentence names; the rest is counted.
NAMED: Final = 8

# The field of the form at fault, and what is wrong.
Problem = tuple[str, str]


def rules_of(recipe: Recipe, mapping: Mapping, columns: Sequence[Column], choices: Choices) -> dict[str, Rule]:
    """Return how several rows of each column that takes part become one."""
    texts = {column.name for column in columns if column.type == "text"}
    whole = mapping_with(recipe, mapping)
    return {name: rule_of(name, whole, text=name in texts, chosen=choices) for name in whole.model_columns[1:]}


def problems(
    recipe: Recipe, mapping: Mapping, columns: Sequence[Column], choices: Choices, interval: Interval
) -> list[Problem]:
    """Return everything about `recipe` that cannot be done here; empty where all can."""
    if gone := vanished(recipe, _there(mapping, columns)):
        return [("columns", _gone(gone))]
    whole = mapping_with(recipe, mapping)
    found: list[Problem] = [(field, text) for field, text in validate_mapping(whole, columns)]
    if recipe.resample not in CAN_BECOME[interval]:
        found.append(("resample", f"The data are by {interval} and cannot be made finer."))
    return found + list(_of_columns(recipe, rules_of(recipe, mapping, columns, choices)))


def gone_from(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that take part in a recipe and are not in a snapshot."""
    return vanished(recipe, _there(dataset.mapping, dataset.columns))


def _there(mapping: Mapping, columns: Sequence[Column]) -> set[str]:
    """The columns of the source, and those that can be made of them."""
    there = {column.name for column in columns}
    return there | {one.name for one in mapping.made if set(one.parts) <= there}


def refuse(found: Sequence[Problem]) -> None:
    """Raise BadData for the first problem, saying how many there are. Does nothing where there is none."""
    if found:
        more = f" ({len(found) - 1} more.)" if len(found) > 1 else ""
        todo = "Change the recipe with /mmm prepare, or take another one."
        raise BadData(f"{found[0][1]}{more}", todo, field="recipe", problems=[text for _, text in found])


def known(finding: Finding, accepted: Sequence[Accepted]) -> bool:
    """Whether somebody knows of a finding already, by the recipe."""
    return any(one.code == finding.code and one.column in ("", finding.column) for one in accepted)


def with_accepted(findings: Sequence[Finding], accepted: Sequence[Accepted]) -> tuple[Finding, ...]:
    """Return the findings, each overridable FAIL that the recipe accepts, in its column, as a REVIEW."""
    return tuple(
        one.model_copy(update={"grade": "REVIEW"})
        if one.grade == "FAIL" and one.overridable and known(one, accepted)
        else one
        for one in findings
    )


def _of_columns(recipe: Recipe, by: dict[str, Rule]) -> Iterator[Problem]:
    for name, fill in recipe.fill.items():
        if name == recipe.goal:
            yield "fill", f"{quoted(name)} is the goal: it is never filled."
        elif name in by and (why := refused_fill(name, fill, by[name], flag=name in recipe.factor_vars)):
            yield "fill", why
    if (how := recipe.aggregation.get(recipe.goal, "sum")) not in GOAL_FUNCTIONS:
        yield "function", f"{quoted(recipe.goal)} is the goal: it is added up or averaged, not taken by its {how}."
    for name in recipe.clip:
        if name == recipe.goal:
            yield "clip", f"{quoted(name)} is the goal: it is never clipped."
        elif name in by and (by[name] in TEXT_RULES or name in recipe.factor_vars):
            yield "clip", f"{quoted(name)} is a category or a flag: it has no quantiles to clip it at."


def _gone(names: Sequence[str]) -> str:
    shown = [quoted(name) for name in names[:NAMED]]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    one = len(names) == 1
    return (
        f"The data no longer hold {listed([*shown, *more])}, which the recipe uses: leave "
        f"{'it' if one else 'them'} out, or bring {'it' if one else 'them'} back at the source."
    )
