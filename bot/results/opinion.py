"""What a second trainer says of a result: on which channels the two agree, and whether one fits the other's model."""

from collections.abc import Mapping
from typing import Any

from bot.results.channels import Cell
from bot.slack.blocks import Message, context, data_table, escape, section
from bot.slack.limits import Block
from bot.slack.paging import packed, pieces
from engine.labels import label
from engine.number_words import short
from engine.results.second_opinion import Agreement, Estimate, SecondOpinion, TwoEstimates, check_in_words, interval
from engine.results.second_opinion import in_words as opinion_in_words
from engine.runs.run import Run

AGREE = {Agreement.AGREE: "Yes", Agreement.DIFFER: "No", Agreement.UNKNOWN: "Unknown"}
NOTHING = Estimate(value=None, low=None, high=None)
AGREE_IN_LINE = {Agreement.AGREE: "they agree", Agreement.DIFFER: "*they differ*", Agreement.UNKNOWN: "not comparable"}


def second_opinion(data: Mapping[str, Any]) -> Message:
    """On which channels the two trainers agree, and whether Robyn fits the preview's model alike."""
    run, opinion = Run.model_validate(data["run"]), SecondOpinion.model_validate(data["second_opinion"])
    said, check = opinion_in_words(opinion), check_in_words(opinion)
    told = f":scales: *Second opinion on {escape(run.revision)}.* {escape(said)}"
    first = [section(text) for text in pieces(told)]
    last = [section(escape(check))] if check else []
    lines = [section(text) for text in packed(f"• {_pair(opinion, one)}" for one in opinion.channels)]
    like = any(one.rule for one in opinion.channels)
    who = "the preview, by our trainer under Robyn's rule," if like else "the native trainer"
    note = context(
        f"{opinion.measure} by {who} and by Robyn, each with its range. Ranges that overlap do not "
        f"contradict each other, and wide ones overlap easily. Run `{run.id}`."
    )
    text = f"Second opinion on {run.revision}: {said}"
    if not lines:
        return Message(text, [*first, *last])
    full: list[Block] = [*first, _opinion_table(run, opinion), *last, note]
    return Message(text, full, simpler=[*first, *lines, *last, note])


def opinion_line(found: Mapping[str, Any]) -> str:
    """The second opinion in one line, for who asks for the results again."""
    return f":scales: {escape(opinion_in_words(SecondOpinion.model_validate(found)))}"


def _opinion_table(run: Run, opinion: SecondOpinion) -> Block:
    measure = opinion.measure
    named = {"native": "native", "Robyn": "Robyn"}
    if like := any(one.rule for one in opinion.channels):
        named = {"native": "preview", "rule": "ours by its rule", "Robyn": "Robyn"}
    heads = ["Channel", *(f"{what}, {who}" for who in named.values() for what in (measure, "Range")), "Agree"]
    rows: list[list[Cell]] = []
    for one in opinion.channels:
        seen = [one.native, *([one.rule or NOTHING] if like else []), one.robyn]
        cells = [cell for each in seen for cell in (_estimated(each.value), interval(each))]
        rows.append([label(one.channel), *cells, AGREE[one.agreement]])
    return data_table(f"Second opinion on {run.revision}, run {run.id}", heads, rows)


def _pair(opinion: SecondOpinion, one: TwoEstimates) -> str:
    def told(name: str, seen: Estimate) -> str:
        value = "no effect" if seen.value is None else f"{short(seen.value)} ({interval(seen)})"
        return f"{name} {value}"

    if one.rule is None:
        ends = f"{told('native', one.native)}, {told('Robyn', one.robyn)}"
    else:
        ends = f"{told('preview', one.native)}; {told('ours by its rule', one.rule)}, {told('Robyn', one.robyn)}"
    return f"*{escape(label(one.channel))}*: {opinion.measure} {ends}: {AGREE_IN_LINE[one.agreement]}"


def _estimated(value: float | None) -> Cell:
    return "–" if value is None else (value, short(value))
