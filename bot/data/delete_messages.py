"""What is said when a dataset is to be deleted: what goes, what stays and why, what needs it, and that it is gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.data.versions_messages import NAME, VERSIONS
from bot.slack.blocks import Message, actions, button, confirm, context, count, days, escape, person, section
from bot.slack.limits import clamp
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.recipe_state import RecipeState
from engine.labels import listed

# Experiments that are named where they need a dataset.
NAMED = 5


def asked(dataset: Dataset, others: int, recipes: RecipeState, *, all_of_them: bool = True) -> Message:
    """What would go with a dataset, and what would stay: before anything goes.

    others: how many other versions there are. all_of_them: whether they may go with it.
    """
    title = clamp(dataset.title, NAME)
    extent = f"{count(dataset.rows, 'row')}, {days(dataset.first_date, dataset.last_date)}"
    text = f"Delete *{escape(title)}* · {country_name(dataset.country)} · {extent}?"
    goes = "Its rows, what its columns mean, its forms and what was answered about it go, for everybody."
    stays = f"What its rows came from stays where it is ({escape(dataset.source.label)}), as does what stands in Slack."
    lines = [f"{goes} {stays}", *_of_others(others, recipes, all_of_them=all_of_them)]
    press = [_press("Delete this version" if others else "Delete it", "dataset_delete", dataset.id, "Delete it")]
    if others and all_of_them:
        every = count(others + 1, "version")
        press.append(_press(f"Delete all {every}", "dataset_delete_all", dataset.id, f"Delete {others + 1}"))
    if others:
        press.append(button("Show the versions", VERSIONS, dataset.id))
    return Message(f"Delete {title}?", [section(text), section(" ".join(lines)), actions(*press)])


def _of_others(others: int, recipes: RecipeState, *, all_of_them: bool) -> list[str]:
    said = []
    if recipes.number or recipes.working:
        what = f"Its {count(recipes.number, 'recipe')}" if recipes.number else "The recipe that is being worked on"
        one = recipes.number < 2
        if others:
            said.append(f"{what} {'stays' if one else 'stay'} for the other versions, until the last one goes.")
        else:
            said.append(f"{what} {'goes' if one else 'go'} with it.")
    if others:
        own = f"{count(others, 'other version')} of it {'stays' if others == 1 else 'stay'}"
        said.append(f"{own}, unless all go." if all_of_them else f"{own}: experiments need some of them.")
    return said


def _press(label: str, action_id: str, dataset_id: str, yes: str) -> dict[str, Any]:
    title = "Delete all versions?" if action_id.endswith("_all") else "Delete this dataset?"
    sure = confirm(title, "It goes for everybody who uses this app.", yes, "Keep it", danger=True)
    return button(label, action_id, dataset_id, style="danger", confirm=sure)


def refused(dataset: Dataset, named: Sequence[str], others: int) -> Message:
    """Experiments need it: those that the person sees by their names, the rest counted."""
    title = clamp(dataset.title, NAME)
    needed = [f"`{escape(name)}`" for name in named[:NAMED]]
    if len(named) > NAMED:
        needed.append(f"{len(named) - NAMED} more")
    if others:
        needed.append(f"{count(others, 'experiment')} posted where you are not")
    need, them = ("needs", "it") if len(named) + others == 1 else ("need", "them")
    text = f"*{escape(title)}* is not deleted: {listed(needed)} {need} it, as does what was trained of {them}."
    todo = "Experiments are numbered and stay. Whoever looks after this app can delete the dataset with its runs:"
    command = f"`mmm delete dataset {dataset.id} --with-runs`"
    ways = actions(button("Show the versions", VERSIONS, dataset.id))
    return Message(f"{title} is not deleted: experiments need it.", [section(text), context(f"{todo} {command}"), ways])


def begun(dataset: Dataset, versions: int = 0) -> Message:
    """It was asked for; the worker does it. versions: how many others go with it."""
    title = clamp(dataset.title, NAME)
    what = f" with all {versions + 1} versions" if versions else ""
    text = f"*{escape(title)}*{what} is being deleted. You are told when it is gone."
    return Message(f"{title}{what} is being deleted.", [section(text)])


def deleted(data: Mapping[str, Any]) -> Message:
    """For the channel that heard of the dataset: it is gone; what stayed and why."""
    title, number = clamp(data["title"], NAME), int(data.get("versions") or 0)
    all_of_it = f" with all {number + 1} versions" if number else ""
    text = f"{person(data['who'])} deleted the dataset *{escape(title)}*{all_of_it}."
    kept = context(escape(" ".join(data["kept"])))
    return Message(f"The dataset {title} was deleted.", [section(text), kept])


def not_deleted(data: Mapping[str, Any]) -> Message:
    """Something began to need it between the press and the deletion."""
    title = clamp(data["title"], NAME)
    needs = [count(data[name], one) for name, one in (("experiments", "experiment"), ("runs", "run")) if data[name]]
    need = "needs" if sum(data[name] for name in ("experiments", "runs")) == 1 else "need"
    text = f"*{escape(title)}* was not deleted: {listed(needs)} {need} it by now. What they need is still there."
    return Message(f"The dataset {title} was not deleted.", [section(text)])
