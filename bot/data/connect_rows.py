"""The first rows of a table, for whoever asks: which table, which of its columns; found by part of their names."""

from bot.access import Role
from bot.act import Act, Errors, Options, Reply, Show
from bot.asking import ask
from bot.data import connect_form, modals
from bot.data.through import columns_like, list_soon, option_of, table_of, tables_like
from bot.wing import Wing
from engine.cloud.connection import Connection
from engine.cloud.connections import connection_of


async def rows(act: Act) -> Reply:
    """Ask whose rows to show; names of tables are looked up meanwhile."""
    at = await _through(act, act.value)
    await act.open(connect_form.rows_form(at.name))
    await list_soon(act, at.name)
    return None


async def table_chosen(act: Act) -> Reply:
    """A table was chosen: ask for its columns, too, which are looked up meanwhile."""
    at = await _through(act, act.meta["connection"])
    if not (value := act.values.text("connection_table")):
        return None
    table = await act.blocking(table_of, act, at, value)
    view = connect_form.rows_form(at.name, chosen=option_of(table))
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    await list_soon(act, at.name, table)
    return None


async def rows_sent(act: Act) -> Reply:
    """Have them read. The form becomes the answer."""
    value, columns = act.values.text("connection_table"), act.values.many("connection_columns")
    at = await _through(act, act.meta["connection"])
    if not value:
        return Errors({"connection_table": "Choose a table."})
    about = {"connection": at.name, "table": await act.blocking(table_of, act, at, value), "columns": list(columns)}
    await ask(act, "connection_rows", about, needs=Role.ANALYST, view=act.view["id"])
    return Show(modals.loading("Reading the first rows …", title="First rows"))


async def search_table(act: Act) -> Reply:
    """Tables by part of their name, of the connection that the form is about; whatever is typed can be chosen, too."""
    at = await _through(act, act.meta["connection"])
    return Options(await act.blocking(tables_like, act, at, act.value))


async def search_columns(act: Act) -> Reply:
    """Columns of the table that was chosen."""
    at = await _through(act, act.meta["connection"])
    table = await act.blocking(table_of, act, at, str(act.meta["table"]))
    return Options(await act.blocking(columns_like, act, at, table, act.value))


async def _through(act: Act, name: str) -> Connection:
    return await act.blocking(connection_of, act.cloud.storage, act.settings, name)


WING = Wing(
    buttons=(("connect_rows", rows, Role.ANALYST), ("connection_table", table_chosen, Role.ANALYST)),
    forms=((connect_form.ROWS, rows_sent, Role.ANALYST),),
    searches=(
        ("connection_table", search_table, Role.ANALYST),
        ("connection_columns", search_columns, Role.ANALYST),
    ),
)
