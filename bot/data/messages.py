"""What is said about datasets: ready, refused, listed, shown."""

from collections.abc import Sequence
from datetime import date

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
    person,
    section,
)
from bot.slack.limits import Block
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft, Finding
from engine.results.wording import label, listed

MARKS = {"FAIL": ":red_circle:", "REVIEW": ":large_yellow_circle:", "INFO": ":white_circle:"}
SHOWN = 12


def ready(dataset: Dataset) -> Message:
    """The first line of a dataset's thread."""
    text = f"Dataset *{escape(dataset.title)}* is ready: {_extent(dataset)}."
    mapping = dataset.mapping
    facts = [
        ("Explains", escape(mapping.dep_var)),
        ("Paid media", escape(listed([label(name) for name in mapping.paid_media_spends]))),
        ("Source", escape(dataset.source.label)),
        ("Findings", _tally(dataset.findings)),
    ]
    buttons = actions(
        button("New experiment", "experiment_from_dataset", dataset.id, style="primary"),
        button("Show roles", "dataset_show", dataset.id),
    )
    return Message(f"Dataset {dataset.title} is ready: {_extent(dataset)}.", [section(text), fields(facts), buttons])


def findings(found: Sequence[Finding]) -> Message:
    """What the checks saw, the gravest first: in the thread, because most people need only the first line."""
    if not found:
        text = "All checks are clean."
        return Message(text, [section(f":large_green_circle: {text}")])
    blocks = [section(_finding(one)) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        blocks.append(context(f"and {len(found) - SHOWN} more of lesser weight."))
    return Message(f"The checks found {_tally(found)}: {found[0].text}", blocks)


def refused(draft: Draft, error: dict[str, str] | None, found: Sequence[Finding]) -> Message:
    """Why there is no dataset. Nothing was stored; the form can be opened again."""
    text = f"Dataset *{escape(draft.title)}* was not made."
    blocks: list[Block] = [section(f":no_entry: {person(draft.who)} {text}")]
    stops = [one for one in found if one.grade == "FAIL"]
    if error:
        blocks.append(section(f"{escape(error['what'])}\n*What to do:* {escape(error['todo'])}"))
    blocks += [section(_finding(one)) for one in stops[:SHOWN]]
    if len(stops) > SHOWN:
        blocks.append(context(f"and {len(stops) - SHOWN} more of this weight."))
    buttons = [button("Change the columns", "dataset_remap", draft.id, style="primary")]
    if stops and all(one.overridable for one in stops):
        buttons.append(button("Use it anyway", "dataset_accept", draft.id))
    why = error["what"] if error else stops[0].text
    blocks += [actions(*buttons), context("Nothing was stored.")]
    return Message(f"Dataset {draft.title} was not made: {why}", blocks)


def unreadable(draft: Draft, error: dict[str, str]) -> Message:
    """Why the columns could not be read, for somebody who closed the form."""
    text = f"The columns of *{escape(draft.title)}* could not be read. {escape(error['what'])} {escape(error['todo'])}"
    return Message(f"{draft.title}: {error['what']}", [section(text), actions(button("Start again", "start_dataset"))])


def columns_wait(draft: Draft) -> Message:
    """The columns were read after the form was closed."""
    text = f"The columns of *{escape(draft.title)}* are read. What do they mean?"
    go_on = actions(button("Choose their roles", "dataset_remap", draft.id, style="primary"))
    return Message(f"The columns of {draft.title} are read.", [section(text), go_on])


def listing(datasets: Sequence[Dataset], unreadable: Sequence[str] = ()) -> Message:
    """The newest datasets; how many more there are, and cannot be read."""
    if not datasets:
        text = "There is no dataset yet. Drop a CSV or name a table to make one."
        start = actions(button("New dataset", "start_dataset", style="primary"))
        return Message(text, [section(text), *left_out(unreadable), start])
    blocks: list[Block] = []
    for dataset in datasets[:SHOWN]:
        text = f"*{escape(dataset.title)}* · {country_name(dataset.country)}\n{_extent(dataset)}"
        blocks.append(section(text, button("Use", "experiment_from_dataset", dataset.id)))
    if len(datasets) > SHOWN:
        blocks.append(context(f"and {len(datasets) - SHOWN} older ones: `/mmm dataset show NAME`"))
    blocks += [*left_out(unreadable), divider(), actions(button("New dataset", "start_dataset"))]
    return Message(f"{count(len(datasets), 'dataset')}, the newest: {datasets[0].title}", blocks)


def shown(dataset: Dataset) -> Message:
    """One dataset: its rows and the role of each column."""
    mapping = dataset.mapping
    roles = [("Date", mapping.date_var), ("Explains", f"{mapping.dep_var} ({mapping.dep_var_type})")]
    for spend in mapping.paid_media_spends:
        on = mapping.exposures.get(spend)
        roles.append((f"{label(spend)}", f"{spend}, modelled on {on}" if on else spend))
    roles += [("Organic", ", ".join(mapping.organic_vars)), ("Other drivers", ", ".join(mapping.context_vars))]
    lines = [f"*{escape(name)}*: {escape(value)}" for name, value in roles if value]
    text = f"*{escape(dataset.title)}* · {country_name(dataset.country)} · {_extent(dataset)}"
    go_on = actions(button("New experiment", "experiment_from_dataset", dataset.id, style="primary"))
    note = context(
        f"From {escape(dataset.source.label)}, by {person(dataset.who)}. Findings: {_tally(dataset.findings)}."
    )
    return Message(f"{dataset.title}: {_extent(dataset)}", [section(text), section(bullets(lines)), note, go_on])


def _extent(dataset: Dataset) -> str:
    periods = _periods(dataset.first_date, dataset.last_date, dataset.interval)
    return f"{count(periods, dataset.interval)}, {days(dataset.first_date, dataset.last_date)}"


def _periods(first: date, last: date, interval: str) -> int:
    if interval == "month":
        return (last.year - first.year) * 12 + last.month - first.month + 1
    return (last - first).days // (7 if interval == "week" else 1) + 1


def _tally(found: Sequence[Finding]) -> str:
    grades: list[str] = [one.grade for one in found]
    parts = [
        (grades.count("FAIL"), "to mend"),
        (grades.count("REVIEW"), "to look at"),
        (grades.count("INFO"), "to know"),
    ]
    return ", ".join(f"{number} {words}" for number, words in parts if number) or "none"


def _finding(one: Finding) -> str:
    where = f" _{escape(one.where)}_" if one.where else ""
    remedy = f"\n{escape(one.remedy)}" if one.remedy else ""
    return f"{MARKS[one.grade]} {escape(one.text)}{where}{remedy}"
