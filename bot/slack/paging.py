"""Long things in several blocks and messages, so that nothing is cut off by a limit."""

from collections.abc import Iterable, Sequence

from bot.slack.limits import MESSAGE_BLOCK_TEXT, MESSAGE_BLOCKS, SECTION_TEXT, Block, text_size

# An escaped sign, such as `&amp;`, is never longer than this.
ENTITY = 6


def pieces(text: str, limit: int = SECTION_TEXT) -> list[str]:
    """Cut escaped text into parts of at most `limit` characters: between lines or words, never within an escape."""
    parts = []
    while len(text) > limit:
        end = max(text.rfind("\n", limit // 2, limit), text.rfind(" ", limit // 2, limit))
        if end < 0:
            end = limit
            begun = text.rfind("&", end - ENTITY, end)
            if begun > 0 and ";" not in text[begun:end]:
                end = begun
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*parts, text] if text or not parts else parts


def packed(lines: Iterable[str], limit: int = SECTION_TEXT) -> list[str]:
    """Put lines together into as few texts of at most `limit` characters as their order allows."""
    texts: list[str] = []
    for line in (part for whole in lines for part in pieces(whole, limit)):
        if texts and len(texts[-1]) + 1 + len(line) <= limit:
            texts[-1] += "\n" + line
        else:
            texts.append(line)
    return texts


def pages(blocks: Sequence[Block], *, spare_blocks: int = 0, spare_text: int = 0) -> list[list[Block]]:
    """Deal blocks out to messages that Slack takes whole. The first one keeps room for what else stands in it."""
    dealt: list[list[Block]] = [[]]
    room, left = MESSAGE_BLOCKS - spare_blocks, MESSAGE_BLOCK_TEXT - spare_text
    for block in blocks:
        size = text_size(block)
        if dealt[-1] and (not room or size > left):
            dealt.append([])
            room, left = MESSAGE_BLOCKS, MESSAGE_BLOCK_TEXT
        dealt[-1].append(block)
        room, left = room - 1, left - size
    return dealt
