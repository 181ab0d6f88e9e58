"""The versions of a dataset's mapping: listed, two of them compared, and gone back to."""

from collections.abc import Sequence
from typing import Final

from bot.access import Role
from bot.act import Act, Errors, Reply, Show
from bot.data import mapping_form, modals
from bot.data.findings import short
from bot.data.map import TITLE as FORM_TITLE
from bot.data.map import draft_of
from bot.slack.blocks import button, context, count, escape, moment, person, section
from bot.slack.form import Choice, View, field, modal, select
from bot.slack.limits import VIEW_BLOCKS, Block
from bot.slack.paging import packed
from bot.wing import Wing
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.mapped import MappingVersion, VersionLine, version_of
from engine.data.mapping_diff import ColumnChange, mapping_changes
from engine.paths import UNIVERSAL

COMPARE: Final = "map_compare"
TITLE: Final = "Versions of the mapping"
# So many are listed with a button; a select holds a hundred.
LISTED: Final = 40
MOST_CHOSEN: Final = 100
CELL: Final = 120


def versions_view(dataset: Dataset, versions: Sequence[VersionLine]) -> View:
    """Every version, the newest first, each with a way back to it; and a choice of two to compare."""
    number_of_all = count(len(versions), "version")
    head = f"*{escape(dataset.title)}* · {country_name(dataset.country)} · {number_of_all} of the mapping"
    blocks: list[Block] = [section(head)]
    for number, one in enumerate(versions[:LISTED]):
        own = " · this one" if one.id == dataset.mapping.version else ""
        text = f"*{_called(versions, number)}* · {_scope(one)} · {person(one.who)}, {moment(one.created_at)}{own}"
        back = None if own else button("Go back to it", f"map_back:{number}", f"{dataset.id} {one.id}")
        blocks.append(section(text, back))
    if len(versions) > LISTED:
        blocks.append(
            context(f"and {len(versions) - LISTED} older ones: they can be compared, and gone back to by name.")
        )
    if len(versions) < 2:
        blocks.append(context("There is nothing to compare yet: whoever changes the roles makes the next version."))
        return modal("map_versions", TITLE, blocks)
    choices = [
        Choice(one.id, f"{_called(versions, at)} · {_scope(one)} · {one.created_at:%Y-%m-%d %H:%M} UTC")
        for at, one in enumerate(versions[:MOST_CHOSEN])
    ]
    blocks += [
        field("older", "Compare", select(choices, choices[1].value)),
        field("newer", "with", select(choices, choices[0].value)),
    ]
    return modal(COMPARE, TITLE, blocks, submit="Compare", meta={"dataset": dataset.id})


def _called(versions: Sequence[VersionLine], at: int) -> str:
    """A version's number: the oldest that is known is the first."""
    return f"Version {len(versions) - at}"


def _scope(one: VersionLine) -> str:
    return "all countries" if one.universal else country_name(one.scope)


def compared_view(
    dataset: Dataset, older: MappingVersion, newer: MappingVersion, found: Sequence[ColumnChange]
) -> View:
    """What differs between two versions, column by column."""
    names = f"{older.created_at:%Y-%m-%d %H:%M} ({_scope(older)}) → {newer.created_at:%Y-%m-%d %H:%M} ({_scope(newer)})"
    if not found:
        text = f"*{escape(dataset.title)}*, {names}: both say the same."
        return modal("map_compared", TITLE, [section(text)])
    head = f"*{escape(dataset.title)}*, {names}: {count(len(found), 'difference')}"
    texts = packed(change_lines(found))
    room = VIEW_BLOCKS - 2
    blocks: list[Block] = [section(head), *(section(text) for text in texts[:room])]
    if len(texts) > room:
        blocks.append(context("There are more: `/mmm map NAME`, then *Download CSV*, has every column of the newest."))
    return modal("map_compared", TITLE, blocks)


def change_lines(found: Sequence[ColumnChange]) -> list[str]:
    """A line for each column that something else is said of."""
    return [_line(one) for one in found]


def _line(one: ColumnChange) -> str:
    said = "; ".join(f"{name} {_cell(before)} → {_cell(after)}" for name, before, after in one.fields)
    column = f"`{escape(short(one.column, 80)).replace('`', 'ˋ')}`: " if one.column else ""
    return f"• {column}{said}"


def _cell(text: str) -> str:
    return f"_{escape(short(text, CELL))}_" if text else "nothing"


async def versions(act: Act) -> Reply:
    """Show the versions of a dataset's mapping."""
    waiting = await act.open(modals.loading("Looking for versions …", title=TITLE))
    dataset = await act.blocking(act.seen.dataset, act.value)
    found = await act.blocking(act.seen.mapping_versions, dataset)
    await act.surface.update_view(waiting, versions_view(dataset, found or [_own(dataset)]))
    return None


def _own(dataset: Dataset) -> VersionLine:
    """What a dataset of the release before says itself: the one version there is."""
    return version_of(dataset, dataset.country)


async def compare(act: Act) -> Reply:
    """Two versions were chosen: say what differs."""
    dataset = await act.blocking(act.seen.dataset, act.meta["dataset"])
    names = [act.values.text(name) for name in ("older", "newer")]
    if names[0] == names[1]:
        return Errors({"newer": "Choose another one than above."})
    one, other = [await act.blocking(act.seen.mapping_version, name) for name in names]
    older, newer = sorted((one, other), key=lambda version: (version.created_at, version.ts))
    return Show(compared_view(dataset, older, newer, mapping_changes(older.mapping, newer.mapping)))


async def back(act: Act) -> Reply:
    """Open the form as an earlier version has it: what is sent makes the next version."""
    waiting = str(act.view.get("id", "")) or await act.open(modals.loading("Opening the columns …", title=FORM_TITLE))
    dataset_id, _, version_id = act.value.partition(" ")
    dataset = await act.blocking(act.seen.dataset, dataset_id)
    version = await act.blocking(act.seen.mapping_version, version_id)
    scope = UNIVERSAL if version.universal else ""
    draft = await act.blocking(draft_of, act, dataset, version.mapping, view_id=waiting, scope=scope)
    assert draft.roles is not None
    await act.surface.update_view(waiting, mapping_form.mapping_form(draft, draft.roles))
    return None


WING = Wing(
    buttons=(
        ("map_versions", versions, Role.VIEWER),
        ("map_back", back, Role.ANALYST),
    ),
    forms=((COMPARE, compare, Role.VIEWER),),
)
