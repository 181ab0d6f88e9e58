"""The verdict with its numbers and main chart; then the other charts; and what a second trainer says of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.runs.states import MARKS
from bot.slack.blocks import Message, bullets, context, data_table, escape, fields, person, section, slack_image
from bot.slack.limits import Block
from engine.labels import in_sentence, label
from engine.results.headline import ChannelResult, Headline
from engine.results.leader import shows_effect
from engine.results.second_opinion import Agreement, Estimate, SecondOpinion, TwoEstimates, check_in_words, interval
from engine.results.second_opinion import in_words as opinion_in_words
from engine.results.verdict import UNCHECKED, Verdict, plain_guess
from engine.results.wording import percent, short, span, varied
from engine.runs.run import Run

WAIT_FOR_ROBYN = "Robyn trains now and will confirm it or not; decide nothing before."
AGREE = {Agreement.AGREE: "Yes", Agreement.DIFFER: "No", Agreement.UNKNOWN: "Unknown"}
NOTHING = Estimate(value=None, low=None, high=None)
AGREE_IN_LINE = {Agreement.AGREE: "they agree", Agreement.DIFFER: "*they differ*", Agreement.UNKNOWN: "not comparable"}


def verdict(data: Mapping[str, Any], images: Mapping[str, str]) -> Message:
    """One sentence, why, the numbers, and one picture. `images` are Slack's file ids by chart name."""
    run, judged = Run.model_validate(data["run"]), Verdict.model_validate(data["verdict"])
    head = Headline.model_validate(data["headline"])
    text = f"{MARKS[judged.level]} {person(run.who)} *{escape(judged.sentence)}*"
    blocks: list[Block] = [section(text)]
    if judged.reasons:
        blocks.append(section(bullets(escape(reason) for reason in judged.reasons)))
    blocks.append(fields(_facts(head)))
    pictures = charts(data["charts"], images)
    note = context(_note(run, head, judged))
    said = f"{run.revision}: {judged.sentence}"
    full = [*blocks, _table(run, head), *pictures, note]
    lines = section(bullets(_line(head, one) for one in head.channels))
    return Message(said, full, simpler=[*blocks, lines, *pictures, note])


def preview(data: Mapping[str, Any], images: Mapping[str, str]) -> Message:
    """The native trainer's verdict while Robyn trains: all that a verdict shows, under a line that says so."""
    found = verdict(data, images)
    mark = section(f":eyes: *Preview by the native trainer.* {WAIT_FOR_ROBYN}")
    simpler = None if found.simpler is None else [mark, *found.simpler]
    return Message(f"Preview of {found.text}", [mark, *found.blocks], simpler=simpler)


def more_charts(
    run: Run, drawn: Sequence[Mapping[str, str]], images: Mapping[str, str], *, preview: bool = False
) -> Message:
    """Everything else there is to see, in one message."""
    name = "Preview charts" if preview else "Charts"
    text = f"{name} of {run.revision}: " + "; ".join(chart["title"] for chart in drawn)
    mark = [context(f"Charts of the preview. {WAIT_FOR_ROBYN}")] if preview else []
    return Message(text, [*mark, *charts(drawn, images)])


def second_opinion(data: Mapping[str, Any]) -> Message:
    """On which channels the two trainers agree, and whether Robyn fits the preview's model alike."""
    run, opinion = Run.model_validate(data["run"]), SecondOpinion.model_validate(data["second_opinion"])
    said, check = opinion_in_words(opinion), check_in_words(opinion)
    first = section(f":scales: *Second opinion on {escape(run.revision)}.* {escape(said)}")
    last = [section(escape(check))] if check else []
    lines = section(bullets(_pair(opinion, one) for one in opinion.channels)) if opinion.channels else None
    like = any(one.rule for one in opinion.channels)
    who = "the preview, by our trainer under Robyn's rule," if like else "the native trainer"
    note = context(
        f"{opinion.measure} by {who} and by Robyn, each with its range. Ranges that overlap do not "
        f"contradict each other, and wide ones overlap easily. Run `{run.id}`."
    )
    text = f"Second opinion on {run.revision}: {said}"
    if lines is None:
        return Message(text, [first, *last])
    full: list[Block] = [first, _opinion_table(run, opinion), *last, note]
    return Message(text, full, simpler=[first, lines, *last, note])


def opinion_line(found: Mapping[str, Any]) -> str:
    """The second opinion in one line, for who asks for the results again."""
    return f":scales: {escape(opinion_in_words(SecondOpinion.model_validate(found)))}"


def _opinion_table(run: Run, opinion: SecondOpinion) -> Block:
    measure = opinion.measure
    named = {"native": "native", "Robyn": "Robyn"}
    if like := any(one.rule for one in opinion.channels):
        named = {"native": "preview", "rule": "ours by its rule", "Robyn": "Robyn"}
    heads = ["Channel", *(f"{what}, {who}" for who in named.values() for what in (measure, "Range")), "Agree"]
    rows: list[list[str | tuple[float, str]]] = []
    for one in opinion.channels:
        seen = [one.native, *([one.rule or NOTHING] if like else []), one.robyn]
        cells = [cell for each in seen for cell in (_cell(each.value), interval(each))]
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


def charts(drawn: Sequence[Mapping[str, str]], images: Mapping[str, str]) -> list[Block]:
    """Pictures that say the finding in words, too."""
    ready = [chart for chart in drawn if chart["name"] in images]
    return [slack_image(images[chart["name"]], chart["alt"], chart["title"]) for chart in ready]


def _facts(head: Headline) -> list[tuple[str, str]]:
    facts = [
        ("Paid media explains", f"{percent(head.media_share)} of {escape(in_sentence(head.dep_var))}"),
        ("Fit", f"R² {head.rsq:.2f} (adjusted), NRMSE {head.nrmse:.3f}"),
        ("Spend against effect", f"DECOMP.RSSD {head.rssd:.3f}"),
        ("Search", f"{head.iterations} × {head.trials}, {'settled' if head.converged else 'not settled'}"),
    ]
    tested = head.backtest
    if tested is not None and tested.nrmse is not None and tested.naive is not None:
        told = f"misses by {percent(tested.nrmse)} of the range, {plain_guess(head)} by {percent(tested.naive)}"
        facts.append((f"On {head.interval}s it had not seen", told))
    if head.agreement is not None:
        facts.append(("Trials agree on the order", f"of {percent(head.agreement)} of channel pairs"))
    return facts


def _table(run: Run, head: Headline) -> Block:
    heads = ["Channel", head.measure, "Low", "High", "Share of spend", "Share of effect", "Next unit", "Spend"]
    known = any(one.prior_share is not None for one in head.channels)
    heads += ["From the data"] if known else []
    rows: list[list[str | tuple[float, str]]] = [
        [
            label(one.channel),
            _cell(one.efficiency),
            _cell(one.low),
            _cell(one.high),
            (one.spend_share, percent(one.spend_share)),
            (one.effect_share, percent(one.effect_share)),
            _cell(one.marginal),
            (one.spend, short(one.spend)),
            *([_from_the_data(one)] if known else []),
        ]
        for one in head.channels
    ]
    return data_table(f"Channels of {run.revision}, run {run.id}", heads, rows)


def _cell(value: float | None) -> str | tuple[float, str]:
    return "–" if value is None else (value, short(value))


def _from_the_data(one: ChannelResult) -> str | tuple[float, str]:
    if one.prior_share is None or not shows_effect(one):
        return "–"
    return (1 - one.prior_share, percent(1 - one.prior_share))


def _line(head: Headline, one: ChannelResult) -> str:
    if one.efficiency is None or not shows_effect(one):
        return f"*{escape(label(one.channel))}*: no effect found, {percent(one.spend_share)} of spend"
    ends = f" ({span(one.low, one.high)})" if one.low is not None else ""
    data = "" if one.prior_share is None else f", {percent(1 - one.prior_share)} from the data"
    return (
        f"*{escape(label(one.channel))}*: {head.measure} {short(one.efficiency)}{ends}, "
        f"{percent(one.spend_share)} of spend, {percent(one.effect_share)} of effect{data}"
    )


def _note(run: Run, head: Headline, judged: Verdict) -> str:
    name = in_sentence(head.dep_var)
    unit = f"{name} per unit of spend" if head.measure == "ROAS" else f"spend per unit of {name}"
    checked = "Checked against lift tests." if head.lift_miss is not None else UNCHECKED
    known = any(one.prior_share is not None for one in head.channels)
    sentences = (
        f"{head.measure} is {escape(unit)}, {head.first_date} to {head.last_date} ({head.periods} {head.interval}s).",
        f"Low and high: range over {head.near_tied:,} {escape(varied(head.range_over))}, not a confidence interval.",
        f"From the data: the part of the {head.measure} that the selection did not decide." if known else "",
        # It stands among the reasons unless graver ones took its place.
        "" if checked in judged.reasons else checked,
        f"Model {head.model}, run `{run.id}`.",
    )
    return " ".join(sentence for sentence in sentences if sentence)
