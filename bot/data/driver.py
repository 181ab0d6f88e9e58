"""`/mmm driver NAME COLUMN`: one column against the goal; its lags, and both over time, behind buttons."""

import json

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data.check_buttons import mark
from bot.registry import Command, Wing
from bot.slack.blocks import Message, context, escape, section
from engine.data.dataset import Dataset
from engine.data.named_column import named_column
from engine.errors import BadInput, NotFound
from engine.labels import listed

# So many ways are tried to tell where a dataset's name ends and a column's begins.
TRIES = 5
# Columns that are named where none was.
SHOWN = 12
PARTS = ("curve", "lags", "time")
UNKNOWN = ("That button is no longer known.", "Ask again with /mmm driver NAME COLUMN.")


async def driver(act: Act) -> Reply:
    """Have a column compared with the goal, by name or by a button."""
    if not act.value and not act.text.strip():
        return _usage("Which column of which dataset? `/mmm driver NAME COLUMN`, such as `/mmm driver Tea TV_COST`.")
    dataset, column, part = await act.blocking(_pressed if act.value else _typed, act)
    if not column:
        return _usage(_columns(dataset))
    about = {"dataset": dataset.id, "family": await act.blocking(act.seen.family, dataset)}
    return await ask(
        act, "driver", {**about, "column": column, "part": part}, needs=Role.VIEWER, dataset=dataset
    )  # fmt: skip


def numbers(dataset: Dataset) -> list[str]:
    """The columns that can be compared with the goal."""
    roles = dataset.mapping
    names = [one.name for one in dataset.columns if one.type in ("number", "boolean")]
    every = dict.fromkeys([*names, *(one.name for one in roles.made)])
    return [name for name in every if name not in (roles.date_var, roles.dep_var, roles.country_var)]


def _typed(act: Act) -> tuple[Dataset, str, str]:
    """Where a dataset's name ends nobody can see: the longest that is one, with a column in what is left, counts."""
    words = act.text.split()
    first: NotFound | None = None
    for length in list(range(len(words) - 1, 0, -1))[:TRIES]:
        try:
            dataset = act.seen.find_dataset(" ".join(words[:length]))
        except NotFound as error:
            first = first or error
            continue
        return dataset, named_column(" ".join(words[length:]), numbers(dataset), dataset.mapping.labels), PARTS[0]
    if len(words) == 1:
        return act.seen.find_dataset(act.text), "", PARTS[0]
    raise first or NotFound("There is no dataset of that name.", "See /mmm dataset list.")


def _pressed(act: Act) -> tuple[Dataset, str, str]:
    try:
        told = json.loads(act.value)
        dataset_id, part = str(told["d"]), str(told.get("v", ""))
        name, marked = str(told.get("c", "")), str(told.get("cm", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(*UNKNOWN) from None
    dataset = act.seen.dataset(dataset_id)
    found = next((one for one in numbers(dataset) if (mark(one) == marked if marked else one == name)), "")
    if not found:
        raise BadInput("That column is no longer there.", "Ask again with /mmm driver NAME COLUMN.")
    return dataset, found, part if part in PARTS else PARTS[0]


def _columns(dataset: Dataset) -> str:
    names = numbers(dataset)
    shown = [f"`{escape(name[:60])}`" for name in names[:SHOWN]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    there = f"It has {listed(shown)}{more}." if shown else "It has no column of numbers beside its goal."
    return f"Which column of *{escape(dataset.title)}*? `/mmm driver NAME COLUMN`. {there}"


def _usage(text: str) -> Whisper:
    return Whisper(Message(text, [section(text), context("Names need not be whole: `tv` finds `TV_COST`.")]))


WING = Wing(
    commands=(
        Command(
            ("driver",),
            driver,
            "Compare one column with the goal: curve, lags, outliers.",
            "NAME COLUMN",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(("dataset_driver", driver, Role.VIEWER),),
)
