"""Findings about data as people read them: the gravest first, each with its remedies as buttons, none cut off."""

import re
from collections.abc import Mapping, Sequence

from bot.data.offers import offer_button, take_back
from bot.slack.blocks import actions, escape, section
from bot.slack.limits import SECTION_TEXT, Block
from bot.slack.paging import packed, pieces
from engine.columns import Column
from engine.data.dataset import Finding
from engine.labels import label

MARKS = {"FAIL": ":red_circle:", "REVIEW": ":large_yellow_circle:", "INFO": ":white_circle:"}
GRADES = tuple(MARKS)
SHOWN_NAME = 80
# Buttons beside each other, as many as a row of them is readable.
BESIDE = 20
# So many names are read before the reason that they share.
FEW = 8


def gravest_first(found: Sequence[Finding]) -> list[Finding]:
    """Return findings by weight; those of one weight as they came."""
    return sorted(found, key=lambda one: GRADES.index(one.grade))


def finding_blocks(found: Sequence[Finding], draft_id: str) -> list[Block]:
    """Draw findings. What offers something has a block of its own, with its buttons."""
    blocks: list[Block] = []
    plain: list[str] = []
    for one in gravest_first(found):
        if not one.offers:
            plain.append(in_words(one))
            continue
        blocks += _sections(plain)
        plain = []
        blocks += _with_buttons(one, draft_id)
    return [*blocks, *_sections(plain)]


def choice_blocks(before: Mapping[str, str], draft_id: str) -> list[Block]:
    """What a person chose earlier and can take back."""
    return [
        section(f":heavy_check_mark: Chosen: {escape(short(words, 300))}", take_back(key, draft_id))
        for key, words in before.items()
    ]


def doubt_blocks(columns: Sequence[Column]) -> list[Block]:
    """The columns that could not be read as what they look like."""
    doubted = [f"• *{escape(short(one.name))}*: {escape(one.doubt)}" for one in columns if one.doubt]
    if not doubted:
        return []
    return _sections([":warning: These could not be read as what they look like:", *doubted])


def unused_blocks(names: Sequence[str], why: Mapping[str, str]) -> list[Block]:
    """Name every column that plays no role, with the reason; those of one reason together."""
    if not names:
        return []
    by_reason: dict[str, list[str]] = {}
    for name in names:
        by_reason.setdefault(_reason(why.get(name, "")), []).append(name)
    lines = [_unused(same, reason) for reason, same in by_reason.items()]
    number = "One column plays" if len(names) == 1 else f"{len(names):,} columns play"
    return _sections([f"{number} no role:", *lines])


def _unused(names: Sequence[str], reason: str) -> str:
    """Columns of one reason. Before many of them the reason comes first: nobody reads on to the end for it."""
    if len(names) > FEW:
        return f"• _{escape(reason)}_ ({len(names):,}): {', '.join(escape(short(name)) for name in names)}"
    return f"• {', '.join(f'*{escape(short(name))}*' for name in names)}: {escape(reason)}"


def in_words(one: Finding) -> str:
    """A finding as one paragraph: its column and its place are named once, in its own words or beside them."""
    about = f"*{escape(short(one.column))}*: " if one.column and not _names(one.text, one.column) else ""
    where = f" _{escape(one.where)}_" if one.where and _plain(one.where) not in _plain(one.text) else ""
    remedy = f"\n{escape(one.remedy)}" if one.remedy else ""
    return f"{MARKS[one.grade]} {about}{escape(one.text)}{where}{remedy}"


def _plain(text: str) -> str:
    return re.sub("[“”]", "", text).casefold()


def _names(text: str, column: str) -> bool:
    """Whether a text names a column, as it is or as people read it."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I) for name in (column, label(column)) if name)


def short(name: str, most: int = SHOWN_NAME) -> str:
    """A name in a list: whole, unless it is longer than a line."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _reason(why: str) -> str:
    """Why a column has no role. What was guessed for it and then taken out, the person took out."""
    said = why.removeprefix("not used: ")
    return said if said != why or not why else f"not chosen ({why})"


def _with_buttons(one: Finding, draft_id: str) -> list[Block]:
    texts = pieces(in_words(one), SECTION_TEXT)
    if len(one.offers) == 1:
        *rest, last = texts
        return [*(section(text) for text in rest), section(last, offer_button(one.offers[0], draft_id))]
    buttons = [offer_button(offer, draft_id, number) for number, offer in enumerate(one.offers)]
    rows = [actions(*buttons[at : at + BESIDE]) for at in range(0, len(buttons), BESIDE)]
    return [*(section(text) for text in texts), *rows]


def _sections(lines: Sequence[str]) -> list[Block]:
    return [section(text) for text in packed(lines)]
