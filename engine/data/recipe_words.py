"""A recipe in sentences: what it does, and how it differs from another one. Every column is said, none is dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.data.check.verdict import SUBJECTS
from engine.data.column_rules import FILL_WORDS
from engine.data.recipe import Accepted, Clip, Recipe, Weekday
from engine.names import quoted

GOAL_WORDS: Final = {"revenue": "money", "conversion": "conversions"}
DAYS: Final[dict[Weekday, str]] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
FUNCTIONS: Final = {
    "sum": "added up",
    "mean": "averaged",
    "max": "by the largest",
    "min": "by the smallest",
    "mode": "by the commonest",
}
_ROLES: Final = {
    "spends": "a paid channel",
    "exposures": "an exposure",
    "organic_vars": "organic",
    "context_vars": "context",
    "factor_vars": "a category or flag",
    "goal": "the goal",
}


def rhythm_words(recipe: Recipe) -> str:
    """Say which rows a training reads."""
    match recipe.resample:
        case "D":
            return "one row a day"
        case "W":
            return f"weeks from {DAYS[recipe.week_starts]}"
        case "M":
            return "months"
        case _:
            return "rows as they are"


def window_words(recipe: Recipe) -> str:
    """Say which days are modelled."""
    if recipe.start and recipe.end:
        return f"{recipe.start} to {recipe.end}"
    if recipe.start:
        return f"from {recipe.start} on"
    return f"until {recipe.end}" if recipe.end else "all rows"


def clip_words(clip: Clip | None) -> str:
    """Say between which quantiles a column is kept."""
    return f"kept between its {clip.low * 100:g} % and {clip.high * 100:g} % quantiles" if clip else "not clipped"


def role_words(recipe: Recipe, name: str) -> str:
    """Say what a column is to a recipe."""
    return _ROLES.get(recipe.roles.get(name, ""), "no role")


def accepted_words(one: Accepted) -> str:
    """Say what somebody knows of: the finding as it was told to them; else what it is about."""
    why = one.reason.strip().rstrip(".")
    if why and one.column in why:
        return why
    about = next((name for name, codes in SUBJECTS if one.code.startswith(codes)), "")
    said = (f"a finding about {about}" if about else one.code) + (f" ({quoted(one.column)})" if one.column else "")
    return f"{said}: {why}" if why else said


def differences(before: Recipe, after: Recipe) -> list[str]:
    """Say everything in which `after` differs from `before`, a sentence each; empty where they do the same."""
    said: list[str] = []
    if before.goal != after.goal:
        said.append(f"the goal is {quoted(after.goal)}, not {quoted(before.goal)}")
    if before.goal_type != after.goal_type:
        said.append(f"the goal counts {GOAL_WORDS[after.goal_type]}, not {GOAL_WORDS[before.goal_type]}")
    said += _roles(before, after)
    said += _dropped(before, after)
    for spend, (was, now) in _changed(before.exposures, after.exposures):
        if spend in before.spends or spend in after.spends:
            said.append(f"{quoted(spend)} is modelled on {quoted(now or spend)}, not on {quoted(was or spend)}")
    if rhythm_words(before) != rhythm_words(after):
        said.append(f"{rhythm_words(after)}, not {rhythm_words(before)}")
    if window_words(before) != window_words(after):
        said.append(f"window: {window_words(after)}, not {window_words(before)}")
    for name, (was, now) in _changed(before.aggregation, after.aggregation):
        usual = "as its role says"
        said.append(f"{quoted(name)} is {FUNCTIONS.get(now, usual)}, not {FUNCTIONS.get(was, usual)}")
    for name, (was, now) in _changed(before.fill, after.fill):
        usual = "what is usual"
        said.append(f"{quoted(name)} is filled with {FILL_WORDS.get(now, usual)}, not {FILL_WORDS.get(was, usual)}")
    for name, (one, other) in _changed(before.clip, after.clip):
        said.append(f"{quoted(name)} is {clip_words(other or None)}, before {clip_words(one or None)}")
    known = {(one.code, one.column) for one in before.accepted}
    for one in after.accepted:
        if (one.code, one.column) not in known:
            said.append(f"known and accepted: {accepted_words(one)}")
    now_known = {(one.code, one.column) for one in after.accepted}
    for one in before.accepted:
        if (one.code, one.column) not in now_known:
            said.append(f"no longer accepted: {accepted_words(one)}")
    return said


def _roles(before: Recipe, after: Recipe) -> Iterator[str]:
    was, now = before.roles, after.roles
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) == now.get(name) or {was.get(name), now.get(name)} & {"goal", "exposures"}:
            continue
        if name not in now:
            yield f"{quoted(name)} plays no role any more"
        else:
            yield f"{quoted(name)} is {_ROLES[now[name]]}" + (f", not {_ROLES[was[name]]}" if name in was else ", new")


def _dropped(before: Recipe, after: Recipe) -> Iterator[str]:
    for name, why in after.dropped.items():
        if name not in before.dropped:
            yield f"{quoted(name)} is left out ({why})"
    for name in before.dropped:
        if name not in after.dropped and name in after.roles:
            yield f"{quoted(name)} takes part again"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield name, (was, now)
