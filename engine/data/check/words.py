"""Changes of a recipe in words: what a button says, what was changed already, and what takes it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.data.recipe import Change, Recipe

FILLED: Final = {
    "zero": "with 0",
    "previous": "with the value before",
    "between": "between its neighbours",
    "mean": "with its mean",
    "common": "with its commonest value",
}
RHYTHMS: Final = {
    "none": "Leave the rows as they come",
    "D": "One row a day",
    "W": "Add up to weeks",
    "M": "Add up to months",
}
# A change that takes an acceptance back: no change of a recipe does that by itself.
FORGET: Final = "forget"
NAME: Final = 46


@dataclass(frozen=True)
class Taken:
    """Something that was changed already, in words, and the change that takes it back.

    `forget`: it is a finding that was accepted; what takes it back is to forget that.
    """

    words: str
    back: Change
    forget: bool = False


def label_of(change: Change) -> str:
    """What the button of a change says."""
    name = brief(change.column)
    match change.kind:
        case "drop":
            return f"Leave out {name}"
        case "keep":
            return f"Keep {name}"
        case "goal":
            return f"Explain {name}"
        case "exposure":
            return f"Use {brief(change.value)}" if change.value else f"Model {name} itself"
        case "resample":
            return RHYTHMS.get(change.value.partition(":")[0], "Add up rows")
        case "aggregate":
            return f"Take the {change.value} of {name}"
        case "fill":
            return f"Fill {name} {FILLED.get(change.value, 'as usual')}"
        case "clip":
            return f"Clip {name} at {_high(change.value)}" if change.value else f"Do not clip {name}"
        case "window":
            return window_words(change.value)
        case "accept":
            return "Known, go on"


def window_words(value: str) -> str:
    """A window as a person would ask for it."""
    start, _, end = value.partition(":")
    if start and end:
        return f"Use {start} to {end}"
    return f"Begin on {start}" if start else f"End on {end}" if end else "Use the whole window"


def taken(recipe: Recipe, usual: Recipe) -> Iterator[Taken]:
    """Tell what a recipe does otherwise than the usual one, each with the change that takes it back."""
    for name, why in recipe.dropped.items():
        yield Taken(f"“{name}” is left out: {why}", Change(kind="keep", column=name))
    if recipe.goal != usual.goal:
        yield Taken(
            f"“{recipe.goal}” is explained",
            Change(kind="goal", column=usual.goal, value=usual.goal_type),
        )
    for spend in recipe.spends:
        used, before = recipe.exposures.get(spend, ""), usual.exposures.get(spend, "")
        if used != before:
            told = f"by “{used}”" if used else "by its spend"
            yield Taken(f"“{spend}” is told {told}", Change(kind="exposure", column=spend, value=before))
    if (recipe.resample, recipe.week_starts) != (usual.resample, usual.week_starts):
        words = RHYTHMS.get(recipe.resample, "")
        yield Taken(words.replace("Add up", "Added up"), Change(kind="resample", value=usual.resample))
    for name, how in recipe.aggregation.items():
        yield Taken(f"Of “{name}” the {how} is taken", Change(kind="aggregate", column=name))
    for name, fill in recipe.fill.items():
        yield Taken(f"“{name}” is filled {FILLED[fill]}", Change(kind="fill", column=name))
    for name, clip in recipe.clip.items():
        yield Taken(f"“{name}” is clipped at {_shares(clip.low, clip.high)}", Change(kind="clip", column=name))
    if recipe.start or recipe.end:
        value = f"{recipe.start or ''}:{recipe.end or ''}"
        yield Taken(window_words(value), Change(kind="window", value=":"))
    for one in recipe.accepted:
        about = f" of “{one.column}”" if one.column else ""
        back = Change(kind="accept", column=one.column, value=one.code)
        yield Taken(f"Known: {one.reason or one.code}{about if not one.reason else ''}", back, forget=True)


def brief(name: str, most: int = NAME) -> str:
    """A name within a button: whole, or without its middle."""
    if len(name) <= most:
        return name
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def _high(value: str) -> str:
    low, _, high = value.partition(":")
    try:
        return _shares(float(low or 0), float(high or 1))
    except ValueError:
        return value


def _shares(low: float, high: float) -> str:
    told = [f"{share * 100:.3g} %" for share in (low, high) if 0 < share < 1]
    return " and ".join(told) or "nothing"
