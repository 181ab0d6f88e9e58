"""The form of a recipe: a few fields, all preset; one column at a time behind a button, all of them as a table."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any

from bot.data.prepare_messages import DROP, OUT
from bot.slack.blocks import actions, button, context, count, escape
from bot.slack.form import (
    Choice,
    Values,
    View,
    date_input,
    field,
    file_input,
    modal,
    multi_search_select,
    multi_select,
    radio,
    search_select,
    select,
    text_input,
)
from bot.slack.limits import OPTION_VALUE, OPTIONS, Block, clamp
from engine.data.dataset import Dataset
from engine.data.recipe import WEEKDAYS, Change, Recipe, new_columns
from engine.data.recipe_problems import CAN_BECOME
from engine.data.recipe_words import DAYS, FUNCTIONS, clip_words
from engine.names import quoted

FORM, FILE = "recipe_form", "recipe_file"
GOAL, COUNTS, LEFT, WHY, RHYTHM, START, END = (
    *("recipe_goal", "recipe_counts", "recipe_left", "recipe_why", "recipe_rhythm", "recipe_start", "recipe_end"),
)
ONE_COLUMN = "recipe_one_column"
TABLE = "table"
GOALS = (Choice("revenue", "Money", "Reported as ROAS"), Choice("conversion", "Conversions", "Reported as cost each"))
BY_HAND = "left out by hand"
REASON_TEXT = 200
SAID = 6
# What a field holds when it is drawn, and what it is called once a person sends it.
INITIAL = {
    "initial_value": "value",
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_date": "selected_date",
}


def option_value(name: str) -> str:
    """What stands for a column in an option: its name, or a mark of one that is longer than an option may carry."""
    return name if len(name) <= OPTION_VALUE and not name.startswith("#") else f"#{sha256(name.encode()).hexdigest()}"


def column_of(value: str, names: Collection[str]) -> str:
    """Return the column that an option stands for; empty where it is none of `names`."""
    return next((name for name in names if option_value(name) == value), "")


def choice(name: str) -> Choice:
    return Choice(option_value(name), name)


def numeric(dataset: Dataset) -> list[str]:
    """The columns that hold numbers, made ones too."""
    numbers = [column.name for column in dataset.columns if column.type in ("number", "boolean")]
    return [*numbers, *(one.name for one in dataset.mapping.made)]


def drivers(recipe: Recipe) -> list[str]:
    """The columns that can be left out: all but the goal."""
    return [name for name in recipe.roles if name != recipe.goal]


def turned(name: str, recipe: Recipe) -> str:
    """A field of the form as it is drawn of this recipe: Slack keeps what stands in a field while its name stays."""
    return f"{name}:{recipe.digest}"


def found(values: Values, name: str) -> str:
    """The name that a field was drawn under; the plain one where it was not drawn."""
    known = (*values.state, *values.fixed)
    return next((one for one in known if one == name or one.startswith(f"{name}:")), name)


def recipe_form(dataset: Dataset, recipe: Recipe, *, channel: str) -> View:
    """The form. Whoever opens it reads what the recipe does now, and changes what is to be otherwise."""
    left = [name for name in drivers(recipe) if name in recipe.dropped]
    blocks: list[Block] = [
        field(turned(GOAL, recipe), "Goal", _one(numeric(dataset), recipe.goal)),
        field(turned(COUNTS, recipe), "It counts", radio(GOALS, recipe.goal_type)),
        *_left_fields(recipe, left),
        field(turned(RHYTHM, recipe), "Rows are", select(_rhythms(dataset), _rhythm(recipe))),
        field(
            turned(START, recipe),
            "Window from",
            date_input(recipe.start),
            optional=True,
            hint="First day that is modelled; empty: from the beginning. What was spent before carries over.",
        ),
        field(turned(END, recipe), "Window to", date_input(recipe.end), optional=True),
        context(_of_columns(recipe)),
        actions(
            button("One column …", ONE_COLUMN),
            button("All columns as a table", OUT, TABLE),
            button("Use an edited table", DROP, TABLE),
        ),
        *_new(dataset, recipe),
    ]
    return modal(FORM, "Recipe", blocks, submit="Preview", meta={"dataset": dataset.id, "channel": channel})


def file_form(dataset: Dataset, *, channel: str) -> View:
    """Where an edited table is dropped."""
    blocks: list[Block] = [
        field("recipe_csv", "Table", file_input(("csv",)), hint="The CSV that I gave out, edited."),
        context("All of it is taken, or nothing: what cannot be is told by row and column."),
    ]
    meta = {"dataset": dataset.id, "channel": channel}
    return modal(FILE, "Edited table", blocks, submit="Use it", meta=meta)


def drawn(view: Mapping[str, Any], fixed: Mapping[str, Sequence[str]]) -> Values:
    """What stood in a form's fields when it was drawn: what differs from it, a person changed.

    fixed: the answers of fields that it does not show, which nobody can change.
    """
    state: dict[str, dict[str, dict[str, Any]]] = {}
    for block in view.get("blocks", ()):
        if block.get("type") == "input":
            element = block["element"]
            kept = {name: element[initial] for initial, name in INITIAL.items() if initial in element}
            state[block["block_id"]] = {element["action_id"]: kept}
    return Values(state, fixed)


def read_form(values: Values, before: Values, dataset: Dataset, recipe: Recipe) -> list[tuple[str, Change]]:
    """Read the form back as changes of `recipe`, each with the name of its field.

    before: what stood there when it was drawn. What is as it was is no change: somebody else may have changed it.
    """
    goal, counts, left, rhythm = (found(values, name) for name in (GOAL, COUNTS, LEFT, RHYTHM))
    changes: list[tuple[str, Change]] = []
    chosen = column_of(values.text(goal), numeric(dataset)) or recipe.goal
    if any(name in values and values.text(name) != before.text(name) for name in (goal, counts)):
        kind = values.text(counts) or recipe.goal_type
        changes.append((goal, Change(kind="goal", column=chosen, value=kind)))
    if left in values:
        why = values.text(found(values, WHY))[:REASON_TEXT] or BY_HAND
        names = drivers(recipe)
        was, now = ({column_of(one, names) for one in of.many(left)} - {""} for of in (before, values))
        changes += [(left, Change(kind="keep", column=name)) for name in names if name in was - now]
        gone = [name for name in names if name in now - was and name != chosen]
        changes += [(left, Change(kind="drop", column=name, reason=why)) for name in gone]
    if rhythm in values and values.text(rhythm) != before.text(rhythm):
        changes.append((rhythm, Change(kind="resample", value=values.text(rhythm))))
    start, end = found(values, START), found(values, END)
    if start in values and any(values.text(name) != before.text(name) for name in (start, end)):
        changes.append((end, Change(kind="window", value=f"{values.text(start)}:{values.text(end)}")))
    return changes


def _left_fields(recipe: Recipe, left: Sequence[str]) -> list[Block]:
    """What takes no part. A field holds a hundred of them at most: of more, the table tells."""
    if len(left) > OPTIONS:
        return [context(f"{count(len(left), 'column')} are left out: see and change them in the table.")]
    names, chosen = drivers(recipe), [choice(name) for name in left]
    if len(names) > OPTIONS:
        element = multi_search_select(chosen, "Type to search")
    else:
        element = multi_select([choice(name) for name in names], [one.value for one in chosen])
    hint = "Channels and other drivers that take no part. They keep their role: take one out here, and it is back."
    why = text_input(placeholder="Too alike to Search", most=REASON_TEXT)
    return [
        field(turned(LEFT, recipe), "Leave out", element, optional=True, hint=hint),
        field(turned(WHY, recipe), "Why", why, optional=True, hint="Stands beside what you leave out now."),
    ]


def _rhythms(dataset: Dataset) -> list[Choice]:
    known = CAN_BECOME[dataset.interval]
    offered = [Choice("none", "As they are")]
    if "D" in known:
        offered.append(Choice("D", "Days"))
    if "W" in known:
        offered += [Choice(f"W:{day}", f"Weeks from {DAYS[day]}") for day in WEEKDAYS]
    return [*offered, Choice("M", "Months")]


def _rhythm(recipe: Recipe) -> str:
    return f"W:{recipe.week_starts}" if recipe.resample == "W" else recipe.resample


def _of_columns(recipe: Recipe) -> str:
    """What is said of single columns, in a line."""
    said = [f"{quoted(name)} {FUNCTIONS[how]}" for name, how in recipe.aggregation.items()]
    said += [f"{quoted(name)} filled: {how}" for name, how in recipe.fill.items()]
    said += [f"{quoted(name)} {clip_words(how)}" for name, how in recipe.clip.items()]
    said += [f"{quoted(spend)} on {quoted(name)}" for spend, name in recipe.exposures.items()]
    more = f" and {len(said) - SAID} more, in the table" if len(said) > SAID else ""
    return escape(f"Single columns: {', '.join(said[:SAID])}{more}." if said else "Single columns: all as usual.")


def _new(dataset: Dataset, recipe: Recipe) -> list[Block]:
    names = new_columns(recipe, dataset.mapping)
    if not names:
        return []
    shown = ", ".join(quoted(name) for name in names[:SAID])
    more = f" and {len(names) - SAID} more" if len(names) > SAID else ""
    text = f"New in these data, not in the recipe: {escape(clamp(shown + more, 1000))}. *Preview* takes them in."
    return [context(text)]


def taken_in(dataset: Dataset, recipe: Recipe) -> list[Change]:
    """The changes that bring into a recipe what newer data have and it does not know."""
    mapping, changes = dataset.mapping, []
    for name in new_columns(recipe, mapping):
        for part in ("paid_media_spends", "organic_vars", "factor_vars", "context_vars"):
            if name in getattr(mapping, part):
                changes.append(Change(kind="keep", column=name, value=part))
                break
    new = {one.column for one in changes}
    for spend, name in mapping.exposures.items():
        if spend in new and name not in recipe.roles:
            changes.append(Change(kind="exposure", column=spend, value=name))
    return changes


def _one(names: Sequence[str], initial: str) -> dict[str, Any]:
    if len(names) > OPTIONS:
        return search_select(choice(initial) if initial else None)
    known = list(names) if initial in names or not initial else [initial, *names]
    return select([choice(name) for name in known], option_value(initial))
