"""A recipe on a later snapshot: columns of it that are gone, and columns that it does not know yet."""

from collections.abc import Iterator, Sequence
from typing import Final

from engine.data.check.found import Found, say
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipe import PARTS, Change, Recipe, new_columns
from engine.data.recipe_problems import gone_from
from engine.errors import BadInput
from engine.names import quoted

# Why a column takes no part as long as nobody settled it, and as somebody did.
GONE: Final = "gone from this snapshot"
SETTLED: Final = "gone from a later snapshot"


def fitted(recipe: Recipe, dataset: Dataset) -> tuple[Recipe, tuple[str, ...]]:
    """Return the recipe without what is gone from a snapshot, and the names of that.

    Raises BadInput where the goal or the last channel is gone: then there is nothing to look at.
    """
    gone = gone_from(recipe, dataset)
    if recipe.goal in gone:
        raise BadInput(
            f"The recipe explains {quoted(recipe.goal)}, which is gone from this snapshot.",
            "Choose another goal with /mmm prepare.",
        )
    exposures = {spend: name for spend, name in recipe.exposures.items() if name not in gone}
    dropped = {
        **dict.fromkeys((name for name in gone if name not in recipe.exposures.values()), GONE),
        **recipe.dropped,
    }
    left = recipe.model_copy(update={"dropped": dropped, "exposures": exposures})
    if not left.kept_spends:
        raise BadInput(
            "Every paid channel of the recipe is gone from this snapshot.", "Choose others with /mmm prepare."
        )
    return left, gone


def as_made(recipe: Recipe) -> Recipe:
    """Return a fitted recipe as somebody made it: without what only fitting left out."""
    kept = {name: why for name, why in recipe.dropped.items() if why != GONE}
    return recipe.model_copy(update={"dropped": kept})


def of_another_snapshot(gone: Sequence[str], recipe: Recipe, mapping: Mapping) -> Iterator[Found]:
    """Tell what is gone of a recipe, and what is new to it, each with the press that settles it."""
    for name in gone:
        spend = next((spend for spend, used in recipe.exposures.items() if used == name), "")
        text = f"The recipe uses “{name}”, which is gone from this snapshot; it is looked at without."
        change = (
            Change(kind="exposure", column=spend, value="", reason=SETTLED)
            if spend
            else Change(kind="drop", column=name, reason=SETTLED)
        )
        yield Found(
            say("recipe.gone", "FAIL", name, "", text, "Load it again, or leave it out.", trust=True), (change,)
        )
    for name in new_columns(recipe, mapping):
        part = next((part for part in PARTS if name in getattr(mapping, part)), "")
        text = f"“{name}” plays a role here that the recipe does not know yet: it takes no part."
        changes = (Change(kind="keep", column=name, value=part, reason="new"),) if part else ()
        yield Found(say("recipe.new", "INFO", name, "", text, "Take it in if it is meant to be."), changes)
