"""`/mmm check NAME`: what would go wrong with data as the open recipe makes them, and a press that mends it."""

from contextlib import suppress

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data import check_messages as messages
from bot.data.check_buttons import CHANGE, Said, said
from bot.slack.blocks import Message, context, section
from bot.wing import Command, Wing
from engine.data.check.profiles import PROFILES
from engine.data.dataset import Dataset
from engine.data.recipe import Change, Recipe
from engine.data.recipe_changes import changed
from engine.data.recipes import edit_open
from engine.errors import NotFound

# So many of the newest datasets are looked through for one that is seen.
NEWEST = 5


async def check(act: Act) -> Reply:
    """Have a dataset checked, by name or by a button; the newest one where none is named."""
    return await _look(act, "check", await act.blocking(_wanted, act))


async def columns(act: Act) -> Reply:
    """Have every column shown in numbers."""
    return await _look(act, "check_columns", said(act.value))


async def pictures(act: Act) -> Reply:
    """Have shown how far drivers can be told apart."""
    return await _look(act, "check_pictures", said(act.value))


async def change(act: Act) -> Reply:
    """A remedy was pressed, or taken back: it becomes part of the recipe, and the list is made anew."""
    told = said(act.value)
    dataset, words = await act.blocking(_change, act, told)
    if not words:
        text = "That is so already: nothing was changed."
        return Whisper(
            Message(text, [section(text), context("The list in the thread of that message shows the recipe as it is.")])
        )
    words = words.replace("{", "{{").replace("}", "}}")
    done = f"Done: {words} The new list follows {{where}}."
    about = await act.blocking(_about, act, dataset, Said(dataset.id, told.profile))
    return await ask(act, "check", about, needs=Role.VIEWER, dataset=dataset, said=done)


async def _look(act: Act, kind: str, told: Said) -> Reply:
    dataset = await act.blocking(act.seen.dataset, told.dataset)
    about = await act.blocking(_about, act, dataset, told)
    return await ask(act, kind, about, needs=Role.VIEWER, dataset=dataset)


def _about(act: Act, dataset: Dataset, told: Said) -> dict[str, object]:
    """What is asked: ids and short choices."""
    about = {"dataset": dataset.id, "family": act.seen.family(dataset), "profile": told.profile or "balanced"}
    return {**about, "page": told.page}


def _wanted(act: Act) -> Said:
    """What was typed: a dataset, and how strict to be."""
    if act.value:
        return said(act.value)
    words = act.text.split()
    asked = words[-1].lower() if words else ""
    profile = asked if asked in PROFILES else ""
    name = act.text.strip()[: -len(asked)].strip() if profile else act.text.strip()
    if name:
        return Said(act.seen.find_dataset(name).id, profile)
    with suppress(NotFound):  # a dataset may be called as a profile is
        return Said(act.seen.find_dataset(profile).id if profile else newest(act).id, "")
    return Said(newest(act).id, profile)


def newest(act: Act) -> Dataset:
    """The newest dataset that the person sees. Raises NotFound."""
    for line in act.seen.datasets(NEWEST):
        return act.seen.dataset(line.id)
    raise NotFound("There is no dataset yet.", "Make one with /mmm dataset new.")


def _change(act: Act, told: Said) -> tuple[Dataset, str]:
    """Change the recipe that is being worked on; empty words where it was so before."""
    dataset = act.seen.dataset(told.dataset)
    recipe = act.seen.open_recipe(dataset).recipe
    made = [one.name for one in dataset.mapping.made]
    names = [*(column.name for column in dataset.columns), *made, *recipe.roles, *recipe.dropped]
    wanted = told.made(names)
    before: list[Recipe] = []

    def edit(known: Recipe) -> Recipe:
        before[:] = [known]
        return _forgotten(known, wanted) if told.forgets else changed(known, wanted)

    family = act.seen.family(dataset)
    after = edit_open(act.cloud.storage, family, dataset, edit, who=act.user, at=act.clock.now()).recipe
    if after == before[0]:
        return dataset, ""
    return dataset, messages.done(wanted, forgotten=told.forgets)


def _forgotten(recipe: Recipe, wanted: Change) -> Recipe:
    kept = tuple(one for one in recipe.accepted if (one.code, one.column) != (wanted.value, wanted.column))
    return recipe.model_copy(update={"accepted": kept})


WING = Wing(
    commands=(
        Command(
            ("check",),
            check,
            "Say what would go wrong with data before anything is paid for, with remedies to press.",
            "[NAME] [strict|balanced|lenient]",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(
        ("dataset_check", check, Role.VIEWER),
        ("check_more", check, Role.VIEWER),
        ("check_profile", check, Role.VIEWER),
        ("check_columns", columns, Role.VIEWER),
        ("check_pictures", pictures, Role.VIEWER),
        (CHANGE, change, Role.ANALYST),
    ),
)
