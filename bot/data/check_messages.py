"""What a check says: the verdict first, then the list, gravest first, each finding with what mends it and how far."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.data.check_buttons import change_button, value
from bot.data.findings import in_words, short
from bot.guide import button_of
from bot.slack.blocks import Message, actions, button, context, count, data_table, escape, section, slack_image
from bot.slack.limits import TABLE_CHARACTERS, TABLE_ROWS, Block
from bot.slack.menus import LONGEST_ID, menu
from bot.slack.paging import packed, pieces
from bot.slack.pictures import Pictures
from engine.data.check.profiles import PROFILES, profile
from engine.data.check.words import label_of
from engine.data.dataset import Finding
from engine.data.recipe import Change
from engine.guidance import Step
from engine.ports import Notice

Json = Mapping[str, Any]
# Changes that are shown with the first findings, and accepted findings on a page.
CHANGED = 5
HEADS = {"FAIL": ":no_entry:", "REVIEW": ":warning:", "": ":large_green_circle:"}
WORDS = {"FAIL": "to mend first", "REVIEW": "to look at", "INFO": "worth knowing"}
TABLE = (
    "Column",
    "Role",
    "Known",
    "Zeros",
    "Distinct",
    "Min",
    "P10",
    "Median",
    "Mean",
    "P90",
    "Max",
    "SD",
    "VIF",
    "Shape",
)
SHARES = ("known", "zeros")
NUMBERS = ("min", "p10", "median", "mean", "p90", "max", "sd")
NAME = 60


def findings(notice: Notice, pictures: Pictures) -> Message:
    """One page of the list."""
    data = notice.data
    dataset, asked = data["dataset"], profile(data["profile"])
    title = f"{dataset['title']} · {str(dataset['country']).upper()}"
    worst = next((grade for grade in ("FAIL", "REVIEW") if data["grades"][grade]), "")
    numbers = _Numbers()
    blocks: list[Block] = []
    if data["page"] == 0:
        said = f"{HEADS[worst]} *{escape(short(title))}*: {escape(data['verdict'])}"
        blocks += [*(section(text) for text in pieces(said)), context(_facts(data, asked.title))]
    else:
        blocks.append(section(f"*{escape(short(title))}*: more that the check found"))
    for item in data["items"]:
        blocks += _item(item, dataset["id"], asked.name, numbers)
    if data["page"] == 0:
        blocks += _changed(data, dataset["id"], asked.name, numbers)
    last = data["first"] + len(data["items"]) - 1
    if data["items"] and data["findings"] > len(data["items"]):
        below = " All of them stand, whole, in the file below." if data["whole"] else ""
        blocks.append(context(f"Findings {data['first']} to {last} of {data['findings']}.{below}"))
    elif data["whole"]:
        blocks.append(context("Long texts are cut here; they stand, whole, in the file below."))
    blocks.append(_ways_on(data, dataset["id"], asked.name, last))
    return Message(f"{title}: {data['verdict']}", blocks)


def done(change: Change, *, forgotten: bool = False) -> str:
    """What was done, in a sentence."""
    if forgotten:
        return "it is told again."
    words = label_of(change)
    return f"{words[:1].lower()}{words[1:]}."


class _Numbers:
    """Numbers for buttons of one message, which must differ."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def _facts(data: Json, asked: str) -> str:
    """The measures that are of all columns together."""
    told = [
        f"{count(data['periods'], data['interval'])}, {count(data['drivers'], 'driver')}: "
        f"{data['per_driver']:.1f} rows for each",
    ]
    if data["worst"]["name"]:
        vif = data["worst"]["vif"]
        most = "∞" if vif is None else f"{vif:,.1f}"
        condition = "∞" if data["condition"] is None else f"{data['condition']:,.0f}"
        told.append(f"highest VIF {most} ({escape(short(data['worst']['name'], NAME))}), condition number {condition}")
    grades = [f"{number:,} {WORDS[grade]}" for grade, number in data["grades"].items() if number]
    return " · ".join([*told, ", ".join(grades) or "no finding", f"profile {asked.lower()}"])


def _item(item: Json, dataset: str, asked: str, numbers: _Numbers) -> list[Block]:
    """A finding: what, where, what to do; each remedy with what it would do, the likeliest one's button beside it."""
    finding = Finding(
        code=item["code"],
        grade=item["grade"],
        column=item["column"],
        where=item["where"],
        text=item["text"],
        remedy=item["remedy"],
    )
    remedies = item["remedies"]
    lines = [in_words(finding), *(f"→ *{escape(one['label'])}*: {escape(one['effect'])}" for one in remedies)]
    *before, last = pieces("\n".join(lines))
    buttons = [button("Add it to another", "map_show", dataset)] if item.get("first") == "map" else []
    buttons += [change_button(one["label"], dataset, asked, one["change"], number=numbers.next()) for one in remedies]
    blocks = [*(section(text) for text in before), section(last, buttons[0] if buttons else None)]
    return [*blocks, actions(*buttons[1:])] if len(buttons) > 1 else blocks


def _changed(data: Json, dataset: str, asked: str, numbers: _Numbers) -> list[Block]:
    """What the recipe does already, each with its way back; and what was accepted."""
    blocks: list[Block] = []
    for one in data["taken"][:CHANGED]:
        back = change_button(
            "Take it back", dataset, asked, one["change"], number=numbers.next(), forget=bool(one["forget"])
        )
        blocks.append(section(f":heavy_check_mark: {escape(one['words'])}", back))
    if (more := len(data["taken"]) - CHANGED) > 0:
        blocks.append(context(f"and {count(more, 'more change')} in the recipe: `/mmm prepare` shows all"))
    if known := len(data["known"]):
        blocks.append(context(f"{count(known, 'finding')} known and accepted: not in this list."))
    return blocks


def _ways_on(data: Json, dataset: str, asked: str, last: int) -> Block:
    """At most five ways on; how strict to be is behind the three dots."""
    elements = [button_of(Step.PREPARE, dataset, primary=True)]
    if last < data["findings"]:
        left = data["findings"] - last
        elements.append(button(f"More findings ({left})", "check_more", value(dataset, asked, data["page"] + 1)))
    elements.append(button("All columns", "check_columns", value(dataset, asked)))
    if data["drivers"] > 1:
        elements.append(button("How drivers differ", "check_pictures", value(dataset, asked)))
    others = [
        button(f"Check again: {one.title.lower()}", "check_profile", value(dataset, one.name))
        for one in PROFILES.values()
        if one.name != asked
    ]
    fits = len(dataset) <= LONGEST_ID // 2
    return actions(*elements, *([menu(*others, button("Review", "dataset_review", dataset))] if fits else []))


def columns(notice: Notice, pictures: Pictures) -> Message:
    """Every column in numbers: a table that can be sorted, where it fits; the files have all of it in any case."""
    data = notice.data
    dataset, rows = data["dataset"], data["columns"]
    text = f"{dataset['title']}: {count(len(rows), 'column')} in numbers, {count(data['periods'], data['interval'])}"
    head = section(f"*{escape(short(dataset['title']))}*: {escape(text.split(': ', 1)[1])}, as the recipe makes them.")
    best = _best(data["candidates"])
    tail: list[Block] = [*(section(part) for part in packed(best))] if best else []
    tail.append(context("The files below have every column and every exposure in full."))
    table = [_row(row) for row in rows]
    shown, size = [], sum(len(name) for name in TABLE)
    for row in table[: TABLE_ROWS - 1]:
        size += sum(len(cell if isinstance(cell, str) else cell[1]) for cell in row)
        if size > TABLE_CHARACTERS:
            break
        shown.append(row)
    lines = [_line(row) for row in rows[:20]]
    note = [] if len(rows) <= 20 else [context(f"and {len(rows) - 20} more in the file")]
    simple = [head, *(section(part) for part in packed(lines)), *note, *tail]
    if not shown:
        return Message(text, simple)
    cut = [context(f"The first {len(shown)} of {len(rows)} columns.")] if len(shown) < len(rows) else []
    full = [head, data_table(f"Columns of {short(dataset['title'], NAME)}", TABLE, shown), *cut, *tail]
    return Message(text, full, simpler=simple)


def _row(row: Json) -> list[str | tuple[float, str]]:
    cells: list[str | tuple[float, str]] = [short(row["column"], NAME) or "–", row["role"]]
    cells += [(float(row[name]), _percent(row[name])) for name in SHARES]
    cells.append((float(row["distinct"]), f"{row['distinct']:,}"))
    cells += [_number(row[name]) for name in (*NUMBERS, "vif")]
    return [*cells, short(row["shape"], 24) or "–"]


def _number(value: float | str | None) -> str | tuple[float, str]:
    if isinstance(value, str):
        return "∞"
    return "–" if value is None else (float(value), _short(value))


def _short(value: float) -> str:
    size = abs(value)
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}" if size < 100 else f"{value:.0f}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _line(row: Json) -> str:
    """A column in one line, where a workspace draws no tables."""
    numbers = "" if row["median"] is None else f", median {_short(row['median'])}, max {_short(row['max'])}"
    known = f"{_percent(row['known'])} known, {_percent(row['zeros'])} zeros"
    return f"• *{escape(short(row['column']))}* ({row['role']}): {known}{numbers} {escape(short(row['shape'], 24))}"


def _best(candidates: Sequence[Json]) -> list[str]:
    """Per spend, the column that follows the goal most, where there are several to choose from."""
    by_spend: dict[str, list[Json]] = {}
    for one in candidates:
        by_spend.setdefault(one["spend"], []).append(one)
    lines = []
    for spend, found in by_spend.items():
        if len(found) < 2:
            continue
        best = found[0]
        used = (
            "in use" if best["used"] else f"in use: {escape(short(next(o['column'] for o in found if o['used']), 40))}"
        )
        lines.append(
            f"• *{escape(short(spend, 40))}*: {escape(short(best['column'], 40))} ({used}), ρ {best['rho']:.2f}, "
            f"R² {best['r2']:.2f}, error {_percent(best['error'])}"
        )
    more = [f"• and {len(lines) - 15} more in the file"] if len(lines) > 15 else []
    return ["*What follows the goal most, per spend*", *lines[:15], *more] if lines else []


def pictures(notice: Notice, pictures: Pictures) -> Message:
    """How far drivers can be told apart."""
    data = notice.data
    title = str(data["dataset"]["title"])
    if not data["charts"]:
        text = f"{title}: there are fewer than two drivers that change, so nothing can be compared."
        return Message(text, [section(escape(text))])
    blocks: list[Block] = []
    for one in data["charts"]:
        said = f"*{escape(one['title'])}*"
        if one["name"] in pictures.ids:
            blocks += [section(said), slack_image(pictures.ids[one["name"]], one["alt"], one["title"])]
        else:
            why = pictures.told.get(one["name"], "")
            note = f"The picture is missing: {why}." if why else "The picture follows."
            blocks += [section(f"{said}\n{escape(one['alt'])}"), context(escape(note))]
    condition = "∞" if data["condition"] is None else f"{data['condition']:,.1f}"
    blocks.append(context(f"Condition number of the correlations of {count(data['drivers'], 'driver')}: {condition}."))
    return Message(f"{title}: {data['charts'][0]['title']}", blocks)


DRAWINGS = {"check": findings, "check_columns": columns, "check_pictures": pictures}
