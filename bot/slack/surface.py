"""Slack's Web API for handlers, while a person waits."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import Message
from bot.slack.errors import ODD, UnknownBlocks, meaning
from bot.slack.form import View
from bot.slack.limits import fit_message, fit_view
from bot.slack.offered import offered
from engine.errors import Refused, Unavailable

log = logging.getLogger(__name__)


class SlackSurface:
    """What a handler may ask of Slack for one act. Everything here is seen by one person alone."""

    def __init__(self, client: AsyncWebClient, *, inside_modal: bool) -> None:
        self.client = client
        self._inside_modal = inside_modal
        self.opened = ""
        self.offers: Callable[[str], bool] = _nothing

    async def open_view(self, trigger_id: str, view: View) -> str:
        # What is opened from a form goes on top of it: closing it leads back to what was typed.
        show = self.client.views_push if self._inside_modal else self.client.views_open
        answer = await speaking(show(trigger_id=trigger_id, view=self.fit(view)))
        self.opened = str(answer["view"]["id"])
        return self.opened

    async def update_view(self, view_id: str, view: View, hash: str = "") -> None:
        more = {"hash": hash} if hash else {}
        try:
            await speaking(self.client.views_update(view_id=view_id, view=self.fit(view), **more))
        except Refused as error:
            if not error.detail.startswith("hash_conflict"):
                raise
            # The form changed again meanwhile: that change draws it.
            log.info("form %s was drawn by a later change", view_id)

    async def file(self, file_id: str) -> Mapping[str, Any]:
        answer = await speaking(self.client.files_info(file=file_id))
        told = answer.get("file")
        if not isinstance(told, dict) or not isinstance(told.get("id"), str):
            raise Unavailable("Slack does not answer.", "Try again.", detail="files.info: ok, and no file")
        return told

    async def publish_home(self, user: str, view: View) -> None:
        await speaking(self.client.views_publish(user_id=user, view=self.fit(view)))

    async def whisper(self, channel: str, user: str, message: Message) -> None:
        try:
            await self._with_simpler(self.client.chat_postEphemeral, message, channel=channel, user=user)
        except Refused as error:
            # Mostly a channel I am not in.
            log.info("no word to %s in %s: %s", user, channel, error.detail)
            await self.direct(user, message)

    async def direct(self, user: str, message: Message) -> None:
        """Send a message to one person, in the conversation with them, which is always there."""
        opened = await speaking(self.client.conversations_open(users=user))
        await self._with_simpler(self.client.chat_postMessage, message, channel=opened["channel"]["id"])

    def fit(self, view: View) -> View:
        """A view as this person is shown it, within the limits."""
        return fit_view({**view, "blocks": offered(view["blocks"], self.offers)})

    async def _with_simpler(self, post: Callable[..., Awaitable[Any]], message: Message, **place: str) -> None:
        """Send a message; where a newer block is not known yet, its simpler drawing."""
        text, blocks = fit_message(message.text, offered(message.blocks, self.offers))
        try:
            await speaking(post(text=text, blocks=blocks, **place))
        except UnknownBlocks:
            if message.simpler is None:
                raise
            text, blocks = fit_message(message.text, offered(message.simpler, self.offers))
            await speaking(post(text=text, blocks=blocks, **place))


def _nothing(action_id: str) -> bool:
    """Nobody is shown a button before it is known who they are."""
    return False


async def speaking(call: Awaitable[Any]) -> Any:
    """Await a call to Slack; its refusals and its silence become our errors."""
    try:
        return await call
    except SlackApiError as error:
        raise meaning(error.response) from error
    except (aiohttp.ClientError, TimeoutError, *ODD) as error:
        raise Unavailable("Slack does not answer.", "Try again.", detail=str(error)) from error
