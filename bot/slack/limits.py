"""Slack's limits, and the one path that makes any message or view keep them.

Everything that leaves for Slack passes `fit_message` or `fit_view`. They shorten and drop, never fail:
a message that lost its tail is better than one that was refused. What a limit is based on is in the
project's documentation of Slack.
"""

from collections.abc import Mapping
from typing import Any

Block = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT_BYTES = 3_500  # chat.update counts bytes after escaping and refuses more than 4,000
MESSAGE_BLOCK_TEXT = 12_000  # all the text of a message's blocks together
SECTION_TEXT = 2_900
FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
LABEL_TEXT = 2_000
ALT_TEXT = 2_000
IMAGE_TITLE = 2_000
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
IDENTIFIER = 255
OPTIONS = 100
SHORT_OPTIONS = 10  # checkboxes and radio buttons
OVERFLOW_OPTIONS = 5
OPTION_TEXT = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
VIEW_TITLE = 24
PRIVATE_METADATA = 3_000
INPUT_TEXT = 3_000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
ALERT_TEXT = 200
TABLE_ROWS = 101  # the header and a hundred rows
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000

ELLIPSIS = "…"
NOTHING = "–"
_CHOICES = ("static_select", "multi_static_select", "external_select", "multi_external_select")


def clamp(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, ending in an ellipsis where it was cut; never empty."""
    text = text if text.strip() else NOTHING
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def clamp_bytes(text: str, limit: int = MESSAGE_TEXT_BYTES) -> str:
    """Return `text` in at most `limit` bytes as Slack counts them: UTF-8, with `& < >` escaped."""
    text = text if text.strip() else NOTHING
    if _wire_bytes(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _wire_bytes(text[:middle] + ELLIPSIS) <= limit else (low, middle - 1)
    return text[:low].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Make text from people or data safe inside mrkdwn: no mention, no link, no markup of theirs."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fit_message(text: str, blocks: list[Block]) -> tuple[str, list[Block]]:
    """Return a message's text and blocks so that Slack takes them."""
    kept = [fitted for block in blocks if (fitted := fit_block(block)) is not None]
    return escape(clamp_bytes(text)), _within_text_budget(kept[:MESSAGE_BLOCKS])


def fit_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return a modal or Home view so that Slack takes it."""
    fitted = dict(view)
    for name in ("title", "submit", "close"):
        if name in fitted:
            fitted[name] = _text(fitted[name], VIEW_TITLE)
    if "callback_id" in fitted:
        fitted["callback_id"] = fitted["callback_id"][:IDENTIFIER]
    if len(fitted.get("private_metadata", "")) > PRIVATE_METADATA:
        raise ValueError("private_metadata holds at most 3,000 characters")  # cutting it would break its meaning
    blocks = [kept for block in fitted.get("blocks", ()) if (kept := fit_block(block)) is not None]
    fitted["blocks"] = blocks[:VIEW_BLOCKS]
    return fitted


def fit_block(block: Block) -> Block | None:
    """Return one block within its limits, or None if nothing of it would remain."""
    fitted = dict(block)
    if "block_id" in fitted:
        fitted["block_id"] = fitted["block_id"][:IDENTIFIER]
    match block["type"]:
        case "header":
            fitted["text"] = _text(block["text"], HEADER_TEXT)
        case "section":
            return _fit_section(fitted)
        case "context":
            elements = [_fit_context(element) for element in block["elements"]][:CONTEXT_ELEMENTS]
            return {**fitted, "elements": elements} if elements else None
        case "actions":
            elements = [fit_element(element) for element in block["elements"]][:ACTIONS_ELEMENTS]
            return {**fitted, "elements": elements} if elements else None
        case "image":
            fitted["alt_text"] = clamp(block.get("alt_text", ""), ALT_TEXT)
            if "title" in block:
                fitted["title"] = _text(block["title"], IMAGE_TITLE)
        case "input":
            fitted["label"] = _text(block["label"], LABEL_TEXT)
            if "hint" in block:
                fitted["hint"] = _text(block["hint"], LABEL_TEXT)
            fitted["element"] = fit_element(block["element"])
        case "alert":
            fitted["text"] = _text(block["text"], ALERT_TEXT)
        case "data_table":
            return _fit_table(fitted)
    return fitted


def fit_element(element: dict[str, Any]) -> dict[str, Any]:
    """Return a button, select or input within its limits."""
    fitted = dict(element)
    kind = element["type"]
    if "action_id" in fitted:
        fitted["action_id"] = fitted["action_id"][:IDENTIFIER]
    if "placeholder" in fitted:
        fitted["placeholder"] = _text(fitted["placeholder"], PLACEHOLDER)
    if "confirm" in fitted:
        fitted["confirm"] = _fit_confirm(fitted["confirm"])
    if kind == "button":
        fitted["text"] = _text(element["text"], BUTTON_TEXT)
        if "accessibility_label" in element:
            fitted["accessibility_label"] = clamp(element["accessibility_label"], BUTTON_TEXT)
        if len(element.get("value", "")) > BUTTON_VALUE:
            raise ValueError("a button's value holds at most 2,000 characters")  # cutting it would break its meaning
    if "options" in fitted:
        most = OPTIONS if kind in _CHOICES else OVERFLOW_OPTIONS if kind == "overflow" else SHORT_OPTIONS
        fitted["options"] = [fit_option(option) for option in fitted["options"]][:most]
    if "option_groups" in fitted:
        groups = fitted["option_groups"][:OPTIONS]
        fitted["option_groups"] = [
            {
                "label": _text(group["label"], OPTION_TEXT),
                "options": [fit_option(option) for option in group["options"]][:OPTIONS],
            }
            for group in groups
        ]
    if "initial_option" in fitted:
        fitted["initial_option"] = fit_option(fitted["initial_option"])
    if "initial_options" in fitted:
        fitted["initial_options"] = [fit_option(option) for option in fitted["initial_options"]][:OPTIONS]
    if kind == "plain_text_input" and "initial_value" in fitted:
        fitted["initial_value"] = fitted["initial_value"][:INPUT_TEXT]
    return fitted


def fit_option(option: dict[str, Any]) -> dict[str, Any]:
    """Return an option within its limits. Its value must be short already: cutting it would break its meaning."""
    if len(option["value"]) > OPTION_VALUE:
        raise ValueError(f"an option's value holds at most {OPTION_VALUE} characters")
    fitted = {**option, "text": _text(option["text"], OPTION_TEXT)}
    if "description" in option:
        fitted["description"] = _text(option["description"], OPTION_TEXT)
    return fitted


def _fit_section(block: Block) -> Block | None:
    if "text" in block:
        block["text"] = _text(block["text"], SECTION_TEXT)
    if "fields" in block:
        block["fields"] = [_text(field, FIELD_TEXT) for field in block["fields"]][:FIELDS]
        if not block["fields"]:
            del block["fields"]
    if "accessory" in block:
        block["accessory"] = fit_element(block["accessory"])
    return block if "text" in block or "fields" in block else None


def _fit_context(element: dict[str, Any]) -> dict[str, Any]:
    if element["type"] == "image":
        return {**element, "alt_text": clamp(element.get("alt_text", ""), ALT_TEXT)}
    return _text(element, SECTION_TEXT)


def _fit_confirm(confirm: dict[str, Any]) -> dict[str, Any]:
    limits = {"title": CONFIRM_TITLE, "text": CONFIRM_TEXT, "confirm": CONFIRM_BUTTON, "deny": CONFIRM_BUTTON}
    return {name: _text(value, limits[name]) if name in limits else value for name, value in confirm.items()}


def _fit_table(block: Block) -> Block | None:
    rows = [row[:TABLE_COLUMNS] for row in block["rows"][:TABLE_ROWS]]
    rows = [[{**cell, "text": clamp(cell["text"], FIELD_TEXT)} for cell in row] for row in rows]
    size, kept = 0, []
    for row in rows:
        size += sum(len(cell["text"]) for cell in row)
        if size > TABLE_CHARACTERS:
            break
        kept.append(row)
    return {**block, "rows": kept} if len(kept) > 1 else None


def _text(value: dict[str, Any], limit: int) -> dict[str, Any]:
    return {**value, "text": clamp(value["text"], limit)}


def _within_text_budget(blocks: list[Block]) -> list[Block]:
    """Cut the text that goes beyond a message's budget; buttons and images stay."""
    left, kept = MESSAGE_BLOCK_TEXT, []
    for block in blocks:
        size = text_size(block)
        if size <= left:
            kept.append(block)
            left -= size
        elif block["type"] == "section" and "text" in block and "fields" not in block and left > 1:
            kept.append({**block, "text": _text(block["text"], left)})
            left = 0
        elif block["type"] in ("image", "actions"):
            kept.append(block)
    return kept


def text_size(block: Block) -> int:
    """Characters of the texts that a reader sees in `block`."""
    if block["type"] in ("image", "actions", "data_table"):
        return 0
    texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    return sum(len(text["text"]) for text in texts if isinstance(text, dict) and isinstance(text.get("text"), str))


def _wire_bytes(text: str) -> int:
    escaped = len(text.encode()) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
    return escaped
