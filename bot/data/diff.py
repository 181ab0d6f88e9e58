"""`/mmm dataset diff NAME [OLDER] [NEWER]`: which two snapshots are meant; the worker compares them."""

import re
from contextlib import suppress

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.asking import ask
from bot.data import versions_messages as messages
from bot.data.diff_messages import KIND
from bot.slack.blocks import Message
from bot.wing import Command, Wing
from engine.data.index import DatasetLine
from engine.data.versions import Version, Versions
from engine.errors import BadInput, NotFound

NAMED = "/mmm dataset diff NAME [OLDER] [NEWER]"
# What names one snapshot behind a title: its ts or the beginning of it, its day, its id.
MOMENT = re.compile(r"(?:[a-z]{2}/)?(?:\d{8}(?:T\S*)?|\d{4}-\d{2}-\d{2})")
Pair = tuple[DatasetLine, DatasetLine]


async def diff(act: Act) -> Reply:
    """Compare what was typed or pressed: the newest with the one before, one with the newest, or two."""
    if not act.text and not act.value:
        return Whisper(messages.which(NAMED))
    found = await act.blocking(_typed if act.text else _pressed, act)
    if isinstance(found, Message):
        return Whisper(found)
    older, newer = found
    hidden = await act.blocking(lambda: any(_is_elsewhere(act, one) for one in found))
    about = {"older": older.id, "newer": newer.id}
    return await ask(act, KIND, about, needs=Role.VIEWER, dataset=newer, privately=hidden)


def _is_elsewhere(act: Act, line: DatasetLine) -> bool:
    """Whether a snapshot was posted in private, and not here."""
    return line.channel != act.channel and act.seen.is_private(line)


def _pressed(act: Act) -> Pair:
    """By a button: one snapshot and the one before it, or two."""
    first, _, second = act.value.partition(" ")
    found = act.seen.versions_of(second or first)
    version = _with_id(found, second or first)
    return _in_order(_with_id(found, first).line, version.line) if second else _before(version, found)


def _typed(act: Act) -> Pair | Message:
    found, moments = _named(act)
    if len(found.countries) > 1:
        return messages.countries(found)
    named = [_at(found, moment) for moment in moments]
    if len(named) == 2:
        return _in_order(named[0].line, named[1].line)
    if MOMENT.fullmatch(act.text.strip()):  # one snapshot, by its own name
        return _before(_at(found, act.text.strip()), found)
    newest = found.page()[0]
    if not named or named[0].line.id == newest.line.id:
        return _before(newest, found)
    return _in_order(named[0].line, newest.line)


def _named(act: Act) -> tuple[Versions, list[str]]:
    """The family that was typed, and which of its snapshots: at most two, behind its title."""
    words = act.text.split()
    moments: list[str] = []
    while len(words) > 1 and len(moments) < 2 and MOMENT.fullmatch(words[-1]):
        moments.insert(0, words.pop())
    with suppress(NotFound):  # a title may end like a date
        return act.seen.versions(act.text), []
    return act.seen.versions(" ".join(words)), moments


def _at(found: Versions, moment: str) -> Version:
    """The newest snapshot that a ts, the beginning of one, or a day names."""
    country, _, ts = moment.rpartition("/")
    ts = ts if "T" in ts else ts.replace("-", "")
    for one in found.page():
        if one.line.ts.startswith(ts) and country in ("", one.line.country):
            return one
    raise NotFound(
        f"“{found.title}” has no version of {moment}.", f"See them with /mmm dataset versions {found.title}."
    )


def _with_id(found: Versions, dataset_id: str) -> Version:
    for one in found.page():
        if one.line.id == dataset_id:
            return one
    raise NotFound("That version is not there any more.", f"See them with /mmm dataset versions {found.title}.")


def _before(version: Version, found: Versions) -> Pair:
    if version.before is None:
        alone = "There is only one version" if len(found.lines) == 1 else "There is no version before that one"
        raise BadInput(f"{alone} of “{found.title}” to compare.", "/mmm dataset refresh takes a new one.")
    return version.before, version.line


def _in_order(one: DatasetLine, other: DatasetLine) -> Pair:
    if one.id == other.id:
        raise BadInput("Those are the same version twice.", f"Name two: {NAMED}.")
    first, second = sorted((one, other), key=_made)
    return first, second


def _made(line: DatasetLine) -> str:
    return line.ts


WING = Wing(
    commands=(
        Command(
            ("dataset", "diff"),
            diff,
            "Compare two snapshots: rows added, restated, lost.",
            "NAME [OLDER] [NEWER]",
            needs=Role.VIEWER,
        ),
    ),
    buttons=((messages.DIFF, diff, Role.VIEWER),),
)
