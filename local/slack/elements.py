"""What Slack refuses in text objects, buttons, selects and inputs."""

from collections.abc import Iterator
from typing import Any

Problems = Iterator[str]

SELECTS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
MULTI = tuple(f"multi_{kind}" for kind in SELECTS)
PICKERS = ("datepicker", "timepicker", "datetimepicker")
CHOICES = ("radio_buttons", "checkboxes")
TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input")
WHERE = {
    "actions": {"button", "overflow", "workflow_button", *SELECTS, *PICKERS, *CHOICES},
    "section": {"button", "overflow", "image", "workflow_button", *SELECTS, *MULTI, *PICKERS, *CHOICES},
    "input": {*SELECTS, *MULTI, *PICKERS, *CHOICES, *TYPED},
}
OPTION_LIMITS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
COMMON = {"type", "action_id", "confirm", "focus_on_load", "placeholder"}
MORE = {
    "button": {"text", "value", "url", "style", "accessibility_label"},
    "overflow": {"options"},
    "static_select": {"options", "option_groups", "initial_option"},
    "external_select": {"min_query_length", "initial_option"},
    "multi_static_select": {"options", "option_groups", "initial_options", "max_selected_items"},
    "multi_external_select": {"min_query_length", "initial_options", "max_selected_items"},
    "users_select": {"initial_user"},
    "conversations_select": {
        "initial_conversation",
        "default_to_current_conversation",
        "filter",
        "response_url_enabled",
    },
    "channels_select": {"initial_channel", "response_url_enabled"},
    "datepicker": {"initial_date"},
    "timepicker": {"initial_time", "timezone"},
    "radio_buttons": {"options", "initial_option"},
    "checkboxes": {"options", "initial_options"},
    "plain_text_input": {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"},
    "number_input": {"is_decimal_allowed", "initial_value", "min_value", "max_value", "dispatch_action_config"},
    "file_input": {"filetypes", "max_files"},
}


def check_text(text: Any, at: str, most: int, *, kind: str = "") -> Problems:
    """Check a text object of at most `most` characters; with `kind`, only that kind of text."""
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        yield f"must be a text object [json-pointer:{at}]"
        return
    if kind and text["type"] != kind:
        yield f"must be {kind} [json-pointer:{at}/type]"
    content = text.get("text")
    if not isinstance(content, str) or not content:
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    elif len(content) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"
    for name in sorted(text.keys() - {"type", "text", "emoji", "verbatim"}):
        yield f"invalid additional property: {name} [json-pointer:{at}]"


def check_element(element: Any, at: str, place: str) -> Problems:
    """Check an interactive element that stands in `place`: actions, section or input."""
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in WHERE[place]:
        yield f"unsupported type: {kind} [json-pointer:{at}]"
        return
    if kind == "image":
        return
    for name in sorted(element.keys() - COMMON - MORE.get(kind, element.keys())):
        yield f"invalid additional property: {name} [json-pointer:{at}]"
    if len(element.get("action_id", "x")) not in range(1, 256):
        yield f"must be 1 to 255 characters [json-pointer:{at}/action_id]"
    if "placeholder" in element:
        yield from check_text(element["placeholder"], f"{at}/placeholder", 150, kind="plain_text")
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    if kind == "button":
        yield from _button(element, at)
    if kind in ("static_select", "multi_static_select", *OPTION_LIMITS):
        yield from _options(element, kind, at)
    if kind == "number_input" and not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"missing required field: is_decimal_allowed [json-pointer:{at}]"
    if kind == "plain_text_input" and len(element.get("initial_value", "")) > 3000:
        yield f"must be less than 3001 characters [json-pointer:{at}/initial_value]"
    if kind == "file_input" and not 1 <= element.get("max_files", 1) <= 10:
        yield f"must be 1 to 10 [json-pointer:{at}/max_files]"
    if kind == "multi_static_select" and element.get("max_selected_items", 1) < 1:
        yield f"must be greater than 0 [json-pointer:{at}/max_selected_items]"


def _button(button: dict[str, Any], at: str) -> Problems:
    yield from check_text(button.get("text"), f"{at}/text", 75, kind="plain_text")
    for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        if len(button.get(name, "")) > most:
            yield f"must be less than {most + 1} characters [json-pointer:{at}/{name}]"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"must be primary or danger [json-pointer:{at}/style]"


def _options(element: dict[str, Any], kind: str, at: str) -> Problems:
    groups = element.get("option_groups")
    if groups is not None:
        if not 1 <= len(groups) <= 100:
            yield f"must have 1 to 100 items [json-pointer:{at}/option_groups]"
        lists = [(group.get("options", []), f"{at}/option_groups/{n}/options") for n, group in enumerate(groups)]
    else:
        lists = [(element.get("options", []), f"{at}/options")]
    known = []
    for options, where in lists:
        if not 1 <= len(options) <= OPTION_LIMITS.get(kind, 100):
            yield f"must have 1 to {OPTION_LIMITS.get(kind, 100)} items [json-pointer:{where}]"
        for number, option in enumerate(options):
            yield from _option(option, f"{where}/{number}")
            known.append(option)
    chosen = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else [])
    if any(option not in known for option in chosen):
        yield f"the initial option is not among the options [json-pointer:{at}]"
    if "initial_options" in element and not chosen:
        yield f"must have at least 1 item [json-pointer:{at}/initial_options]"
    values = [option.get("value") for option in known]
    if len(values) != len(set(values)):
        yield f"option values must be unique [json-pointer:{at}]"


def _option(option: dict[str, Any], at: str) -> Problems:
    yield from check_text(option.get("text"), f"{at}/text", 75)
    if not 0 < len(option.get("value", "")) <= 150:
        yield f"must be 1 to 150 characters [json-pointer:{at}/value]"
    if "description" in option:
        yield from check_text(option["description"], f"{at}/description", 75)


def _confirm(confirm: dict[str, Any], at: str) -> Problems:
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from check_text(confirm.get(name), f"{at}/{name}", most)


def texts(block: dict[str, Any]) -> Iterator[str]:
    """Every text of a block that counts towards a message's size."""
    for part in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
        elif isinstance(part, str):
            yield part
