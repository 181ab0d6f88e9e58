"""A file that lies in Slack already: who may make data of it, and the private word that offers so.

Whoever dropped a file may use it, and who is in a conversation that it was shared in. So a file's id alone, sent by
somebody else, makes nothing of a file that they cannot open.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.access import Role
from bot.act import Act, Reply
from bot.data import messages, modals
from bot.data.map_file_messages import looks_like_mapping, offered
from bot.slack.form import Choice
from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, NotFound, Refused

GONE = ("That file is not there, or not yours to use.", "Drop it again with `/mmm dataset new`.")


@dataclass(frozen=True)
class Lying:
    """One place where a file lies: who dropped it, and a conversation that it was shared in."""

    who: str
    channel: str


@dataclass(frozen=True)
class Dropped:
    """A file as `files.info` tells it. `threads` are the conversations in which it was shared in a thread only."""

    id: str
    name: str
    who: str
    channels: frozenset[str]
    threads: frozenset[str] = frozenset()

    @property
    def places(self) -> list[Lying]:
        """Where it lies; of a file that was shared nowhere, its owner's own."""
        return [Lying(self.who, channel) for channel in sorted(self.channels)] or [Lying(self.who, "")]


def read_file(told: Mapping[str, Any]) -> Dropped:
    """Read Slack's file object.

    Its `shares` may come a moment after it was dropped (slackapi/python-slack-sdk#1277): until then it lies nowhere but
    with its owner, and in no thread.
    """
    shares: dict[str, list[Mapping[str, Any]]] = {}
    for kind in (told.get("shares") or {}).values():
        shares |= kind
    listed = {str(one) for name in ("channels", "groups", "ims") for one in told.get(name) or ()}
    in_threads = {channel for channel, posted in shares.items() if posted and all(_is_reply(one) for one in posted)}
    return Dropped(
        id=str(told["id"]),
        name=str(told.get("name") or ""),
        who=str(told.get("user") or ""),
        channels=frozenset(listed | shares.keys()),
        threads=frozenset(in_threads),
    )


def _is_reply(share: Mapping[str, Any]) -> bool:
    return share.get("thread_ts") not in (None, share.get("ts"))


def is_table(name: str) -> bool:
    """Whether a file is of a kind that data are read from, by its name."""
    return name.lower().endswith(tuple(f".{suffix}" for suffix in modals.CSV_TYPES))


async def usable(act: Act, file_id: str) -> Dropped:
    """A file that this person may use. Raises NotFound, whether it is gone or not theirs; Unavailable."""
    try:
        file = read_file(await act.surface.file(file_id))
    except Refused as error:
        if not error.detail.startswith("file_"):
            raise
        raise NotFound(*GONE) from error
    if not await act.blocking(act.seen.sees, *file.places):
        raise NotFound(*GONE)
    return file


async def shared(act: Act) -> Reply:
    """A file was shared where I am: offer to make data of it, to whoever shared it, once, and in no thread.

    One that looks like a mapping is offered as that, in threads too: there it was given out.
    """
    if not act.standing.sure or not act.may(Role.ANALYST):
        return None
    try:
        file = read_file(await act.surface.file(act.value))
    except Refused:
        return None  # gone again
    if looks_like_mapping(file.name):
        offer = offered(file.id, file.name, table=is_table(file.name))
    elif is_table(file.name) and act.channel not in file.threads:
        offer = messages.offered_as_data(file.id, file.name)
    else:
        return None
    if await act.blocking(_is_first, act.cloud.storage, file.id, act.user):
        await act.surface.whisper(act.channel, act.user, offer)
    return None


def _is_first(storage: Storage, file_id: str, who: str) -> bool:
    """Whether nobody was offered this file before, however often Slack tells of it and wherever it is shared again."""
    with suppress(AlreadyExists):
        storage.create(paths.file_offered(file_id), {"file": file_id, "who": who}, passing=True)
        return True
    return False


async def use(act: Act) -> Reply:
    """The offer was taken: the first form, for this file."""
    waiting = await act.open(modals.loading("Opening the form …"))
    file = await usable(act, act.value)
    await act.surface.update_view(waiting, form_of(act, [Choice(file.id, file.name)]))
    return None


def form_of(act: Act, files: list[Choice]) -> dict[str, Any]:
    """The first form for files that lie in Slack."""
    return modals.source_form(
        kind="csv",
        channel=act.channel or act.settings.channel_default,
        warehouse=False,
        opened_at=act.clock.now(),
        dropped=files,
    )
