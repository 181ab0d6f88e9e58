"""What is said of a mapping as a file: the form that takes one, what is wrong with it, and the offer to use one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.data.findings import short
from bot.slack.blocks import Message, actions, button, context, count, escape, section
from bot.slack.form import Choice, View, field, file_input, modal, radio, search_select
from bot.slack.limits import VIEW_BLOCKS, Block, clamp
from bot.slack.paging import packed, pages
from bot.slack.pictures import Pictures
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft
from engine.data.index import DatasetLine
from engine.paths import UNIVERSAL
from engine.ports import Notice

MAP_FILE: Final = "map_file"
TITLE: Final = "Use a file as mapping"
FILE_TYPES: Final = ("csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "json")
WHAT: Final = (
    "The file of *Download CSV*, edited; or `mapping.json`, `selected_columns.json` or saved settings of the original."
)
SCOPES: Final = (
    Choice("own", "This country alone"),
    Choice(UNIVERSAL, "All countries of this name", "Later snapshots of each take it"),
)
# So much of a file's name is read in a sentence; of a problem, its begin.
NAME: Final = 80
PROBLEM: Final = 600


def dataset_choice(one: Dataset | DatasetLine) -> Choice:
    return Choice(one.id, f"{one.title} · {country_name(one.country)}", f"to {one.last_date}")


def file_form(known: Choice | None, opened_at: datetime, *, scope: str = "", dropped: Choice | None = None) -> View:
    """The form that takes a file. dropped: the file that lies in Slack already."""
    blocks: list[Block] = [
        context(f"{WHAT} It is checked whole: where anything is wrong, nothing is changed."),
        field("map_dataset", "Whose columns", search_select(known, "Type part of a name")),
        context(f"*File:* {escape(short(dropped.label, NAME))}") if dropped else _file_field(),
        field("scope", "It is for", radio(SCOPES, scope or "own")),
    ]
    meta: dict[str, Any] = {"opened_at": opened_at.isoformat()}
    if dropped:
        meta |= {"file": dropped.value, "name": short(dropped.label, 200)}
    return modal(MAP_FILE, TITLE, blocks, submit="Check and use", meta=meta)


def _file_field() -> Block:
    return field("file", "File", file_input(FILE_TYPES), hint="CSV, Excel, OpenDocument or JSON.")


def given(notice: Notice, pictures: Pictures) -> Message:
    """The answer to *Download CSV*: the file follows below it."""
    told = notice.data
    title = f"*{escape(clamp(told['title'], NAME))}* · {country_name(told['country'])}"
    number = f"{count(told['columns'], 'column')}, {told['unused']:,} of them without a role"
    sums = f"; {count(told['sums'], 'sum')} that could take the place of columns" if told["sums"] else ""
    how = (
        "Change what is wrong in any spreadsheet program (role, channel, aggregation, tags, label …), save it as CSV "
        "or Excel, and drop it here: I ask whether to use it. Every problem is told with its row, all at once."
    )
    press = actions(button("Use a file", "map_upload", told["dataset"], style="primary"))
    return Message(
        f"What the columns of {told['title']} mean, as a file.",
        [section(f"{title}: what its columns mean, one row a column. {number}{sums}."), context(how), press],
    )


def offered(file_id: str, name: str, *, table: bool) -> Message:
    """For whoever dropped a file that looks like a mapping."""
    text = f":page_facing_up: *{escape(short(name, NAME))}*: shall I take from it what columns mean?"
    buttons = [button("Use as mapping", "map_from_file", file_id, style="primary")]
    if table:
        buttons.append(button("Use as MMM data", "dataset_from_file", file_id))
    note = "Only you see this. Nothing is changed before the file was checked whole."
    plain = f"{name}: shall I take from it what columns mean?"
    return Message(plain, [section(text), actions(*buttons), context(note)])


def looks_like_mapping(name: str) -> bool:
    """Whether a file may say what columns mean, by its name: those that we or the original give out, however edited."""
    said = name.lower()
    if not said.endswith(tuple(f".{kind}" for kind in FILE_TYPES)):
        return False
    if said.endswith(".json"):
        return any(word in said for word in ("mapping", "selected_columns", "settings", "job_config", "queue"))
    return "mapping" in said or "selected_columns" in said


def problem_lines(problems: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every problem of a file in a line: where it stands, and what it is."""
    lines = []
    for one in problems:
        where = [f"row {one['row']:,}"] if one["row"] else []
        where += [f"`{one['column']}`"] if one["column"] else []
        text = f"*{', '.join(where)}:* " if where else ""
        text = text[:1] + text[1:2].upper() + text[2:]
        lines.append(f"• {text}{escape(clamp(str(one['text']), PROBLEM))}")
    return lines


def refused(draft: Draft, problems: Sequence[Mapping[str, Any]]) -> list[Message]:
    """What is wrong with a file, whole: as many messages as it takes."""
    head = f":no_entry: The file was not used for *{escape(draft.title)}*: {count(len(problems), 'problem')}."
    texts = [section(text) for text in packed(problem_lines(problems))]
    dealt = pages([section(head), *texts, *_after(draft)])
    plain = f"The file was not used for {draft.title}: {count(len(problems), 'problem')}."
    return [Message(plain if not number else "More problems of the file.", page) for number, page in enumerate(dealt)]


def refused_view(draft: Draft, problems: Sequence[Mapping[str, Any]]) -> tuple[View, int]:
    """The same in the form that waits, and how many blocks of it have no room there."""
    head = f":no_entry: The file was not used for *{escape(draft.title)}*: {count(len(problems), 'problem')}."
    texts = [section(text) for text in packed(problem_lines(problems))]
    room = VIEW_BLOCKS - 4
    left = max(0, len(texts) - room)
    more = [context("There are more problems than fit here: I have sent you all of them.")] if left else []
    return modal("failed", TITLE, [section(head), *texts[:room], *more, *_after(draft)]), left


def _after(draft: Draft) -> list[Block]:
    retry = button("Use another file", "map_upload", draft.rows_of, style="primary")
    fresh = button("Download CSV", "map_download", draft.rows_of)
    return [context("Nothing was changed. Mend the file and give it again."), actions(retry, fresh)]


def same(draft: Draft, notes: Sequence[str]) -> Message:
    """The file says what is known already."""
    text = f"The file says of *{escape(draft.title)}* what is known already: nothing was changed."
    return Message(f"The file changes nothing about {draft.title}.", [section(text), *_notes(notes)])


def same_view(draft: Draft, notes: Sequence[str]) -> View:
    return modal("accepted", TITLE, same(draft, notes).blocks)


def _notes(notes: Sequence[str]) -> list[Block]:
    return [section(text) for text in packed([f"• {escape(note)}" for note in notes])]
