"""Through which connection a form's rows are read: those to choose from, the one chosen, and what it holds."""

import logging
from collections.abc import Sequence

from bot.act import Act
from bot.slack.form import Choice
from bot.slack.limits import OPTION_TEXT, OPTION_VALUE
from engine.cloud.connection import DEFAULT, Connection, default_of
from engine.cloud.connections import list_connections
from engine.data.known import LONG, known_columns, known_tables, marked, near
from engine.errors import BadInput, NotFound, Refused, Unavailable

log = logging.getLogger(__name__)


async def connections_of(act: Act) -> tuple[Connection, ...]:
    """The workspace's connections, the settings' own first. While storage does not answer, that one alone."""
    try:
        return tuple(await act.blocking(list_connections, act.cloud.storage, act.settings))
    except Unavailable as error:
        log.warning("the connections are not listed: %s (%s)", error.what, error.detail)
        own = default_of(act.settings)
        return (own,) if own else ()


def choices(connections: Sequence[Connection]) -> tuple[Choice, ...]:
    """They as options: the name, and where it leads."""
    return tuple(Choice(one.name, one.name, f"{one.at}{_as(one)}") for one in connections)


def _as(one: Connection) -> str:
    """As whom it reads, where that is said."""
    return f" as {one.role or one.user}" if one.role or one.user else ""


def chosen_name(act: Act) -> str:
    """The connection that a form is about: as chosen in it, or as it was drawn."""
    return act.values.text("connection") or str(act.meta.get("connection", "")) or DEFAULT


def chosen(act: Act, connections: Sequence[Connection]) -> Connection:
    """The same, as it is. Raises NotFound where it was removed while the form stood open, BadInput without any."""
    if not connections:
        raise BadInput("No warehouse is connected.", "Drop a file instead, or ask an admin: /mmm connect.")
    name = chosen_name(act)
    found = [one for one in connections if one.name == name]
    if not found:
        raise NotFound(f"The connection {name} was removed meanwhile.", "Choose another one.", field="connection")
    return found[0]


def named(connection: Connection) -> str:
    """How a source names it: "" where it is the settings' own."""
    return "" if connection.is_default else connection.name


def table_of(act: Act, at: Connection, value: str) -> str:
    """The table that an option stands for. Raises NotFound where its name is too long for an option, and unknown now.

    Waits where the name was too long, so behind `blocking`.
    """
    if not value.startswith(LONG):
        return value
    known = known_tables(act.cloud.storage, at.scope)
    found = [name for name in known if marked(name) == value]
    if not found:
        raise NotFound("That table is not known any more.", "Search for it again.", field="table")
    return found[0]


def option_of(name: str) -> Choice:
    """A table or column as an option. Of a long name the end is shown, where names differ; a mark comes back."""
    short = name if len(name) <= OPTION_TEXT else f"…{name[1 - OPTION_TEXT :]}"
    return Choice(marked(name), short)


def tables_like(act: Act, at: Connection, wanted: str) -> tuple[Choice, ...]:
    """Tables by part of their name, from what the worker saw last; whatever is typed can be chosen, too."""
    wanted = wanted.strip()
    found = near(known_tables(act.cloud.storage, at.scope), wanted, 99)
    typed = (
        [Choice(wanted, f"Use “{wanted}”")] if wanted and wanted not in found and len(wanted) <= OPTION_VALUE else []
    )
    return (*map(option_of, found), *typed)


def columns_like(act: Act, at: Connection, table: str, wanted: str) -> tuple[Choice, ...]:
    """Columns of a table by part of their name, from what the worker saw last."""
    names = [column.name for column in known_columns(act.cloud.storage, at.scope, table)]
    return tuple(map(option_of, near(names, wanted, 100)))


async def list_soon(act: Act, connection: str, table: str = "") -> None:
    """Have a connection's tables looked up, or the columns of one of them: once a minute at most."""
    step = "list_columns" if table else "list_tables"
    about: dict[str, str | int] = {"connection": connection, **({"table": table} if table else {})}
    minute = f"{act.clock.now():%Y%m%dT%H%M}"
    key = "|".join((step, act.settings.workspace, connection, table, minute))
    try:
        await act.blocking(act.cloud.tasks.enqueue, "stage", step, about, key=key)
    except (Unavailable, Refused) as error:
        # The form works without: an older list is there, and any name can be typed.
        log.warning("%s is not asked for: %s (%s)", step, error.what, error.detail)
