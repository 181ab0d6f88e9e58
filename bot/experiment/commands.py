"""`/mmm experiment …` and `/mmm run`: what people type, press and fill in to start a training."""

from hashlib import sha256
from typing import Any

from bot.access import Role
from bot.act import Act, Errors, Options, Reply, Show, Whisper
from bot.data.modals import loading
from bot.data.prepare_messages import EXPERIMENT, read_value
from bot.experiment import messages, modals, variants
from bot.experiment.offers import AGAIN, SEED, STANDARD
from bot.slack.form import Choice
from bot.wing import Command, Wing
from engine.data.dataset import Dataset
from engine.data.recipe import Recipe
from engine.data.recipe_words import rhythm_words, window_words
from engine.data.recipes import number_in, recipe_id
from engine.errors import NotFound, Unavailable
from engine.experiment.check import read_form, weekday_missing
from engine.experiment.create import create_experiment
from engine.experiment.estimate import estimate, in_words
from engine.experiment.experiment import NO_RECIPE, ExperimentForm
from engine.experiment.with_recipe import decided_by, with_recipe
from engine.pipeline.submit import submit

NAMES = tuple(ExperimentForm.model_fields)
LISTED = 100
PUBLISHES = "The data were made in private; in a public channel, all who may use this app see what is found."


async def new(act: Act) -> Reply:
    """Open the form: on the dataset that was named, else on the newest."""
    waiting = await act.open(loading("Opening the form …", title="New experiment"))
    dataset = await act.blocking(_wanted, act)
    view = modals.no_dataset_form() if dataset is None else await act.blocking(_first_form, act, dataset)
    await act.surface.update_view(waiting, view)
    return None


async def from_recipe(act: Act) -> Reply:
    """Open the form with the recipe on whose card the button was pressed."""
    said = read_value(act.value)
    waiting = await act.open(loading("Opening the form …", title="New experiment"))
    dataset = await act.blocking(act.seen.dataset, said.get("d", ""))
    saved = await act.blocking(act.seen.recipe, said.get("s", ""))
    view = await act.blocking(_first_form, act, dataset, saved.id)
    await act.surface.update_view(waiting, view)
    return None


def _wanted(act: Act) -> Dataset | None:
    if act.value:
        return act.seen.dataset(act.value)
    if act.text:
        return act.seen.find_dataset(act.text)
    newest = act.seen.datasets(limit=1)
    return act.seen.dataset(newest[0].id) if newest else None


def _first_form(act: Act, dataset: Dataset, recipe: str = "") -> dict[str, Any]:
    """The form as it opens. What is found in private data is posted where they were made, unless somebody chooses."""
    trainers = _trainers(act)
    usual = {} if "native" in trainers or not trainers else {"trainer": trainers[0]}
    here = act.channel or act.settings.channel_default
    channel = dataset.channel if dataset.channel != here and act.seen.is_private(dataset) else here
    chosen = {"recipe": recipe} if recipe else {}
    return _form(act, dataset, {"preset": "quick", "channel": channel, **usual, **chosen}, more=False)


def _made_public(act: Act, dataset: Dataset | None, channel: str) -> list[str]:
    """A word of caution where private data are about to be told of in public."""
    if dataset is None or dataset.channel == channel or not act.seen.is_public(channel):
        return []
    return [PUBLISHES] if act.seen.is_private(dataset) else []


def _form(
    act: Act, dataset: Dataset | None, values: dict[str, Any], *, more: bool, weekday_on: bool = False
) -> dict[str, Any]:
    """Draw the form with what is known so far: how long it would take, what to be careful about. Asks Slack."""
    offered = _recipes(act, dataset) if dataset else ()
    if "recipe" not in values and offered:
        values = {**values, "recipe": offered[0].value}
    chosen = str(values.get("recipe") or "")
    if number_in(chosen) and chosen not in {one.value for one in offered}:
        offered = (*offered, Choice(chosen, f"Recipe {number_in(chosen)}"))  # older than those that are listed
    recipe = _recipe(act, dataset, chosen) if dataset else None
    given = {**values, "dataset_id": dataset.id if dataset else ""}
    checked = read_form(given, dataset, trainers=_trainers(act), recipe=recipe)
    told, weekday_off = "", False
    if checked.form and dataset:
        applied = with_recipe(checked.form, dataset, recipe)
        told = f"Takes {in_words(estimate(*applied, workers=act.settings.job_workers))}."
        weekday_off = weekday_missing(*applied)
    cautions = checked.cautions or tuple(text for field, text in checked.errors if field == "recipe")
    return modals.experiment_form(
        dataset=dataset,
        values=values,
        trainers=_trainers(act),
        more=more,
        estimate=told,
        cautions=[*_made_public(act, dataset, str(values.get("channel") or "")), *cautions],
        weekday_off=weekday_off,
        weekday_on=weekday_on,
        recipes=offered,
        decided=_decided(recipe),
    )


def _recipes(act: Act, dataset: Dataset) -> tuple[Choice, ...]:
    """The saved recipes of a dataset's family as options, the newest first."""
    try:
        family, found = act.seen.family(dataset), act.seen.recipes(dataset)
    except Unavailable:  # nobody can tell now whose they are: the data are there as they are
        return ()
    return tuple(
        Choice(recipe_id(family, one.number), f"Recipe {one.number}", f"Saved {one.created_at:%Y-%m-%d}")
        for one in found
    )


def _recipe(act: Act, dataset: Dataset, wanted: str) -> Recipe | None:
    """The recipe that was chosen; None for none. Raises NotFound for one that is not of these data."""
    if wanted in ("", NO_RECIPE):
        return None
    saved = act.seen.recipe(wanted)
    if saved.family != act.seen.family(dataset):
        raise NotFound("That recipe is for other data.", "Choose one of this dataset, or none.", field="recipe")
    return saved.recipe


def _decided(recipe: Recipe | None) -> dict[str, str]:
    """What a recipe decides, by parameter of the form, in words."""
    if recipe is None:
        return {}
    words = {"resample_freq": rhythm_words(recipe)}
    window = f"window {window_words(recipe)}"
    return {name: words.get(name, window) for name in sorted(decided_by(recipe))}


def _trainers(act: Act) -> tuple[str, ...]:
    return tuple(act.settings.trainers)


async def redraw(act: Act) -> Reply:
    """A choice changed what else there is to ask, or more settings were wanted."""
    values = modals.read_experiment_form(act.values, NAMES)
    chosen = values.get("dataset_id") or act.meta["dataset"]
    dataset = await act.blocking(act.seen.dataset, chosen) if chosen else None
    if dataset is not None and dataset.id != act.meta["dataset"]:
        # Another dataset has other days, and recipes: its own are the better start.
        values = {name: value for name, value in values.items() if name not in ("start_date", "end_date", "recipe")}
    on, more = bool(act.meta.get("weekday")), bool(act.meta["more"])
    view = await act.blocking(_form, act, dataset, values, more=more, weekday_on=on)
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def more(act: Act) -> Reply:
    """Show every parameter."""
    values = modals.read_experiment_form(act.values, NAMES)
    chosen = values.get("dataset_id") or act.meta["dataset"]
    dataset = await act.blocking(act.seen.dataset, chosen) if chosen else None
    view = await act.blocking(_form, act, dataset, values, more=True, weekday_on=bool(act.meta.get("weekday")))
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def weekday(act: Act) -> Reply:
    """Turn the day of the week on, and show where that stands."""
    values = modals.read_experiment_form(act.values, NAMES)
    chosen = values.get("dataset_id") or act.meta["dataset"]
    dataset = await act.blocking(act.seen.dataset, chosen) if chosen else None
    effects = tuple(values.get("prophet_vars") or ())
    values["prophet_vars"] = (*effects, *(("weekday",) if "weekday" not in effects else ()))
    view = await act.blocking(_form, act, dataset, values, more=True, weekday_on=True)
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def sent(act: Act) -> Reply:
    """The form was sent: check every field, then store the experiment and start its run."""
    values = modals.read_experiment_form(act.values, NAMES)
    chosen = str(values.get("dataset_id") or "")
    try:
        dataset = await act.blocking(act.seen.dataset, chosen) if chosen else None
    except NotFound as error:
        return Errors({"dataset_id": f"{error.what} {error.todo}"})
    try:
        wanted = str(values.get("recipe") or "")
        recipe = await act.blocking(_recipe, act, dataset, wanted) if dataset else None
    except NotFound as error:
        return Errors({"recipe": f"{error.what} {error.todo}"})
    checked = read_form(values, dataset, trainers=_trainers(act), recipe=recipe)
    if checked.form is None or dataset is None:
        shown = {block["block_id"] for block in act.view["blocks"]}
        places = {modals.EFFECTS: modals.EFFECTS_ANEW} if modals.EFFECTS_ANEW in shown else {}
        named = [(places.get(name, name), text) for name, text in checked.errors]
        return Errors({name if name in shown else "dataset_id": text for name, text in named})
    form = checked.form if checked.form.channel else checked.form.model_copy(update={"channel": act.meta["channel"]})
    revision, run, channel = await act.blocking(_start, act, form, dataset)
    told = await act.blocking(_made_public, act, dataset, channel)
    return Show(modals.started(revision, run, channel, [*told, *checked.cautions]))


def _start(act: Act, form: ExperimentForm, dataset: Dataset) -> tuple[str, str, str]:
    # A form that is delivered twice is one experiment and one run; sent again with other settings it is another.
    digest = sha256(form.model_dump_json().encode()).hexdigest()
    key = f"{act.settings.workspace}|{act.view['id']}|{digest}"
    experiment = create_experiment(act.cloud.storage, form, key=key, who=act.user, at=act.clock.now())
    run = submit(act.cloud, act.clock, experiment, dataset, key=key, who=act.user, channel=experiment.channel)
    return experiment.revision, run.id, run.channel


async def run(act: Act) -> Reply:
    """Run an experiment again as it is; without a name, show which there are."""
    wanted = act.text or act.value
    if not wanted:
        return await listed(act)
    return await variants.again(act, wanted)


async def listed(act: Act) -> Reply:
    found = await act.blocking(act.seen.experiments, 30)
    return Whisper(messages.listing(found, found.beside))


async def search_dataset(act: Act) -> Reply:
    """Datasets by part of their title or country."""
    found = await act.blocking(act.seen.search_datasets, act.value, LISTED)
    return Options(tuple(modals.dataset_choice(one) for one in found))


WING = Wing(
    commands=(
        Command(
            ("experiment", "new"),
            new,
            "Choose data and settings, and start a training.",
            "[DATASET]",
            needs=Role.ANALYST,
        ),
        Command(("experiment", "list"), listed, "Show the experiments.", needs=Role.VIEWER),
        Command(("run",), run, "Run an experiment again.", "[EXPERIMENT]", needs=Role.ANALYST),
    ),
    buttons=(
        ("start_experiment", new, Role.ANALYST),
        ("experiment_from_dataset", new, Role.ANALYST),
        (EXPERIMENT, from_recipe, Role.ANALYST),
        (AGAIN, run, Role.ANALYST),
        (SEED, variants.other_seed, Role.ANALYST),
        (STANDARD, variants.standard, Role.ANALYST),
        ("experiment_more", more, Role.ANALYST),
        (modals.WEEKDAY, weekday, Role.ANALYST),
        *((name, redraw, Role.ANALYST) for name in modals.REDRAWS),
    ),
    shortcuts=(("new_experiment", new, Role.ANALYST),),
    forms=((modals.EXPERIMENT, sent, Role.ANALYST),),
    searches=(("dataset_id", search_dataset, Role.ANALYST),),
)
