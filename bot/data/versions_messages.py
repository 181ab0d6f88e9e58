"""What is said about the versions of a dataset: the snapshots of a title, and what changed from one to the next."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from bot.slack.blocks import (
    Message,
    actions,
    button,
    context,
    count,
    days,
    escape,
    left_out,
    moment,
    person,
    section,
)
from bot.slack.limits import Block, clamp
from bot.slack.menus import LONGEST_ID, menu
from engine.data.countries import country_name
from engine.data.index import DatasetLine
from engine.data.versions import Version, Versions, changed

VERSIONS, OLDER, COUNTRIES = "dataset_versions", "dataset_versions_older", "dataset_countries"
DELETE = "dataset_delete_asked"
DIFF, DOWNLOAD, USE, SHOW = "dataset_diff", "dataset_download", "experiment_from_dataset", "dataset_show"
# So many lines a message shows: each has a menu of its own.
PAGE = 8
# A name in a heading; it stands whole in the dataset's own message.
NAME = 150


def which(todo: str) -> Message:
    """A command that lacks its dataset."""
    text = f"Which dataset? `{todo}`; `/mmm dataset list` shows them."
    return Message(text, [section(text)])


def versions(found: Versions, after: str = "") -> Message:
    """The snapshots of a family, the newest first, each with what changed; those older than the one called `after`."""
    every = found.page()
    page = found.page(after, PAGE)
    country = country_name(found.lines[0].country)
    number = f"{'more than ' if found.lines.looked else ''}{count(len(every), 'version')}"
    head = f"*{escape(clamp(found.title, NAME))}* · {country}: {number}, {'older ones' if after else 'newest first'}"
    blocks: list[Block] = [section(head)]
    if not page:
        blocks.append(context("There are no older ones."))
    for one in page:
        blocks.append(section(_line(one), _of_one(one)))
    if page and page[-1].line.id != every[-1].line.id:
        blocks.append(actions(button("Older versions", OLDER, page[-1].line.id)))
    blocks += left_out(found.lines.beside)
    return Message(f"{found.title} · {country}: {number}.", blocks)


def countries(found: Versions, begin: int = 0) -> Message:
    """A title in several countries: each with its newest snapshot, and how many there are."""
    ordered = sorted(found.lines, key=lambda line: found.countries.index(line.country))
    each = [list(lines) for _, lines in groupby(ordered, key=lambda line: line.country)]
    title = escape(clamp(found.title, NAME))
    blocks: list[Block] = [section(f"*{title}* in {count(len(each), 'country', 'countries')}, by the newest version")]
    for lines in each[begin : begin + PAGE]:
        newest = lines[0]
        about = f"*{country_name(newest.country)}* · {count(len(lines), 'version')}\n{_extent(newest)}"
        choices = [button("All versions", VERSIONS, newest.id), *_choices(Version(newest, next(iter(lines[1:]), None)))]
        blocks.append(section(about, _menu(newest, choices)))
    left = len(each) - begin - PAGE
    if left > 0:
        label = f"{count(left, 'more country', 'more countries')}"
        blocks.append(actions(button(label, COUNTRIES, f"{begin + PAGE} {found.lines[0].id}")))
    blocks.append(context(f"One of them: `/mmm dataset versions {title} {found.countries[0].upper()}`"))
    blocks += left_out(found.lines.beside)
    return Message(f"{found.title} in {count(len(each), 'country', 'countries')}.", blocks)


def _line(version: Version) -> str:
    line = version.line
    what = changed(version) or "the first one"
    return f"{moment(line.created_at)} by {person(line.who)} · `{line.ts}`\n{_extent(line)}\n_{what}_"


def _extent(line: DatasetLine) -> str:
    rows = f"{count(line.rows, 'row')}, " if line.rows else ""
    return f"{rows}by {line.interval}, {days(line.first_date, line.last_date)}"


def _choices(version: Version) -> list[dict[str, Any]]:
    line = version.line
    compare = [button("Compare with the one before", DIFF, line.id)] if version.before else []
    more = [("Download", DOWNLOAD), ("Use for an experiment", USE), ("Show roles", SHOW)]
    return [*compare, *(button(label, name, line.id) for label, name in more)]


def _of_one(version: Version) -> dict[str, Any]:
    return _menu(version.line, [*_choices(version), button("Delete …", DELETE, version.line.id)])


def _menu(line: DatasetLine, choices: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return menu(*choices) if len(line.id) <= LONGEST_ID else button("Show roles", SHOW, line.id)
