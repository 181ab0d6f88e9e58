"""`/mmm cache`: what warehouses answered and is kept, of what use it was, and having it thrown away."""

import re

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data import cache_messages as messages
from bot.slack.blocks import Message
from bot.wing import Command, Wing
from engine.errors import NotFound

DIGEST = re.compile(r"[0-9a-f]{40}")
ASKED = "On it: what is kept goes. That it has, I tell you {where}"


async def show(act: Act) -> Reply:
    """The newest of what is kept; with a part of a table's name, those whose table, SELECT or connection has it."""
    return Whisper(await act.blocking(_shown, act))


def _shown(act: Act) -> Message:
    hours, now = act.settings.cache_hours, act.clock.now()
    found, untold = act.seen.cache(now, hours)
    return messages.cache(found, hours, now, act.text.strip(), untold=untold)


async def clear(act: Act) -> Reply:
    """Throw one result away."""
    if not DIGEST.fullmatch(act.value):
        raise NotFound("That is no longer kept.", "See what is: /mmm cache.")
    return await ask(act, messages.CLEARED, {"digest": act.value}, needs=Role.ADMIN, privately=True)


async def clear_all(act: Act) -> Reply:
    """Throw all of it away."""
    return await ask(act, messages.CLEARED, {}, needs=Role.ADMIN, privately=True)


WING = Wing(
    commands=(
        Command(
            ("cache",),
            show,
            "Show which rows of warehouses are kept to be used again, and of what use that was.",
            "[TABLE]",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(
        (messages.SHOW, show, Role.VIEWER),
        (messages.CLEAR, clear, Role.ADMIN),
        (messages.CLEAR_ALL, clear_all, Role.ADMIN),
    ),
)
