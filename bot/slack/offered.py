"""Leaves out what a person may not press, wherever only they look: Home, forms, and messages that one person sees.

A message that everybody sees keeps its buttons: there, who presses one is asked.
"""

from collections.abc import Callable, Sequence

from bot.slack.limits import Block
from bot.slack.menus import is_menu, without


def offered(blocks: Sequence[Block], offers: Callable[[str], bool]) -> list[Block]:
    """Return the blocks without buttons that `offers` refuses by their action id. Fields of forms stay."""
    return [left for block in blocks if (left := _offered(block, offers)) is not None]


def _offered(block: Block, offers: Callable[[str], bool]) -> Block | None:
    def shown(element: Block) -> Block | None:
        if element.get("type") == "button":
            return element if offers(str(element.get("action_id", ""))) else None
        return without(element, offers) if is_menu(element) else element

    if block["type"] == "actions":
        elements = [left for element in block["elements"] if (left := shown(element)) is not None]
        return {**block, "elements": elements} if elements else None
    if "accessory" in block:
        left = shown(block["accessory"])
        rest = {name: value for name, value in block.items() if name != "accessory"}
        return {**rest, "accessory": left} if left is not None else rest
    return block
