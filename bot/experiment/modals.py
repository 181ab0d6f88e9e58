"""The experiment's form, drawn from the one definition of its parameters."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from bot.slack.blocks import actions, alert, button, context, escape, section
from bot.slack.form import (
    Choice,
    Values,
    View,
    channel_input,
    date_input,
    field,
    modal,
    multi_select,
    number_input,
    search_select,
    select,
    text_input,
)
from bot.slack.limits import Block
from bot.slack.paging import packed
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine
from engine.experiment.experiment import NO_RECIPE, FormField, form_fields
from engine.index.page import SEARCHED

EXPERIMENT = "experiment_new"
WEEKDAY = "experiment_weekday"
EFFECTS = "prophet_vars"
# Slack keeps what stands in a block while its name stays: what a button sets needs another.
EFFECTS_ANEW = "prophet_vars_anew"
NOTHING_DECIDED: Mapping[str, str] = MappingProxyType({})
# Answers that change what else there is to ask, or to be careful about.
REDRAWS = ("dataset_id", "recipe", "preset", "start_date", "end_date", "resample_freq", EFFECTS, "channel")
# What most people decide; the rest stands behind “More settings”.
FIRST = (
    *("dataset_id", "recipe", "preset", "iterations", "trials", "start_date", "end_date", "trainer", "channel", "tag"),
)


def experiment_form(
    *,
    dataset: Dataset | None,
    values: Mapping[str, Any],
    trainers: Sequence[str],
    more: bool,
    estimate: str = "",
    cautions: Sequence[str] = (),
    weekday_off: bool = False,
    weekday_on: bool = False,
    recipes: Sequence[Choice] = (),
    decided: Mapping[str, str] = NOTHING_DECIDED,
) -> View:
    """The form. `values` fill it in; `more` shows every parameter; a custom size shows its two numbers.

    `weekday_off`: the data follow the day of the week, and the form does not ask for it. `weekday_on`: it was turned on
    by the button. `recipes`: the saved ones of the dataset's family, the newest first; none: nothing to choose.
    `decided`: by parameter, what the chosen recipe says; those are told, not asked.
    """
    blocks: list[Block] = []
    for one in form_fields(trainers=trainers, dataset=dataset):
        if one.name in ("iterations", "trials") and values.get("preset") != "custom":
            continue
        if one.name in decided or (one.name == "recipe" and not recipes):
            continue
        if one.name == "recipe":
            blocks.append(_recipe_field(one, str(values.get("recipe") or ""), recipes))
        elif one.name in FIRST or more:
            drawn = _field(one, values.get(one.name, one.default), dataset)
            if weekday_on and one.name == EFFECTS:
                drawn |= {"block_id": EFFECTS_ANEW}
            blocks.append(drawn)
    if dataset is not None:
        span = f"{dataset.first_date.isoformat()} to {dataset.last_date.isoformat()}"
        blocks.append(context(f"{escape(dataset.title)} holds {span}. {estimate}".strip()))
    if decided:
        blocks.append(context(f"The recipe decides: {escape(', '.join(dict.fromkeys(decided.values())))}."))
    if cautions:
        blocks += _cautions("Before you start:", cautions)
    if weekday_off:
        blocks.append(actions(button("Turn Day of the week on", WEEKDAY, style="primary"), block_id=WEEKDAY))
    if not more:
        blocks.append(_more_button())
    meta = {"more": more, "dataset": dataset.id if dataset else "", "channel": values.get("channel") or ""}
    meta["weekday"] = weekday_on
    return modal(EXPERIMENT, "New experiment", blocks, submit="Start", meta=meta)


def no_dataset_form() -> View:
    """There is nothing to experiment on yet."""
    text = "There is no dataset yet. Close this and make one with `/mmm dataset new`."
    return modal("no_dataset", "New experiment", [section(text)])


def read_experiment_form(values: Values, names: Sequence[str]) -> dict[str, Any]:
    """Read the form back as plain values, by parameter name; what was not shown is not there."""
    read: dict[str, Any] = {}
    for name in names:
        if name == EFFECTS and EFFECTS_ANEW in values:
            read[name] = values.many(EFFECTS_ANEW)
        elif name in values:
            read[name] = values.many(name) if name == EFFECTS else values.text(name)
    return read


def dataset_choice(dataset: Dataset | DatasetLine) -> Choice:
    """A dataset as an option of the search."""
    span = f"{country_name(dataset.country)}, {dataset.first_date} to {dataset.last_date}"
    return Choice(dataset.id, dataset.title, span)


def started(revision: str, run: str, channel: str, cautions: Sequence[str] = ()) -> View:
    """The run has begun; what one should know about it stands below, where the form could not tell it in time."""
    text = f":rocket: *{escape(revision)}* has started as run `{run}`. Its card is in <#{channel}>: progress, verdict "
    blocks = [section(text + "and charts arrive there.")]
    if cautions:
        blocks += _cautions("It has started; know this:", cautions)
    return modal("started", "Started", blocks)


def _cautions(head: str, cautions: Sequence[str]) -> list[Block]:
    """Every caution whole: an alert would cut them off."""
    return [alert(head, "warning"), *(section(text) for text in packed(f"• {escape(one)}" for one in cautions))]


def _recipe_field(one: FormField, chosen: str, recipes: Sequence[Choice]) -> Block:
    known = [Choice(NO_RECIPE, "None: the data as they are"), *recipes]
    return field(one.name, one.label, select(known, chosen or NO_RECIPE), hint=one.hint, dispatch=True)


def _more_button() -> Block:
    return actions(button("More settings", "experiment_more"), block_id="experiment_more")


def _field(one: FormField, value: Any, dataset: Dataset | None) -> Block:
    """One parameter as an input of its kind."""
    dispatch = one.name in REDRAWS
    optional, hint = not one.required and one.kind in ("date", "text", "number"), one.hint
    match one.kind:
        case "dataset":
            element = search_select(dataset_choice(dataset) if dataset else None, "Type to search")
            hint += f" The newest {SEARCHED} are searched; any by its name: /mmm experiment new NAME."
        case "choice":
            choices = [Choice(o.value, o.label, o.hint) for o in one.options if o.offered]
            element = select(choices, str(value or one.default or ""))
        case "choices":
            element = multi_select([Choice(o.value, o.label) for o in one.options if o.offered], value or ())
        case "number":
            number = int(value) if str(value or "").isdigit() else one.default
            element = number_input(number, _number(one.low, 0), _number(one.high, 1_000_000))
        case "date":
            element = date_input(date.fromisoformat(value) if isinstance(value, str) and value else value or None)
        case "channel":
            element = channel_input(str(value or ""))
        case _:
            element = text_input(str(value or ""), most=int(_number(one.high, 0)))
    return field(one.name, one.label, element, hint=hint, optional=optional, dispatch=dispatch)


def _number(limit: int | date | None, otherwise: int) -> int:
    return limit if isinstance(limit, int) else otherwise
