"""What is shown of the rows that are kept: each with its age, size and use."""

from datetime import datetime
from typing import Any

from bot.slack.blocks import (
    Message,
    actions,
    button,
    confirm,
    context,
    count,
    escape,
    left_out,
    moment,
    section,
)
from bot.slack.limits import Block
from bot.slack.menus import menu
from bot.slack.pictures import Pictures
from engine.data.results_cache import KEPT_MOST, USES_MOST, Cache, Kept, ago
from engine.listing import Beside
from engine.ports import Notice

SHOW, CLEAR, CLEAR_ALL = "cache_show", "cache_clear", "cache_clear_all"
# The question that clearing is, and its answer.
CLEARED = "cache_cleared"
SHOWN = 15


def cache(found: Cache, hours: int, now: datetime, wanted: str = "", *, untold: bool = False) -> Message:
    """The newest results that are kept; those that have `wanted` in their table, SELECT, connection or role."""
    kept = [one for one in found.kept if _has(one, wanted)]
    blocks = [section(_head(found, hours)), context(_use(found))]
    hits = found.hits_of()
    blocks += [_line(one, hits[one.digest], now, number) for number, one in enumerate(kept[:SHOWN])]
    if wanted and not kept:
        blocks.append(context(f"None of them has “{escape(wanted[:60])}” in it: `/mmm cache` shows all."))
    if len(kept) > SHOWN:
        blocks.append(
            context(f"and {len(kept) - SHOWN:,} older ones: `/mmm cache TABLE` shows those with TABLE in them.")
        )
    if found.more:
        blocks.append(context(f"More than {KEPT_MOST:,} are kept: I looked at that many of them."))
    blocks += left_out(Beside(untold=untold))
    if found.kept:
        blocks.append(actions(_clear_all()))
    return Message(f"{_head(found, hours)} {_use(found)}".replace("*", ""), blocks)


def cleared(notice: Notice, pictures: Pictures) -> Message:
    """That what was kept is gone."""
    number, every = int(notice.data["cleared"]), bool(notice.data["all"])
    if not number:
        text = "Nothing was kept (any more)."
    elif every:
        text = f"Everything that was kept is gone: {count(number, 'result')}, {size(int(notice.data['bytes']))}."
    else:
        text = f"That result is gone ({size(int(notice.data['bytes']))})."
    note = "Who needs such rows next has the warehouse asked; datasets that were made of them stay as they are."
    return Message(text, [section(f":broom: {text}"), context(note), actions(button("Show what is kept", SHOW))])


def size(count: int) -> str:
    """Bytes for people."""
    for name, unit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count:,} bytes"


def _head(found: Cache, hours: int) -> str:
    if not hours:
        left = f" Of before, there is still {count(len(found.kept), 'result')}." if found.kept else ""
        return f"*Rows of warehouses* are not kept here: the setting MMM_CACHE_HOURS is 0.{left}"
    if not found.kept:
        return f"*No rows of a warehouse* are kept now. Whatever is read is kept for {count(hours, 'hour')}."
    number = f"{'more than ' if found.more else ''}{count(len(found.kept), 'result')}"
    again = f"Each is used again for {count(hours, 'hour')}, then it goes."
    return f"*Rows of warehouses:* {number}, {size(found.bytes)}. {again}"


def _use(found: Cache) -> str:
    number = len(found.uses)
    if not number:
        return "Nothing was read yet. The same table or SELECT through the same connection is asked for once."
    last = f"the newest {USES_MOST:,} readings" if found.uses_more else f"{count(number, 'reading')}"
    spared = f", which spared the warehouse {size(found.spared)} of rows" if found.hits else ""
    return f"Of {last}, {found.hits:,} ({found.hits / number:.0%}) came from here{spared}."


def _line(one: Kept, hits: int, now: datetime, number: int) -> Block:
    role = f" as {escape(one.role)}" if one.role else ""
    used = f"used again {count(hits, 'time')}" if hits else "not used again yet"
    read = f"read {ago(now - one.read_at)}, {moment(one.read_at)}"
    facts = f"{escape(one.connection)}{role} · {read} · {count(one.rows, 'row')}, {size(one.bytes)} · {used}"
    clear = button("Throw away", CLEAR, one.digest)
    return section(f"{escape(one.what)}\n{facts}", accessory=menu(clear, number=number))


def _clear_all() -> dict[str, Any]:
    sure = confirm(
        "Throw everything away?",
        "Whoever needs such rows next has the warehouse asked again. Datasets stay.",
        "Throw away",
        "Keep",
        danger=True,
    )
    return button("Throw all away", CLEAR_ALL, style="danger", confirm=sure)


def _has(one: Kept, wanted: str) -> bool:
    text = " ".join((one.what, one.connection, one.role)).casefold()
    return wanted.casefold() in text


DRAWINGS = {CLEARED: cleared}
