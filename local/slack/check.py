"""What Slack refuses in blocks and views: unknown kinds, missing parts, everything beyond a limit.

Limits are those of Slack's documentation. Each problem names its place as a JSON pointer, as Slack does.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from local.slack.elements import check_element, check_text, texts
from local.slack.refusal import Refusal
from local.slack.tables import check_chart, check_table

Block = dict[str, Any]
Problems = Iterator[str]

MESSAGE_BLOCKS, VIEW_BLOCKS, VIEW_BYTES = 50, 100, 250_000
MESSAGE_BLOCK_TEXT, MARKDOWN_TEXT = 13_200, 12_000
ANYWHERE = frozenset({"section", "header", "context", "actions", "divider", "image", "rich_text", "video"})
IN_MESSAGES = ANYWHERE | {
    *("markdown", "table", "data_table", "data_visualization", "context_actions", "file", "input"),
    *("task_card", "plan", "card", "carousel", "container"),
}
IN_VIEWS = ANYWHERE | {"input"}
IN_MODALS = IN_VIEWS | {"alert"}


def check_message(blocks: list[Block], file_ready: Callable[[str], bool]) -> None:
    """Refuse blocks that Slack would not post. `file_ready` says whether a `slack_file` may be shown yet."""
    if len(blocks) > MESSAGE_BLOCKS:
        raise Refusal("invalid_blocks", [f"no more than {MESSAGE_BLOCKS} items allowed [json-pointer:/blocks]"])
    problems = list(_blocks(blocks, IN_MESSAGES, "/blocks", file_ready))
    for kind in ("table", "data_table"):
        if sum(block.get("type") == kind for block in blocks) > 1:
            problems.append(f"only one {kind} allowed [json-pointer:/blocks]")
    if sum(block.get("type") == "data_visualization" for block in blocks) > 2:
        problems.append("only two data_visualization blocks allowed [json-pointer:/blocks]")
    if problems:
        raise Refusal("invalid_blocks", problems)
    if sum(len(b.get("text", "")) for b in blocks if b.get("type") == "markdown") > MARKDOWN_TEXT:
        raise Refusal("invalid_blocks", ["markdown text is too long [json-pointer:/blocks]"])
    if sum(len(text) for block in blocks for text in texts(block)) > MESSAGE_BLOCK_TEXT:
        raise Refusal("msg_blocks_too_long")


def check_view(view: dict[str, Any], file_ready: Callable[[str], bool]) -> None:
    """Refuse a modal or Home view that Slack would not show."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        raise Refusal("invalid_arguments", ["must be modal or home [json-pointer:/view/type]"])
    if len(json.dumps(view)) > VIEW_BYTES:
        raise Refusal("view_too_large")
    problems = list(_view(view, kind))
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or (kind == "modal" and not blocks):
        problems.append("missing required field: blocks [json-pointer:/view/blocks]")
    else:
        if len(blocks) > VIEW_BLOCKS:
            problems.append(f"no more than {VIEW_BLOCKS} items allowed [json-pointer:/view/blocks]")
        problems += _blocks(blocks, IN_MODALS if kind == "modal" else IN_VIEWS, "/view/blocks", file_ready)
        if kind == "modal" and any(block.get("type") == "input" for block in blocks) and "submit" not in view:
            problems.append("submit is required with an input block [json-pointer:/view/submit]")
    if problems:
        raise Refusal("invalid_arguments", problems)


def _view(view: dict[str, Any], kind: str) -> Problems:
    known = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        known |= {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
        if "title" not in view:
            yield "missing required field: title [json-pointer:/view/title]"
        for name in ("title", "submit", "close"):
            if name in view:
                yield from check_text(view[name], f"/view/{name}", 24, kind="plain_text")
    yield from (f"invalid additional property: {name} [json-pointer:/view]" for name in view.keys() - known)
    for name, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name, "")) > limit:
            yield f"must be less than {limit + 1} characters [json-pointer:/view/{name}]"


def _blocks(blocks: list[Block], allowed: frozenset[str], at: str, file_ready: Callable[[str], bool]) -> Problems:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        where = f"{at}/{number}"
        if not isinstance(block, dict) or block.get("type") not in allowed:
            yield f"unsupported type: {block.get('type') if isinstance(block, dict) else block} [json-pointer:{where}]"
            continue
        block_id = block.get("block_id")
        if block_id is not None:
            if not 0 < len(block_id) <= 255:
                yield f"must be 1 to 255 characters [json-pointer:{where}/block_id]"
            if block_id in seen:
                yield f"block_id already exists: {block_id} [json-pointer:{where}/block_id]"
            seen.add(block_id)
        yield from _block(block, where, file_ready)


# Per kind: the properties it must have, and those it may have besides type and block_id.
PROPERTIES: dict[str, tuple[set[str], set[str]]] = {
    "section": (set(), {"text", "fields", "accessory", "expand"}),
    "header": ({"text"}, {"level"}),
    "context": ({"elements"}, set()),
    "actions": ({"elements"}, set()),
    "divider": (set(), set()),
    "image": ({"alt_text"}, {"image_url", "slack_file", "title"}),
    "input": ({"label", "element"}, {"hint", "optional", "dispatch_action"}),
    "rich_text": ({"elements"}, set()),
    "markdown": ({"text"}, set()),
    "table": ({"rows"}, {"column_settings"}),
    "data_table": ({"caption", "rows"}, {"page_size", "row_header_column_index"}),
    "data_visualization": ({"title", "chart"}, set()),
    "alert": ({"text"}, {"level"}),
}


def _block(block: Block, at: str, file_ready: Callable[[str], bool]) -> Problems:
    kind = block["type"]
    if kind in PROPERTIES:
        needed, possible = PROPERTIES[kind]
        for name in sorted(needed - block.keys()):
            yield f"missing required field: {name} [json-pointer:{at}/{name}]"
        for name in sorted(block.keys() - needed - possible - {"type", "block_id"}):
            yield f"invalid additional property: {name} [json-pointer:{at}]"
        if needed - block.keys():
            return
    match kind:
        case "section":
            yield from _section(block, at)
        case "header":
            yield from check_text(block["text"], f"{at}/text", 150, kind="plain_text")
        case "context":
            yield from _context(block["elements"], at)
        case "actions":
            yield from _count(block["elements"], 1, 25, f"{at}/elements")
            for number, element in enumerate(block["elements"]):
                yield from check_element(element, f"{at}/elements/{number}", "actions")
        case "image":
            yield from _image(block, at, file_ready)
        case "input":
            yield from check_text(block["label"], f"{at}/label", 2000, kind="plain_text")
            if "hint" in block:
                yield from check_text(block["hint"], f"{at}/hint", 2000, kind="plain_text")
            yield from check_element(block["element"], f"{at}/element", "input")
        case "alert":
            yield from check_text(block["text"], f"{at}/text", 200)
            if block.get("level", "default") not in ("default", "info", "warning", "error", "success"):
                yield f"unknown level [json-pointer:{at}/level]"
        case "table" | "data_table":
            yield from check_table(block, at)
        case "data_visualization":
            yield from check_chart(block, at)


def _section(block: Block, at: str) -> Problems:
    if "text" not in block and not block.get("fields"):
        yield f"text or fields required [json-pointer:{at}]"
    if "text" in block:
        yield from check_text(block["text"], f"{at}/text", 3000)
    if "fields" in block:
        yield from _count(block["fields"], 1, 10, f"{at}/fields")
        for number, field in enumerate(block["fields"]):
            yield from check_text(field, f"{at}/fields/{number}", 2000)
    if "accessory" in block:
        yield from check_element(block["accessory"], f"{at}/accessory", "section")


def _context(elements: list[Block], at: str) -> Problems:
    yield from _count(elements, 1, 10, f"{at}/elements")
    for number, element in enumerate(elements):
        where = f"{at}/elements/{number}"
        if element.get("type") == "image":
            yield from _image(element, where, lambda _: True)
        else:
            yield from check_text(element, where, 3000)


def _image(image: Block, at: str, file_ready: Callable[[str], bool]) -> Problems:
    alt = image.get("alt_text")
    if not isinstance(alt, str) or not 0 < len(alt) <= 2000:
        yield f"alt_text must be 1 to 2000 characters [json-pointer:{at}/alt_text]"
    if "title" in image:
        yield from check_text(image["title"], f"{at}/title", 2000, kind="plain_text")
    if ("image_url" in image) == ("slack_file" in image):
        yield f"one of image_url and slack_file required [json-pointer:{at}]"
    elif "image_url" in image and not (len(image["image_url"]) <= 3000 and image["image_url"].startswith("http")):
        yield f"invalid image_url [json-pointer:{at}/image_url]"
    elif "slack_file" in image and not file_ready(str(image["slack_file"].get("id", ""))):
        yield f"invalid slack file [json-pointer:{at}/slack_file]"


def _count(items: object, least: int, most: int, at: str) -> Problems:
    if not isinstance(items, list) or not least <= len(items) <= most:
        yield f"must have {least} to {most} items [json-pointer:{at}]"
