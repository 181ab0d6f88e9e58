"""The verdict with what to do about each channel, its numbers and main chart; then the other charts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.experiment.offers import standard
from bot.results import channels
from bot.results.opinion import opinion_line as opinion_line
from bot.results.opinion import second_opinion as second_opinion
from bot.runs.states import MARKS
from bot.slack.blocks import (
    Message,
    actions,
    bullets,
    button,
    context,
    escape,
    fields,
    person,
    section,
    slack_image,
)
from bot.slack.limits import Block
from bot.slack.paging import packed, pieces
from engine.data.recipes import number_in
from engine.labels import in_sentence
from engine.number_words import counted, times
from engine.results.budgets import advice, basis
from engine.results.calls import Call, is_preview
from engine.results.headline import Headline, PlannedBudget
from engine.results.verdict import UNCHECKED, Level, Verdict, plain_guess
from engine.results.wording import media_share, range_means
from engine.runs.run import Run

DETAILS, TERMS, MORE_CHARTS = "run_details", "run_terms", "run_more_charts"
WAIT_FOR_ROBYN = "Robyn trains now and will confirm it or not; decide nothing before."
# Added to a run's id in a button's value: what the faster of two trainers found.
OF_PREVIEW = "/preview"
NOTHING: Mapping[str, str] = MappingProxyType({})


def verdict(
    data: Mapping[str, Any], images: Mapping[str, str], missing: Mapping[str, str] = NOTHING, *, of: str = ""
) -> Message:
    """The verdict, what to do, the numbers and one picture. `images` are Slack's file ids by chart name.

    missing: why a picture is not there, by chart name; empty where it follows.
    of: `OF_PREVIEW` where it is about what the faster of two trainers found.
    """
    run, judged = Run.model_validate(data["run"]), Verdict.model_validate(data["verdict"])
    head = Headline.model_validate(data["headline"])
    first = f"{MARKS[judged.level]} {person(run.who)} *{escape(judged.sentence)}*"
    blocks: list[Block] = [section(text) for text in pieces(first)]
    blocks += [section(text) for text in packed(bullets([escape(reason)]) for reason in judged.reasons)]
    blocks += [*channels.calls(judged, head), fields(_facts(head))]
    rest = [
        *charts(data["charts"], images, missing),
        *_budget(head, judged),
        context(_note(run, head, judged, data.get("experiment") or {})),
        actions(*_buttons(run, head, int(data.get("more_charts") or 0), of)),
    ]
    said = f"{run.revision}: {judged.sentence} {channels.spoken(head)}."
    full = [*blocks, channels.table(run, head, judged), *rest]
    return Message(said, full, simpler=[*blocks, *channels.lines(head), *rest])


def preview(data: Mapping[str, Any], images: Mapping[str, str], missing: Mapping[str, str] = NOTHING) -> Message:
    """The native trainer's verdict while Robyn trains: all that a verdict shows, under a line that says so."""
    found = verdict(data, images, missing, of=OF_PREVIEW)
    mark = section(f":eyes: *Preview by the native trainer.* {WAIT_FOR_ROBYN}")
    simpler = None if found.simpler is None else [mark, *found.simpler]
    return Message(f"Preview of {found.text}", [mark, *found.blocks], simpler=simpler)


def more_charts(
    run: Run,
    drawn: Sequence[Mapping[str, str]],
    images: Mapping[str, str],
    missing: Mapping[str, str] = NOTHING,
    *,
    preview: bool = False,
    asked: bool = False,
) -> Message:
    """Other charts in one message: those that are posted, or, `asked` for, those that few people need."""
    name = "Preview charts" if preview else "Charts"
    name = f"More {name.lower()}" if asked else name
    text = f"{name} of {run.revision}: " + "; ".join(chart["title"] for chart in drawn)
    mark = [context(f"Charts of the preview. {WAIT_FOR_ROBYN}")] if preview else []
    return Message(text, [*mark, *charts(drawn, images, missing)])


def charts(
    drawn: Sequence[Mapping[str, str]], images: Mapping[str, str], missing: Mapping[str, str] = NOTHING
) -> list[Block]:
    """Pictures that say the finding in words, too; what is missing in words alone."""
    blocks: list[Block] = []
    for chart in drawn:
        name = chart["name"]
        if name in images:
            blocks.append(slack_image(images[name], chart["alt"], chart["title"]))
        elif name in missing:
            blocks.append(context(f"*{escape(chart['title'])}* {escape(chart['alt'])} _{_why(missing[name])}._"))
    return blocks


def _why(reason: str) -> str:
    return f"picture could not be shown, because {escape(reason)}" if reason else "picture follows"


def _facts(head: Headline) -> list[tuple[str, str]]:
    kpi = escape(in_sentence(head.dep_var))
    facts = [("Paid media explains", f"{media_share(head)} of {kpi}")]
    tested = head.backtest
    if tested is not None and tested.nrmse and tested.naive:
        told = f"{times(tested.nrmse / tested.naive)} as far off as {plain_guess(head)}"
        facts.append((f"On {head.interval}s it had not seen", told))
    facts.append(("Data", f"{counted(head.periods, head.interval)}, {head.first_date} to {head.last_date}"))
    return facts


def _budget(head: Headline, judged: Verdict) -> list[Block]:
    """What to do about the budget that was asked for; nothing where the model is not to be used."""
    if judged.level is Level.NOT or not head.budgets:
        return []
    plan = head.budgets[0]
    first = "*Budget:*"
    if plan.asked.recommended and is_preview(head):
        first = "*Budget, as a first look:*"
    elif plan.asked.recommended and _moves_untested(plan, judged):
        first = "*Budget, to be tested first:*"
    return [section(f"{first} {escape(advice(plan, head))}\n{escape(basis(plan, head))}")]


def _moves_untested(plan: PlannedBudget, judged: Verdict) -> bool:
    """Whether money would move from or to a channel that is to be tested first, or on which the data are silent."""
    known = {one.channel for one in judged.calls if one.call is Call.ACT}
    return any(one.after != one.before and one.channel not in known for one in plan.shifts)


def _buttons(run: Run, head: Headline, more: int, of: str) -> list[dict[str, Any]]:
    """What leads further, the likeliest first."""
    about = f"{run.id}{of}"
    size = {"iterations": head.iterations, "trials": head.trials, "revision": run.revision}
    charts_too = [button("More charts", MORE_CHARTS, about)] if more else []
    longer = standard(size) if is_preview(head) else []
    return [*longer, *charts_too, button("Details", DETAILS, about), button("What is this?", TERMS, about)]


def _note(run: Run, head: Headline, judged: Verdict, settings: Mapping[str, Any]) -> str:
    name = in_sentence(head.dep_var)
    recipe = number_in(str(settings.get("recipe") or ""))
    unit = f"{name} per unit of spend" if head.measure == "ROAS" else f"spend divided by {name}"
    checked = "Checked against lift tests." if head.lift_miss is not None else UNCHECKED
    sentences = (
        f"{head.measure} is {escape(unit)}.",
        escape(range_means(head)),
        # It stands among the reasons unless graver ones took its place.
        "" if checked in judged.reasons else checked,
        f"Run `{run.id}`" + (f", data by recipe {recipe}." if recipe else "."),
    )
    return " ".join(sentence for sentence in sentences if sentence)
