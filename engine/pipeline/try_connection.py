"""Try a connection: who we are there, what we may, what we see, how long it took; and the first rows of a table."""

import time
from collections.abc import Collection, Iterator
from typing import Any, Final

from engine.cloud.cloud import Cloud
from engine.cloud.connection import Connection
from engine.cloud.connections import connection_of
from engine.cloud.login_faults import faults
from engine.cloud.looks import Look, keep_look
from engine.cloud.rights import mend, told, writing
from engine.cloud.secret_command import store_command
from engine.cloud.warehouse import TABLES_KEPT, Warehouse
from engine.data.known import keep_tables, marked
from engine.errors import BadInput, BadSettings, MmmError, Refused, Unavailable
from engine.pipeline.answer import Answer, Work

# A person waits: a login that takes longer does not work for them.
SECONDS: Final = 15
ROWS: Final = 5
VALUE: Final = 60
WRONG: Final = (BadInput, Refused, Unavailable, BadSettings)
Data = dict[str, Any]


def try_connection(work: Work) -> Answer:
    """Log in through a connection and look around. What does not work is an answer, too. Raises NotFound."""
    cloud, clock = work.cloud, work.clock
    at = connection_of(cloud.storage, cloud.settings, str(work.about["connection"]))
    seen: Data = {"connection": _shown(at), "command": ""}
    begun = time.monotonic()
    try:
        warehouse = cloud.warehouse_at(at, seconds=SECONDS)
        session = warehouse.session()
        seen |= {"login_seconds": time.monotonic() - begun, "session": vars(session)}
        seen["faults"] = [vars(fault) for fault in faults(at, session)]
        seen |= _rights(at, warehouse, session.role or session.user)
        seen |= _tables(cloud, work, at, warehouse)
    except WRONG as error:
        seen |= {"error": _in_words(error), "command": _command(cloud, at, error)}
    seen["seconds"] = time.monotonic() - begun
    grave = next((fault["what"] for fault in seen.get("faults", ()) if fault["grave"]), "")
    said = seen["error"]["what"] if "error" in seen else grave
    keep_look(
        cloud.storage,
        Look(
            name=at.name,
            scope=at.scope,
            at=clock.now(),
            works=not said,
            said=said,
            tables=int(seen.get("tables", 0)),
            more=bool(seen.get("more")),
            writes=bool(seen.get("writing")),
        ),
    )
    return Answer(seen)


def first_rows(work: Work) -> Answer:
    """The first rows of a table, for whoever asked. Raises BadInput, Refused."""
    cloud, table = work.cloud, str(work.about["table"])
    at = connection_of(cloud.storage, cloud.settings, str(work.about["connection"]))
    try:
        rows = _rows(cloud.warehouse_at(at, seconds=SECONDS), table, work.about.get("columns") or ())
        return Answer({"connection": _shown(at), **rows})
    except Unavailable as error:
        # Nobody waits for another try in front of a form.
        raise Refused(error.what, "Try again in a minute.", detail=error.detail) from error
    except BadSettings as error:
        raise Refused(error.what, error.todo, detail=error.detail) from error


def _rights(at: Connection, warehouse: Warehouse, role: str) -> Data:
    """What the role may. Where it is not told what, that is said."""
    if not role:
        return {}
    try:
        grants = warehouse.grants(role)
    except (BadInput, Refused) as error:
        return {"untold": error.what}
    found = writing(grants)
    if not found:
        return {"grants": len(grants)}
    return {"grants": len(grants), "writing": told(found), "revoke": mend(at.kind, found, role)}


def _tables(cloud: Cloud, work: Work, at: Connection, warehouse: Warehouse) -> Data:
    """What can be seen, which forms offer from now on; and the first rows of the likeliest table."""
    names = warehouse.tables()
    keep_tables(cloud.storage, at.scope, names, work.clock.now())
    databases, schemas = {name.split(".")[0] for name in names}, {name.rpartition(".")[0] for name in names}
    seen: Data = {"tables": len(names), "databases": len(databases), "schemas": len(schemas)}
    seen["more"] = len(names) >= TABLES_KEPT
    table = next(_likely(at, names), "")
    if table:
        try:
            seen |= _rows(warehouse, table)
        except WRONG as error:
            seen["unread"] = {"table": table, **_in_words(error)}
    return seen


def _likely(at: Connection, names: tuple[str, ...]) -> Iterator[str]:
    """The table whose rows are shown: of the connection's own schema first."""
    own = f".{at.schema_name}.".replace('"', "").casefold()
    yield from (name for name in names if at.schema_name and own in name.replace('"', "").casefold())
    yield from names


def _rows(warehouse: Warehouse, table: str, only: Collection[str] = ()) -> Data:
    """Column by column, its first values as text. only: columns as a form marks them; none: all."""
    query = warehouse.select_all(table)
    columns = [column for column in warehouse.describe(query) if not only or marked(column.name) in only]
    if not columns:
        raise BadInput("The table has none of these columns (any more).", "Choose them anew.")
    rows = warehouse.preview(query, rows=ROWS)
    values = [[_text(row.get(column.name)) for row in rows] for column in columns]
    shown = [{"name": column.name, "type": column.type} for column in columns]
    return {"table": table, "columns": shown, "values": values, "rows": len(rows)}


def _text(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= VALUE else f"{text[: VALUE - 1]}…"


def _shown(at: Connection) -> Data:
    """What may be told of a connection; where the settings' own keeps its key is an operator's business."""
    return (at.model_copy(update={"secret": ""}) if at.is_default else at).model_dump(mode="json")


def _in_words(error: MmmError) -> Data:
    again = "Test it again in a minute." if isinstance(error, Unavailable) else error.todo
    return {"what": error.what, "todo": again}


def _command(cloud: Cloud, at: Connection, error: MmmError) -> str:
    """What stores the connection's secret, where that is what it lacks."""
    told = f"{error.what} {error.todo}"
    if at.is_default or not at.secret or not (at.secret in told or "does not accept" in told):
        return ""
    return store_command(at, cloud.settings, again=at.secret not in error.what)
