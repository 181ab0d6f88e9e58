"""What each change does to a recipe. Pure; what makes no sense is refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final, cast, get_args

from pydantic import ValidationError

from engine.data.recipe import PARTS, WEEKDAYS, Accepted, Change, Clip, Fill, Function, Recipe
from engine.errors import BadInput
from engine.names import quoted

_CLIP: Final = re.compile(r"(0|1|0?\.\d{1,6}|1\.0+|0\.0+):(0|1|0?\.\d{1,6}|1\.0+)")


def changed(recipe: Recipe, change: Change) -> Recipe:
    """Return `recipe` with `change` made. Raises BadInput where that cannot be."""
    return Recipe.model_validate(recipe.model_dump() | _DONE[change.kind](recipe, change))


def _drop(recipe: Recipe, change: Change) -> dict[str, Any]:
    name = change.column
    if name == recipe.goal:
        raise BadInput(f"{quoted(name)} is what is explained: it cannot be left out.", "Choose another goal first.")
    _known(recipe, name)
    if name in recipe.spends and set(recipe.kept_spends) <= {name}:
        raise BadInput(f"{quoted(name)} is the last paid channel.", "Keep at least one.")
    return {"dropped": recipe.dropped | {name: change.reason or "left out by hand"}}


def _keep(recipe: Recipe, change: Change) -> dict[str, Any]:
    name = change.column
    kept: dict[str, Any] = {"dropped": {other: why for other, why in recipe.dropped.items() if other != name}}
    if name in recipe.roles:
        return kept
    if change.value not in PARTS:
        raise BadInput(f"{quoted(name)} plays no role here.", "Choose its role with /mmm map first.")
    field = "spends" if change.value == "paid_media_spends" else change.value
    added: dict[str, Any] = {field: (*getattr(recipe, field), name)}
    if field == "factor_vars":
        added["context_vars"] = (*recipe.context_vars, name)
    return kept | added


def _goal(recipe: Recipe, change: Change) -> dict[str, Any]:
    name = change.column
    if not name:
        raise BadInput("No goal was chosen.", "Choose the column to explain.")
    kind = change.value or recipe.goal_type
    if kind not in ("revenue", "conversion"):
        raise BadInput(f"A goal is revenue or conversion, not {quoted(kind)}.", "Choose one of the two.")
    if set(recipe.kept_spends) <= {name}:
        raise BadInput(f"{quoted(name)} is the last paid channel.", "Choose another goal.")
    # What was said of the column as a driver would be wrong of a goal: that is neither filled nor clipped.
    said = {part: {column: how for column, how in getattr(recipe, part).items() if column != name}
            for part in ("dropped", "fill", "clip")}  # fmt: skip
    return {"goal": name, "goal_type": kind, **_without(recipe, name), **said}


def _exposure(recipe: Recipe, change: Change) -> dict[str, Any]:
    spend, name = change.column, change.value
    if spend not in recipe.spends:
        raise BadInput(f"{quoted(spend)} is not among the spends.", "Choose a paid channel.")
    others = {other: exposure for other, exposure in recipe.exposures.items() if other != spend}
    if name in ("", spend):
        return {"exposures": others}
    if name in (recipe.goal, *recipe.spends) or name in others.values():
        raise BadInput(f"{quoted(name)} is in use already; a column can play one role.", "Choose another exposure.")
    without = _without(recipe, name)
    dropped = {other: why for other, why in recipe.dropped.items() if other != name}
    return without | {"exposures": others | {spend: name}, "dropped": dropped}


def _resample(recipe: Recipe, change: Change) -> dict[str, Any]:
    to, _, day = change.value.partition(":")
    if to not in ("none", "D", "W", "M") or (day and (to != "W" or day not in WEEKDAYS)):
        raise BadInput(f"I do not know the rhythm {quoted(change.value)}.", "Take none, D, W, M, or W:sun for a week.")
    return {"resample": to, "week_starts": day or (recipe.week_starts if to == "W" else "mon")}


def _aggregate(recipe: Recipe, change: Change) -> dict[str, Any]:
    _known(recipe, change.column)
    return {"aggregation": _set(recipe.aggregation, change, get_args(Function), "function")}


def _fill(recipe: Recipe, change: Change) -> dict[str, Any]:
    if change.column == recipe.goal and change.value:
        raise BadInput(f"{quoted(recipe.goal)} is the goal: it is never filled.", "Add the values at the source.")
    _known(recipe, change.column)
    return {"fill": _set(recipe.fill, change, get_args(Fill), "way to fill")}


def _clip(recipe: Recipe, change: Change) -> dict[str, Any]:
    name = change.column
    if name == recipe.goal and change.value:
        raise BadInput(f"{quoted(name)} is the goal: it is never clipped.", "Mark the days with a flag instead.")
    _known(recipe, name)
    others = {other: how for other, how in recipe.clip.items() if other != name}
    if not change.value:
        return {"clip": others}
    found = _CLIP.fullmatch(change.value.replace(" ", ""))
    low, high = (float(found[1]), float(found[2])) if found else (1.0, 0.0)
    if not low < high:
        raise BadInput(
            f"{quoted(change.value)} are no two quantiles.", "Give two shares such as 0.01:0.99, the lower one first."
        )
    return {"clip": others | ({name: Clip(low=low, high=high)} if (low, high) != (0.0, 1.0) else {})}


def _window(recipe: Recipe, change: Change) -> dict[str, Any]:
    begin, _, end = change.value.partition(":")
    try:
        start, last = (date.fromisoformat(day.strip()) if day.strip() else None for day in (begin, end))
    except ValueError:
        raise BadInput(f"{quoted(change.value)} is no window.", "Give it as 2022-01-01:2023-12-31.") from None
    if start and last and last <= start:
        raise BadInput(f"The window ends on {last}, not after its start on {start}.", "Choose a later end.")
    return {"start": start, "end": last}


def _accept(recipe: Recipe, change: Change) -> dict[str, Any]:
    if not change.value:
        raise BadInput("It is not said what is accepted.", "Open the findings once more.")
    others = tuple(one for one in recipe.accepted if (one.code, one.column) != (change.value, change.column))
    return {"accepted": (*others, Accepted(code=change.value, column=change.column, reason=change.reason))}


_DONE: Final[dict[str, Callable[[Recipe, Change], dict[str, Any]]]] = {
    "drop": _drop,
    "keep": _keep,
    "goal": _goal,
    "exposure": _exposure,
    "resample": _resample,
    "aggregate": _aggregate,
    "fill": _fill,
    "clip": _clip,
    "window": _window,
    "accept": _accept,
}


def read_change(given: object) -> Change:
    """Return the change that a button carried. Raises BadInput for what is none of ours."""
    try:
        return Change.model_validate(given)
    except ValidationError as error:
        raise BadInput("That button is no longer known.", "Open the list once more.", detail=str(error)) from error


def _known(recipe: Recipe, name: str) -> None:
    if name not in recipe.roles:
        raise BadInput(f"{quoted(name)} plays no role in this recipe.", "Open the list once more.")


def _set(said: dict[str, Any], change: Change, known: tuple[str, ...], what: str) -> dict[str, str]:
    others = {name: how for name, how in said.items() if name != change.column}
    if change.value and change.value not in known:
        raise BadInput(f"There is no {what} {quoted(change.value)}.", f"Take one of {', '.join(known)}.")
    return cast("dict[str, str]", others | ({change.column: change.value} if change.value else {}))


def _without(recipe: Recipe, name: str) -> dict[str, Any]:
    """The recipe's roles without a column, which is to play another one."""
    roles: dict[str, Any] = {
        part: tuple(other for other in getattr(recipe, part) if other != name)
        for part in ("spends", "organic_vars", "context_vars", "factor_vars")
    }
    exposures = {spend: exposure for spend, exposure in recipe.exposures.items() if name not in (spend, exposure)}
    return roles | {"exposures": exposures}
