"""A word by the address that came with a click: it needs no token, so it arrives where nothing else of ours would."""

import logging
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.slack.limits import clamp

log = logging.getLogger(__name__)

# https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
HOST = "hooks.slack.com"
MOST = 2900


def is_slacks(url: str, slack_url: str) -> bool:
    """Whether an address is Slack's own; on a laptop, its stand-in's. Nothing of ours goes anywhere else."""
    try:
        at, slack = urlsplit(url), urlsplit(slack_url)
    except ValueError:
        return False
    if at.scheme == "https" and at.netloc == HOST:
        return True
    return bool(slack.netloc) and (at.scheme, at.netloc) == (slack.scheme, slack.netloc)


async def respond(url: str, text: str, *, slack_url: str, seconds: float) -> bool:
    """Say something to whoever clicked, seen by them alone. False where Slack gave no address, or did not take it."""
    if not is_slacks(url, slack_url):
        return False
    said: dict[str, Any] = {"text": clamp(text, MOST), "response_type": "ephemeral", "replace_original": False}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.post(url, json=said, allow_redirects=False) as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError) as error:
        log.info("no word by the address that came with a click: %s", type(error).__name__)
        return False
