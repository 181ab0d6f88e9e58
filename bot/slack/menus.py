"""Menus of buttons: what a line of a list offers, behind three dots. Each choice is a button of the registry.

So a choice needs no name of its own: the role that its button takes counts, when it is drawn and when it is made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.slack.limits import OPTION_VALUE, OVERFLOW_OPTIONS

MENU = "menu"
# The longest id that fits a choice beside the name of its button.
LONGEST_ID = 120


def menu(*buttons: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """At most five buttons as one menu. `number` tells several of one block apart.

    Raises ValueError for one whose name and value are longer than an option may carry: cutting them would break them.
    """
    options = [{"text": one["text"], "value": f"{one['action_id']} {one.get('value', '')}".strip()} for one in buttons]
    if len(options) > OVERFLOW_OPTIONS or any(len(option["value"]) > OPTION_VALUE for option in options):
        raise ValueError(f"a menu holds {OVERFLOW_OPTIONS} choices of {OPTION_VALUE} characters each")
    return {"type": "overflow", "action_id": f"{MENU}:{number}" if number else MENU, "options": options}


def is_menu(element: Mapping[str, Any]) -> bool:
    return element.get("type") == "overflow" and str(element.get("action_id", "")).partition(":")[0] == MENU


def without(element: dict[str, Any], offers: Callable[[str], bool]) -> dict[str, Any] | None:
    """A menu without the choices that `offers` refuses by their buttons' action ids; None where none is left."""
    options = [one for one in element["options"] if offers(str(one["value"]).partition(" ")[0])]
    return {**element, "options": options} if options else None


def chosen_of(pressed: dict[str, Any]) -> dict[str, Any]:
    """What was pressed: of a menu, the button that its choice is."""
    if not is_menu(pressed):
        return pressed
    option = pressed.get("selected_option")
    said = option.get("value") if isinstance(option, Mapping) else None
    action_id, _, value = (said if isinstance(said, str) else "").partition(" ")
    return {**pressed, "action_id": action_id, "value": value}
