"""Which conversations are public, and who is in those that are not: asked of Slack, remembered for some minutes.

A public channel's object says `is_private: false`; private channels, direct messages of several people and of one say
`is_private`, `is_mpim` or `is_im` (Slack's conversation object). Of what the app is in none of, and is not public,
`conversations.info` says `channel_not_found`: nobody can be asked then, and only whoever asked for a thing, and admins,
see it. A public channel that the app is not in (any more) counts as private, too: what it had to say there, it said to
one person. An archived one has no members; it stays what it was.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sight import Place, Places
from bot.slack.errors import ODD, code_of
from bot.slack.surface import speaking
from engine.errors import MmmError

log = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
# Of Slack's three seconds, over one act; who somebody is takes of them, too.
ASK_SECONDS = 1.0
AT_ONCE = 8
# A page of members, and how many pages are read: in so large a conversation, whoever comes later is not found.
PAGE, PAGES = 999, 10
MOST_KEPT = 2_000
MOST_MEMBERS = 200_000
# Slack's words for a conversation that it tells us nothing of: not an outage, but an answer.
CLOSED = ("channel_not_found", "fetch_members_failed", "method_not_supported_for_channel_type", "not_in_channel")
CLOSED_PLACE = Place(public=False)


class Conversations:
    """What Slack said about one workspace's conversations, for a while."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[float, Place]] = OrderedDict()
        self._members = 0

    async def places(
        self, client: AsyncWebClient, channels: Collection[str], seconds: float = ASK_SECONDS
    ) -> dict[str, Place | None]:
        """What each conversation is. Never raises: of what Slack does not say within `seconds`, None."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def ask(channel: str) -> None:
            async with limit:
                await self._ask(client, channel)

        unknown = [channel for channel in channels if self._known(channel) is None]
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(ask(channel) for channel in unknown))
        except TimeoutError:
            log.warning("Slack does not say in time who is in %d conversations", len(unknown))
        return {channel: self._known(channel) for channel in channels}

    def _known(self, channel: str) -> Place | None:
        since, place = self._kept.get(channel, (0.0, None))
        return place if place is not None and 0 <= self._now() - since < KEPT_SECONDS else None

    async def _ask(self, client: AsyncWebClient, channel: str) -> None:
        try:
            self._keep(channel, await _look(client, channel))
        except MmmError as error:
            if code_of(error) in CLOSED:
                self._keep(channel, CLOSED_PLACE)
                return
            log.warning("Slack does not say what %s is: %s (%s)", channel, error.what, error.detail)
        except ODD as error:
            log.warning("Slack does not say what %s is: an odd answer: %r", channel, error)

    def _keep(self, channel: str, place: Place) -> None:
        """Remember an answer; of so many, those asked for first are forgotten."""
        _, before = self._kept.pop(channel, (0.0, CLOSED_PLACE))
        self._kept[channel] = (self._now(), place)
        self._members += len(place.members) - len(before.members)
        while len(self._kept) > MOST_KEPT or (self._members > MOST_MEMBERS and len(self._kept) > 1):
            _, (_, forgotten) = self._kept.popitem(last=False)
            self._members -= len(forgotten.members)


async def _look(client: AsyncWebClient, channel: str) -> Place:
    answer = await speaking(client.conversations_info(channel=channel))
    told: dict[str, Any] = answer["channel"]
    if is_public(told):
        return Place(public=True)
    if told.get("is_im") and told.get("user"):
        return Place(public=False, members=frozenset({str(told["user"])}))
    members: set[str] = set()
    cursor = ""
    for _ in range(PAGES):
        more = {"cursor": cursor} if cursor else {}
        page = await speaking(client.conversations_members(channel=channel, limit=PAGE, **more))
        members |= {str(user) for user in page["members"]}
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return Place(public=False, members=frozenset(members))


def is_public(told: Mapping[str, Any]) -> bool:
    """Whether a conversation object is of a public channel that the app is in, or that was archived since."""
    private = any(told.get(name) for name in ("is_im", "is_mpim", "is_group"))
    return told.get("is_private") is False and not private and bool(told.get("is_member") or told.get("is_archived"))


def asking(conversations: Conversations, client: AsyncWebClient, loop: asyncio.AbstractEventLoop) -> Places:
    """Ask for one act, from a thread of it, while `loop` goes on. All its questions together take a second at most."""
    left = ASK_SECONDS

    def places(channels: Collection[str]) -> Mapping[str, Place | None]:
        nonlocal left
        began = time.monotonic()
        asked = conversations.places(client, channels, max(left, 0.0))
        try:
            return asyncio.run_coroutine_threadsafe(asked, loop).result(ASK_SECONDS * 2)
        except TimeoutError:
            return dict.fromkeys(channels)
        finally:
            left -= time.monotonic() - began

    return places
