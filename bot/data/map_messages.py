"""What is said of a dataset's mapping: its card, and what there is to do with it."""

from collections.abc import Sequence
from typing import Final

from bot.data.findings import short
from bot.slack.blocks import Message, actions, button, context, count, escape, moment, person, section
from bot.slack.limits import Block
from bot.slack.paging import packed
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.mapped import VersionLine
from engine.data.mapping import Mapping

COUNTED: Final = {"revenue": "money", "conversion": "conversions"}
# So much of a card is roles: more of them stand in the file.
CARD_TEXT: Final = 9_000
CARD_NAME: Final = 60
# How rows of a period become one, in a word.
FOLDED: Final = {"sum": "added up", "mean": "averaged", "max": "highest", "min": "lowest", "mode": "commonest"}


def card(dataset: Dataset, versions: Sequence[VersionLine]) -> Message:
    """What the columns of a dataset mean, where that comes from, and what can be done about it."""
    title = f"*{escape(dataset.title)}* · {country_name(dataset.country)} · what its columns mean"
    lines, left = _within(role_lines(dataset.mapping), CARD_TEXT)
    blocks: list[Block] = [section(title), *(section(text) for text in packed(lines))]
    if left:
        blocks.append(context(f"and {count(left, 'more line')}: *Download CSV* has every column."))
    blocks.append(context(_origin(dataset, versions)))
    unused = [column.name for column in dataset.columns if column.name not in _said_of(dataset.mapping)]
    if unused:
        names = ", ".join(escape(short(name, 40)) for name in unused[:12])
        more = f" and {len(unused) - 12:,} more" if len(unused) > 12 else ""
        blocks.append(context(f"{count(len(unused), 'column plays', 'columns play')} no role: {names}{more}"))
    blocks.append(
        actions(
            button("Change", "map_change", dataset.id, style="primary"),
            button("Download CSV", "map_download", dataset.id),
            button("Use a file", "map_upload", dataset.id),
            button("Versions", "map_versions", dataset.id),
            button("Patterns", "map_patterns"),
        )
    )
    return Message(f"What the columns of {dataset.title} mean", blocks)


def role_lines(mapping: Mapping) -> list[str]:
    """A mapping in lines of mrkdwn: each role, each channel with what it is modelled on, each sum with its parts."""
    lines = [
        f"*Date:* {_name(mapping.date_var)}",
        f"*Explains:* {_named(mapping, mapping.dep_var)} ({COUNTED[mapping.dep_var_type]})",
    ]
    lines += [f"*Further goal:* {_named(mapping, goal.column)} ({COUNTED[goal.kind]})" for goal in mapping.goals]
    for spend in mapping.paid_media_spends:
        on = mapping.exposures.get(spend)
        others = [name for name in mapping.paid_media_mapping.get(spend, ()) if name != on]
        lines.append(
            f"*{escape(channel_of(mapping, spend))}:* {_named(mapping, spend)}"
            + (f", modelled on {_name(on)}" if on else "")
            + (f"; also {', '.join(_name(name) for name in others)}" if others else "")
        )
    lines += [f"• {_name(one.name)} adds up {', '.join(_name(part) for part in one.parts)}" for one in mapping.made]
    for text, names in (
        ("Organic", mapping.organic_vars),
        ("Other drivers", [name for name in mapping.context_vars if name not in mapping.factor_vars]),
        ("Categories", mapping.factor_vars),
    ):
        lines += [f"*{text}:* {', '.join(_named(mapping, name) for name in names)}"] if names else []
    lines += [f"*Country column:* {_name(mapping.country_var)}"] if mapping.country_var else []
    lines += [f"*Currency:* {escape(mapping.currency)}"] if mapping.currency else []
    return lines


def channel_of(mapping: Mapping, name: str) -> str:
    """A column's channel and its part, in words; `Paid media` where nobody said."""
    channel, part = mapping.channels.get(name, ""), mapping.sub_channels.get(name, "")
    return " / ".join(one for one in (channel, part) if one) or "Paid media"


def _named(mapping: Mapping, name: str) -> str:
    """A column with what is said of it: its label, its tags, how its rows become one."""
    label, tags, how = mapping.labels.get(name, ""), mapping.tags.get(name, ()), mapping.aggregation.get(name, "")
    said = [f"“{escape(label)}”"] if label else []
    said += [f"#{escape(tag)}" for tag in tags]
    said += [FOLDED[how]] if how else []
    return _name(name) + (f" _{' · '.join(said)}_" if said else "")


def _name(name: str) -> str:
    return f"`{escape(short(name, CARD_NAME)).replace('`', 'ˋ')}`"


def _said_of(mapping: Mapping) -> set[str]:
    return {*mapping.raw_columns, *(part for one in mapping.made for part in one.parts)}


def _origin(dataset: Dataset, versions: Sequence[VersionLine]) -> str:
    """Where the roles come from, and how many versions there are."""
    own = next((one for one in versions if one.id == dataset.mapping.version), None)
    number = f": one of {count(len(versions), 'version')}" if len(versions) > 1 else ""
    if own is None:
        return f"By {person(dataset.who)}, {moment(dataset.created_at)}{number}."
    scope = "for all countries" if own.universal else f"for {country_name(own.scope)}"
    return f"By {person(own.who)}, {moment(own.created_at)}, {scope}{number}."


def _within(lines: Sequence[str], most: int) -> tuple[list[str], int]:
    """As many lines as a card has room for, and how many are left. A line is cut only at the end of all."""
    kept: list[str] = []
    left = most
    for number, line in enumerate(lines):
        if len(line) + 1 > left:
            return kept, len(lines) - number
        kept.append(line)
        left -= len(line) + 1
    return kept, 0


def which(titles: Sequence[tuple[str, str]]) -> Message:
    """A name is missing: the newest datasets as buttons."""
    text = "Whose columns? `/mmm map NAME`; `/mmm dataset list` shows all datasets."
    if not titles:
        text = "There is no dataset yet whose columns could mean something. Make one with `/mmm dataset new`."
    buttons = [button(short(title, 60), f"map_show:{number}", one) for number, (one, title) in enumerate(titles)]
    return Message(text, [section(text), *([actions(*buttons)] if buttons else [])])
