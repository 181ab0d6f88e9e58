"""What is said of one driver: the finding first, then its numbers and one picture; lags and time behind buttons."""

import json
from collections.abc import Mapping
from typing import Any

from bot.data.check_buttons import change_button, mark
from bot.data.findings import short
from bot.slack.blocks import Message, actions, bullets, button, context, count, escape, section, slack_image
from bot.slack.limits import BUTTON_VALUE, Block
from bot.slack.paging import pieces
from bot.slack.pictures import Pictures
from engine.ports import Notice

KIND = "driver"
BUTTONS = {"curve": "The curve", "lags": "Lags", "time": "Over time, outliers"}
NAME = 60
NO_EFFECT = "This is how they move together, not what one does to the other: all else that moved is in it, too."


def drawn(notice: Notice, pictures: Pictures) -> Message:
    """One part of a driver."""
    data = notice.data
    column, title = str(data["column"]), str(data["dataset"]["title"])
    said = f"*{escape(short(column))}* in {escape(short(title))}: {escape(data['headline'])}."
    blocks: list[Block] = [section(text) for text in pieces(said)]
    blocks += {"lags": _lags, "time": _time}.get(data["part"], _curve)(data)
    for one in data["charts"]:
        if one["name"] in pictures.ids:
            blocks.append(slack_image(pictures.ids[one["name"]], one["alt"], one["title"]))
        else:
            why = pictures.told.get(one["name"], "")
            blocks.append(context(escape(f"The picture is missing: {why}." if why else "The picture follows.")))
    blocks.append(context(f"{count(data['periods'], data['interval'])}, as the recipe makes them. {NO_EFFECT}"))
    blocks.append(_ways_on(data))
    return Message(f"{short(column)} in {title}: {data['headline']}", blocks)


def value(dataset: str, column: str, part: str) -> str:
    """What a button of a driver carries."""
    whole = json.dumps({"d": dataset, "c": column, "v": part}, ensure_ascii=False)
    if len(whole.encode()) <= BUTTON_VALUE:
        return whole
    return json.dumps({"d": dataset, "cm": mark(column), "v": part})


def _curve(data: Mapping[str, Any]) -> list[Block]:
    lines = [escape(f"{data['measures']}."), escape(f"Fitted: {data['curve']}.")]
    return [
        section(text) for text in pieces(bullets([*lines, *([escape(data["returns"])] if data["returns"] else [])]))
    ]


def _lags(data: Mapping[str, Any]) -> list[Block]:
    told = [f"{count(one['periods'], data['interval'])}: {_signed(one['r'])}" for one in data["lags"][:13]]
    return [section(f"r by lag: {' · '.join(told)}")]


def _time(data: Mapping[str, Any]) -> list[Block]:
    lines = [f"Far out: {escape(data['far'])}"] if data["far"] else []
    lines += [f"As it is: ρ {_signed(data['line']['rho'])}, R² {data['line']['r2']:.2f}"]
    lines += [
        f"Drawn in at {one['quantile']:.0%} (above {one['most']:,.4g}, {count(one['cut'], 'value')}): "
        f"ρ {_signed(one['rho'])}, R² {one['r2']:.2f}, slope of the line {one['slope']:.3g}"
        for one in data["winsorised"]
    ]
    return [section(text) for text in pieces(bullets(lines))]


def _ways_on(data: Mapping[str, Any]) -> Block:
    dataset, column = data["dataset"]["id"], data["column"]
    ways = [
        button(words, f"dataset_driver:{part}", value(dataset, column, part))
        for part, words in BUTTONS.items()
        if part != data["part"]
    ]
    if data["part"] == "time" and data["clips"] and data["winsorised"]:
        change = {"kind": "clip", "column": column, "value": "0:0.99", "reason": "values far out"}
        ways.append(change_button("Clip it at 99 %", dataset, "balanced", change))
    ways.append(button("Check the data", "dataset_check", dataset))
    return actions(*ways)


def _signed(r: float) -> str:
    return f"{r:.2f}".replace("-", "\u2212")
