"""Modals: views and inputs from pure functions, and what people typed read back.

Each field is one input block whose block id is the field's name; the element's action id is the same
name, so that typed values survive an update of the view. A field that must be answered and has one answer
is not shown: its answer travels with the view, and is read back like any other.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any

from bot.slack.blocks import plain
from bot.slack.limits import OPTION_TEXT, Block, clamp

View = dict[str, Any]
# Where a view carries the answers of fields that it does not show: by field, the option's value and label.
FIXED = "fixed"
ONE_OF = ("static_select", "radio_buttons")


@dataclass(frozen=True)
class Choice:
    """One option of a select: the value that comes back, and what people read."""

    value: str
    label: str
    note: str = ""

    def option(self) -> dict[str, Any]:
        drawn: dict[str, Any] = {"text": plain(clamp(self.label, OPTION_TEXT)), "value": self.value}
        if self.note:
            drawn["description"] = plain(clamp(self.note, OPTION_TEXT))
        return drawn


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    close: str = "Close",
    meta: Mapping[str, Any] | None = None,
    notify_on_close: bool = False,
) -> View:
    """A modal. `meta` comes back with whatever people do in it."""
    fixed = {str(block["block_id"]): _fixed(block) for block in blocks if has_one_choice(block)}
    carried = {**(meta or {}), **({FIXED: fixed} if fixed else {})}
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "close": plain(close),
        "blocks": [block for block in blocks if not has_one_choice(block)],
        "private_metadata": json.dumps(carried, separators=(",", ":"), ensure_ascii=False),
    }
    if submit:
        view["submit"] = plain(submit)
    if notify_on_close:
        view["notify_on_close"] = True
    return view


def has_one_choice(block: Block) -> bool:
    """Whether a field asks for what there is one answer to. One that may be left empty has two."""
    if block["type"] != "input" or block.get("optional"):
        return False
    element = block["element"]
    return element["type"] in ONE_OF and len(element.get("options", ())) == 1


def _fixed(block: Block) -> tuple[str, str]:
    [option] = block["element"]["options"]
    return option["value"], option["text"]["text"]


def field(
    name: str,
    label: str,
    element: dict[str, Any],
    *,
    hint: str = "",
    optional: bool = False,
    dispatch: bool = False,
) -> Block:
    """One labelled input. `dispatch`: tell us at once when it changes."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {**element, "action_id": name},
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint)
    if dispatch:
        block["dispatch_action"] = True
    return block


def text_input(initial: str = "", placeholder: str = "", *, multiline: bool = False, most: int = 0) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "plain_text_input", "multiline": multiline}
    if initial:
        # Nobody could send a field that begins with more than it may hold.
        element["initial_value"] = initial[:most].rstrip() if most else initial
    if placeholder:
        element["placeholder"] = plain(placeholder)
    if most:
        element["max_length"] = most
    return element


def number_input(initial: int | float | None, low: float, high: float, *, decimals: bool = False) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "number_input",
        "is_decimal_allowed": decimals,
        "min_value": str(low),
        "max_value": str(high),
    }
    if initial is not None:
        element["initial_value"] = str(initial)
    return element


def select(choices: Sequence[Choice], initial: str = "", placeholder: str = "Choose one") -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "static_select",
        "placeholder": plain(placeholder),
        "options": [choice.option() for choice in choices],
    }
    chosen = next((choice for choice in choices if choice.value == initial), None) if initial else None
    if chosen is not None:
        element["initial_option"] = chosen.option()
    return element


def multi_select(choices: Sequence[Choice], initial: Iterable[str] = (), placeholder: str = "None") -> dict[str, Any]:
    wanted = set(initial)
    element: dict[str, Any] = {
        "type": "multi_static_select",
        "placeholder": plain(placeholder),
        "options": [choice.option() for choice in choices],
    }
    chosen = [choice.option() for choice in choices if choice.value in wanted]
    if chosen:
        element["initial_options"] = chosen
    return element


def search_select(initial: Choice | None = None, placeholder: str = "Type to search") -> dict[str, Any]:
    """A select whose options we deliver while people type."""
    element: dict[str, Any] = {"type": "external_select", "placeholder": plain(placeholder), "min_query_length": 0}
    if initial is not None:
        element["initial_option"] = initial.option()
    return element


def multi_search_select(
    initial: Sequence[Choice] = (), placeholder: str = "Type to search", *, most: int = 0
) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "multi_external_select",
        "placeholder": plain(placeholder),
        "min_query_length": 0,
    }
    if initial:
        element["initial_options"] = [choice.option() for choice in initial]
    if most:
        element["max_selected_items"] = most
    return element


def radio(choices: Sequence[Choice], initial: str = "") -> dict[str, Any]:
    element: dict[str, Any] = {"type": "radio_buttons", "options": [choice.option() for choice in choices]}
    chosen = next((choice for choice in choices if choice.value == initial), None)
    if chosen is not None:
        element["initial_option"] = chosen.option()
    return element


def date_input(initial: date | None = None) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "datepicker"}
    if initial is not None:
        element["initial_date"] = initial.isoformat()
    return element


def channel_input(initial: str = "") -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "conversations_select",
        "placeholder": plain("Choose a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if initial:
        element["initial_conversation"] = initial
    return element


def file_input(types: Sequence[str]) -> dict[str, Any]:
    return {"type": "file_input", "filetypes": list(types), "max_files": 1}


@dataclass(frozen=True)
class Values:
    """What stands in a view's inputs, by field name; `fixed` answers the fields that it does not show."""

    state: Mapping[str, Mapping[str, Mapping[str, Any]]]
    fixed: Mapping[str, Sequence[str]] = dataclass_field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.state or name in self.fixed

    def beginning(self, kind: str) -> str:
        """What follows the colon in the name of the field that begins with `kind`; empty where there is none."""
        names = (name.partition(":") for name in (*self.state, *self.fixed))
        return next((rest for begin, _, rest in names if begin == kind and rest), "")

    def text(self, name: str) -> str:
        """The text, number, date, channel or chosen option's value of a field; empty if there is none."""
        element = self._element(name)
        option = element.get("selected_option") or {}
        for found in (
            element.get("value"),
            option.get("value"),
            element.get("selected_date"),
            element.get("selected_conversation"),
        ):
            if found:
                return str(found).strip()
        return ""

    def label(self, name: str) -> str:
        """What people read on the chosen option of a field."""
        option = self._element(name).get("selected_option") or {}
        return str((option.get("text") or {}).get("text", ""))

    def many(self, name: str) -> tuple[str, ...]:
        """The values of all chosen options of a field, in the order chosen."""
        return tuple(str(option["value"]) for option in self._element(name).get("selected_options") or ())

    def day(self, name: str) -> date | None:
        given = self.text(name)
        return date.fromisoformat(given) if given else None

    def file(self, name: str) -> Mapping[str, Any] | None:
        """The first file of a field as Slack describes it (`id`, `name`, `mimetype`, `size`), or None."""
        files = self._element(name).get("files") or ()
        return files[0] if files else None

    def _element(self, name: str) -> Mapping[str, Any]:
        elements = self.state.get(name) or {}
        if not elements and name in self.fixed:
            value, label = self.fixed[name]
            return {"selected_option": {"value": value, "text": {"text": label}}}
        return next(iter(elements.values()), {})
