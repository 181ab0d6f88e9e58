"""Recipes as they are stored: the one that is being worked on, and those that were saved, numbered per family.

A family is the snapshots of one title in one country. What was made in private is a family of its own: its space is
its conversation. So nothing of it shows in, or is counted by, what others make under the same title.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.data.dataset import Country, Dataset
from engine.data.index import DatasetLine
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipe_state import RecipeState
from engine.errors import AlreadyExists, BrokenState, Conflict, Denied, NotFound
from engine.listing import ASK
from engine.names import alike, quoted
from engine.sight import Eyes, sees

TRIES: Final = 8
# So many of a family's saved recipes a list shows.
LISTED: Final = 50
# So many objects of a family one request brings.
FOUND: Final = 1000
# The space of what everybody sees.
ALL: Final = "all"
_ID = re.compile(r"([a-z]{2})/([0-9a-f]{16})-([A-Za-z0-9]{1,64})-([1-9][0-9]{0,5})")

Model = TypeVar("Model", bound=BaseModel)


class OpenRecipe(BaseModel):
    """The working copy of a family. `number` is the saved one that it was made from; 0: none."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    recipe: Recipe
    number: int = 0
    made_on: str = Field(description="The snapshot that it was last changed on.")
    who: str
    changed_at: datetime


class SavedRecipe(BaseModel):
    """A recipe that experiments can name. Never changes."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    recipe: Recipe
    title: str
    country: Country
    family: str
    number: int
    made_on: str = Field(description="The snapshot that it was previewed on.")
    note: str = ""
    who: str
    channel: str
    created_at: datetime
    key: str = ""

    @property
    def id(self) -> str:
        country, digest, space = self.family.split("/")
        return f"{country}/{digest}-{space}-{self.number}"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.title} · recipe {self.number}"


class RecipeLine(BaseModel):
    """What a list shows of a saved recipe."""

    model_config = ConfigDict(frozen=True)

    number: int
    who: str
    channel: str
    created_at: datetime
    key: str = ""


class Approval(BaseModel):
    """Who approved a saved recipe, and when."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    who: str
    at: datetime


def family_of(dataset: Dataset | DatasetLine, *, private: bool) -> str:
    """Return the family of a snapshot: `country/digest/space`. `private`: not everybody sees where it was posted."""
    folder = paths.recipes_of_title(dataset.country, alike(dataset.title)).removeprefix(paths.RECIPES)
    return f"{folder}{(dataset.channel or dataset.who) if private else ALL}"


def read_open(storage: Storage, family: str, dataset: Dataset) -> OpenRecipe:
    """Return what is being worked on; where nothing is, the newest saved recipe, or one that changes nothing."""
    document = storage.read(paths.open_recipe(family))
    return _parse(OpenRecipe, document) if document else _start(storage, family, dataset)


def change_open(
    storage: Storage, family: str, dataset: Dataset, change: Change, *, who: str, at: datetime
) -> OpenRecipe:
    """Make one change of the recipe that is being worked on, whoever else makes others. Raises BadInput."""
    return edit_open(storage, family, dataset, lambda recipe: changed(recipe, change), who=who, at=at)


def edit_open(
    storage: Storage,
    family: str,
    dataset: Dataset,
    edit: Callable[[Recipe], Recipe],
    *,
    who: str,
    at: datetime,
    number: int | None = None,
) -> OpenRecipe:
    """Have `edit` change the recipe that is being worked on; it may be asked again, and whatever it raises is raised.

    number: the saved recipe that it then is; None: as before.
    """
    path = paths.open_recipe(family)
    for _ in range(TRIES):
        document = storage.read(path)
        known = _parse(OpenRecipe, document) if document else _start(storage, family, dataset)
        recipe = edit(known.recipe)
        origin = known.number if number is None else number
        if document and recipe == known.recipe and origin == known.number:
            return known
        edited = OpenRecipe(recipe=recipe, number=origin, made_on=dataset.id, who=who, changed_at=at)
        with suppress(Conflict):
            if document:
                storage.swap(path, edited, document.generation)
            else:
                storage.create(path, edited)
            return edited
    raise Conflict("This recipe is being changed by too many at once.", "Try again.")


def save_recipe(
    storage: Storage,
    family: str,
    dataset: Dataset,
    recipe: Recipe,
    *,
    who: str,
    key: str,
    at: datetime,
    note: str = "",
) -> SavedRecipe:
    """Save `recipe` under the family's next number. The same `key`, or what the newest one says already, makes none."""
    for _ in range(TRIES):
        known = saved_recipes(storage, family)
        for line in known:
            if line.key == key:  # the same request, delivered again
                return read_saved(storage, recipe_id(family, line.number))
        if known and (newest := read_saved(storage, recipe_id(family, known[0].number))).recipe == recipe:
            return newest
        saved = SavedRecipe(
            recipe=recipe,
            title=dataset.title,
            country=dataset.country,
            family=family,
            number=known[0].number + 1 if known else 1,
            made_on=dataset.id,
            note=note,
            who=who,
            channel=dataset.channel,
            created_at=at,
            key=key,
        )
        with suppress(AlreadyExists):
            line = RecipeLine.model_validate(saved.model_dump(include=set(RecipeLine.model_fields)))
            storage.create(paths.saved_recipe(family, saved.number), saved, line=line.model_dump(mode="json"))
            return saved
    raise Conflict("Too many recipes are being saved at once.", "Try again.")


def saved_recipes(storage: Storage, family: str, *, limit: int = LISTED) -> list[RecipeLine]:
    """Return what a list shows of a family's saved recipes, the newest first. One request, a read for each odd line."""
    found = []
    for entry in storage.list(paths.saved_recipes(family), limit=limit):
        try:
            found.append(RecipeLine.model_validate(entry.line))
        except ValidationError:
            saved = _parse(SavedRecipe, storage.require(entry.path, "That recipe is no longer there."))
            found.append(RecipeLine.model_validate(saved.model_dump(include=set(RecipeLine.model_fields))))
    return found


def state_of(storage: Storage, family: str, *, seen: Callable[[RecipeLine], bool] = lambda line: True) -> RecipeState:
    """Return how far a family's recipes are, by one request. `seen`: which of the saved ones are looked at."""
    entries = list(storage.list(paths.recipes_of(family), limit=FOUND))
    approved = {entry.path.rpartition("/")[2] for entry in entries if "/approved/" in entry.path}
    working = any(entry.path == paths.open_recipe(family) for entry in entries)
    saved = [entry for entry in entries if entry.path.startswith(paths.saved_recipes(family))]
    for entry in saved or (storage.list(paths.saved_recipes(family), limit=1) if len(entries) == FOUND else ()):
        with suppress(ValidationError):
            line = RecipeLine.model_validate(entry.line)
            if seen(line):
                return RecipeState(
                    number=line.number,
                    id=recipe_id(family, line.number),
                    who=line.who,
                    saved_at=line.created_at,
                    approved=entry.path.rpartition("/")[2] in approved,
                    working=working,
                )
    return RecipeState(working=working)


def recipe_id(family: str, number: int) -> str:
    """Return the id of a family's saved recipe."""
    country, digest, space = family.split("/")
    return f"{country}/{digest}-{space}-{number}"


def place_of(wanted: str) -> tuple[str, int]:
    """Return the family and the number that a saved recipe's id names. Raises NotFound for any other text."""
    found = _ID.fullmatch(wanted)
    if not found:
        raise _no_recipe(wanted)
    return f"{found[1]}/{found[2]}/{found[3]}", int(found[4])


def number_in(wanted: str) -> int:
    """Return the number that a saved recipe's id tells; 0 for any other text, and where there is none."""
    found = _ID.fullmatch(wanted)
    return int(found[4]) if found else 0


def read_saved(storage: Storage, wanted: str, eyes: Eyes | None = None) -> SavedRecipe:
    """Return the saved recipe of that id. Raises NotFound, also where `eyes` do not see it, BrokenState."""
    document = storage.read(paths.saved_recipe(*place_of(wanted)))
    if document is None or not sees(eyes, saved := _parse(SavedRecipe, document)):
        raise _no_recipe(wanted)
    return saved


def approve(storage: Storage, saved: SavedRecipe, *, who: str, at: datetime) -> Approval:
    """Approve a saved recipe, once; who comes later finds who did. Raises Denied for whoever made it."""
    if who == saved.who:
        raise Denied("You made this recipe: somebody else approves it.", "Ask a colleague to press Approve.")
    with suppress(AlreadyExists):
        storage.create(paths.recipe_approved(saved.family, saved.number), Approval(who=who, at=at), line={"who": who})
    document = storage.require(paths.recipe_approved(saved.family, saved.number), "That approval is not there.")
    return _parse(Approval, document)


def approval_of(storage: Storage, saved: SavedRecipe) -> Approval | None:
    """Return who approved a saved recipe; None where nobody did."""
    document = storage.read(paths.recipe_approved(saved.family, saved.number))
    return _parse(Approval, document) if document else None


def approvals_of(storage: Storage, family: str) -> dict[int, str]:
    """Return who approved which of a family's newest recipes, by number. One request."""
    found = {}
    for entry in storage.list(paths.recipe_approvals(family), limit=LISTED):
        name = entry.path.removeprefix(paths.recipe_approvals(family)).removesuffix(".json")
        if entry.line and name.isascii() and name.isdigit():
            found[paths.LAST_NUMBER - int(name)] = str(entry.line.get("who", ""))
    return found


def _start(storage: Storage, family: str, dataset: Dataset) -> OpenRecipe:
    for line in saved_recipes(storage, family, limit=1):
        saved = read_saved(storage, recipe_id(family, line.number))
        return OpenRecipe(
            recipe=saved.recipe, number=line.number, made_on=saved.made_on, who=saved.who, changed_at=saved.created_at
        )
    return OpenRecipe(
        recipe=recipe_of(dataset.mapping), made_on=dataset.id, who=dataset.who, changed_at=dataset.created_at
    )


def _no_recipe(wanted: str) -> NotFound:
    return NotFound(f"There is no recipe {quoted(wanted)}.", "See them with /mmm prepare.", field="recipe")


def _parse(model: type[Model], document: Document) -> Model:
    if document.body.get("schema_version", 1) != 1:
        raise BrokenState("A recipe was written by a newer version.", ASK, detail=document.path)
    try:
        return model.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored recipe cannot be read.", ASK, detail=f"{document.path}: {error}") from error
