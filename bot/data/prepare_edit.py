"""The forms of a recipe: all of it, one column on top of it, and what becomes of what people send."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.access import Role
from bot.act import Act, Errors, Options, Reply, Show
from bot.asking import ask
from bot.data import prepare_column as column
from bot.data import prepare_form as form
from bot.data import prepare_messages as messages
from bot.slack.form import Values
from bot.slack.limits import OPTIONS
from bot.wing import Wing
from engine.data.dataset import Dataset
from engine.data.recipe import Change, Recipe
from engine.data.recipe_changes import changed
from engine.data.recipe_problems import problems
from engine.data.recipes import edit_open
from engine.errors import BadInput

Asked = tuple[str, Change]
# Reads a form: what was sent, what stood there when it was drawn, the data, the recipe as it is now.
Reading = Callable[[Values, Values, Dataset, Recipe], Sequence[Asked]]
# The field of the form that a problem with the whole recipe stands beside.
BESIDE = {"dep_var": form.GOAL, "goals": form.GOAL, "resample": form.RHYTHM, "columns": form.LEFT}


async def change(act: Act) -> Reply:
    """Open the form."""
    waiting = await act.open(messages.waiting("Opening the recipe …"))
    dataset = await act.blocking(act.seen.dataset, act.value)
    known = await act.blocking(act.seen.open_recipe, dataset)
    await act.surface.update_view(waiting, form.recipe_form(dataset, known.recipe, channel=act.channel))
    return None


async def sent(act: Act) -> Reply:
    """The form was sent: it becomes part of the recipe, and is tried on the data before anything is saved."""
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    wrong = await act.blocking(_take, act, dataset, form.read_form, new=True)
    if wrong:
        return Errors(wrong)
    about = {"dataset": dataset.id, "family": await act.blocking(act.seen.family, dataset)}
    there = replace(act, channel=str(act.meta["channel"]))
    await ask(there, messages.PREVIEW, about, needs=Role.ANALYST, dataset=dataset, view=str(act.view["id"]))
    return Show(messages.waiting("Trying it on the data …"))


async def one_column(act: Act) -> Reply:
    """Keep what stands in the form, and open the one for a single column on top of it."""
    waiting = await act.open(messages.waiting("Opening the columns …"))
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    await kept(act, dataset)
    known = await act.blocking(act.seen.open_recipe, dataset)
    view = column.column_form(dataset, known.recipe, "", channel=str(act.meta["channel"]))
    await act.surface.update_view(waiting, view)
    await _redraw(act, dataset, str(act.view["id"]))
    return None


async def pick(act: Act) -> Reply:
    """A column was chosen: show what can be said of it."""
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    known = await act.blocking(act.seen.open_recipe, dataset)
    name = form.column_of(act.values.text(column.PICK), list(known.recipe.roles))
    view = column.column_form(dataset, known.recipe, name, channel=str(act.meta["channel"]))
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def column_sent(act: Act) -> Reply:
    """What was said of one column becomes part of the recipe; the form below shows it."""
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    if not act.values.text(column.PICK):
        return Errors({column.PICK: "Choose a column."})
    if wrong := await act.blocking(_take, act, dataset, column.read_column_form):
        return Errors(wrong)
    if below := str(act.view.get("previous_view_id") or ""):
        await _redraw(act, dataset, below)
    return None


async def search(act: Act) -> Reply:
    """Columns with a role, by part of their name."""
    return await _search(act, lambda dataset, recipe: list(recipe.roles))


async def search_numbers(act: Act) -> Reply:
    """Columns of numbers: a goal, an exposure."""
    return await _search(act, lambda dataset, recipe: form.numeric(dataset))


async def search_drivers(act: Act) -> Reply:
    """Columns that can be left out."""
    return await _search(act, lambda dataset, recipe: form.drivers(recipe))


async def _search(act: Act, among: Callable[[Dataset, Recipe], list[str]]) -> Reply:
    dataset = await act.blocking(act.seen.dataset, str(act.meta["dataset"]))
    known = await act.blocking(act.seen.open_recipe, dataset)
    part = act.value.strip().lower()
    found = [name for name in among(dataset, known.recipe) if part in name.lower()]
    return Options(tuple(form.choice(name) for name in found[:OPTIONS]))


def _take(act: Act, dataset: Dataset, read: Reading, *, new: bool = False) -> dict[str, str]:
    """Make what a form says part of the recipe, all of it or nothing. Returns what is wrong, by field."""
    wrong: dict[str, str] = {}
    before = form.drawn(act.view, act.values.fixed)

    def edit(recipe: Recipe) -> Recipe:
        wrong.clear()
        asked = read(act.values, before, dataset, recipe)
        edited = _with(recipe, asked, wrong)
        for taken in form.taken_in(dataset, edited) if new and not wrong else ():
            edited = changed(edited, taken)
        if not wrong:
            known = set(problems(recipe, dataset.mapping, dataset.columns, dataset.choices, dataset.interval))
            left = problems(edited, dataset.mapping, dataset.columns, dataset.choices, dataset.interval)
            # What was wrong before is told by the preview: a form that cannot mend it must not be stuck for it.
            for field, text in left:
                if (field, text) not in known:
                    wrong.setdefault(_shown(act, field, asked), text)
        if wrong:
            raise BadInput(next(iter(wrong.values())))
        return edited

    try:
        family, at = act.seen.family(dataset), act.clock.now()
        edit_open(act.cloud.storage, family, dataset, edit, who=act.user, at=at)
    except BadInput as error:
        return wrong or {_shown(act, "", ()): str(error)}
    return {}


def _with(recipe: Recipe, asked: Sequence[Asked], wrong: dict[str, str]) -> Recipe:
    for field, one in asked:
        try:
            recipe = changed(recipe, one)
        except BadInput as error:
            wrong.setdefault(field, str(error))
    return recipe


def _shown(act: Act, field: str, asked: Sequence[Asked]) -> str:
    """The field on the screen that a problem stands beside."""
    shown = [str(block.get("block_id")) for block in act.view["blocks"] if block.get("type") == "input"]
    wanted = [form.found(act.values, BESIDE.get(field, field)), *(name for name, one in asked if one.kind == field)]
    wanted += [name for name, _ in asked]
    return next((name for name in wanted if name in shown), shown[0] if shown else form.GOAL)


async def kept(act: Act, dataset: Dataset) -> None:
    """Keep what stands in the form as part of the recipe, before something else is opened on top of it."""
    if wrong := await act.blocking(_take, act, dataset, form.read_form):
        raise BadInput(next(iter(wrong.values())), "Correct it in the form first.")


async def _redraw(act: Act, dataset: Dataset, view: str) -> None:
    known = await act.blocking(act.seen.open_recipe, dataset)
    drawn = form.recipe_form(dataset, known.recipe, channel=str(act.meta["channel"]))
    await act.surface.update_view(view, drawn)


WING = Wing(
    buttons=(
        (messages.CHANGE, change, Role.ANALYST),
        (form.ONE_COLUMN, one_column, Role.ANALYST),
        (column.PICK, pick, Role.ANALYST),
    ),
    forms=((form.FORM, sent, Role.ANALYST), (column.COLUMN, column_sent, Role.ANALYST)),
    searches=(
        (form.GOAL, search_numbers, Role.ANALYST),
        (form.LEFT, search_drivers, Role.ANALYST),
        (column.PICK, search, Role.ANALYST),
        (column.EXPOSURE, search_numbers, Role.ANALYST),
    ),
)
