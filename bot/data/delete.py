"""`/mmm dataset delete NAME`: what would go is shown first; a press of a button there has it deleted.

One snapshot goes, or all of a title and country that the person sees.
"""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.data import delete_messages as messages
from bot.slack.blocks import Message, section
from bot.wing import Command, Wing
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine
from engine.pipeline.delete import queue_deletion, wish_for_dataset


async def delete(act: Act) -> Reply:
    """Show what would go and what would stay, with a button; or what needs the dataset."""
    if not act.text and not act.value:
        text = "Which dataset? `/mmm dataset delete NAME`; `/mmm dataset list` shows them."
        return Whisper(Message(text, [section(text)]))
    return Whisper(await act.blocking(_asked, act))


def _asked(act: Act) -> Message:
    dataset = act.seen.find_dataset(act.text) if act.text else act.seen.dataset(act.value)
    others = _others(act, dataset)
    recipes = act.seen.recipe_state(dataset)
    needed = _needed(act, dataset)
    if others and not needed and act.seen.experiments_on(*others) != ([], 0):
        # All of them together cannot go.
        return messages.asked(dataset, len(others), recipes, all_of_them=False)
    return needed or messages.asked(dataset, len(others), recipes)


async def confirmed(act: Act) -> Reply:
    """The button was pressed: have it deleted. The worker looks once more whether anything needs it."""
    return Whisper(await act.blocking(_deleted, act, every=False))


async def all_confirmed(act: Act) -> Reply:
    """All versions are to go."""
    return Whisper(await act.blocking(_deleted, act, every=True))


def _deleted(act: Act, *, every: bool) -> Message:
    dataset = act.seen.dataset(act.value)
    others = _others(act, dataset) if every else []
    if needed := _needed(act, dataset, *others):
        return needed
    ids = [one.id for one in others]
    queue_deletion(act.cloud, wish_for_dataset(act.cloud, act.clock, dataset, act.user, versions=ids))
    return messages.begun(dataset, len(ids))


def _others(act: Act, dataset: Dataset) -> list[DatasetLine]:
    """The other versions of a dataset that the person sees."""
    return [line for line in act.seen.versions_of(dataset.id).lines if line.id != dataset.id]


def _needed(act: Act, dataset: Dataset, *others: DatasetLine) -> Message | None:
    """Why it cannot be deleted, by the experiments on it; every run has one. None: nothing is known to need it."""
    named, hidden = act.seen.experiments_on(dataset, *others)
    return messages.refused(dataset, named, hidden) if named or hidden else None


WING = Wing(
    commands=(
        Command(("dataset", "delete"), delete, "Delete a dataset that nothing needs.", "NAME", needs=Role.ANALYST),
    ),
    buttons=(
        ("dataset_delete", confirmed, Role.ANALYST),
        ("dataset_delete_all", all_confirmed, Role.ANALYST),
        ("dataset_delete_asked", delete, Role.ANALYST),
    ),
)
