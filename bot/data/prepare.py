"""`/mmm prepare NAME`: the recipe of a dataset: seen, changed, tried on the data, saved, approved, gone back to."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.access import Role
from bot.act import Act, Close, Errors, Reply, Show, Whisper
from bot.asking import ON_IT, ask
from bot.data import prepare_form as form
from bot.data import prepare_messages as messages
from bot.data.check import newest
from bot.data.dropped import usable
from bot.data.prepare_edit import kept
from bot.slack.blocks import Message
from bot.wing import Command, Wing
from engine.data.dataset import Dataset
from engine.data.recipe import Change, Recipe
from engine.data.recipe_changes import changed
from engine.data.recipe_problems import gone_from, problems
from engine.data.recipes import SavedRecipe, approve, edit_open, recipe_id, save_recipe
from engine.errors import BadInput, Conflict, NotFound

GONE = "no longer in the data"


async def prepare(act: Act) -> Reply:
    """Show the recipe of a dataset with what it makes of the data; `recipe 3` behind the name: a saved one."""
    name, number = _wanted(act.text)
    dataset = await act.blocking(_dataset, act, name)
    if number:
        saved = await act.blocking(act.seen.recipe_numbered, dataset, number)
        return await _card(act, dataset, saved.id)
    return await _card(act, dataset)


async def show(act: Act) -> Reply:
    """Show a saved recipe, from the list of versions."""
    dataset, saved = await act.blocking(_named, act)
    return await _card(act, dataset, saved.id)


async def save(act: Act) -> Reply:
    """Save the recipe as the card shows it."""
    said = messages.read_value(act.value)
    dataset = await act.blocking(act.seen.dataset, said.get("d", ""))
    saved = await act.blocking(_save, act, dataset, said.get("r", ""), "")
    said_of = f"Saved as recipe {saved.number}: its card arrives {{where}}."
    return await _card(act, dataset, saved.id, said=said_of, once=f"saved|{saved.id}")


async def preview_sent(act: Act) -> Reply:
    """Save the recipe as it was tried; its card goes where the form was opened."""
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    note = act.values.text(messages.NOTE)[: messages.NOTE_TEXT]
    try:
        saved = await act.blocking(_save, act, dataset, str(act.meta["digest"]), note)
    except (BadInput, Conflict) as error:
        return Errors({messages.NOTE: str(error)})
    there = replace(act, channel=str(act.meta["channel"]))
    told = await _card(there, dataset, saved.id)
    if told is None:
        return Close()
    return Show(messages.saved(saved.name, told.message.text))


async def table(act: Act) -> Reply:
    """Have the recipe's table given out."""
    if act.value == form.TABLE:
        dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
        await kept(act, dataset)
        there, about = replace(act, channel=str(act.meta["channel"])), {}
    else:
        said = messages.read_value(act.value)
        dataset = await act.blocking(act.seen.dataset, said.get("d", ""))
        there = act
        about = {"saved": (await act.blocking(act.seen.recipe, said["s"])).id} if said.get("s") else {}
    about |= await act.blocking(_about, act, dataset)
    return await ask(there, messages.TABLE, about, needs=Role.ANALYST, dataset=dataset)


async def drop(act: Act) -> Reply:
    """Ask for an edited table."""
    inside = act.value == form.TABLE
    waiting = await act.open(messages.waiting("Opening the form …"))
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]) if inside else act.value)
    if inside:
        await kept(act, dataset)
    view = form.file_form(dataset, channel=str(act.meta["channel"]) if inside else act.channel)
    await act.surface.update_view(waiting, view)
    return None


async def dropped(act: Act) -> Reply:
    """An edited table was dropped: the worker reads it, and shows what it makes of the data, or what is wrong."""
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    file = act.values.file("recipe_csv")
    if file is None:
        return Errors({"recipe_csv": "Choose the table that you edited."})
    try:
        await usable(act, str(file["id"]))  # an id alone is not enough
    except NotFound as error:
        return Errors({"recipe_csv": f"{error.what} {error.todo}"})
    about = {**await act.blocking(_about, act, dataset), "file": str(file["id"])}
    there = replace(act, channel=str(act.meta["channel"]))
    await ask(there, messages.READ, about, needs=Role.ANALYST, dataset=dataset)
    return Close()


async def versions(act: Act) -> Reply:
    """List the saved recipes."""
    dataset = await act.blocking(act.seen.dataset, act.value)
    return Whisper(await act.blocking(_versions, act, dataset))


async def back(act: Act) -> Reply:
    """Go on from a saved recipe: it becomes the one that is being worked on."""
    dataset, saved = await act.blocking(_named, act)
    await act.blocking(_go_back, act, dataset, saved)
    said = f"Recipe {saved.number} is the one in work now: its card arrives {{where}}."
    return await _card(act, dataset, said=said)


async def agree(act: Act) -> Reply:
    """Approve a saved recipe that somebody else made."""
    saved = await act.blocking(act.seen.recipe, act.value)
    known = await act.blocking(approve, act.cloud.storage, saved, who=act.user, at=act.clock.now())
    dataset = await act.blocking(_made_on, act, saved)
    done = "is approved" if known.who == act.user else "was approved before"
    said = f"Recipe {saved.number} {done}: its card arrives {{where}}."
    return await _card(act, dataset, saved.id, said=said, once=f"approved|{saved.id}")


async def leave_out(act: Act) -> Reply:
    """Leave out every column of the recipe that the data no longer hold."""
    dataset = await act.blocking(act.seen.dataset, act.value)
    await act.blocking(_leave_out, act, dataset)
    return await _card(act, dataset)


async def _card(act: Act, dataset: Dataset, saved: str = "", *, said: str = ON_IT, once: str = "") -> Whisper | None:
    about = await act.blocking(_about, act, dataset, saved)
    return await ask(act, messages.CARD, about, needs=Role.ANALYST, dataset=dataset, said=said, once=once)


def _about(act: Act, dataset: Dataset, saved: str = "") -> dict[str, str]:
    return {"dataset": dataset.id, "family": act.seen.family(dataset), **({"saved": saved} if saved else {})}


def _dataset(act: Act, name: str) -> Dataset:
    if act.value:
        return act.seen.dataset(act.value)
    return act.seen.find_dataset(name) if name else newest(act)


def _wanted(text: str) -> tuple[str, int]:
    """The name that was typed, and the number of a saved recipe behind it; 0 where there is none."""
    words = text.split()
    if len(words) >= 2 and words[-2].lower() == "recipe" and words[-1].isascii() and words[-1].isdigit():
        return " ".join(words[:-2]), min(int(words[-1]), 999_999)
    return text.strip(), 0


def _named(act: Act) -> tuple[Dataset, SavedRecipe]:
    """The dataset and the saved recipe that a button names: of a list, the recipe alone."""
    said = messages.read_value(act.value) if act.value.startswith("{") else {"s": act.value}
    saved = act.seen.recipe(said.get("s", ""))
    return act.seen.dataset(said["d"]) if said.get("d") else _made_on(act, saved), saved


def _made_on(act: Act, saved: SavedRecipe) -> Dataset:
    """The snapshot that a recipe was previewed on; where that is gone, the newest one of its family."""
    with suppress(NotFound):
        return act.seen.dataset(saved.made_on)
    return act.seen.find_dataset(f"{saved.title} {saved.country.upper()}")


def _edit(act: Act, dataset: Dataset, edit: Any, number: int | None = None) -> Recipe:
    family, at = act.seen.family(dataset), act.clock.now()
    return edit_open(act.cloud.storage, family, dataset, edit, who=act.user, at=at, number=number).recipe


def _save(act: Act, dataset: Dataset, digest: str, note: str) -> SavedRecipe:
    """Save the recipe that was looked at; where it was changed since, that is said and nothing is saved."""
    storage, family = act.cloud.storage, act.seen.family(dataset)
    known = act.seen.open_recipe(dataset)
    if known.recipe.digest != digest:
        raise BadInput("The recipe was changed meanwhile.", "Look at it once more with /mmm prepare, then save it.")
    if gone := problems(known.recipe, dataset.mapping, dataset.columns, dataset.choices, dataset.interval):
        raise BadInput(gone[0][1], "Change the recipe first.")
    key, at = f"{act.settings.workspace}|{act.key}", act.clock.now()
    saved = save_recipe(storage, family, dataset, known.recipe, who=act.user, key=key, at=at, note=note)
    _edit(act, dataset, lambda recipe: recipe, saved.number if saved.recipe == known.recipe else None)
    return saved


def _go_back(act: Act, dataset: Dataset, saved: SavedRecipe) -> None:
    _edit(act, dataset, lambda recipe: saved.recipe, saved.number)


def _leave_out(act: Act, dataset: Dataset) -> None:
    def edit(recipe: Recipe) -> Recipe:
        for name in gone_from(recipe, dataset):
            recipe = changed(recipe, Change(kind="drop", column=name, reason=GONE))
        return recipe

    _edit(act, dataset, edit)


def _versions(act: Act, dataset: Dataset) -> Message:
    family, lines = act.seen.family(dataset), act.seen.recipes(dataset)
    ids = {line.number: recipe_id(family, line.number) for line in lines}
    return messages.versions(dataset.title, lines, act.seen.approvals(dataset), ids)


WING = Wing(
    commands=(
        Command(
            ("prepare",),
            prepare,
            "Say what becomes of the data before a training: goal, drivers, gaps, rhythm, window.",
            "[NAME] [recipe NUMBER]",
            needs=Role.ANALYST,
        ),
    ),
    buttons=(
        (messages.PREPARE, prepare, Role.ANALYST),
        (messages.SHOW, show, Role.ANALYST),
        (messages.SAVE, save, Role.ANALYST),
        (messages.OUT, table, Role.ANALYST),
        (messages.DROP, drop, Role.ANALYST),
        (messages.VERSIONS, versions, Role.ANALYST),
        (messages.BACK, back, Role.ANALYST),
        (messages.APPROVE, agree, Role.ANALYST),
        (messages.LEAVE_OUT, leave_out, Role.ANALYST),
    ),
    forms=((form.FILE, dropped, Role.ANALYST), (messages.SAVE_FORM, preview_sent, Role.ANALYST)),
)
