"""`/mmm dataset delete NAME`: what would go is shown first; a press of the button there has it deleted."""

from bot.act import Act, Reply, Whisper
from bot.data import messages
from bot.slack.blocks import Message, section
from engine.data.dataset import Dataset
from engine.pipeline.delete import queue_deletion, wish_for_dataset


async def delete(act: Act) -> Reply:
    """Show what would go and what would stay, with a button; or what needs the dataset."""
    if not act.text:
        text = "Which dataset? `/mmm dataset delete NAME`; `/mmm dataset list` shows them."
        return Whisper(Message(text, [section(text)]))
    return Whisper(await act.blocking(_asked, act))


def _asked(act: Act) -> Message:
    dataset = act.seen.find_dataset(act.text)
    return _needed(act, dataset) or messages.delete_asked(dataset)


async def confirmed(act: Act) -> Reply:
    """The button was pressed: have it deleted. The worker looks once more whether anything needs it."""
    return Whisper(await act.blocking(_deleted, act))


def _deleted(act: Act) -> Message:
    dataset = act.seen.dataset(act.value)
    if needed := _needed(act, dataset):
        return needed
    queue_deletion(act.cloud, wish_for_dataset(act.cloud, act.clock, dataset, act.user))
    return messages.delete_begun(dataset)


def _needed(act: Act, dataset: Dataset) -> Message | None:
    """Why it cannot be deleted, by the experiments on it; every run has one. None: nothing is known to need it."""
    named, others = act.seen.experiments_on(dataset)
    return messages.delete_refused(dataset, named, others) if named or others else None
