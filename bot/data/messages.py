"""What is said about datasets: ready, refused, listed, shown."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from bot.data.findings import choice_blocks, finding_blocks, gravest_first
from bot.data.mapping_form import left_over
from bot.data.offers import made_before
from bot.guide import next_steps
from bot.slack.blocks import (
    Message,
    actions,
    bullets,
    button,
    context,
    count,
    days,
    divider,
    escape,
    fields,
    left_out,
    moment,
    none,
    older,
    person,
    section,
)
from bot.slack.limits import Block
from bot.slack.paging import pages, pieces
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.index import DatasetLine
from engine.data.listed import by_family
from engine.data.mapping import Mapping as Roles
from engine.data.results_cache import KEPT
from engine.labels import label, listed
from engine.listing import NOTHING, Beside

NOTHING_CHOSEN: Final[Mapping[str, str]] = MappingProxyType({})
# How many datasets a list shows.
SHOWN = 12
# What stands in a first message beside its findings: blocks, and characters.
FIRST_BLOCKS, FIRST_TEXT = 8, 5_000
COUNTED = {"revenue": "money", "conversion": "conversions"}
CHOOSE_ANOTHER = {"csv": "Choose another file", "table": "Choose another table", "select": "Change the SELECT"}


def offered_as_data(file_id: str, name: str) -> Message:
    """For whoever dropped a file where I am: it can become a dataset."""
    text = f":page_facing_up: *{escape(name)}*: shall I make a dataset of it?"
    later = "Only you see this. *Use as MMM data* in the message's menu does the same, whenever you like."
    take = button("Use as MMM data", "dataset_from_file", file_id, style="primary")
    return Message(f"{name}: shall I make a dataset of it?", [section(text), actions(take), context(later)])


def ready(dataset: Dataset) -> Message:
    """The first line of a dataset's thread."""
    # Several countries of one title may stand in one channel.
    extents = f"{country_name(dataset.country)}, {extent(dataset)}"
    text = f"Dataset *{escape(dataset.title)}* is ready: {extents}."
    mapping = dataset.mapping
    facts = [
        ("Explains", escape(mapping.dep_var)),
        ("Paid media", escape(listed([label(name) for name in mapping.paid_media_spends]))),
        ("Source", escape(dataset.source.label)),
        ("Findings", tally(dataset.findings)),
    ]
    age = [context(escape(one.text)) for one in dataset.findings if one.code == KEPT]
    if dataset.rows_of:
        age = [context("The same rows as before, with other roles: the snapshot before stays as it was.")]
    blocks = [section(text), fields(facts), *age, next_steps(dataset)]
    return Message(f"Dataset {dataset.title} is ready: {extents}.", blocks)


def findings(dataset: Dataset, chosen: Mapping[str, str] = NOTHING_CHOSEN) -> list[Message]:
    """What the checks saw, the gravest first: in the thread, because most people need only the first line.

    As many messages as it takes. chosen: the words of the buttons that a person pressed before.
    """
    found = gravest_first(dataset.findings)
    before = choice_blocks(made_before(chosen, dataset.choices, found), dataset.ts)
    if not found:
        text = "All checks are clean."
        return [Message(text, [section(f":large_green_circle: {text}"), *before])]
    dealt = pages([*finding_blocks(found, dataset.ts), *before])
    texts = [f"The checks found {tally(found)}: {found[0].text}", *["More that the checks found."] * len(dealt)]
    return [Message(text, blocks) for text, blocks in zip(texts, dealt, strict=False)]


def refused(draft: Draft, error: Mapping[str, Any] | None, found: Sequence[Finding]) -> list[Message]:
    """Why there is no dataset. Nothing was stored; the form can be opened again.

    What does not fit into the first message follows in its thread.
    """
    text = f"{_wanted(draft)} was not made."
    stops = [one for one in found if one.grade == "FAIL"]
    others = [one for one in found if one.grade != "FAIL" and one.offers]
    # Of several countries the end is told to whoever asked, once for all.
    whose = "" if draft.round and not draft.countries else f"{person(draft.who)} "
    head: list[Block] = [section(f":no_entry: {whose}{text}")]
    if error:
        said = pieces(f"{escape(error['what'])}\n*What to do:* {escape(error['todo'])}")
        head += [section(part) for part in said]
    before = choice_blocks(made_before(draft.chosen, draft.choices, [*stops, *others]), draft.id)
    first, *rest = pages(
        [*head, *finding_blocks(stops, draft.id), *finding_blocks(others, draft.id), *before],
        spare_blocks=FIRST_BLOCKS,
        spare_text=FIRST_TEXT,
    )
    more = [context("The rest is in the thread.")] if rest else []
    why = error["what"] if error else stops[0].text
    last = [*more, actions(*_ways_on(draft, error, stops)), context("Nothing was stored.")]
    heading = f"{_wanted(draft, plain=True)} was not made: {why}"
    return [Message(heading, [*first, *last]), *(Message("More that the checks found.", page) for page in rest)]


def _wanted(draft: Draft, *, plain: bool = False) -> str:
    """What somebody wished for: a dataset, or the next snapshot of one; of which country, where there are several."""
    title = draft.title if plain else f"*{escape(draft.title)}*"
    what = f"A new snapshot of {title}" if draft.renews else f"Dataset {title}"
    if draft.countries:
        return f"{what} for {count(len(draft.countries), 'country', 'countries')}"
    return f"{what} · {country_name(draft.country)}" if draft.round or draft.renews else what


def _ways_on(draft: Draft, error: Mapping[str, Any] | None, stops: Sequence[Finding]) -> list[dict[str, Any]]:
    """What a person can do about a dataset that was not made."""
    if draft.countries and draft.renews:
        return [button("Read it again", "dataset_again", draft.id, style="primary")]
    buttons = [button("Change the columns", "dataset_remap", draft.id, style="primary")]
    if stops and all(one.overridable for one in stops):
        buttons.append(button("Use it anyway", "dataset_accept", draft.id))
    buttons.append(button(CHOOSE_ANOTHER[draft.source.kind], "dataset_replace", draft.id))
    if draft.source.kind != "csv" or (error and error.get("again")):
        buttons.append(button("Read it again", "dataset_again", draft.id))
    return buttons


def unreadable(draft: Draft, error: Mapping[str, Any]) -> Message:
    """Why the columns could not be read, for somebody who closed the form."""
    text = f"The columns of *{escape(draft.title)}* could not be read. {escape(error['what'])} {escape(error['todo'])}"
    blocks = [*(section(part) for part in pieces(text)), *after_failure(draft, error)]
    return Message(f"{draft.title}: {error['what']}", blocks)


def after_failure(draft: Draft, error: Mapping[str, Any]) -> list[Block]:
    """What a person can do about columns that could not be read: in the form, or beside it."""
    buttons = [button(CHOOSE_ANOTHER[draft.source.kind], "dataset_replace", draft.id, style="primary")]
    if draft.source.kind != "csv" or error.get("again"):
        buttons.append(button("Read it again", "dataset_again", draft.id))
    return [*choice_blocks(made_before(draft.chosen, draft.choices, ()), draft.id), actions(*buttons)]


def more_in_form(draft: Draft, roles: Roles) -> list[Message]:
    """What the form of the columns has no room for."""
    left = left_over(draft, roles)
    if not left:
        return []
    text = f"About the columns of {draft.title}, beside what the form shows"
    head = section(f"About the columns of *{escape(draft.title)}*, beside what the form shows:")
    return [Message(text, page) for page in pages([head, *left])]


def columns_wait(draft: Draft) -> Message:
    """The columns were read after the form was closed."""
    text = f"The columns of *{escape(draft.title)}* are read. What do they mean?"
    go_on = actions(button("Choose their roles", "dataset_remap", draft.id, style="primary"))
    return Message(f"The columns of {draft.title} are read.", [section(text), go_on])


def listing(datasets: Sequence[Dataset | DatasetLine], beside: Beside = NOTHING) -> Message:
    """The newest datasets, each by its newest version; how many more there are, and cannot be read."""
    if not datasets:
        text = f"{none('There is no dataset', beside)} Drop a file or name a table to make one."
        start = actions(button("New dataset", "start_dataset", style="primary"))
        return Message(text, [section(text), *left_out(beside), start])
    families = by_family(datasets)
    blocks: list[Block] = []
    for dataset, *before in families[:SHOWN]:
        about = f"{extent(dataset)} · made {moment(dataset.created_at)}"
        about += f" · {count(len(before) + 1, 'version')}" if before else ""
        text = f"*{escape(dataset.title)}* · {country_name(dataset.country)}\n{about}"
        blocks.append(section(text, button("Use", "experiment_from_dataset", dataset.id)))
    blocks += older(len(families) - SHOWN, beside, "/mmm dataset show NAME")
    if len(families) < len(datasets):
        blocks.append(context("The newest version of each: `/mmm dataset versions NAME` shows them all."))
    blocks += [*left_out(beside), divider(), actions(button("New dataset", "start_dataset"))]
    number = f"{'More than ' if beside.more else ''}{count(len(families), 'dataset')}"
    return Message(f"{number}, the newest: {datasets[0].title}", blocks)


def shown(dataset: Dataset) -> Message:
    """One dataset: its rows and the role of each column."""
    mapping = dataset.mapping
    roles = [("Date", mapping.date_var), ("Explains", f"{mapping.dep_var} ({COUNTED[mapping.dep_var_type]})")]
    for spend in mapping.paid_media_spends:
        on = mapping.exposures.get(spend)
        roles.append((f"{label(spend)}", f"{spend}, modelled on {on}" if on else spend))
    roles += [("Organic", ", ".join(mapping.organic_vars)), ("Other drivers", ", ".join(mapping.context_vars))]
    roles.append(("Country column", mapping.country_var))
    if dataset.interval == "week" and mapping.week_dated == "last":
        roles.append(("A week is dated by", "its last day"))
    lines = [f"*{escape(name)}*: {escape(value)}" for name, value in roles if value]
    text = f"*{escape(dataset.title)}* · {country_name(dataset.country)} · {extent(dataset)}"
    note = context(
        f"From {escape(dataset.source.label)}, by {person(dataset.who)}. Findings: {tally(dataset.findings)}."
    )
    return Message(
        f"{dataset.title}: {extent(dataset)}", [section(text), section(bullets(lines)), note, next_steps(dataset)]
    )


def extent(dataset: Dataset | DatasetLine) -> str:
    """How many periods a dataset has, and from when to when."""
    periods = _periods(dataset.first_date, dataset.last_date, dataset.interval)
    return f"{count(periods, dataset.interval)}, {days(dataset.first_date, dataset.last_date)}"


def _periods(first: date, last: date, interval: str) -> int:
    if interval == "month":
        return (last.year - first.year) * 12 + last.month - first.month + 1
    return (last - first).days // (7 if interval == "week" else 1) + 1


def tally(found: Sequence[Finding]) -> str:
    """How many findings there are, by weight."""
    grades: list[str] = [one.grade for one in found]
    parts = [
        (grades.count("FAIL"), "to mend"),
        (grades.count("REVIEW"), "to look at"),
        (grades.count("INFO"), "to know"),
    ]
    return ", ".join(f"{number} {words}" for number, words in parts if number) or "none"
