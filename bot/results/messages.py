"""The verdict with its numbers and main chart; then the other charts."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.slack.blocks import Message, bullets, context, data_table, escape, fields, person, section, slack_image
from bot.slack.limits import Block
from engine.results.headline import ChannelResult, Headline
from engine.results.verdict import Level, Verdict
from engine.results.wording import label, percent, short
from engine.runs.run import Run

MARKS = {Level.USABLE: ":large_green_circle:", Level.CARE: ":large_yellow_circle:", Level.NOT: ":red_circle:"}


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
    note = context(_note(run, head))
    said = f"{run.revision}: {judged.sentence}"
    full = [*blocks, _table(run, head), *pictures, note]
    lines = section(bullets(_line(head, one) for one in head.channels))
    return Message(said, full, simpler=[*blocks, lines, *pictures, note])


def more_charts(run: Run, drawn: Sequence[Mapping[str, str]], images: Mapping[str, str]) -> Message:
    """Everything else there is to see, in one message."""
    text = f"Charts of {run.revision}: " + "; ".join(chart["title"] for chart in drawn)
    return Message(text, charts(drawn, images))


def charts(drawn: Sequence[Mapping[str, str]], images: Mapping[str, str]) -> list[Block]:
    """Pictures that say the finding in words, too."""
    ready = [chart for chart in drawn if chart["name"] in images]
    return [slack_image(images[chart["name"]], chart["alt"], chart["title"]) for chart in ready]


def _facts(head: Headline) -> list[tuple[str, str]]:
    return [
        ("Paid media explains", f"{percent(head.media_share)} of {escape(label(head.dep_var).lower())}"),
        ("Fit", f"R² {head.rsq:.2f} (adjusted), NRMSE {head.nrmse:.3f}"),
        ("Spend against effect", f"DECOMP.RSSD {head.rssd:.3f}"),
        ("Search", f"{head.iterations} × {head.trials}, {'settled' if head.converged else 'not settled'}"),
    ]


def _table(run: Run, head: Headline) -> Block:
    heads = ["Channel", head.measure, "Low", "High", "Share of spend", "Share of effect", "Next unit", "Spend"]
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
        ]
        for one in head.channels
    ]
    return data_table(f"Channels of {run.revision}, run {run.id}", heads, rows)


def _cell(value: float | None) -> str | tuple[float, str]:
    return "–" if value is None else (value, short(value))


def _line(head: Headline, one: ChannelResult) -> str:
    if one.efficiency is None or one.effect <= 0:
        return f"*{escape(label(one.channel))}*: no effect found, {percent(one.spend_share)} of spend"
    span = f" ({short(one.low or 0.0)} to {short(one.high or 0.0)})" if one.high is not None else ""
    return (
        f"*{escape(label(one.channel))}*: {head.measure} {short(one.efficiency)}{span}, "
        f"{percent(one.spend_share)} of spend, {percent(one.effect_share)} of effect"
    )


def _note(run: Run, head: Headline) -> str:
    name = label(head.dep_var).lower()
    unit = f"{name} per unit of spend" if head.measure == "ROAS" else f"spend per unit of {name}"
    return (
        f"{head.measure} is {escape(unit)}, {head.first_date} to {head.last_date} ({head.periods} {head.interval}s). "
        f"Low and high: range over {head.near_tied} near-tied models, not a confidence interval. "
        f"Not checked against an experiment. Model {head.model}, run `{run.id}`."
    )
