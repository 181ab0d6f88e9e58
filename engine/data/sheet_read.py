"""Read a sheet back as a mapping, or say all that is wrong with it at once, each with its row and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.columns import Column
from engine.data import sheet_words as said
from engine.data.formulas import as_meant
from engine.data.made import Made
from engine.data.mapping import Goal, GoalKind, Mapping, validate_mapping
from engine.data.sheet import (
    CATEGORY,
    CONTEXT,
    COUNTRY,
    DATE,
    EXPOSURE,
    FURTHER,
    GOAL,
    HEAD,
    ORGANIC,
    SPEND,
    UNUSED,
    roles_of,
)
from engine.data.sums import carried, possible_sums, settled, used_sums

LONGEST: Final = 60
MOST_TAGS: Final = 20
Row = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a sheet. `row` as a spreadsheet numbers it, 0 where it is about none; `column` of the sheet."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class Read:
    """A sheet that was read: its mapping, or all that is wrong with it. `notes`: what was done beside what it says."""

    mapping: Mapping | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Line:
    """One row, as far as it could be read."""

    row: int
    name: str
    role: str
    cells: dict[str, str]
    tags: tuple[str, ...] = ()


@dataclass
class _Sheet:
    lines: dict[str, _Line] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, row: int, column: str, text: str) -> None:
        self.problems.append(Problem(row, column, text))


def is_sheet(head: Sequence[str]) -> bool:
    """Whether a row of names can be the head of a sheet: it has a column for columns, and one for roles."""
    names = {said.HEAD_WORDS.get(said.plain(one)) for one in head}
    return {"column", "role"} <= names


def read_sheet(rows: Iterable[Row], columns: Sequence[Column], before: Mapping) -> Read:
    """Read a sheet for `columns`; `before` is the mapping that it changes. The first row names its columns."""
    sheet = _Sheet()
    _lines(list(rows), sheet)
    known = {column.name: column for column in columns}
    _names(sheet, known, before)
    made = {one.name: one for one in _sums(sheet, columns, before)}
    for line in list(sheet.lines.values()):
        if line.name not in known and line.name not in made:
            text = f"There is no column “{_short(line.name)}”.{said.near(line.name, [*known, *made])}"
            sheet.wrong(line.row, "column", text)
    roles = roles_of(before)
    for name, role in roles.items():
        if name in known and name not in sheet.lines:
            text = (
                f"“{_short(name)}” is {_a(role)} now and has no row: add its row, with role “{UNUSED}” to take it out."
            )
            sheet.wrong(0, "", text)
    mapping = _mapping(sheet, known, made, before)
    if not sheet.problems:
        done = settled(before.paid_media_spends, carried(mapping), columns)
        sheet.notes += done.told
        mapping = used_sums(carried(done.mapping))
        _checked(sheet, mapping, columns)
    if sheet.problems:
        return Read(None, tuple(sorted(sheet.problems, key=lambda one: (one.row == 0, one.row))))
    return Read(mapping, (), tuple(dict.fromkeys(sheet.notes)))


def _lines(rows: list[Row], sheet: _Sheet) -> None:
    """Take the rows apart: by the names in the first, whatever their order."""
    if not rows:
        return sheet.wrong(0, "", "The file holds no rows.")
    number, head = rows[0]
    places: dict[str, int] = {}
    for place, cell in enumerate(head):
        name = said.HEAD_WORDS.get(said.plain(cell))
        if name is None and cell.strip():
            sheet.notes.append(f"The column “{_short(cell)}” of the file is not read.")
        elif name in places:
            sheet.wrong(number, name or "", f"Two columns are called “{name}”.")
        elif name:
            places[name] = place
    for name in ("column", "role"):
        if name not in places:
            sheet.wrong(number, "", f"The first row names no column “{name}”. It is to name {', '.join(HEAD[:11])}.")
    if sheet.problems:
        return None
    for row, cells in rows[1:]:
        given = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        # Names stand as they are: two may differ in a space alone.
        given = {name: text if name == "exposure_of" else text.strip() for name, text in given.items()}
        name = cells[places["column"]] if places["column"] < len(cells) else ""
        if not any(text.strip() for text in given.values()):
            continue
        if not name.strip():
            sheet.wrong(row, "column", "It names no column of the data.")
        elif name in sheet.lines:
            sheet.wrong(row, "column", f"“{_short(name)}” has a row already: row {sheet.lines[name].row}.")
        else:
            sheet.lines[name] = _Line(row, name, UNUSED, given)
    return None


def _names(sheet: _Sheet, known: dict[str, Column], before: Mapping) -> None:
    """Find each row's column, however a program has changed its spaces; read its role and its tags."""
    loose: dict[str, str] = {}
    for name in (*known, *(one.name for one in before.made)):
        loose.setdefault(name.strip(), name)
    found: dict[str, _Line] = {}
    for line in sheet.lines.values():
        for tried in (line.name, as_meant(line.name), line.name.strip()):
            if tried in known or tried in loose:
                line.name = tried if tried in known else loose[tried]
                break
        if line.name in found:
            sheet.wrong(line.row, "column", f"“{_short(line.name)}” has a row already: row {found[line.name].row}.")
            continue
        found[line.name] = line
        role = said.role(line.cells.get("role", ""))
        if role is None:
            given = line.cells["role"]
            sheet.wrong(line.row, "role", f"“{_short(given)}” is no role.{said.near_role(given)}")
        line.role = role or UNUSED
        tags = dict.fromkeys(" ".join(one.split()) for one in re.split(r"[,;|]", line.cells.get("tags", "")))
        line.tags = tuple(one for one in tags if one)
        if len(line.tags) > MOST_TAGS:
            sheet.wrong(line.row, "tags", f"There are {len(line.tags)} tags; at most {MOST_TAGS} are taken.")
    sheet.lines = found


def _sums(sheet: _Sheet, columns: Sequence[Column], before: Mapping) -> tuple[Made, ...]:
    """The sums that rows can name: those there were, and those that the sheet's channels and tags allow."""
    kept = {name: channel for name, channel in before.channels.items() if name not in sheet.lines}
    channels = {line.name: line.cells.get("channel", "") for line in sheet.lines.values()}
    tags = {line.name: line.tags for line in sheet.lines.values()}
    media = {**kept, **{name: channel for name, channel in channels.items() if channel}}
    return possible_sums(before.model_copy(update={"channels": media, "tags": before.tags | tags}), columns)


def _mapping(sheet: _Sheet, known: dict[str, Column], made: dict[str, Made], before: Mapping) -> Mapping:
    """The mapping that the rows say."""
    by_role: dict[str, list[_Line]] = {}
    for line in sheet.lines.values():
        if line.name in known or line.name in made:
            by_role.setdefault(line.role, []).append(line)
    # However a program has sorted the rows, columns stand as before; new ones as in the data.
    places = {name: place for place, name in enumerate(dict.fromkeys((*roles_of(before), *known, *made)))}

    def placed(role: str) -> list[_Line]:
        return sorted(by_role.get(role, ()), key=lambda line: places[line.name])

    def names(role: str) -> tuple[str, ...]:
        return tuple(line.name for line in placed(role))

    for role, what in ((DATE, "the date"), (GOAL, "the goal"), (COUNTRY, "the country")):
        for line in by_role.get(role, [])[1:]:
            first = by_role[role][0]
            other = " Write “further goal” for the others." if role == GOAL else ""
            sheet.wrong(line.row, "role", f"Row {first.row} is {what} already; one column can be.{other}")
    goals = {line.name: _kind(line, sheet, before) for role in (GOAL, FURTHER) for line in by_role.get(role, ())}
    exposures, bought = _bought(placed(EXPOSURE), set(names(SPEND)), sheet)
    said_of = _said(sheet, {*known, *made}, before)
    _said_in_vain(sheet)
    one_date, one_goal, one_country = (next(iter(names(role)), "") for role in (DATE, GOAL, COUNTRY))
    return Mapping(
        date_var=one_date,
        dep_var=one_goal,
        dep_var_type=goals.get(one_goal, "revenue"),
        goals=tuple(Goal(column=name, kind=goals[name]) for name in names(FURTHER)),
        paid_media_spends=names(SPEND),
        exposures=exposures,
        paid_media_mapping=bought,
        organic_vars=names(ORGANIC),
        context_vars=(*names(CONTEXT), *names(CATEGORY)),
        factor_vars=names(CATEGORY),
        country_var=one_country,
        week_dated=before.week_dated,
        made=tuple(made.values()),
        currency=_currency(sheet, before),
        **said_of,
    )


def _said_in_vain(sheet: _Sheet) -> None:
    """Tell what a row says that its role has no use for: whoever wrote it may have meant another role."""
    for column, roles, what in (
        ("goal", (GOAL, FURTHER), "no goal"),
        ("exposure_of", (EXPOSURE,), "no exposure"),
        ("modelled", (EXPOSURE,), "no exposure"),
    ):
        for line in sheet.lines.values():
            if (given := line.cells.get(column, "").strip()) and line.role not in roles:
                vain = f"“{_short(given)}” below {column} is not used."
                sheet.notes.append(f"“{_short(line.name)}” is {what}, as its role is {line.role}: {vain}")


def _kind(line: _Line, sheet: _Sheet, before: Mapping) -> GoalKind:
    given = line.cells.get("goal", "")
    kind = said.goal_kind(given)
    if given and kind is None:
        sheet.wrong(line.row, "goal", f"“{_short(given)}” is neither money nor conversions.")
    return kind or before.goal_kinds.get(line.name, "revenue")


def _bought(
    lines: Sequence[_Line], spends: set[str], sheet: _Sheet
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Which spend each exposure says something of, and which of them a channel is modelled on."""
    bought: dict[str, list[_Line]] = {}
    loose = {name.strip().casefold(): name for name in spends}
    for line in lines:
        given = line.cells.get("exposure_of", "")
        spend = given if given in spends else loose.get(as_meant(given).strip().casefold(), "")
        if not given.strip():
            sheet.wrong(
                line.row, "exposure_of", f"“{_short(line.name)}” is an exposure: name the spend that bought it."
            )
        elif not spend:
            text = f"“{_short(given)}” is no column with the role spend.{said.near(given, sorted(spends))}"
            sheet.wrong(line.row, "exposure_of", text)
        else:
            bought.setdefault(spend, []).append(line)
    exposures: dict[str, str] = {}
    for spend, of_it in bought.items():
        answers = []
        for line in of_it:
            given = line.cells.get("modelled", "")
            answer = said.truth(given) if given else None
            if given and answer is None:
                sheet.wrong(line.row, "modelled", f"“{_short(given)}” is neither yes nor no.")
            answers.append(answer)
        chosen = [line for line, answer in zip(of_it, answers, strict=True) if answer]
        for line in chosen[1:]:
            text = f"“{_short(spend)}” is modelled on one exposure: row {chosen[0].row} says yes already."
            sheet.wrong(line.row, "modelled", text)
        if chosen:
            exposures[spend] = chosen[0].name
        elif all(answer is None for answer in answers):
            exposures[spend] = of_it[0].name
            if len(of_it) > 1:
                sheet.notes.append(
                    f"“{_short(spend)}” is modelled on “{_short(of_it[0].name)}”, the first of its exposures."
                )
    ordered = {
        spend: tuple(sorted((line.name for line in of_it), key=lambda name: name != exposures.get(spend)))
        for spend, of_it in bought.items()
    }
    return exposures, ordered


def _said(sheet: _Sheet, there: set[str], before: Mapping) -> dict[str, Any]:
    """What is said of single columns; of columns without a row, what was said before."""
    fields = {"channels": "channel", "sub_channels": "sub_channel", "labels": "label"}
    found: dict[str, Any] = {
        target: {
            name: value for name, value in getattr(before, target).items() if name not in sheet.lines and name in there
        }
        for target in (*fields, "tags", "aggregation")
    }
    for line in sheet.lines.values():
        for target, column in fields.items():
            value = " ".join(line.cells.get(column, "").split())
            if column not in line.cells and line.name in getattr(before, target):
                value = getattr(before, target)[line.name]
            if len(value) > LONGEST:
                sheet.wrong(line.row, column, f"It has {len(value):,} characters; at most {LONGEST} are taken.")
            elif value:
                found[target][line.name] = value
        tags = line.tags if "tags" in line.cells else before.tags.get(line.name, ())
        if tags:
            found["tags"][line.name] = tags
        how = said.folding(line.cells.get("aggregation", ""))
        if how == "":
            given = line.cells["aggregation"]
            text = f"“{_short(given)}” is no way to add rows up: sum, mean, max, min, mode, or usual."
            sheet.wrong(line.row, "aggregation", text)
        elif "aggregation" not in line.cells and line.name in before.aggregation:
            found["aggregation"][line.name] = before.aggregation[line.name]
        elif how:
            found["aggregation"][line.name] = how
    return found


def _currency(sheet: _Sheet, before: Mapping) -> str:
    first: _Line | None = None
    if not any("currency" in line.cells for line in sheet.lines.values()):
        return before.currency
    for line in sheet.lines.values():
        given = line.cells.get("currency", "").upper()
        if not given:
            continue
        if not re.fullmatch("[A-Z]{3}", given):
            sheet.wrong(
                line.row, "currency", f"“{_short(given)}” is no currency: write its three letters, such as EUR."
            )
        elif first is None:
            first = line
        elif first.cells["currency"].upper() != given:
            other = first.cells["currency"].upper()
            text = f"“{given}” here and “{other}” in row {first.row}: all money of a dataset is in one currency."
            sheet.wrong(line.row, "currency", text)
    return first.cells["currency"].upper() if first else ""


def _checked(sheet: _Sheet, mapping: Mapping, columns: Sequence[Column]) -> None:
    """What the roles themselves do not bear, at the row of the column that it names."""
    for place, text in validate_mapping(mapping, columns):
        named = next((line for line in sheet.lines.values() if f"“{line.name}”" in text), None)
        column = "aggregation" if place == "aggregation" else "role"
        sheet.wrong(named.row if named else 0, column if named else "", text)


def _a(role: str) -> str:
    if role in (DATE, GOAL, COUNTRY):
        return f"the {role}"
    return f"an {role}" if role[0] in "aeiou" else role if role in (CONTEXT, ORGANIC) else f"a {role}"


def _short(name: str, most: int = 60) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
