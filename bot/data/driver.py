"""`/mmm driver NAME COLUMN`: one column against the goal; its lags, and both over time, behind buttons."""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data.check_buttons import mark
from bot.slack.blocks import Message, context, escape, section
from bot.slack.carried import read_carried
from bot.wing import Command, Wing
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.listed import of_countries
from engine.data.named_column import named_column
from engine.errors import BadInput, NotFound
from engine.labels import listed
from engine.names import alike, quoted

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
    """Where a dataset's name ends nobody can see: the longest that is one counts, and what is left is the column."""
    words = act.text.split()
    first: NotFound | None = None
    for length in list(range(len(words), 0, -1))[:TRIES]:
        name, rest = " ".join(words[:length]), " ".join(words[length:])
        try:
            dataset = act.seen.find_dataset(name)
        except NotFound as error:
            # Of the longest name that leaves a column it is told why it is none.
            first = error if first is None or length == len(words) - 1 else first
            continue
        if rest or length == 1 or _is_called(dataset, name):
            return dataset, _column(dataset, rest) if rest else "", PARTS[0]
    raise first or NotFound("There is no dataset of that name.", "See /mmm dataset list.")


def _is_called(dataset: Dataset, name: str) -> bool:
    """Whether a name is a dataset's whole title, alone or with its country: else a column may stand in it."""
    whole = ((title, country) for title, country in of_countries([name]) if country == dataset.country)
    return alike(dataset.title) in (alike(name), *(alike(title) for title, _ in whole))


def _column(dataset: Dataset, text: str) -> str:
    """The column that was typed. Raises NotFound, and BadInput for one that cannot be compared."""
    try:
        return named_column(text, numbers(dataset), dataset.mapping.labels)
    except NotFound:
        name = next((one.name for one in dataset.columns if alike(one.name) == alike(text)), "")
        if name == dataset.mapping.dep_var and name:
            raise BadInput(f"{quoted(name)} is the goal itself.", "Name a column to compare with it.") from None
        if name and name not in numbers(dataset):
            raise BadInput(f"{quoted(name)} holds no numbers to compare.", "Name a column of numbers.") from None
        raise


def _pressed(act: Act) -> tuple[Dataset, str, str]:
    try:
        told = read_carried(act.value)
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
    called = f"*{escape(dataset.title)}* · {country_name(dataset.country)}"
    return f"Which column of {called}? `/mmm driver NAME COLUMN`. {there}"


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
