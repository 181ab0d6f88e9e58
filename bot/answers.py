"""How answers are drawn, by the kind of what was asked; each noun draws its own."""

from collections.abc import Callable
from typing import Any

from bot.data import (
    cache_messages,
    check_messages,
    connect_messages,
    diff_messages,
    download,
    driver_messages,
    map_file_messages,
    prepare_messages,
    review_messages,
)
from bot.slack.blocks import Message, context, escape, section
from bot.slack.form import View
from bot.slack.pictures import Pictures
from engine.ports import Notice

# What an answer becomes: a message, or the modal that waits for it.
Drawing = Callable[[Notice, Pictures], Message | View]

DRAWINGS: dict[str, Drawing] = {
    "map_download": map_file_messages.given,
    diff_messages.KIND: diff_messages.drawn,
    download.KIND: download.drawn,
    **check_messages.DRAWINGS,
    "review": review_messages.drawn,
    driver_messages.KIND: driver_messages.drawn,
    **prepare_messages.DRAWINGS,
    **connect_messages.DRAWINGS,
    **cache_messages.DRAWINGS,
}


def not_answered(notice: Notice) -> Message:
    """Why there is no answer."""
    error: dict[str, Any] = notice.data["error"]
    blocks = [section(f":warning: {escape(error['what'])}"), context(escape(error["todo"] or "Nothing was changed."))]
    if error.get("reference"):
        blocks.append(context(f"Reference {error['reference']}"))
    return Message(f"{error['what']} {error['todo']}".strip(), blocks)
