"""Asking the worker: what takes a look at the rows is answered in a moment, where it was asked."""

from collections.abc import Mapping
from typing import Any

from bot.access import Role
from bot.act import Act, Whisper
from bot.slack.blocks import Message
from engine.asks import Ask, ask_id, keep_ask
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine

# A form that waits must be on the screen before it becomes its answer.
ON_SCREEN_SECONDS = 0.5
ON_IT = "On it: the answer arrives {where} in a moment."


async def ask(
    act: Act,
    kind: str,
    about: Mapping[str, Any],
    *,
    needs: Role,
    dataset: Dataset | DatasetLine | None = None,
    view: str = "",
    privately: bool = False,
    said: str = ON_IT,
    once: str = "",
) -> Whisper | None:
    """Have something looked up and answered; returns what the person is told at once, nothing where a form waits.

    about: plain JSON, ids and short choices. needs: the role that asking it takes. dataset: what it is about; where
    that was posted in private and this is another place, the answer goes to the person alone. view: the modal that
    becomes the answer. privately: nobody else sees the answer in any case. said: `{where}` is filled in. once: what is
    answered once in a place, however often and by whoever it is asked for there.
    """
    waiting = await act.blocking(_ask, act, kind, about, needs, dataset, view, privately, once)
    if view:
        return None
    if waiting.privately:
        where = "here, for you alone," if waiting.channel else "in our conversation"
    else:
        # What only one person is told stands in the channel, also where a message in a thread was pressed.
        where = (
            "in the thread of that message" if waiting.thread else "here" if waiting.channel else "in our conversation"
        )
    return Whisper(Message(said.format(where=where)))


def _ask(
    act: Act,
    kind: str,
    about: Mapping[str, Any],
    needs: Role,
    dataset: Dataset | DatasetLine | None,
    view: str,
    privately: bool,
    once: str,
) -> Ask:
    channel = act.channel
    if dataset is not None and channel and dataset.channel != channel and act.seen.is_private(dataset):
        channel = ""
    thread = str(act.message.get("thread_ts") or act.message.get("ts") or "") if channel else ""
    seers = "" if channel and not privately else act.user
    waiting = Ask(
        id=ask_id(f"{once}|{channel}|{thread}|{view}|{seers}" if once else act.key, kind, about),
        kind=kind,
        who=act.user,
        needs=needs.name,
        channel=channel,
        thread=thread,
        view=view,
        privately=privately,
        about=dict(about),
        asked_at=act.clock.now(),
    )
    keep_ask(act.cloud.storage, waiting)
    key = f"answer|{act.settings.workspace}|{waiting.id}"
    delay = ON_SCREEN_SECONDS if view else 0.0
    act.cloud.tasks.enqueue("look", "answer", {"ask": waiting.id}, key=key, delay=delay)
    return waiting
