"""What is said about connections: the list, how a test went, what goes with one, and how its secret is stored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.slack.blocks import (
    Message,
    actions,
    button,
    confirm,
    context,
    count,
    escape,
    fields,
    header,
    left_out,
    moment,
    person,
    section,
)
from bot.slack.form import View, modal
from bot.slack.limits import Block, clamp
from bot.slack.paging import packed, pieces
from bot.slack.pictures import Pictures
from engine.cloud.connection import Connection
from engine.cloud.looks import Look, look_at
from engine.listing import NOTHING, Beside
from engine.ports import Notice

KINDS = {"snowflake": "Snowflake", "bigquery": "BigQuery"}
# Of a table a message shows so many columns and rows; the form with its rows shows all of them.
COLUMNS_SHOWN, ROWS_SHOWN = 12, 3
NAME, VALUE = 40, 24
# Datasets that are named where they use a connection.
NAMED = 5
NOT_IN_SLACK = "It never goes through Slack: whoever looks after the service types this on their own machine."


def listing(connections: Sequence[Connection], looks: Mapping[str, Look], beside: Beside = NOTHING) -> Message:
    """Every connection with where it leads, how its last test went, and a button to test it."""
    new = button("New connection", "connect_new", style="primary")
    if not connections:
        text = "No warehouse is connected yet. Datasets can be made of files; a connection adds tables and SELECTs."
        return Message(text, [section(text), *left_out(beside), actions(new)])
    blocks: list[Block] = [header("Connections")]
    for one in connections:
        who = f" · as {escape(_cut(one.role or one.user, 30))}" if one.role or one.user else ""
        about = f"{_kind(one)} · {escape(_cut(one.at, 50))}{who}"
        state = _state(look_at(dict(looks), one))
        text = f"*{escape(one.name)}* · {about}\n{state}"
        blocks.append(section(text, button("Test", "connect_test", one.name)))
    note = "`/mmm connect NAME` tests one and lets admins change it."
    own = [one for one in connections if one.is_default]
    if own:
        note += " `default` is set up where the service runs (MMM_SNOWFLAKE_…), and not in Slack."
    blocks += [*left_out(beside), context(note), actions(new, button("New dataset", "start_dataset"))]
    return Message(f"{count(len(connections), 'connection')}: {', '.join(one.name for one in connections)}", blocks)


def _state(look: Look | None) -> str:
    if look is None:
        return ":white_circle: Not tested as it is now."
    if not look.works:
        return f":red_circle: {escape(_cut(look.said, 60))} ({moment(look.at)})"
    more = " or more" if look.more else ""
    may = ":large_orange_circle: Works, but its role may change things" if look.writes else ":large_green_circle: Works"
    tables = "1 table or view" if look.tables == 1 else f"{look.tables:,}{more} tables and views"
    return f"{may} · {tables} ({moment(look.at)})"


def tested(notice: Notice, pictures: Pictures) -> Message | View:
    """How a test went, where it was asked: in a form, which it becomes, or in a message to whoever asked."""
    said = outcome(notice.data)
    if notice.data.get("ask", {}).get("view"):
        return modal("accepted", "Connection", said.blocks)
    return said


def outcome(data: Mapping[str, Any]) -> Message:
    """How a test went: who we are there, what we may, what we see, how long it took, and the first rows of a table."""
    at = Connection.model_validate(data["connection"])
    error, grave = data.get("error"), [one for one in data.get("faults", ()) if one["grave"]]
    name, changes = f"*{escape(at.name)}*", bool(data.get("ask", {}).get("about", {}).get("changes"))
    if error and "session" not in data:
        said = f"{at.name} does not work: {error['what']}"
        blocks = [section(f":no_entry: {name} does not work. {escape(error['what'])}"), *_todo(error["todo"])]
        blocks += _secret(at, data["command"])
        return Message(
            said,
            [*blocks, context(f"{_took(data)} {_whole(at)}"), actions(*_ways_on(at, works=False, changes=changes))],
        )
    if error or grave:
        mark, said = ":no_entry:", f"{at.name} logs in, and cannot be read from."
    elif data.get("writing"):
        mark, said = ":warning:", f"{at.name} works, and its role may change things: {data['writing']}."
    else:
        mark, said = ":white_check_mark:", f"{at.name} works, and only reads: {_seen(data)}."
    blocks = [section(f"{mark} {escape(said).replace(escape(at.name), name, 1)}"), fields(_facts(at, data))]
    for fault in data.get("faults", ()):
        blocks += [section(f":warning: {escape(fault['what'])}"), *_code(fault["fix"])]
    if data.get("writing"):
        advice = "A role that only reads is enough. Whoever looks after the warehouse can take these rights away:"
        blocks += [section(advice), *_code(data["revoke"])]
    if error:
        blocks += [section(f":warning: {escape(error['what'])}"), *_todo(error["todo"])]
    if "columns" in data:
        blocks += rows_blocks(data, most=COLUMNS_SHOWN)
    elif unread := data.get("unread"):
        what = f"The rows of `{escape(_cut(unread['table'], 200))}` were not read: {unread['what']}"
        blocks.append(context(escape(what)))
    return Message(
        said, [*blocks, context(_whole(at)), actions(*_ways_on(at, works=not (error or grave), changes=changes))]
    )


def _facts(at: Connection, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    session = data["session"]
    who = " as ".join(dict.fromkeys(part for part in (session["user"], session["role"]) if part))
    if data.get("writing"):
        may = "change things"
    elif "grants" in data:
        may = f"look, and change nothing ({count(data['grants'], 'right')})"
    else:
        may = f"not told{': ' + data['untold'] if data.get('untold') else ''}"
    facts = [("We are", who or at.user), ("We may", may), ("It runs on", session["warehouse"])]
    facts += [("We see", _seen(data) if "tables" in data else ""), ("It took", _took(data))]
    return [(label, escape(_cut(value, 300))) for label, value in facts if value]


def _seen(data: Mapping[str, Any]) -> str:
    if not data["tables"]:
        return "no table and no view"
    more = " or more" if data["more"] else ""
    tables = f"{data['tables']:,}{more} tables and views" if data["tables"] > 1 else "1 table or view"
    return f"{tables} in {count(data['schemas'], 'schema')} of {count(data['databases'], 'database')}"


def _took(data: Mapping[str, Any]) -> str:
    if "login_seconds" not in data:
        return f"It took {data['seconds']:.1f} s."
    return f"{data['login_seconds']:.1f} s to log in, {data['seconds']:.1f} s in all"


def _whole(at: Connection) -> str:
    """All that a connection says, but for its secret, of which it knows the name alone."""
    said = [_kind(at), at.at, f"user {at.user}" if at.user else "", f"role {at.role}" if at.role else ""]
    said += [f"warehouse {at.warehouse}" if at.warehouse else ""]
    text = escape(" · ".join(_cut(part, 120) for part in said if part))
    if at.is_default:
        return f"{text}. Set up where the service runs (MMM_SNOWFLAKE_…)."
    changed = f", {moment(at.changed_at)}" if at.changed_at else ""
    proof = f"secret `{escape(at.secret)}`" if at.secret else "the service's own account"
    return f"{text} · {proof}. By {person(at.who)}{changed}."


def _ways_on(at: Connection, *, works: bool, changes: bool) -> list[dict[str, Any]]:
    buttons = []
    if works:
        buttons += [button("Rows of a table", "connect_rows", at.name, style="primary")]
        buttons += [button("New dataset", "start_dataset")]
    buttons.append(button("Test again", "connect_test", at.name))
    if changes and not at.is_default:
        buttons += [button("Change", "connect_edit", at.name), button("Remove", "connect_remove", at.name)]
    return buttons


def rows_blocks(data: Mapping[str, Any], *, most: int = 0) -> list[Block]:
    """The first rows of a table: a line a column, its name and its first values. `most` columns; 0: all."""
    columns, values = data["columns"], data["values"]
    shown = columns[:most] if most else columns
    first = ROWS_SHOWN if most else data["rows"]
    width = max((len(_cut(one["name"], NAME)) for one in shown), default=0)
    named = [f"{_plain(_cut(one['name'], NAME)):<{width}}" for one in shown]
    told = [" | ".join(_plain(_cut(each, VALUE)) or "–" for each in found[:first]) for found in values]
    lines = [f"{name}  {cells}" for name, cells in zip(named, told, strict=False)]
    number = count(min(first, data["rows"]), "first row") if data["rows"] else "no row"
    title = f"*{escape(_cut(data['table'], 200))}*: {count(len(columns), 'column')}, {number}. Only you see this."
    blocks = [section(title), *(section(f"```{text}```") for text in packed(map(escape, lines), 2_800))]
    if left := len(columns) - len(shown):
        blocks.append(context(f"and {count(left, 'more column')}: *Rows of a table* shows all of them."))
    return blocks


def rows(notice: Notice, pictures: Pictures) -> View:
    """The first rows of a table, in the form that asked which."""
    at = Connection.model_validate(notice.data["connection"])
    blocks = rows_blocks(notice.data)
    return modal("accepted", "First rows", [context(f"Through {escape(at.name)}."), *blocks])


def stored(at: Connection, command: str, *, new: bool) -> View:
    """A connection was stored: what is left to do, and the test."""
    done = "is there" if new else "was changed"
    blocks = [section(f":white_check_mark: The connection *{escape(at.name)}* {done}."), *_secret(at, command)]
    blocks += [actions(button("Test it", "connect_test", at.name, style="primary"))]
    return modal("accepted", "Connection", blocks)


def _secret(at: Connection, command: str) -> list[Block]:
    """The one command that stores what proves the connection; nothing where an operator set that up."""
    if not command:
        return []
    what = {"key_pair": "private key", "password": "password", "service_account": "service account's key"}
    if at.auth not in what:
        return []
    return [section(f"*Its {what[at.auth]}* is stored by this command:"), *_code(command), context(NOT_IN_SLACK)]


def remove_asked(at: Connection, used: Sequence[str], *, more: bool) -> Message:
    """What goes with a connection, what uses it, and what stays."""
    blocks: list[Block] = [section(f"Remove the connection *{escape(at.name)}*?")]
    if used:
        named = ", ".join(f"*{escape(_cut(title, 60))}*" for title in used[:NAMED])
        others = f" and {len(used) - NAMED} more" if len(used) > NAMED else ""
        blocks.append(section(f"These datasets were read through it: {named}{others}."))
    else:
        among = " among the newest" if more else ""
        blocks.append(section(f"No dataset{among} was read through it."))
    stays = "Datasets keep their rows and its name: they can be read anew once a connection is called so again. "
    stays += f"The secret `{escape(at.secret)}` stays where it is." if at.secret else ""
    sure = confirm(
        "Remove this connection?", "It goes for everybody in this workspace.", "Remove it", "Keep it", danger=True
    )
    press = button("Remove it", "connect_removed", at.name, style="danger", confirm=sure)
    return Message(f"Remove the connection {at.name}?", [*blocks, context(stays), actions(press)])


def removed(name: str, *, was_there: bool) -> Message:
    """A connection is gone."""
    text = f"The connection *{escape(name)}* is removed." if was_there else "It was removed already."
    shown = f"The connection {name} is removed." if was_there else text
    return Message(shown, [section(text), actions(button("Connections", "start_connect"))])


def _todo(todo: str) -> list[Block]:
    return [section(part) for part in pieces(f"*What to do:* {escape(todo)}")] if todo else []


def _code(text: str) -> list[Block]:
    return [section(f"```{part}```") for part in pieces(escape(_plain(text, lines=True)), 2_800)]


def _kind(at: Connection) -> str:
    return KINDS.get(at.kind, at.kind)


def _plain(text: str, *, lines: bool = False) -> str:
    """Text as it may stand in a block of code, which backticks would end."""
    text = text.replace("`", "'")
    return text if lines else " ".join(text.split())


def _cut(text: str, most: int = 80) -> str:
    return clamp(text, most) if text else ""


DRAWINGS: dict[str, Callable[[Notice, Pictures], Message | View]] = {"connection_test": tested, "connection_rows": rows}
