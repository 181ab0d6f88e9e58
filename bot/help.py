"""What `/mmm help` says: every command by its wing, and one with examples. Made from the commands themselves."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from bot.access import MAY, Role
from bot.slack.blocks import Message, actions, bullets, button, context, section
from bot.slack.limits import Block
from bot.slack.paging import packed
from bot.wing import Command

# What stands for a thing in a command's usage, and what somebody would type.
SAMPLES: Final = {
    "NAME": "Spring plan",
    "DATASET": "Spring plan",
    "COUNTRY": "DE",
    "COLUMN": "TV_COST",
    "TABLE": "weekly",
    "PERIOD": "12m",
    "OLDER": "2026-10-01",
    "NEWER": "2026-11-01",
    "RUN": "r3f9a2c1",
    "EXPERIMENT": "FR_3",
    "WORD": "dataset",
    "NUMBER": "2",
    "COMMAND": "dataset delete",
    "TEXT": "WEEKLY",
}
OPTIONAL: Final = re.compile(r"\s*\[([^\]]*)\]")
# What no wing says of itself.
FIRST: Final = "To begin with"


def everything(commands: Sequence[Command], role: Role, *, others: bool) -> Message:
    """Every command that somebody of this role may type, by wing. others: whether there are more."""
    blocks: list[Block] = [section("*What you can type*")]
    for wing, own in groupby(commands, key=lambda one: one.wing or FIRST):
        lines = [f"`{one.typed}` {one.help}" for one in own]
        blocks += [section(text) for text in packed([f"*{wing}*", bullets(lines)])]
    notes = ["One command with examples: `/mmm help WORD`.", "A run lives in its own thread."]
    if others:
        notes.append(f"You are {role.word}: you may {MAY[role]}.")
    text = "What you can type: " + ", ".join(one.typed for one in commands)
    return Message(text, [*blocks, context(" ".join(notes))])


def of_word(commands: Sequence[Command], word: str) -> Message:
    """The commands of one word, each with examples."""
    blocks: list[Block] = []
    for one in commands:
        lines = [f"*`{one.typed}`*", one.help, f"Takes {one.needs.word} at least."]
        lines += [f"`{example}`" for example in examples(one)]
        blocks.append(section("\n".join(lines)))
    blocks.append(actions(button("Everything", "start_help")))
    return Message(f"{word}: " + "; ".join(f"{one.typed}: {one.help}" for one in commands), blocks)


def examples(command: Command) -> Iterable[str]:
    """A command as somebody would type it: as short as it can be, and with all that it takes."""
    short = _sampled(f"{command.name} {OPTIONAL.sub('', command.usage)}")
    whole = _sampled(f"{command.name} {OPTIONAL.sub(lambda found: ' ' + found[1].split('|')[0], command.usage)}")
    return dict.fromkeys((short, whole))


def _sampled(text: str) -> str:
    words = (SAMPLES.get(word, word) for word in text.split())
    return " ".join(words)
