"""The channels of a result: what to do about each, and their numbers as a table and as lines that say the same."""

import re
from collections.abc import Iterator, Sequence

from bot.slack.blocks import bullets, data_table, escape, section
from bot.slack.limits import ELLIPSIS, TABLE_CHARACTERS, TABLE_ROWS, Block
from bot.slack.paging import packed
from engine.labels import listed, opening
from engine.number_words import percent, short, span
from engine.results.calls import Call, ChannelCall
from engine.results.effects import shows_effect
from engine.results.headline import ChannelResult, Headline
from engine.results.verdict import Verdict
from engine.runs.run import Run

Cell = str | tuple[float, str]
WORDS = {Call.ACT: "Act on {}.", Call.TEST: "Test {} first.", Call.SILENT: "The data are silent on {}."}
# So many lines of calls are read; channels beyond that are named together by their call.
LINES = 6
# So many channels are named in one line; more are counted.
NAMED = 4
# All names of a message together, beyond which each is cut in its middle, so that every number fits.
NAMES, SHORTEST = 4_500, 24
# All lines of a message, beyond which channels are counted instead.
TOLD = 8_500
NOTHING = "–"


def calls(judged: Verdict, head: Headline) -> list[Block]:
    """What to do about each channel, with the reason; channels with the same reason share a line."""
    if not judged.calls:
        return []  # judged by an earlier release
    groups: dict[tuple[str, str], list[ChannelCall]] = {}
    for one in sorted(judged.calls, key=lambda one: list(Call).index(one.call)):
        # How well each is known stands in the table.
        groups.setdefault((one.call, "" if one.call is Call.ACT else one.reason), []).append(one)
    shown = list(groups.items())[: LINES if len(groups) > LINES + 1 else len(groups)]
    told = {one.channel for _, group in shown for one in group}
    lines = [f"{_what(group, head)} {escape(_why(reason, group))}" for (_, reason), group in shown]
    rest = [one for one in judged.calls if one.channel not in told]
    for call in Call:
        if others := [one for one in rest if one.call is call]:
            lines.append(f"{_what(others, head)} Why is among the details.")
    return [section(text) for text in packed(f"• {line}" for line in lines)]


def _what(group: Sequence[ChannelCall], head: Headline) -> str:
    return f"*{WORDS[group[0].call].format(_named(group, head))}*"


def _why(reason: str, group: Sequence[ChannelCall]) -> str:
    """A reason, which speaks of one channel: said of several, it is each one's."""
    if not reason:
        return group[0].reason if len(group) == 1 else "The number of each is known well enough."
    if len(group) == 1 or not re.search(r"\bits?\b", reason, re.IGNORECASE):
        return reason
    said = f"{reason[0].lower()}{reason[1:]}" if reason.startswith(("It ", "Its ")) else reason
    return f"Of each: {said}"


def table(run: Run, head: Headline, judged: Verdict) -> Block:
    """One row a channel. The next unit is told in the headline's unit, with its range."""
    called = {one.channel: one.call for one in judged.calls}
    heads = ["Channel", *(["What to do"] if called else []), head.measure, "Low", "High", _next_head(head)]
    rows = [
        [
            name,
            *([opening(called.get(one.channel, NOTHING))] if called else []),
            _cell(one.efficiency if shows_effect(one) else None),
            _cell(one.low),
            _cell(one.high),
            _cell(one.marginal, _next_unit(one)),
            (one.spend_share, percent(one.spend_share)),
            (one.effect_share, percent(one.effect_share)),
            (one.spend, short(one.spend)),
        ]
        for name, one in zip(_names(head), head.channels, strict=True)
    ]
    heads += ["Share of spend", "Share of effect", "Spend"]
    return data_table(f"Channels of {run.revision}, run {run.id}", heads, list(_fitting(rows)))


def lines(head: Headline) -> list[Block]:
    """The same, one line a channel, where there is no table."""
    told, left = [], TOLD
    for name, one in zip(_names(head), head.channels, strict=True):
        line = bullets([f"*{escape(name)}*: {in_words(one, head)}"])
        left -= len(line)
        if left < 0:
            break
        told.append(line)
    if more := len(head.channels) - len(told):
        told.append(f"and {more} more")
    return [section(text) for text in packed(told)]


def in_words(one: ChannelResult, head: Headline) -> str:
    """All of a channel's numbers as one reads them aloud."""
    spent = f"{percent(one.spend_share)} of spend ({short(one.spend)})"
    if one.efficiency is None or not shows_effect(one):
        return f"no effect seen, {spent}"
    ends = f" ({span(one.low, one.high)})" if one.low is not None else ""
    marginal = NOTHING if one.marginal is None else _next_unit(one)
    told = f"{head.measure} {short(one.efficiency)}{ends}, next unit {marginal}"
    return f"{told}, {spent}, {percent(one.effect_share)} of effect"


def spoken(head: Headline) -> str:
    """All channels for a screen reader, which may not read a table's cells."""
    named = zip(_names(head), head.channels, strict=True)
    return "; ".join(f"{name}: {in_words(one, head)}" for name, one in named)


def _next_head(head: Headline) -> str:
    return f"{head.measure} of the next unit" if head.measure == "ROAS" else f"{head.measure} of the next one"


def _next_unit(one: ChannelResult) -> str:
    """The next unit with its range: `0.71 (0.4 to 1.1)`."""
    if one.marginal is None:
        return NOTHING
    return short(one.marginal) + ("" if one.marginal_low is None else f" ({span(one.marginal_low, one.marginal_high)})")


def _names(head: Headline) -> list[str]:
    """The channels' names: whole, or, where they would crowd out their numbers, with their middles left out."""
    names = [head.called(one.channel) for one in head.channels]
    if sum(map(len, names)) <= NAMES:
        return names
    longest = max(SHORTEST, NAMES // len(names))
    return [_without_middle(name, longest) for name in names]


def _without_middle(name: str, longest: int) -> str:
    """A long name, shortened so that what sets it apart at either end stays."""
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2
    return f"{name[: longest - 1 - end].rstrip()}{ELLIPSIS}{name[-end:].lstrip()}"


def _named(group: Sequence[ChannelCall], head: Headline) -> str:
    names = [escape(head.called(one.channel)) for one in group]
    more = len(names) - NAMED
    return listed(names if more <= 1 else [*names[:NAMED], f"{more} more"])


def _cell(value: float | None, text: str = "") -> Cell:
    return NOTHING if value is None else (value, text or short(value))


def _fitting(rows: Sequence[list[Cell]]) -> Iterator[list[Cell]]:
    """The rows that a table holds: it is cut between rows, never within one."""
    left = TABLE_CHARACTERS - 200  # the heads
    for row in rows[: TABLE_ROWS - 1]:
        left -= sum(len(cell if isinstance(cell, str) else cell[1]) for cell in row)
        if left < 0:
            return
        yield row
