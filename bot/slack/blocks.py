"""Blocks of messages, and messages made of them: plain dicts from pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from bot.slack.limits import Block
from bot.slack.limits import escape as escape
from engine.listing import Beside

Style = Literal["", "primary", "danger"]


@dataclass(frozen=True)
class Message:
    """A message. `text` is what a notification and a screen reader say: plain words, escaped on the way out.

    `simpler` is drawn where a workspace does not know a newer block yet. `native` is drawn in place of pictures, where
    the workspace knows the blocks that draw charts themselves.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    simpler: list[Block] | None = None
    native: list[Block] | None = None


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def section(text: str, accessory: dict[str, Any] | None = None, block_id: str = "") -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if accessory is not None:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def fields(pairs: Iterable[tuple[str, str]]) -> Block:
    """Up to ten short facts, each a label above its value."""
    return {"type": "section", "fields": [mrkdwn(f"*{label}*\n{value}") for label, value in pairs]}


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def divider() -> Block:
    return {"type": "divider"}


def button(
    text: str, action_id: str, value: str = "", *, style: Style = "", confirm: dict[str, Any] | None = None
) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "button", "text": plain(text), "action_id": action_id}
    if value:
        element["value"] = value
    if style:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm
    return element


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> dict[str, Any]:
    """A question before something that costs."""
    question: dict[str, Any] = {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no)}
    if danger:
        question["style"] = "danger"
    return question


def actions(*elements: dict[str, Any], block_id: str = "") -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id:
        block["block_id"] = block_id
    return block


def slack_image(file_id: str, alt: str, title: str = "") -> Block:
    """An image that lives in Slack. `alt` says the finding, not what kind of picture it is."""
    block: Block = {"type": "image", "slack_file": {"id": file_id}, "alt_text": alt}
    if title:
        block["title"] = plain(title)
    return block


def data_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | tuple[float, str]]]) -> Block:
    """A table that people can sort. A cell is text, or a number with the text that shows it."""

    def cell(value: str | tuple[float, str]) -> dict[str, Any]:
        if isinstance(value, str):
            return {"type": "raw_text", "text": value}
        return {"type": "raw_number", "value": value[0], "text": value[1]}

    return {
        "type": "data_table",
        "caption": caption,
        "page_size": min(max(len(rows), 1), 20),
        "row_header_column_index": 0,
        "rows": [[cell(name) for name in head], *([cell(value) for value in row] for row in rows)],
    }


def alert(text: str, level: Literal["default", "info", "warning", "error", "success"] = "info") -> Block:
    """A remark across a modal; modals only."""
    return {"type": "alert", "text": mrkdwn(text), "level": level}


def person(user: str) -> str:
    return f"<@{user}>"


def channel(channel_id: str) -> str:
    """A channel as one reads it; without one, what is between the person and the app."""
    return f"<#{channel_id}>" if channel_id else "our conversation"


def moment(at: datetime) -> str:
    """A moment that each reader sees in their own time zone."""
    at = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def days(first: date, last: date) -> str:
    return f"{first.isoformat()} to {last.isoformat()}"


def count(number: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`, `1,234 rows`, `3 countries`; another plural is given."""
    usual = f"{one[:-1]}ies" if one.endswith("y") and one[-2:-1] not in "aeiou" else f"{one}s"
    return f"{number:,} {one if number == 1 else many or usual}"


def older(left: int, beside: Beside, command: str) -> list[Block]:
    """That a list goes on, and how: `left` of those that were found are not shown."""
    if left <= 0 and not beside.more:
        return []
    number = f"{'more than ' if beside.more else ''}{left}" if left > 0 else "some"
    return [context(f"and {number} older ones: `{command}`")]


def none(sentence: str, beside: Beside) -> str:
    """That a list is empty: `There is no run` yet, or among those that could be looked at where that is not all."""
    whole = not (beside.unreadable or beside.untold or beside.looked)
    return f"{sentence} yet." if whole else f"{sentence} among those that I could look at."


def left_out(beside: Beside) -> list[Block]:
    """The last lines of a list: what could not be read, what Slack did not say who sees, how far it was looked."""
    lines = [f"and {len(beside.unreadable)} that cannot be read: `/mmm doctor`"] if beside.unreadable else []
    if beside.untold:
        lines.append("Slack does not tell me right now who is in every conversation: more may be there in a minute.")
    if beside.looked:
        lines.append(f"I looked at the newest {beside.looked}; older ones may be there.")
    return [context(line) for line in lines]


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)
