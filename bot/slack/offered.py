"""Leaves out what a person may not press, wherever only they look: Home, forms, and messages that one person sees.

A message that everybody sees keeps its buttons: there, who presses one is asked.
"""

from collections.abc import Callable, Sequence

from bot.slack.limits import Block


def offered(blocks: Sequence[Block], offers: Callable[[str], bool]) -> list[Block]:
    """Return the blocks without buttons that `offers` refuses by their action id. Fields of forms stay."""
    return [left for block in blocks if (left := _offered(block, offers)) is not None]


def _offered(block: Block, offers: Callable[[str], bool]) -> Block | None:
    def shown(element: Block) -> bool:
        return element.get("type") != "button" or offers(str(element.get("action_id", "")))

    if block["type"] == "actions":
        elements = [element for element in block["elements"] if shown(element)]
        return {**block, "elements": elements} if elements else None
    if "accessory" in block and not shown(block["accessory"]):
        return {name: value for name, value in block.items() if name != "accessory"}
    return block
