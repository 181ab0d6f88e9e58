"""What is said of two snapshots side by side: a sentence, a table of the columns, and every difference as a file."""

from collections.abc import Sequence

from bot.data.versions_messages import DOWNLOAD, NAME, USE, VERSIONS
from bot.slack.blocks import Message, actions, bullets, button, context, count, data_table, escape, moment, section
from bot.slack.limits import Block, clamp
from bot.slack.paging import packed
from bot.slack.pictures import Pictures
from engine.data.countries import country_name
from engine.data.difference import Diff, Listed, Restated, Retyped, in_percent, percent, shown, told_apart
from engine.ports import Notice

KIND = "dataset_diff"
# Columns that the message lists; the file has all.
LINES = 10
ROWS = 40
COLUMN = 60
HEAD = ("Column", "Before", "After", "Change", "Values", "First", "Last", "Most")


def drawn(notice: Notice, pictures: Pictures) -> Message:
    """The answer to `dataset diff`."""
    return differences(Listed.model_validate(notice.data))


def differences(found: Listed) -> Message:
    """The sentence first; then what is to be known of the comparison, the columns, and the ways on."""
    told = found.diff
    title = f"*{escape(clamp(found.title, NAME))}* · {country_name(found.country)}"
    when = f"{moment(found.older_made)} → {moment(found.newer_made)}"
    head: list[Block] = [section(f"{title}\n{when}")]
    if told.alarm:
        head.append(section(f":warning: *{escape(_short(told.alarm.sentence))}*"))
    head.append(section(escape(_said(found))))
    notes = [section(part) for part in packed(_notes(found))]
    last = _last(found)
    table = [_table(told)] if told.restated else []
    lines = [section(part) for part in packed([bullets(_lines(told.restated))])] if told.restated else []
    left = _left_out(told, LINES)
    text = f"{found.title}: {told.sentence}"
    return Message(
        text,
        [*head, *lines, *left, *notes, *last],
        native=[*head, *table, *_left_out(told, ROWS), *notes, *last] if table else None,
    )


def _said(found: Listed) -> str:
    """All but the alarm, which stands above."""
    told = found.diff
    said = told.model_copy(update={"alarm": None}).sentence
    return f"{said} The rows are the very same ones." if found.same_rows and told.same else said


def _notes(found: Listed) -> list[str]:
    told = found.diff
    said = list(told.notes)
    if told.came:
        said.append(f"New columns: {_names(told.came)}.")
    if told.went:
        said.append(f"Columns that are gone: {_names(told.went)}.")
    said += [f"{_column(one.column)} held {one.before}, and holds {one.after} now." for one in told.retyped[:LINES]]
    said += _more(len(told.retyped), "of another kind")
    said += [_role(one) for one in found.roles[:LINES]] + _more(len(found.roles), "with another role")
    return [f"• {escape(one)}" for one in said]


def _role(one: Retyped) -> str:
    if not one.before:
        return f"{_column(one.column)} is {one.after} now; it played no role."
    now = f"is {one.after} now" if one.after else "plays no role any more"
    return f"{_column(one.column)} {now}; it was {one.before}."


def _more(number: int, what: str) -> list[str]:
    return [f"{count(number - LINES, 'more column')} {what}: in the file."] if number > LINES else []


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - LINES} more, in the file" if len(names) > LINES else ""
    return ", ".join(_column(name) for name in names[:LINES]) + more


def _lines(restated: Sequence[Restated]) -> list[str]:
    return [_line(one) for one in restated[:LINES]]


def _line(one: Restated) -> str:
    where = f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}"
    values = count(one.periods, "value")
    name = f"*{escape(_column(one.column))}*"
    if one.before is None or one.after is None:
        most = f"most: {one.most_at}, {_text(one.most_before)} → {_text(one.most_after)}"
        return f"{name}: {values}, {where}; {most}"
    what = "" if one.added_up else "on average "
    amount = f"{what}{' → '.join(told_apart(one.before, one.after))}{in_percent(one.relative)}"
    most = f"most on {one.most_at}: {_text(one.most_before)} → {_text(one.most_after)}"
    return f"{name}: {amount}; {values}, {where}, {most}"


def _text(value: str) -> str:
    return escape(_short(value, 40)) if value else "no value"


def _table(told: Diff) -> Block:
    rows = [_row(one) for one in told.restated[:ROWS]]
    return data_table("Columns whose values were restated", HEAD, rows)


def _row(one: Restated) -> list[str | tuple[float, str]]:
    told = [shown(value) if value is not None else "–" for value in (one.before, one.after)]
    if one.before is not None and one.after is not None:
        told = list(told_apart(one.before, one.after))
    before: str | tuple[float, str] = "–" if one.before is None else (one.before, told[0])
    after: str | tuple[float, str] = "–" if one.after is None else (one.after, told[1])
    change = percent(one.relative) if one.relative is not None else "–"
    number = (float(one.periods), f"{one.periods:,} of {one.of:,}")
    return [_column(one.column), before, after, change, number, f"{one.first}", f"{one.last}", f"{one.most_at}"]


def _left_out(told: Diff, most: int) -> list[Block]:
    left = len(told.restated) - most
    return [context(f"and {count(left, 'more column')}: all of them are in the file.")] if left > 0 else []


def _last(found: Listed) -> list[Block]:
    use = button("Use the newer one", USE, found.newer)
    buttons = [use, button("Download it", DOWNLOAD, found.newer), button("All versions", VERSIONS, found.newer)]
    note = "Every single difference is in the file below." if found.differs else ""
    return [*([context(note)] if note else []), actions(*buttons)]


def _column(name: str) -> str:
    return _short(name, COLUMN)


def _short(text: str, most: int = 400) -> str:
    return clamp(text, most)
