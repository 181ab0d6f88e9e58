"""`/mmm review [NAME] [PERIOD]`: what a dataset shows, before any model."""

from dataclasses import replace

from bot.access import Role
from bot.act import Act, Close, Errors, Options, Reply
from bot.asking import ON_IT, ask
from bot.data import modals, review_form
from bot.data.review_press import LOOK, read_pressed
from bot.wing import Command, Wing
from engine.data.country_names import country_of
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine
from engine.data.review.filters import Filters, splits
from engine.data.review.timeframes import TO_TYPE
from engine.errors import BadInput, NotFound
from engine.names import alike, quoted

KIND = "review"
# Datasets that are looked through for the newest one, and for those of other countries.
LOOKED, FAMILY = 100, 300


async def typed(act: Act) -> Reply:
    """`/mmm review NAME 6 months weekly`; without a name, the newest dataset of this channel."""
    dataset, filters = await act.blocking(_meant, act)
    return await _ask(act, dataset, filters)


async def opened(act: Act) -> Reply:
    """The button of a dataset's message: the first look at it."""
    return await _ask(act, await act.blocking(act.seen.dataset, act.value), Filters())


async def looked(act: Act) -> Reply:
    """A button below a look: another one, with the same filters."""
    dataset_id, filters = read_pressed(act.value)
    return await _ask(act, await act.blocking(act.seen.dataset, dataset_id), filters)


async def filtered(act: Act) -> Reply:
    """Open the form with everything that a review can show."""
    dataset_id, filters = read_pressed(act.value)
    waiting = await act.open(modals.loading("Opening the filters …", title="Review"))
    dataset = await act.blocking(act.seen.dataset, dataset_id)
    others = await act.blocking(_family, act, dataset)
    thread = str(act.message.get("thread_ts") or act.message.get("ts") or "")
    view = review_form.form(dataset, others, filters, channel=act.channel, thread=thread)
    await act.surface.update_view(waiting, view)
    return None


async def sent(act: Act) -> Reply:
    """The form was sent: what it asks for is answered where it was opened."""
    read = review_form.read(act.values)
    if isinstance(read, Errors):
        return read
    dataset = await act.blocking(act.seen.dataset, act.values.text("review_country") or act.meta["dataset"])
    if read.look == "metric" and not read.metric:
        return Errors({"review_metric": "Choose the column to show."})
    where = replace(act, channel=act.meta["channel"], message={"ts": str(act.meta["thread"])})
    await _ask(where, dataset, read)
    return Close()


async def search_metric(act: Act) -> Reply:
    """Columns of numbers by part of their name."""
    dataset = await act.blocking(act.seen.dataset, act.meta["dataset"])
    return Options(review_form.matching(review_form.numeric(dataset), act.value, dataset.mapping))


async def search_goal(act: Act) -> Reply:
    """Goals by part of their name, where there are more than a list can hold."""
    dataset = await act.blocking(act.seen.dataset, act.meta["dataset"])
    return Options(review_form.matching(list(dataset.mapping.goal_kinds), act.value, dataset.mapping))


async def search_country(act: Act) -> Reply:
    """Countries that have a dataset of this title."""
    dataset = await act.blocking(act.seen.dataset, act.meta["dataset"])
    others = await act.blocking(_family, act, dataset)
    return Options(review_form.country_choices([dataset, *others], act.value))


async def _ask(act: Act, dataset: Dataset, filters: Filters) -> Reply:
    about = {"dataset": dataset.id, "filters": filters.model_dump(), "others": []}
    hidden = False
    if filters.look == "countries":
        others = await act.blocking(_family, act, dataset)
        about["others"] = [one.id for one in others]
        elsewhere = [one for one in others if one.channel != act.channel]
        # What was posted in private elsewhere is shown to whoever sees it, and to nobody else.
        hidden = any([await act.blocking(act.seen.is_private, one) for one in elsewhere])
    # Below a message the answer follows in its thread within a second: no more is to be said.
    said = "On it." if act.message.get("ts") and not hidden else ON_IT
    return await ask(act, KIND, about, needs=Role.VIEWER, dataset=dataset, privately=hidden, said=said)


def _family(act: Act, dataset: Dataset) -> list[DatasetLine]:
    """The newest dataset of the same title in each other country, as far as the person sees them."""
    found: dict[str, DatasetLine] = {}
    for line in act.seen.search_datasets(dataset.title, FAMILY):
        if alike(line.title) == alike(dataset.title) and line.country != dataset.country:
            found.setdefault(line.country, line)
    return list(found.values())


def _meant(act: Act) -> tuple[Dataset, Filters]:
    """What was typed: which dataset, and which time. Raises NotFound, or BadInput for a time that nobody knows."""
    tries = list(splits(" ".join(act.text.split())))
    if len(tries) > 1:
        titles = _titles(act)
        # Whoever is called so is asked for first: each that is not there costs two requests.
        tries.sort(key=lambda one: not _names(one[0], titles))
    first: NotFound | None = None
    for name, filters in tries:
        if not name:
            return _newest(act), filters
        try:
            return act.seen.find_dataset(name), filters
        except NotFound as error:
            first = first or error
    said = act.text.split()
    titles = _titles(act)
    for at in range(len(said) - 1, 0, -1):
        if _names(" ".join(said[:at]), titles):
            todo = f"Say {TO_TYPE}; and `weekly` or `monthly` with it."
            raise BadInput(f"I do not know the time {quoted(' '.join(said[at:]))}.", todo)
    raise first or NotFound("There is no dataset yet.", "Make one with /mmm dataset new.")


def _titles(act: Act) -> set[str]:
    return {alike(line.title) for line in act.seen.datasets(LOOKED)}


def _names(name: str, titles: set[str]) -> bool:
    """Whether a name is a title, alone or with a country after it; none at all is the newest's."""
    said = name.split()
    countries = (at for at in range(1, len(said)) if country_of(" ".join(said[at:])))
    return not said or alike(name) in titles or any(alike(" ".join(said[:at])) in titles for at in countries)


def _newest(act: Act) -> Dataset:
    """The newest dataset of this channel, else the newest of all."""
    lines = act.seen.datasets(LOOKED)
    if not lines:
        raise NotFound("There is no dataset yet.", "Make one with /mmm dataset new.")
    here = [line for line in lines if line.channel == act.channel]
    return act.seen.dataset((here or list(lines))[0].id)


WING = Wing(
    commands=(
        Command(
            ("review",),
            typed,
            "See what a dataset shows: goal, spend, what changed, what is missing.",
            "[NAME] [PERIOD]",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(
        ("dataset_review", opened, Role.VIEWER),
        (LOOK, looked, Role.VIEWER),
        ("review_filters", filtered, Role.VIEWER),
    ),
    forms=((review_form.FORM, sent, Role.VIEWER),),
    searches=(
        ("review_metric", search_metric, Role.VIEWER),
        ("review_goal", search_goal, Role.VIEWER),
        ("review_country", search_country, Role.VIEWER),
    ),
)
