"""A message or form against its golden file, as Slack takes it: for the nouns that have golden files of their own.

`UPDATE_GOLDEN=1 pytest tests/golden/…` writes them anew; look at the difference before you commit.
"""

import json
import os
from pathlib import Path
from typing import Any

from bot.slack.blocks import Message
from bot.slack.limits import Block, fit_message
from local.slack.check import check_message


def taken(message: Message) -> list[tuple[str, list[Block]]]:
    """A message as it leaves for Slack, in each way that it can be drawn; raises where Slack would not take it."""
    drawn = []
    for blocks in (message.blocks, message.simpler, message.native):
        if blocks is not None:
            text, fitted = fit_message(message.text, blocks)
            check_message(json.loads(json.dumps(fitted)), lambda _: True)
            assert text.strip()
            drawn.append((text, fitted))
    return drawn


def buttons_of(blocks: list[Block]) -> list[dict[str, Any]]:
    """The buttons of a message's own, without those that stand beside a line of a list."""
    return [
        one for block in blocks if block["type"] == "actions" for one in block["elements"] if one["type"] == "button"
    ]


def check_golden(folder: Path, name: str, drawn: Any) -> None:
    """Compare with the golden file `name`, or write it anew."""
    path = folder / f"{name}.json"
    text = json.dumps(drawn, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        folder.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"there is no golden file for {name}"
    assert json.loads(path.read_text()) == json.loads(text)
